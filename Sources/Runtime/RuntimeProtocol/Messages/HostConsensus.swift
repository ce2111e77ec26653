public import CBOR
public import OasisCrypto
public import OasisTypes
public import Wire

/// Asks for a consensus block, unverified.
public struct HostFetchConsensusBlockRequest: RuntimeProtocolMessage {
  public static let name = "HostFetchConsensusBlockRequest"
  public static let fields: [Field<Self>] = [.init("height", \.height)]

  /// The height; 0 means the latest.
  public var height: UInt64 = 0

  /// The latest block.
  public init() {}

  /// The block of a height.
  public init(height: UInt64) { self.height = height }
}

/// The block.
public struct HostFetchConsensusBlockResponse: RuntimeProtocolMessage {
  public static let name = "HostFetchConsensusBlockResponse"
  public static let fields: [Field<Self>] = [.init("block", \.block)]

  /// The block.
  public var block = LightBlock()

  /// An empty answer, to be filled.
  public init() {}
}

/// Asks for the validators of a height, unverified.
public struct HostFetchConsensusValidatorsRequest: RuntimeProtocolMessage {
  public static let name = "HostFetchConsensusValidatorsRequest"
  public static let fields: [Field<Self>] = [.init("height", \.height)]

  /// The height; 0 means the latest.
  public var height: UInt64 = 0

  /// The latest validators.
  public init() {}

  /// The validators of a height.
  public init(height: UInt64) { self.height = height }
}

/// The validators.
public struct HostFetchConsensusValidatorsResponse: RuntimeProtocolMessage {
  public static let name = "HostFetchConsensusValidatorsResponse"
  public static let fields: [Field<Self>] = [.init("validators", \.validators)]

  /// The validators.
  public var validators = Validators()

  /// An empty answer, to be filled.
  public init() {}
}

/// A service whose events a runtime can ask for.
public enum EventKind: UInt8, Hashable, Sendable {
  /// Staking events.
  case staking = 1
  /// Registry events.
  case registry = 2
  /// Roothash events.
  case roothash = 3
  /// Governance events.
  case governance = 4
}

/// Asks for the events of one service at a height.
public struct HostFetchConsensusEventsRequest: RuntimeProtocolMessage {
  public static let name = "HostFetchConsensusEventsRequest"
  public static let fields: [Field<Self>] = [.init("height", \.height), .init("kind", \.rawKind)]

  /// The height.
  public var height: UInt64 = 0
  var rawKind: UInt8 = 0
  /// The service; nil where a peer sent another number.
  public var kind: EventKind? { EventKind(rawValue: rawKind) }

  /// An empty request, to be filled.
  public init() {}

  /// The events of a service at a height.
  public init(height: UInt64, kind: EventKind) { (self.height, rawKind) = (height, kind.rawValue) }
}

/// The events.
public struct HostFetchConsensusEventsResponse: RuntimeProtocolMessage {
  public static let name = "HostFetchConsensusEventsResponse"
  public static let fields: [Field<Self>] = [.init("events", \.events, .omitEmpty)]

  /// The events, in order.
  public var events: [ConsensusEvent] = []

  /// No events.
  public init() {}
}

/// One event of a service: exactly one field is set. The event itself is kept verbatim: the services' own types decode it.
public struct ConsensusEvent: WireMap, Hashable, Sendable {
  public static let fields: [Field<Self>] = [
    .init("staking", \.staking, .omitEmpty), .init("registry", \.registry, .omitEmpty), .init("roothash", \.roothash, .omitEmpty),
    .init("governance", \.governance, .omitEmpty),
  ]

  /// A staking event.
  public var staking = RawCBOR()
  /// A registry event.
  public var registry = RawCBOR()
  /// A roothash event.
  public var roothash = RawCBOR()
  /// A governance event.
  public var governance = RawCBOR()

  /// No event.
  public init() {}
}

/// The height of the genesis document.
public struct HostFetchGenesisHeightResponse: RuntimeProtocolMessage {
  public static let name = "HostFetchGenesisHeightResponse"
  public static let fields: [Field<Self>] = [.init("height", \.height)]

  /// The height.
  public var height: UInt64 = 0

  /// An empty answer, to be filled.
  public init() {}
}

/// Asks for more transactions while a batch is being scheduled.
public struct HostFetchTxBatchRequest: RuntimeProtocolMessage {
  public static let name = "HostFetchTxBatchRequest"
  public static let fields: [Field<Self>] = [.init("offset", \.offset, .omitEmpty), .init("limit", \.limit)]

  /// Hash of the last transaction of the previous batch; the host ignores it.
  public var offset: Hash?
  /// At most that many; the host gives 100 at once at most.
  public var limit: UInt32 = 0

  /// An empty request, to be filled.
  public init() {}
}

/// More transactions.
public struct HostFetchTxBatchResponse: RuntimeProtocolMessage {
  public static let name = "HostFetchTxBatchResponse"
  public static let fields: [Field<Self>] = [.init("batch", \.batch, .omitEmpty)]

  /// The transactions.
  public var batch: [[UInt8]] = []

  /// No transactions.
  public init() {}
}

/// Asks for the transaction of a block that carries its state root.
public struct HostFetchBlockMetadataTxRequest: RuntimeProtocolMessage {
  public static let name = "HostFetchBlockMetadataTxRequest"
  public static let fields: [Field<Self>] = [.init("height", \.height)]

  /// The height.
  public var height: UInt64 = 0

  /// An empty request, to be filled.
  public init() {}

  /// The metadata of a height.
  public init(height: UInt64) { self.height = height }
}

/// The transaction with the proof that its block holds it.
public struct HostFetchBlockMetadataTxResponse: RuntimeProtocolMessage {
  public static let name = "HostFetchBlockMetadataTxResponse"
  public static let fields: [Field<Self>] = [.init("signed_tx", \.signedTransaction), .init("proof", \.proof)]

  /// The transaction.
  public var signedTransaction = SignedEnvelope()
  /// Its proof.
  public var proof = TransactionProof()

  /// An empty answer, to be filled.
  public init() {}
}

/// Asks the node to put a nonce on chain, to prove that the chain shown is fresh.
public struct HostProveFreshnessRequest: RuntimeProtocolMessage {
  public static let name = "HostProveFreshnessRequest"
  public static let fields: [Field<Self>] = [.init("blob", \.blob)]

  /// The nonce: 32 bytes; the host fills a shorter one with zeros.
  public var blob: [UInt8] = []

  /// An empty request, to be filled.
  public init() {}
}

/// The transaction that carried the nonce.
public struct HostProveFreshnessResponse: RuntimeProtocolMessage {
  public static let name = "HostProveFreshnessResponse"
  public static let fields: [Field<Self>] = [.init("signed_tx", \.signedTransaction), .init("proof", \.proof)]

  /// The transaction.
  public var signedTransaction = SignedEnvelope()
  /// Its proof.
  public var proof = TransactionProof()

  /// An empty answer, to be filled.
  public init() {}
}

/// Proof that a block holds a transaction.
public struct TransactionProof: WireMap, Hashable, Sendable {
  public static let fields: [Field<Self>] = [.init("height", \.height), .init("raw_proof", \.rawProof)]

  /// Height of the block.
  public var height: Int64 = 0
  /// CBOR of the Merkle proof over the hashes of the block's transactions.
  public var rawProof: [UInt8]?

  /// No proof.
  public init() {}
}
