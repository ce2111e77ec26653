internal import Bytes
public import CBOR
internal import CometBFT
public import MKVS
public import OasisCrypto
public import OasisTypes
internal import Protobuf
public import Wire

// What the service `Consensus` speaks of (sheet 03 §18); light blocks, validators and parameters are in OasisTypes.

extension Consensus {
  /// A block of the chain.
  public struct Block: WireMap, Hashable, Sendable {
    public var height: Int64 = 0
    /// Of the header.
    public var hash = Hash()
    /// Of the header, in whole seconds.
    public var time = LocalTime()
    /// The state before the block.
    public var stateRoot = Root(type: .invalid, hash: .zero)
    /// Bytes of CometBFT's encoding.
    public var size: UInt64 = 0
    /// A ``BlockMeta``.
    public var meta = RawCBOR()
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("height", \.height), .init("hash", \.hash), .init("time", \.time), .init("state_root", \.stateRoot),
      .init("size", \.size, .omitEmpty), .init("meta", \.meta),
    ]
  }

  /// CometBFT's part of a block, in protobuf.
  public struct BlockMeta: WireMap, Hashable, Sendable {
    public var header: [UInt8]?
    public var lastCommit: [UInt8]?
    public init() {}
    public init(header: [UInt8], lastCommit: [UInt8]) { (self.header, self.lastCommit) = (header, lastCommit) }
    public static let fields: [Field<Self>] = [.init("header", \.header), .init("last_commit", \.lastCommit)]
  }

  /// Results of a block as CometBFT has them; `meta` is a ``ResultsMeta``.
  public struct BlockResults: WireMap, Hashable, Sendable {
    public var height: Int64 = 0
    public var meta = RawCBOR()
    public init() {}
    public static let fields: [Field<Self>] = [.init("height", \.height), .init("meta", \.meta)]
  }

  /// Results of a block, as CometBFT has them.
  public struct ResultsMeta: WireMap, Hashable, Sendable {
    public var transactions: [TransactionResultMeta]?
    public var begin: [EventMeta]?
    public var end: [EventMeta]?
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("txs_results", \.transactions), .init("begin_block_events", \.begin), .init("end_block_events", \.end),
    ]
  }

  /// The result of one transaction, as CometBFT has it.
  public struct TransactionResultMeta: WireMap, Hashable, Sendable {
    public var code: UInt32 = 0
    public var data: [UInt8] = []
    public var log = ""
    public var info = ""
    public var gasWanted: Int64 = 0
    public var gasUsed: Int64 = 0
    public var events: [EventMeta] = []
    public var codespace = ""
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("code", \.code, .omitEmpty), .init("data", \.data, .omitEmpty), .init("log", \.log, .omitEmpty),
      .init("info", \.info, .omitEmpty), .init("gas_wanted", \.gasWanted, .omitEmpty), .init("gas_used", \.gasUsed, .omitEmpty),
      .init("events", \.events, .omitEmpty), .init("codespace", \.codespace, .omitEmpty),
    ]
  }

  /// An event, as CometBFT has it.
  public struct EventMeta: WireMap, Hashable, Sendable {
    public var type = ""
    public var attributes: [EventAttributeMeta] = []
    public init() {}
    public static let fields: [Field<Self>] = [.init("type", \.type, .omitEmpty), .init("attributes", \.attributes, .omitEmpty)]
  }

  /// A key and a value of an event.
  public struct EventAttributeMeta: WireMap, Hashable, Sendable {
    public var key = ""
    public var value = ""
    public var index = false
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("key", \.key, .omitEmpty), .init("value", \.value, .omitEmpty), .init("index", \.index, .omitEmpty),
    ]
  }

  /// A block's transactions, and what came of each.
  public struct TransactionsWithResults: WireMap, Hashable, Sendable {
    public var transactions: [[UInt8]]?
    public var results: [Result]?
    public init() {}
    public static let fields: [Field<Self>] = [.init("transactions", \.transactions), .init("results", \.results)]
  }

  /// What became of a transaction.
  public struct Result: WireMap, Hashable, Sendable {
    public var error = ResultError()
    public var events: [ResultEvent]?
    public var gasUsed: UInt64 = 0
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("error", \.error), .init("events", \.events), .init("gas_used", \.gasUsed, .omitEmpty),
    ]
  }

  /// Why a transaction failed; code 0 if it did not.
  public struct ResultError: WireMap, Hashable, Sendable {
    public var module = ""
    public var code: UInt32 = 0
    public var message = ""
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("module", \.module, .omitEmpty), .init("code", \.code, .omitEmpty), .init("message", \.message, .omitEmpty),
    ]
  }

  /// An event of one of four services.
  public struct ResultEvent: WireMap, Hashable, Sendable {
    public var staking: StakingEvent?
    public var registry: Registry.Event?
    public var rootHash: RootHash.Event?
    public var governance: Governance.Event?
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("staking", \.staking, .omitEmpty), .init("registry", \.registry, .omitEmpty), .init("roothash", \.rootHash, .omitEmpty),
      .init("governance", \.governance, .omitEmpty),
    ]
  }

  /// A block's transactions, and proofs that the block has them.
  public struct TransactionsWithProofs: WireMap, Hashable, Sendable {
    public var transactions: [[UInt8]]?
    /// CBOR of a ``MerkleProofMessage`` each.
    public var proofs: [[UInt8]]?
    public init() {}
    public static let fields: [Field<Self>] = [.init("transactions", \.transactions), .init("proofs", \.proofs)]
  }

  /// A transaction's place in a block: CBOR of a ``MerkleProofMessage``.
  public struct Proof: WireMap, Hashable, Sendable {
    public var height: Int64 = 0
    public var raw: [UInt8]?
    public init() {}
    public init(height: Int64, raw: [UInt8]) { (self.height, self.raw) = (height, raw) }
    public static let fields: [Field<Self>] = [.init("height", \.height), .init("raw_proof", \.raw)]
  }

  /// The way from a transaction to the data hash of its block's header.
  public struct MerkleProofMessage: WireMap, Hashable, Sendable {
    public var total: Int64 = 0
    public var index: Int64 = 0
    public var leafHash: [UInt8]?
    public var aunts: [[UInt8]] = []
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("total", \.total), .init("index", \.index), .init("leaf_hash", \.leafHash), .init("aunts", \.aunts, .omitEmpty),
    ]
  }

  /// Asks what gas a transaction would take.
  public struct EstimateRequest: WireMap, Hashable, Sendable {
    public var signer = PublicKey()
    public var transaction: Transaction?
    public init() {}
    public init(signer: PublicKey, transaction: Transaction) { (self.signer, self.transaction) = (signer, transaction) }
    public static let fields: [Field<Self>] = [.init("signer", \.signer), .init("transaction", \.transaction)]
  }
}

// MARK: From the engine's types

extension Consensus.Block {
  init(_ block: CometBFT.Block) {
    let header = block.header
    height = header.height
    hash = Hash(header.hash()) ?? Hash()
    time = LocalTime(OasisTypes.Timestamp(seconds: header.time.seconds))
    stateRoot = block.priorStateRoot
    size = UInt64(block.protobuf().count)
    meta = Consensus.BlockMeta(header: header.protobuf(), lastCommit: (block.lastCommit ?? Commit()).protobuf()).raw()
  }
}

extension CometBFT.Block {
  /// The state that the block was made on: the header's app hash is that of the block before.
  var priorStateRoot: Root {
    Root(version: UInt64(clamping: header.height - 1), type: .state, hash: Hash(header.appHash) ?? Hash())
  }
}

extension Consensus.EventMeta {
  init(_ event: CometBFT.Event) {
    type = event.type
    attributes = event.attributes.map { attribute in
      var meta = Consensus.EventAttributeMeta()
      (meta.key, meta.value, meta.index) = (attribute.key, attribute.value, attribute.index)
      return meta
    }
  }
}

extension Consensus.TransactionResultMeta {
  init(_ result: DeliverTransactionResponse) {
    (code, data, log, info) = (result.code, result.data, result.log, result.info)
    (gasWanted, gasUsed, codespace) = (result.gasWanted, result.gasUsed, result.codespace)
    events = result.events.map(Consensus.EventMeta.init)
  }
}

extension Consensus.Result {
  /// - Parameters:
  ///   - height: as it was asked for: 0 for the latest.
  init(_ result: DeliverTransactionResponse, transaction: [UInt8], height: Int64) throws {
    if !result.isSuccess { (error.module, error.code, error.message) = (result.codespace, result.code, result.log) }
    gasUsed = UInt64(clamping: result.gasUsed)
    let hash = Hash.digest(transaction)
    func take<E: APIEvent>(_ member: WritableKeyPath<Consensus.ResultEvent, E?>) throws -> [Consensus.ResultEvent] {
      try E.events(in: result.events, height: height, transaction: hash).map { event in
        var item = Consensus.ResultEvent()
        item[keyPath: member] = event
        return item
      }
    }
    events = (try take(\.staking) + take(\.registry) + take(\.rootHash) + take(\.governance)).nilIfEmpty
  }
}

extension Consensus.MerkleProofMessage {
  /// The proofs of a block's transactions, in order.
  static func all(_ transactions: [[UInt8]]) -> [Self] {
    Merkle.proofs(of: transactions.map { SHA256.digest($0) }).proofs.map { proof in
      var message = Self()
      (message.total, message.index, message.leafHash, message.aunts) = (proof.total, proof.index, proof.leafHash, proof.aunts)
      return message
    }
  }
}
