internal import FileSystem
internal import AsyncIO
internal import AsyncValues
internal import BeaconWorker
internal import Bytes
internal import ConsensusApp
internal import ConsensusService
internal import Glibc
internal import KeyValueStore
internal import NodeAPI
internal import NodeConfiguration
internal import NodeIdentity
internal import OasisCrypto
internal import OasisTypes
internal import RegistrationWorker
internal import RocksDBStore
internal import RuntimeBundle
internal import StorageWorker
internal import Synchronization
internal import Telemetry
internal import Wire

/// A node from its parts: what runs, in which order it starts and stops. Rule: sheet 08 §D2, §D3.
actor RunningNode: NodeLifecycle {
  /// Read and checked before anything is opened.
  struct Setup {
    var configuration: NodeConfiguration
    var flags: DebugFlags
    var directory: DataDirectory
    var document: OasisTypes.GenesisDocument
    var genesis: Genesis
    var log: Log
    /// How long all parts together may take to stop.
    var patience = Duration.seconds(9)
  }

  /// Why the node stopped.
  enum Ending: Sendable {
    /// The operator or the control API asked for it.
    case requested(String)
    /// A part ended by itself.
    case failed(task: String, reason: String)
    /// The chain has to stop here, at an upgrade or as configured.
    case halted(String)
  }

  let setup: Setup
  let log: Log
  let consensus: ConsensusAssembly
  private let stores: [any KeyValueStore]
  private let upgrades: Upgrades
  private let beacon: BeaconWorker?
  private let registration: RegistrationWorker?
  private let runtimes: [RuntimeAssembly]
  private let api: APIServer
  private let socket: String
  private let metrics: MetricsService?
  private let consensusKey: PublicKey
  private let endings: AsyncStream<Ending>
  let ending: AsyncStream<Ending>.Continuation
  private let ready = Gate()
  /// Names of the parts that run.
  let running = Mutex<Set<String>>([])

  /// Opens keys and stores; nothing runs yet.
  init(_ setup: Setup) async throws {
    self.setup = setup
    let (configuration, directory) = (setup.configuration, setup.directory)
    log = setup.log.module("oasis-node")
    (endings, ending) = AsyncStream.makeStream()
    let meters = MetricsRegistry()
    let identity = try NodeIdentity.load(folder: directory.path, generate: true)
    consensusKey = identity.consensus.publicKey
    for notice in identity.notices { log.warn(notice) }
    log.info(
      "loaded/generated node identity",
      [
        "node_pk": identity.node.publicKey, "p2p_pk": identity.p2p.publicKey, "consensus_pk": identity.consensus.publicKey,
        "tls_pk": identity.tls.publicKey,
      ])
    let entity = try Self.entity(setup)
    try Self.refuseUnbuiltModes(configuration)
    try Self.checkRuntimes(configuration, setup.flags)
    do { try configuration.checkAtStart() } catch { throw StartError(error.description, remedy: error.remedy) }
    try Self.refuseForeignStores(directory)
    let store = try RocksDBStore(directory: directory.persistentStore)
    upgrades = try Upgrades(store: store)
    consensus = try ConsensusAssembly(
      configuration, directory: directory, identity: identity, document: setup.document, genesis: setup.genesis, upgrades: upgrades,
      flags: setup.flags,
      log: setup.log)
    var prices = SubmissionManager.Configuration()
    (prices.gasPrice, prices.maxFee) = (
      Quantity(configuration.consensus.submission.gasPrice), Quantity(configuration.consensus.submission.maxFee)
    )
    let submission = SubmissionManager(backend: consensus.service, configuration: prices, log: setup.log)

    let addresses = try NodeAddresses.consensus(
      configuration.consensus, p2pKey: identity.p2p.publicKey, allowsUnroutable: setup.flags.dontBlameOasis)
    if let entity {
      var parameters = RegistrationWorker.Configuration(
        entityID: entity, node: identity.node, p2p: identity.p2p, consensus: identity.consensus, vrf: identity.vrf,
        tls: identity.tls.signer,
        softwareVersion: Control.softwareVersion)
      parameters.consensusAddresses = addresses
      parameters.p2pAddresses = try NodeAddresses.p2p(configuration.p2p, allowsUnroutable: setup.flags.dontBlameOasis)
      let worker = RegistrationWorker(
        configuration: parameters, backend: consensus.service, submission: submission, store: store, log: setup.log,
        now: { Int64(time(nil)) })
      if configuration.nodeMode == .validator || configuration.consensus.validator { await worker.provider(for: .validator).setAvailable() }
      registration = worker
      beacon = BeaconWorker(
        backend: consensus.service, submission: submission, node: identity.node, vrf: identity.vrf, log: setup.log)
    } else {
      (registration, beacon) = (nil, nil)
    }
    runtimes = try await Self.runtimes(
      RuntimeAssembly.Node(
        configuration: configuration, directory: directory, identity: identity, consensus: consensus, submission: submission,
        registration: registration, store: store, meters: meters, log: setup.log))
    metrics = MetricsService(
      configuration.metrics, meters,
      .init(
        consensus: consensus, runtimes: runtimes, consensusKey: consensusKey, nodeID: identity.node.publicKey, dataDirectory: directory.path
      ),
      log: log)
    stores = runtimes.flatMap(\.stores) + consensus.stores + [store]
    api = APIServer(log: setup.log, logsEveryCall: setup.flags.logsCalls, meters: meters)
    socket = configuration.common.internalSocketPath.isEmpty ? directory.internalSocket : configuration.common.internalSocketPath
    await register(identity, addresses, submission)
  }

  // MARK: - Parts

  /// Runtimes of one node at most. Rule: sheet 08 §C10.
  private static let mostRuntimes = 64

  private static func runtimes(_ node: RuntimeAssembly.Node) async throws -> [RuntimeAssembly] {
    let (configuration, directory) = (node.configuration, node.directory)
    let files = configuration.runtime.paths
    var configured = configuration.runtime.runtimes.compactMap { Namespace($0.id.bytes.array) }
    do { configured += try BundleManager.runtimes(inFiles: files).subtracting(configured).sorted() } catch {
      throw StartError("\(initialization)\(error)", remedy: "runtime.paths must name whole .orc bundles: 'orc show FILE' looks into one")
    }
    try DataDirectory.prepare(directory.runtimes)
    for folder in [directory.bundles, directory.temporaryBundles] { try DataDirectory.prepare(folder) }
    let manager = BundleManager(bundles: directory.bundles, temporary: directory.temporaryBundles, log: node.log)
    let bundles: BundleRegistry
    do { bundles = try manager.start(files: files, configured: Set(configured)) } catch {
      throw StartError("\(initialization)\(error)", remedy: "runtime.paths must name whole .orc bundles: 'orc show FILE' looks into one")
    }
    // A validator serves the consensus layer alone.
    if configuration.nodeMode == .validator { return [] }
    if configured.count > mostRuntimes {
      throw StartError(
        "\(initialization)runtime/registry: \(configured.count) runtimes are configured", remedy: "a node takes at most \(mostRuntimes)")
    }
    let store = Bundles(manager, bundles, log: node.log)
    let log = node.log.module("runtime/registry")
    var assemblies: [RuntimeAssembly] = []
    for id in configured {
      log.info("adding runtime", ["id": id.hex, "managed": true])
      let components = bundles.components(of: id)
      if components.isEmpty {
        log.warn("no bundle for a configured runtime: it does not run", ["id": id.hex, "hint": "add its .orc file to runtime.paths"])
      }
      assemblies.append(try await RuntimeAssembly(id, bundled: components, bundles: store, node: node))
      log.info("runtime added", ["id": id.hex, "managed": true])
    }
    return assemblies
  }

  private func register(_ identity: NodeIdentity, _ addresses: [ConsensusAddress], _ submission: SubmissionManager) async {
    let service = consensus.service
    let statusReader = ConsensusStatusReader(
      service, consensusKey: identity.consensus.publicKey, network: ConsensusNetwork(p2pKey: identity.p2p.publicKey, addresses: addresses))
    var sources = NodeControllerAPI.Sources(
      mode: setup.configuration.nodeMode.rawValue,
      identity: .init(node: identity.node.publicKey, consensus: identity.consensus.publicKey, tls: identity.tls.publicKey))
    if setup.flags.dontBlameOasis { sources.debug = .init(enabled: true, allowRoot: setup.configuration.common.debug.allowRoot) }
    (sources.runtimes, sources.registration, sources.upgrades) = (runtimes, registration, upgrades)
    let p2p = try? NodeAddresses.p2p(setup.configuration.p2p, allowsUnroutable: setup.flags.dontBlameOasis)
    sources.p2p = PeerlessHost(key: identity.p2p.publicKey, addresses: p2p ?? [])
    let clients = runtimes.map { ClientAdapter(client: $0.client, storage: $0.storage, isDebugging: setup.flags.dontBlameOasis) }
    var services: [any APIService] = [
      NodeControllerAPI(consensus: service, consensusStatus: statusReader, sources: sources, node: self, log: setup.log),
      ConsensusAPI(service, genesis: setup.document, status: statusReader, state: consensus.state),
      StakingAPI(service, genesis: setup.document), RegistryAPI(service), RootHashAPI(service, commitments: consensus.commitments),
      SchedulerAPI(service), BeaconAPI(service, baseEpoch: setup.document.beacon.base), GovernanceAPI(service), VaultAPI(service),
      KeyManagerAPI(service), ChurpAPI(service),
    ]
    let mode = setup.configuration.nodeMode
    if [.compute, .observer, .client].contains(mode) || (mode == .archive && !clients.isEmpty) {
      services.append(RuntimeClientAPI(service, runtimes: clients))
    }
    if !clients.isEmpty { services.append(StorageWorkerAPI(clients)) }
    if setup.flags.dontBlameOasis { services += [DebugControllerAPI(service, submission: submission), StorageAPI(clients)] }
    await api.register(services)
  }

  // MARK: - Life

  /// Works until something ends it; everything is stopped when this returns.
  ///
  /// - Throws: ``StartError`` if the socket of the control API cannot be made; then nothing has run.
  func run(until signals: AsyncStream<Int32>) async throws -> Ending {
    defer { ready.abandon() }
    var reason = Ending.requested("")
    let listener: StreamListener
    do { listener = try await api.listen(path: socket) } catch { throw StartError("internal gRPC socket '\(socket)': \(error)") }
    await withTaskGroup(of: Void.self) { group in
      for runtime in runtimes { part("runtime \(runtime.runtimeID)", &group) { try await runtime.run() } }
      if let registration {
        part("registration", &group) { [ending] in
          if try await registration.run() == .deregistered { ending.yield(.requested("programmatic termination requested")) }
        }
      }
      if let beacon {
        group.addTask { [ending] in
          // It may end by itself, where the beacon takes no proofs; a node that cannot prove would never be elected.
          do { try await beacon.run() } catch {
            if !Task.isCancelled { ending.yield(.failed(task: "beacon", reason: "\(error)")) }
          }
        }
      }
      group.addTask { await self.api.serve(listener) }
      let startLog = StartLog(setup.log)
      startLog.nodeStarting(runtimes: runtimes.count, provesBeacon: beacon != nil, socket: socket)
      if let metrics { group.addTask { await metrics.run() } }
      part("consensus", &group) {
        try await self.consensus.waitForGenesis(self.log)
        try await self.consensus.service.run()
      }
      group.addTask { await self.watchReadiness() }
      group.addTask { await self.watchHalt() }
      group.addTask { [ending] in
        for await _ in signals { ending.yield(.requested("user requested termination")) }
      }
      log.info("initialization complete: ready to serve")
      reason = await endings.first { _ in true } ?? reason
      switch reason {
      case .requested(let text): log.info(text)
      case .failed(let task, let why): log.error("background task terminated, propagating", ["task": task, "err": why])
      case .halted(let why): log.warn("the node stops, as the chain has to", ["reason": why])
      }
      startLog.nodeStopping(runtimes: runtimes.count)
      for runtime in runtimes { runtime.tellStopping() }
      await stop(&group)
      startLog.nodeStopped(runtimes: runtimes.count)
    }
    for store in stores { store.close() }
    return reason
  }

  /// A part whose end ends the node.
  private func part(_ name: String, _ group: inout TaskGroup<Void>, _ body: @escaping @Sendable () async throws -> Void) {
    running.withLock { _ = $0.insert(name) }
    group.addTask { [ending, halt = consensus.halt] in
      defer { self.running.withLock { _ = $0.remove(name) } }
      // Parts end with a chain that stops; that is not their failure.
      do {
        try await body()
        if !Task.isCancelled, !halt.hasCome { ending.yield(.failed(task: name, reason: "ended")) }
      } catch {
        if !Task.isCancelled, !halt.hasCome { ending.yield(.failed(task: name, reason: "\(error)")) }
      }
    }
  }

  /// New calls are refused first; then the consensus layer finishes the block in hand, and with it the workers end. Rule: sheet 08 §D3.
  private func stop(_ group: inout TaskGroup<Void>) async {
    let watchdog = Task { await giveUpWaiting() }
    defer { watchdog.cancel() }
    await api.stop(grace: .seconds(1))
    await consensus.service.stop()
    group.cancelAll()
    await group.waitForAll()
  }

  private func watchReadiness() async {
    do {
      try await consensus.service.waitSynced()
      for runtime in runtimes { try await runtime.storage.waitInitialized() }
      if let registration, setup.configuration.nodeMode == .compute { try await registration.waitInitialized() }
    } catch { return }  // the node stops
    ready.open()
  }

  // MARK: - NodeLifecycle

  nonisolated func workersAreReady() -> Bool { ready.isOpen }

  nonisolated func waitWorkersReady() async throws { try await ready.wait() }

  func requestShutdown(wait: Bool) async throws {
    guard let registration else {
      ending.yield(.requested("programmatic termination requested"))
      return
    }
    if try await isOnlyValidator() {
      // Its deregistration would end the chain: no block could remove it from the registry, and none would come after a restart.
      log.warn("not deregistering: this node is the only validator of its network")
      ending.yield(.requested("programmatic termination requested"))
      return
    }
    try await registration.requestDeregistration()
    if wait { try await registration.waitDeregistered() }
  }

  private func isOnlyValidator() async throws -> Bool {
    let key = consensusKey
    guard await consensus.service.latestHeight() > 0 else { return false }
    return try await consensus.service.query(at: 0) { Array(try SchedulerState($0).validators().keys) == [key] }
  }

  func addBundle(path: String) async throws {
    do { _ = try RuntimeBundle(path: path) } catch { throw CodedError.uncoded("failed to open bundle: \(error)") }
    throw CodedError.uncoded(
      "adding bundles to a running node is not supported by this version: add the file to runtime.paths and restart the node")
  }
}
