import Bytes
public import CommitteeWorker
public import ConsensusService
public import KeyValueStore
public import MKVSDatabase
public import OasisCrypto
public import OasisTypes
public import RuntimeHistory
import Synchronization
public import Telemetry
public import TransactionPool

/// One runtime of a node with a chain, a host and stores in memory.
public struct WorkerBench: Sendable {
  public static let runtimeID = Namespace([0x80] + [UInt8](repeating: 7, count: 31)) ?? Namespace()
  public static let version = Version(1)

  public let chain: FakeChain
  public let host = FakeHost()
  public let node = MemorySigner(seed: [UInt8](repeating: 3, count: 32))
  public let log: Log
  public let lines: LogLines
  public let database: NodeDatabase
  public let history: RuntimeHistory
  public let indexer: HistoryIndexer
  public let pool: TransactionPool
  public let committee: CommitteeWorker
  public let submission: SubmissionManager
  public let store: any KeyValueStore

  /// - Parameters:
  ///   - store, historyStore, treeStore: what is on disk already.
  ///   - onSubmit: what the chain does with a submitted transaction.
  public init(
    store: any KeyValueStore = MemoryStore(), historyStore: any KeyValueStore = MemoryStore(), treeStore: any KeyValueStore = MemoryStore(),
    checksums: [Version: Hash] = [:], preWarmEpochs: Epoch? = 3,
    onSubmit: @escaping @Sendable (OasisTypes.Transaction) async throws -> Void = { _ in }
  ) throws {
    let id = Self.runtimeID
    lines = LogLines()
    log = Log(LogOutput(format: .json, levels: LogLevels(.debug), sink: lines), module: "test")
    chain = FakeChain(runtimeID: id, onSubmit: onSubmit)
    self.store = store
    database = try NodeDatabase(store: treeStore, namespace: id)
    history = try RuntimeHistory(store: historyStore, runtimeID: id, honoursStorage: true, log: log)
    indexer = HistoryIndexer(
      history: history, source: RuntimeBlocks(backend: chain, log: log, sleep: { _ in await Task.yield() }), log: log,
      sleep: { _ in try await Task.sleep(for: .milliseconds(5)) })
    pool = TransactionPool(
      PoolConfiguration(), runtime: PoolRuntimeCalls(host: host, history: history), log: log,
      sleep: { _ in try await Task.sleep(for: .milliseconds(5)) })
    committee = CommitteeWorker(
      runtimeID: id, nodeID: node.publicKey, backend: chain, pool: pool, host: host, versions: [Self.version, Version(2)],
      checksums: checksums, preWarmEpochs: preWarmEpochs, log: log)
    submission = SubmissionManager(backend: chain, configuration: .init(), log: log)
  }

  /// The runtime's state with its genesis block and a committee.
  public func genesis(_ members: [CommitteeNode]? = nil, round: UInt64 = 0) -> RootHash.RuntimeState {
    var runtime = Registry.Runtime()
    (runtime.id, runtime.kind) = (Self.runtimeID, .compute)
    runtime.transactionScheduler.batchFlushTimeout = 1_000_000_000
    runtime.transactionScheduler.proposeBatchTimeout = 1_000_000_000
    (runtime.transactionScheduler.maxBatchSize, runtime.transactionScheduler.maxBatchSizeBytes) = (100, 1 << 20)
    runtime.executor.maxMessages = 32
    var deployment = Registry.VersionInfo()
    deployment.version = Self.version
    runtime.deployments = [deployment]
    var block = RootHash.Block(genesis: Self.runtimeID, timestamp: 1)
    block.header.round = round
    var state = RootHash.RuntimeState()
    (state.runtime, state.genesisBlock, state.lastBlock, state.lastBlockHeight) = (runtime, block, block, 1)
    (state.lastNormalRound, state.lastNormalHeight) = (round, 1)
    var committee = Committee()
    (committee.kind, committee.runtimeID, committee.validFor) = (.executor, Self.runtimeID, 1)
    committee.members = members ?? [CommitteeNode(role: .worker, publicKey: node.publicKey)]
    state.committee = committee
    return state
  }

  /// Waits until something holds; the suite's time limit ends a wait in vain.
  public func eventually(_ condition: () async throws -> Bool) async throws {
    while try await !condition() { try await Task.sleep(for: .milliseconds(3)) }
  }

  /// Runs what `body` needs besides until it returns: indexer and committee worker, and more.
  public func running(
    _ more: [@Sendable () async throws -> Void] = [], _ body: @escaping @Sendable () async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for work in [{ try await indexer.run() }, { try await committee.run() }] + more {
        group.addTask {
          do { try await work() } catch is CancellationError {}
          return false
        }
      }
      group.addTask {
        try await body()
        return true
      }
      while let isDone = try await group.next(), !isDone {}
      group.cancelAll()
      while let _ = try await group.next() {}
    }
  }
}

/// The lines of a log.
public final class LogLines: LogSink {
  private let lines = Mutex<[String]>([])
  public func write(line: String) { lines.withLock { $0.append(line) } }
  public var all: [String] { lines.withLock { $0 } }
  public func contains(_ parts: String...) -> Bool { all.contains { line in parts.allSatisfy { line.contains($0) } } }
}
