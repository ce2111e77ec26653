public import OasisCrypto
public import Wire

extension RootHash {
  /// Names the runtime that an event of a block is about.
  public struct RuntimeIDAttribute: WireMap, Hashable, Sendable {
    public var id = Namespace()
    public init() {}
    public static let fields: [Field<Self>] = [.init("ID", \.id)]
  }

  /// A commitment was accepted.
  public struct ExecutorCommittedEvent: WireMap, Hashable, Sendable {
    public var commit = ExecutorCommitment()
    public init() {}
    public init(commit: ExecutorCommitment) { self.commit = commit }
    public static let fields: [Field<Self>] = [.init("commit", \.commit)]
  }

  /// Workers disagree; backup workers decide.
  public struct ExecutionDiscrepancyDetectedEvent: WireMap, Hashable, Sendable {
    public var round: UInt64 = 0
    public var rank: UInt64 = 0
    public var timeout = false
    public init() {}
    public init(round: UInt64, rank: UInt64, timeout: Bool) {
      self.round = round
      self.rank = rank
      self.timeout = timeout
    }
    public static let fields: [Field<Self>] = [.init("round", \.round), .init("rank", \.rank), .init("timeout", \.timeout)]
  }

  /// A round was finalized, with or without results.
  public struct FinalizedEvent: WireMap, Hashable, Sendable {
    public var round: UInt64 = 0
    public init() {}
    public init(round: UInt64) { self.round = round }
    public static let fields: [Field<Self>] = [.init("round", \.round)]
  }

  /// A runtime took a message from its queue.
  public struct InMessageProcessedEvent: WireMap, Hashable, Sendable {
    public var id: UInt64 = 0
    public var round: UInt64 = 0
    public var caller = Address()
    public var tag: UInt64 = 0
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("id", \.id), .init("round", \.round), .init("caller", \.caller), .init("tag", \.tag, .omitEmpty),
    ]
  }

  /// An event as the API gives it: exactly one of the optional members is set (sheet 05 §C.21).
  public struct Event: WireMap, Hashable, Sendable {
    public var height: Int64 = 0
    /// Hash of the transaction; the hash of nothing for events of the block.
    public var transactionHash = Hash()
    public var runtimeID = Namespace()
    public var executorCommitted: ExecutorCommittedEvent?
    public var executionDiscrepancyDetected: ExecutionDiscrepancyDetectedEvent?
    public var finalized: FinalizedEvent?
    public var inMessageProcessed: InMessageProcessedEvent?

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("height", \.height, .omitEmpty), .init("tx_hash", \.transactionHash), .init("runtime_id", \.runtimeID),
      .init("executor_committed", \.executorCommitted, .omitEmpty),
      .init("execution_discrepancy", \.executionDiscrepancyDetected, .omitEmpty), .init("finalized", \.finalized, .omitEmpty),
      .init("in_msg_processed", \.inMessageProcessed, .omitEmpty),
    ]
  }
}
