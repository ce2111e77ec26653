import AsyncValues
import Bytes
import CBOR
public import CometBFT
public import ConsensusApp
public import ConsensusService
import MKVS
public import OasisCrypto
public import OasisTypes
import Synchronization
import Telemetry
import Wire

/// A consensus layer in memory: a test adds blocks, and says what the runtime's state is after each.
public final class FakeChain: ConsensusBackend {
  /// What the state of a height says of one runtime.
  public struct Moment: Sendable {
    public var runtime: RootHash.RuntimeState?
    public var results = RootHash.RoundResults()
    public var epoch: Epoch = 1
    public var future: EpochTimeState?
    /// Reading this height fails this often.
    public var failures = 0
  }

  public struct Unreadable: Error {}

  private struct Inner {
    var moments: [Int64: Moment] = [:]
    var height: Int64 = 0
    var submitted: [OasisTypes.Transaction] = []
    var retained: Int64 = 1
  }

  public let chainContext = String(repeating: "ab", count: 32)
  public let initialHeight: Int64 = 1
  public let runtimeID: Namespace
  private let inner = Mutex(Inner())
  private let feed = Broadcast<ConsensusUpdate>(.bufferingNewest(1024), replaysLatest: true)
  /// Called with each submitted transaction; what it throws is the answer.
  private let onSubmit: @Sendable (OasisTypes.Transaction) async throws -> Void

  public init(runtimeID: Namespace, onSubmit: @escaping @Sendable (OasisTypes.Transaction) async throws -> Void = { _ in }) {
    (self.runtimeID, self.onSubmit) = (runtimeID, onSubmit)
  }

  /// The state of the newest block.
  public var now: Moment { inner.withLock { $0.moments[$0.height] ?? Moment() } }
  public var submitted: [OasisTypes.Transaction] { inner.withLock { $0.submitted } }

  /// The commitments that were submitted.
  public var commitments: [RootHash.ExecutorCommitment] {
    submitted.filter { $0.method == "roothash.ExecutorCommit" }.flatMap { transaction in
      (try? RootHash.ExecutorCommit.decode(cbor: transaction.body.bytes))?.commits ?? []
    }
  }

  /// Adds a block; `change` makes its state from that of the one before.
  @discardableResult
  public func advance(
    isEpochChange: Bool = false, events: [CometBFT.Event] = [], _ change: (inout Moment) -> Void = { _ in }
  ) -> Int64 {
    let (height, moment) = inner.withLock { inner in
      var moment = inner.moments[inner.height] ?? Moment()
      inner.height += 1
      change(&moment)
      inner.moments[inner.height] = moment
      return (inner.height, moment)
    }
    var header = Header()
    (header.chainID, header.height) = ("test", height)
    feed.send(
      ConsensusUpdate(
        height: height, hash: header.hash(), header: header,
        results: BlockResults(begin: BeginBlockResponse(events: events), transactions: [], end: EndBlockResponse()), epoch: moment.epoch,
        isEpochChange: isEpochChange))
    return height
  }

  /// Adds a block that finalizes the runtime's next one.
  @discardableResult
  public func addRuntimeBlock(isEpochChange: Bool = false, _ change: @Sendable (inout RootHash.Header) -> Void = { _ in }) -> RootHash.Block
  {
    let next = inner.withLock { $0.height } + 1
    advance(isEpochChange: isEpochChange) { moment in
      guard var state = moment.runtime, let last = state.lastBlock else { return }
      var block = RootHash.Block(emptyAfter: last, timestamp: UInt64(next), type: .normal)
      change(&block.header)
      (state.lastBlock, state.lastBlockHeight) = (block, next)
      if block.header.type == .normal { (state.lastNormalRound, state.lastNormalHeight) = (block.header.round, next) }
      moment.runtime = state
    }
    return now.runtime?.lastBlock ?? RootHash.Block()
  }

  public func setRetained(_ height: Int64) { inner.withLock { $0.retained = height } }

  // MARK: ConsensusBackend

  public func isSynced() async -> Bool { true }
  public func waitSynced() async throws {}
  public func latestHeight() async -> Int64 { inner.withLock { $0.height } }
  public func lastRetainedHeight() async -> Int64 { inner.withLock { $0.retained } }
  public func updates() async -> AsyncStream<ConsensusUpdate> { feed.subscribe() }

  public func query<Answer: Sendable>(at height: Int64, _ body: @Sendable (StateTree) throws -> Answer) async throws -> Answer {
    let id = runtimeID
    let moment = try inner.withLock { inner throws -> Moment in
      let height = height == 0 ? inner.height : height
      guard height >= inner.retained, var moment = inner.moments[height] else { throw CodedError.versionNotFound }
      if moment.failures > 0 {
        moment.failures -= 1
        inner.moments[height] = moment
        throw Unreadable()
      }
      return moment
    }
    let tree = StateTree(over: MemoryState())
    if let state = moment.runtime { RootHashState.runtimes.set(tree, Hashed(id), to: state) }
    RootHashState.roundResults.set(tree, Hashed(id), to: moment.results)
    RootHashState.queueMetas.set(tree, Hashed(id), to: RootHash.IncomingMessageQueueMeta())
    EpochState.current.set(tree, to: EpochTimeState(epoch: moment.epoch, height: 1))
    if let future = moment.future { EpochState.future.set(tree, to: future) }
    return try body(tree)
  }

  public func lightBlock(at height: Int64) async throws -> Consensus.LightBlock { Consensus.LightBlock(height: height, meta: [1]) }
  public func block(at height: Int64) async throws -> CometBFT.Block { throw CodedError.versionNotFound }
  public func results(at height: Int64) async throws -> BlockResults { throw CodedError.versionNotFound }

  public func submit(_ transaction: SignedEnvelope) async throws -> SubmittedTransaction {
    let decoded = try OasisTypes.Transaction.decode(cbor: transaction.blob ?? [])
    inner.withLock { $0.submitted.append(decoded) }
    try await onSubmit(decoded)
    return SubmittedTransaction(height: await latestHeight(), index: 0, result: DeliverTransactionResponse())
  }

  public func estimateGas(signer: PublicKey, _ transaction: OasisTypes.Transaction) async throws -> UInt64 { 10 }
}
