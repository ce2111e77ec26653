internal import Bytes
internal import CBOR
internal import ClientWorker
internal import CommitteeWorker
internal import ConsensusApp
internal import ConsensusService
internal import ExecutorWorker
internal import KeyValueStore
internal import MKVSDatabase
internal import NodeConfiguration
internal import NodeIdentity
internal import OasisCrypto
internal import OasisTypes
internal import RegistrationWorker
internal import RocksDBStore
internal import RuntimeBundle
internal import RuntimeHistory
internal import RuntimeHost
internal import StorageWorker
internal import Synchronization
internal import Telemetry
internal import TransactionPool

/// One runtime of this node, with all its workers. Rule: sheet 08 §D2 step 10.
struct RuntimeAssembly: Sendable {
  let runtimeID: Namespace
  let history: RuntimeHistory
  let indexer: HistoryIndexer
  let committee: CommitteeWorker
  let storage: StorageWorker
  let client: ClientWorker
  /// Only in compute mode.
  let executor: ExecutorWorker?
  let components: [Component]
  private let backend: any ConsensusBackend
  private let notifier: KeyManagerNotifier
  private let bundles: Bundles
  /// What is open on disk.
  let stores: [any KeyValueStore]
  private let pruning: (strategy: PruneStrategy, interval: Duration)
  private let startLog: StartLog

  /// What all runtimes share.
  struct Node {
    var configuration: NodeConfiguration
    var directory: DataDirectory
    var identity: NodeIdentity
    var consensus: ConsensusAssembly
    var submission: SubmissionManager
    var registration: RegistrationWorker?
    /// The node's own store.
    var store: any KeyValueStore
    var meters: MetricsRegistry
    var log: Log
  }

  /// Waits for what is made later than those who need it.
  private final class Late<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    func set(_ new: Value) { value.withLock { $0 = new } }
    func get() -> Value? { value.withLock { $0 } }
  }

  /// - Parameter bundled: the components of the node's bundles for this runtime; none for a runtime that waits for its bundle.
  init(_ runtimeID: Namespace, bundled: [BundleRegistry.Record], bundles: Bundles, node: Node) async throws {
    (self.runtimeID, self.bundles) = (runtimeID, bundles)
    backend = node.consensus.service
    startLog = StartLog(node.log)
    let (directory, configuration, log) = (node.directory, node.configuration, node.log)
    let folder = directory.runtime(runtimeID.hex)
    try DataDirectory.prepare(folder)
    let blocks = try RocksDBStore(directory: "\(folder)/history.rocksdb.db")
    let history = try RuntimeHistory(store: blocks, runtimeID: runtimeID, honoursStorage: true, log: log)
    var options = NodeDatabase.Options()
    options.observer = StorageMetrics(node.meters).observe
    let trees = try RocksDBStore(directory: "\(folder)/mkvs_storage.rocksdb.db")
    let database = try NodeDatabase(store: trees, namespace: runtimeID, options: options)
    let localStore = try RocksDBStore(directory: "\(folder)/worker-local-storage.rocksdb.db")
    stores = [blocks, trees, localStore]
    self.history = history
    node.consensus.readers.add(history)
    let prune = configuration.runtime.prune
    pruning = (prune.strategy == "keep_last" ? .keepLast(prune.numKept) : .none, prune.interval)
    indexer = HistoryIndexer(
      history: history, source: RuntimeBlocks(backend: backend, log: log), batchSize: configuration.runtime.indexer.batchSize, log: log,
      sleep: { try await Task.sleep(for: $0) })

    let pool = Late<TransactionPool>()
    let handler = NodeHostHandler(
      runtimeID: runtimeID, node: node.identity.node, backend: backend, submission: node.submission, runtimeState: database,
      consensusState: node.consensus.state, localStore: localStore, pool: { pool.get() })
    let host = RuntimeAggregate(runtimeID: runtimeID, log: log)
    let information = HostInformation(
      consensusProtocolVersion: ProtocolVersions.current.consensusProtocol, chainContext: backend.chainContext)
    var components: [Component] = []
    for record in bundled where record.component.id.isRONL {
      let component = record.component
      var hosted = RuntimeHost.RuntimeConfiguration(
        runtimeID: runtimeID, component: component, directory: record.directory, host: information)
      hosted.metrics = RuntimeMetrics(node.meters)
      hosted.localConfiguration = Self.localConfiguration(configuration, runtimeID)
      hosted.sandbox = configuration.runtime.provisioner == "unconfined" ? .none : .bubblewrap(configuration.runtime.sandboxBinary)
      let logFolder = directory.runtimeLog(runtimeID.hex, component: component.id.text)
      try DataDirectory.prepare("\(directory.runtimes)/logs")
      try DataDirectory.prepare("\(directory.runtimes)/logs/\(runtimeID.hex)")
      try DataDirectory.prepare(logFolder)
      hosted.componentLog = try RotatingLogFile(path: "\(logFolder)/log", limit: Int(clamping: configuration.runtime.log.maxSize))
      await host.add(HostedRuntime(hosted, handler: handler, log: log))
      components.append(component)
    }
    self.components = components
    let transactionPool = TransactionPool(
      Self.poolConfiguration(configuration), runtime: PoolRuntimeCalls(host: host, history: history), log: log,
      metrics: PoolMetrics(node.meters, runtimeID: runtimeID), sleep: { try await Task.sleep(for: $0) })
    pool.set(transactionPool)
    committee = CommitteeWorker(
      runtimeID: runtimeID, nodeID: node.identity.node.publicKey, backend: backend, pool: transactionPool, host: host,
      versions: components.map(\.version), checksums: Self.checksums(bundled),
      preWarmEpochs: configuration.nodeMode == .compute ? configuration.runtime.preWarmEpochs : nil, log: log)
    notifier = KeyManagerNotifier(
      runtimeID: runtimeID, backend: backend, events: host.events(), call: { try await host.call($0, within: $1) }, log: log)
    client = ClientWorker(
      runtimeID: runtimeID, backend: backend, committee: committee, pool: transactionPool, history: history, database: database,
      observer: configuration.nodeMode == .observer ? await node.registration?.provider(for: .observer) : nil, log: log)
    var storageRoles: [RoleProvider] = []
    if let registration = node.registration {
      storageRoles.append(await registration.provider(for: []))
      if configuration.storage.publicRPCEnabled { storageRoles.append(await registration.provider(for: .storageRPC)) }
    }
    storage = StorageWorker(history: history, database: database, providers: storageRoles, log: log)
    if configuration.nodeMode == .compute, let registration = node.registration {
      executor = ExecutorWorker(
        runtimeID: runtimeID, node: node.identity.node, backend: backend, submission: node.submission, committee: committee,
        pool: transactionPool, history: history, database: database, store: node.store,
        provider: await registration.provider(for: .compute), observed: node.consensus.commitments,
        metrics: ExecutorMetrics(node.meters, runtimeID: runtimeID), log: log)
    } else {
      executor = nil
    }
    startLog.registered(runtimeID, executes: executor != nil)
  }

  private static func poolConfiguration(_ configuration: NodeConfiguration) -> PoolConfiguration {
    var pool = PoolConfiguration()
    let section = configuration.runtime.transactionPool
    (pool.capacity, pool.seenCapacity) = (Int(clamping: section.maxScheduled), Int(clamping: section.cacheSize))
    (pool.checkBatch, pool.recheckInterval) = (Int(clamping: section.maxCheckBatch), section.recheckInterval)
    return pool
  }

  /// The manifest hash of each version's bundle.
  private static func checksums(_ bundled: [BundleRegistry.Record]) -> [Version: Hash] {
    let main = bundled.filter { $0.component.id.isRONL }
    return Dictionary(main.map { ($0.component.version, $0.manifestHash) }) { first, _ in first }
  }

  /// The operator's settings for the main component: its own, else the runtime's, else those at the old place. Rule: sheet 07 §A.10.
  private static func localConfiguration(_ configuration: NodeConfiguration, _ id: Namespace) -> [String: RawCBOR] {
    var values: [String: LocalValue] = [:]
    if let runtime = configuration.runtime.runtimes.first(where: { $0.id.bytes.hex == id.hex }) {
      values = runtime.components.first { $0.id.kind == "ronl" }?.config ?? runtime.config
    } else if case .map(let old)? = configuration.runtime.config.first(where: { $0.key.lowercased() == id.hex })?.value {
      values = old
    }
    return values.mapValues { value in
      var writer = CBORWriter()
      value.encode(to: &writer)
      return RawCBOR(writer.bytes)
    }
  }

  /// A worker that ended while it was still wanted.
  private struct WorkerEnded: Error, CustomStringConvertible {
    let worker: String
    var description: String { "the \(worker) of the runtime ended" }
  }

  /// Works until the task is cancelled; throws what makes the node stop.
  func run() async throws {
    startLog.starting(runtimeID, executes: executor != nil)
    defer { startLog.stopped(runtimeID) }
    // Each task gives the name of the worker that has ended, or nil where ending is what it is for.
    try await withThrowingTaskGroup(of: String?.self) { group in
      func work(_ name: String, _ body: @escaping @Sendable () async throws -> Void) {
        group.addTask {
          try await body()
          return name
        }
      }
      work("indexer") { try await indexer.run() }
      work("committee worker") { try await committee.run() }
      work("client worker") { await client.run() }
      work("key manager notifier") { await notifier.run() }
      work("storage worker") { try await storage.run(genesis: genesisBlock) }
      if let executor { work("executor") { await executor.run() } }
      group.addTask {
        await prune()
        return nil
      }
      group.addTask {
        for await version in committee.activeVersions() { await bundles.clean(runtimeID, below: version) }
        return nil
      }
      group.addTask {
        await announceReadiness()
        return nil
      }
      for try await ended in group {
        if let ended, !Task.isCancelled { throw WorkerEnded(worker: ended) }
      }
    }
  }

  /// Says in the log that the node is about to end ``run()``.
  func tellStopping() { startLog.stopping(runtimeID, executes: executor != nil) }

  /// Forgets old rounds: blocks first, then their trees. Rule: sheet 08 §C5.6, §C7.
  private func prune() async {
    let handlers: [any PruneHandler] = [storage] + (executor.map { [$0] } ?? [])
    await history.prune(pruning.strategy, every: pruning.interval, handlers: handlers) { try await storage.pruneTrees() }
  }

  /// Tells the committee worker how far the others are. One that fails is told of by itself.
  private func announceReadiness() async {
    guard (try? await backend.waitSynced()) != nil else { return }
    startLog.committee(runtimeID, "consensus has finished initial synchronization")
    startLog.committee(runtimeID, "waiting for block history to be initialized")
    guard await history.committedBlocks().first(where: { _ in true }) != nil else { return }
    await committee.historyIsReady()
    startLog.committee(runtimeID, "block history initialized")
    guard (try? await storage.waitInitialized()) != nil else { return }
    startLog.storageInitialized(
      runtimeID, genesisRound: (try? await genesisBlock().header.round) ?? 0, lastSynced: await storage.lastFinalized?.header.round ?? 0)
    await committee.workersAreReady()
  }

  /// The runtime's first block; waits until the consensus layer has the runtime.
  @Sendable private func genesisBlock() async throws -> RootHash.Block {
    let id = runtimeID
    for await update in await backend.updates() {
      if let block = try await backend.query(at: update.height, { try RootHashState($0).runtime(id)?.genesisBlock }) { return block }
    }
    throw CancellationError()
  }
}
