public import CBOR
public import MKVS
public import OasisCrypto
public import OasisTypes
public import Wire

/// Whether the runtime executes a given batch or chooses one.
public enum ExecutionMode: UInt8, Hashable, Sendable {
  /// Exactly the inputs.
  case execute = 0
  /// The inputs are a first offer; the runtime may fetch more and leave some out.
  case schedule = 1
}

/// Computes one round (07 D.5).
public struct RuntimeExecuteTxBatchRequest: RuntimeProtocolMessage {
  public static let name = "RuntimeExecuteTxBatchRequest"
  public static let fields: [Field<Self>] = [
    .init("mode", \.rawMode, .omitEmpty), .init("consensus_block", \.consensusBlock), .init("round_results", \.roundResults),
    .init("io_root", \.ioRoot), .init("inputs", \.inputs), .init("in_msgs", \.incomingMessages, .omitEmpty), .init("block", \.block),
    .init("epoch", \.epoch), .init("max_messages", \.maxMessages),
  ]

  var rawMode: UInt8 = 0
  /// Execute or schedule; nil where a peer sent another number.
  public var mode: ExecutionMode? { ExecutionMode(rawValue: rawMode) }
  /// The consensus block at which `block` was finalized.
  public var consensusBlock = LightBlock()
  /// Results of the previous normal round.
  public var roundResults: RootHash.RoundResults?
  /// Root of the tree of inputs; the empty hash in schedule mode.
  public var ioRoot = Hash()
  /// The transactions.
  public var inputs: [[UInt8]]?
  /// Messages queued for the runtime by consensus.
  public var incomingMessages: [RootHash.IncomingMessage] = []
  /// The latest runtime block.
  public var block = RootHash.Block()
  /// The current epoch.
  public var epoch: UInt64 = 0
  /// Messages that the round may emit.
  public var maxMessages: UInt32 = 0

  /// An empty request, to be filled.
  public init() {}

  /// An empty request in a mode.
  public init(mode: ExecutionMode) { rawMode = mode.rawValue }
}

/// The computed round.
public struct RuntimeExecuteTxBatchResponse: RuntimeProtocolMessage {
  public static let name = "RuntimeExecuteTxBatchResponse"
  public static let fields: [Field<Self>] = [
    .init("batch", \.batch), .init("tx_hashes", \.transactionHashes, .omitEmpty), .init("tx_reject_hashes", \.rejectedHashes, .omitEmpty),
    .init("tx_input_root", \.inputRoot), .init("tx_input_write_log", \.inputWriteLog, .omitEmpty),
    .init("batch_weight_limits", \.batchWeightLimits, .omitEmpty),
  ]

  /// Header, write logs and messages.
  public var batch = ComputedBatch()
  /// Hashes of the included transactions, in batch order.
  public var transactionHashes: [Hash] = []
  /// Hashes of transactions that the pool shall forget; only in schedule mode.
  public var rejectedHashes: [Hash] = []
  /// Root of the tree of inputs alone.
  public var inputRoot = Hash()
  /// From the empty tree to the tree of inputs.
  public var inputWriteLog = WriteLog()
  /// Accepted and ignored: weights left the protocol.
  public var batchWeightLimits = RawCBOR()

  /// An empty answer, to be filled.
  public init() {}
}

/// What a round computed.
public struct ComputedBatch: WireMap, Hashable, Sendable {
  public static let fields: [Field<Self>] = [
    .init("header", \.header), .init("io_write_log", \.ioWriteLog), .init("state_write_log", \.stateWriteLog),
    .init("rak_sig", \.rakSignature), .init("messages", \.messages),
  ]

  /// What the committee commits to.
  public var header = RootHash.ComputeResultsHeader()
  /// From the tree of inputs to the round's I/O tree.
  public var ioWriteLog = WriteLog()
  /// From the old state to the new.
  public var stateWriteLog = WriteLog()
  /// The attestation key's signature under the header.
  public var rakSignature = Signature()
  /// Messages to consensus.
  public var messages: [RootHash.Message]?

  /// An empty batch, to be filled.
  public init() {}
}
