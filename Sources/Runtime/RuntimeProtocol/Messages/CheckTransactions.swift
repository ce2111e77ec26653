public import OasisTypes
public import Wire

/// Asks whether transactions are good enough for the pool (07 D.3).
public struct RuntimeCheckTxBatchRequest: RuntimeProtocolMessage {
  public static let name = "RuntimeCheckTxBatchRequest"
  public static let fields: [Field<Self>] = [
    .init("consensus_block", \.consensusBlock), .init("inputs", \.inputs), .init("block", \.block), .init("epoch", \.epoch),
    .init("max_messages", \.maxMessages),
  ]

  /// The consensus block at which `block` was finalized.
  public var consensusBlock = LightBlock()
  /// The transactions.
  public var inputs: [[UInt8]]?
  /// The latest runtime block.
  public var block = RootHash.Block()
  /// The epoch of that height.
  public var epoch: UInt64 = 0
  /// Messages that a round may emit.
  public var maxMessages: UInt32 = 0

  /// An empty request, to be filled.
  public init() {}
}

/// One result for each transaction, in order.
public struct RuntimeCheckTxBatchResponse: RuntimeProtocolMessage {
  public static let name = "RuntimeCheckTxBatchResponse"
  public static let fields: [Field<Self>] = [.init("results", \.results)]

  /// The results.
  public var results: [CheckTxResult]?

  /// An empty answer, to be filled.
  public init() {}
}

/// What the runtime thinks of one transaction.
public struct CheckTxResult: WireMap, Hashable, Sendable {
  public static let fields: [Field<Self>] = [.init("error", \.error), .init("meta", \.metadata, .omitEmpty)]

  /// Code 0 when the transaction is good.
  public var error = CallError()
  /// How to schedule it; present when it is good.
  public var metadata: CheckTxMetadata?

  /// A good transaction without metadata.
  public init() {}

  /// Whether the transaction is good.
  public var isSuccess: Bool { error.isSuccess }
}

/// How a checked transaction wants to be scheduled.
public struct CheckTxMetadata: WireMap, Hashable, Sendable {
  public static let fields: [Field<Self>] = [
    .init("priority", \.priority, .omitEmpty), .init("sender", \.sender, .omitEmpty), .init("sender_seq", \.senderSequence, .omitEmpty),
    .init("sender_state_seq", \.senderStateSequence, .omitEmpty),
  ]

  /// Higher goes first.
  public var priority: UInt64 = 0
  /// Who sends, as the runtime names it; empty where it does not say.
  public var sender: [UInt8] = []
  /// This transaction's number.
  public var senderSequence: UInt64 = 0
  /// The number that the sender's next transaction has in state.
  public var senderStateSequence: UInt64 = 0

  /// No wishes.
  public init() {}
}
