public import OasisTypes
public import RuntimeProtocol

/// Limits of a pool (08 C3.1).
public struct PoolConfiguration: Sendable, Hashable {
  /// Checked transactions at most.
  public var capacity = 50_000
  /// Hashes remembered at most.
  public var seenCapacity = 100_000
  /// Transactions in one call of the runtime at most.
  public var checkBatch = 128
  /// Rounds after which all are checked anew.
  public var recheckInterval: UInt64 = 5
  /// Time until a transaction is published again.
  public var republishInterval = Duration.seconds(125)
  /// Transactions published in one pass at most.
  public var publishBatch = 128
  /// For one call of the runtime.
  public var checkTimeout = Duration.seconds(15)
  /// Before a failed check is tried again.
  public var retryDelay = Duration.seconds(1)
  /// For the state of the latest block to arrive.
  public var syncTimeout = Duration.seconds(5)

  /// The reference's limits.
  public init() {}

  /// Bytes of transactions in one message to the runtime at most, and so of one transaction: half of what a guest reads (07 C.1). The
  /// reference has no such limit; a larger message would end the connection, and be repeated for ever.
  public static let largestMessage = 16 << 20

  /// Transactions handed out in one request at most.
  public static let largestSchedule = 100

  /// Transactions that may wait to be checked: a tenth more than the pool holds.
  var checkCapacity: Int { capacity + capacity / 10 }
}

/// The latest block of the runtime, against which transactions are checked.
public struct DispatchInformation: Sendable, Hashable {
  /// The block.
  public var block: RootHash.Block
  /// The consensus block at which it was finalized.
  public var consensusBlock: LightBlock
  /// The epoch of that height.
  public var epoch: Epoch
  /// Messages that a round may emit, from the active descriptor.
  public var maxMessages: UInt32
  /// Bytes of a batch at most, from the active descriptor; 0 for no limit.
  public var maxBatchBytes: UInt64

  /// What is known of a block.
  public init(block: RootHash.Block, consensusBlock: LightBlock, epoch: Epoch, maxMessages: UInt32, maxBatchBytes: UInt64 = 0) {
    (self.block, self.consensusBlock, self.epoch, self.maxMessages) = (block, consensusBlock, epoch, maxMessages)
    self.maxBatchBytes = maxBatchBytes
  }
}

/// What the pool needs of the hosted runtime and of the node around it.
public protocol PoolRuntime: Sendable {
  /// Calls the runtime; throws ``RuntimeProtocol/CallError`` where the runtime itself answers with an error.
  func checkTransactions(_ request: RuntimeCheckTxBatchRequest, within limit: Duration) async throws -> RuntimeCheckTxBatchResponse
  /// Makes the runtime give up what it does.
  func abort() async
  /// Returns once the state of a round is stored; throws when the limit passes first.
  func waitSynced(round: UInt64, within limit: Duration) async throws
}
