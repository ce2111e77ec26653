internal import AsyncValues
internal import Bytes
internal import ConsensusApp
public import ConsensusService
public import OasisCrypto
public import OasisTypes
public import RuntimeHost
internal import RuntimeProtocol
public import Telemetry
public import TransactionPool

/// The common worker of one runtime: follows its blocks and committees, runs the version that is in force, tells the others. Rule: sheet 08 §C2.
public actor CommitteeWorker {
  public nonisolated let runtimeID: Namespace
  public nonisolated let nodeID: PublicKey
  private let backend: any ConsensusBackend
  private let pool: TransactionPool
  /// The main component, in the versions of the configured bundles.
  public nonisolated let host: any HostedComponent
  /// Versions of the configured bundles, ascending.
  public nonisolated let versions: [Version]
  private let log: Log
  private let dispatchFeed = Broadcast<Dispatch>(.bufferingNewest(1), replaysLatest: true)

  private var hasConsensus = false
  private var isHistoryReady = false
  private var isHostReady = false
  private var areWorkersReady = false
  private var descriptor: Registry.Runtime?
  private var committee: Committee?
  private var committeeRound: UInt64 = 0
  private var isSuspended = false
  /// The latest block and what is known of it.
  public private(set) var latest: Dispatch?
  /// The version in force; nil before the descriptor is known or when there is no deployment.
  public private(set) var activeVersion: Version?
  private var nextVersion: Version?
  private let versionFeed = Broadcast<Version>(.bufferingNewest(1), replaysLatest: true)
  private let preWarmEpochs: Epoch?
  private let checksums: [Version: Hash]

  /// - Parameters:
  ///   - host: not running yet; ``run()`` runs it.
  ///   - versions: what has been added to `host`.
  ///   - checksums: of their bundles' manifests, to be compared with what the registry names.
  ///   - preWarmEpochs: how long before its epoch the next version is started, `runtime.pre_warm_epochs`; nil for never, as everywhere
  ///     but in compute mode.
  public init(
    runtimeID: Namespace, nodeID: PublicKey, backend: any ConsensusBackend, pool: TransactionPool, host: any HostedComponent,
    versions: [Version], checksums: [Version: Hash] = [:], preWarmEpochs: Epoch? = nil, log: Log
  ) {
    (self.runtimeID, self.nodeID, self.backend, self.pool) = (runtimeID, nodeID, backend, pool)
    (self.host, self.versions, self.preWarmEpochs) = (host, versions.sorted(), preWarmEpochs)
    self.checksums = checksums
    self.log = log.module("worker/common/committee").with(["runtime_id": runtimeID.description])
  }

  // MARK: - For the other workers

  /// The version in force, then each new one.
  public nonisolated func activeVersions() -> AsyncStream<Version> { versionFeed.subscribe() }

  /// What the next round is made from: the latest, then each new one.
  public nonisolated func dispatches() -> AsyncStream<Dispatch> { dispatchFeed.subscribe() }

  /// Versions of the configured bundles from the active one on that run here, as active or next: what this node registers. Rule: sheet
  /// 08 §C2.6.
  public func registrableVersions() async -> [Version] {
    guard let activeVersion else { return [] }
    let running = await host.versions
    return versions.filter { $0 >= activeVersion && ($0 == running.active || $0 == running.next) }
  }

  /// What this node registers of the runtime.
  public func registrations() async -> [Node.Runtime] {
    await registrableVersions().map { version in
      var entry = Node.Runtime()
      (entry.id, entry.version) = (runtimeID, version)
      return entry
    }
  }

  /// Whether the version in force, or one that comes, is among the bundles.
  public var hasVersion: Bool { activeVersion.map { active in versions.contains { $0 >= active } } ?? false }

  /// The history has caught up.
  public func historyIsReady() { isHistoryReady = true }

  /// Every worker of this runtime has started.
  public func workersAreReady() { areWorkersReady = true }

  /// Where it is. Rule: the order of sheet 08 §C2.2.
  public var state: CommitteeState {
    if !hasConsensus { return .waitingForConsensusSync }
    if descriptor == nil { return .waitingForDescriptor }
    if !isHistoryReady { return .waitingForHistoryReindex }
    if !areWorkersReady { return .waitingForWorkers }
    if !isHostReady { return .waitingForHost }
    return isSuspended ? .suspended : .ready
  }

  // MARK: - Work

  /// Works until the task is cancelled.
  public func run() async throws {
    try await backend.waitSynced()
    hasConsensus = true
    let (updates, events) = (await backend.updates(), host.events())
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.pool.run() }
      group.addTask { await self.host.run() }
      group.addTask { await self.notifyHost() }
      group.addTask { for await event in events { await self.hostDid(event) } }
      group.addTask { for await update in updates { await self.handle(update) } }
      await group.waitForAll()
    }
  }

  private struct Snapshot: Sendable {
    var state: RootHash.RuntimeState
    var results: RootHash.RoundResults
    var queue: [RootHash.IncomingMessage]
    var nextEpoch: Epoch
  }

  private func handle(_ update: ConsensusUpdate) async {
    let (id, epoch) = (runtimeID, update.epoch)
    do {
      let snapshot = try await backend.query(at: update.height) { tree -> Snapshot? in
        let rootHash = RootHashState(tree)
        guard let state = try rootHash.runtime(id) else { return nil }
        let future = try BeaconState(tree).futureEpoch()
        return Snapshot(
          state: state, results: try rootHash.roundResults(id), queue: try rootHash.queue(id),
          nextEpoch: future?.height == update.height + 1 ? future?.epoch ?? epoch : epoch)
      }
      guard let snapshot, let runtime = snapshot.state.runtime, let block = snapshot.state.lastBlock else { return }
      let isFirst = latest == nil
      // The committee is compared too: the update that began the epoch may have been lost or not readable.
      let isOther = snapshot.state.suspended != isSuspended || (!isSuspended && snapshot.state.committee != committee)
      if isFirst || update.isEpochChange || isOther { take(snapshot.state, runtime) }
      await setVersions(runtime, snapshot.nextEpoch)
      // The round is compared too: the update that brought it may have been lost or not readable.
      if snapshot.state.lastBlockHeight == update.height || block.header.round != latest?.block.header.round {
        try await dispatch(block, snapshot, update)
      }
    } catch {
      log.warn("failed to follow the runtime", ["height": update.height, "err": "\(error)"])
    }
  }

  /// A new committee, or a suspension.
  private func take(_ state: RootHash.RuntimeState, _ runtime: Registry.Runtime) {
    if descriptor == nil { log.info("runtime is registered with the registry") }
    (descriptor, isSuspended) = (runtime, state.suspended)
    committee = state.suspended ? nil : state.committee
    committeeRound = state.lastBlock?.header.round ?? 0
    if let committee, committee.contains(nodeID) {
      log.info(
        "node is a member of the committee",
        ["worker": committee.isWorker(nodeID), "backup_worker": committee.isBackupWorker(nodeID), "valid_for": committee.validFor])
    }
  }

  private func dispatch(_ block: RootHash.Block, _ snapshot: Snapshot, _ update: ConsensusUpdate) async throws {
    guard let descriptor else { return }
    let dispatch = Dispatch(
      block: block, height: update.height, lightBlock: try await backend.lightBlock(at: update.height), epoch: update.epoch,
      state: snapshot.state, roundResults: snapshot.results, incomingMessages: snapshot.queue, descriptor: descriptor, committee: committee)
    latest = dispatch
    await pool.process(
      DispatchInformation(
        block: block, consensusBlock: dispatch.lightBlock, epoch: update.epoch, maxMessages: descriptor.executor.maxMessages,
        maxBatchBytes: descriptor.transactionScheduler.maxBatchSizeBytes),
      incomingMessages: snapshot.queue.map(\.data))
    guard block.header.round >= committeeRound else { return }
    if block.header.round == committeeRound { await pool.recheck() }
    dispatchFeed.send(dispatch)
  }

  // MARK: - Hosted runtime

  /// The version in force runs; the next one too when its epoch is near. Rule: sheet 08 §C2.4.
  private func setVersions(_ runtime: Registry.Runtime, _ epoch: Epoch) async {
    let active = runtime.activeDeployment(at: epoch)?.version
    var next: Version?
    if let preWarmEpochs, let deployment = runtime.nextDeployment(after: epoch), deployment.validFrom - epoch <= preWarmEpochs {
      next = deployment.version
    }
    guard active != activeVersion || next != nextVersion else { return }
    if active != activeVersion { isHostReady = false }
    (activeVersion, nextVersion) = (active, next)
    if let active, !versions.contains(active) {
      log.error(
        "no bundle for the active version: add its .orc file to runtime.paths", ["version": active.description, "known": "\(versions)"])
    }
    for version in [active, next].compactMap(\.self) { compareChecksum(of: version, runtime) }
    await host.setVersions(active: active, next: next)
    if let active {
      await host.removeBelow(active)
      versionFeed.send(active)
    }
  }

  /// A bundle that is not the one of the registry may compute something else than the rest of the committee.
  private func compareChecksum(of version: Version, _ runtime: Registry.Runtime) {
    guard let own = checksums[version], let published = runtime.deployment(of: version)?.bundleChecksum, published.count == Hash.byteCount,
      published != own.bytes
    else { return }
    log.warn(
      "the bundle of this version is not the one that the registry names: get that one, or results may differ from the committee's",
      ["version": version.description, "manifest_hash": own.description, "bundle_checksum": published.hex])
  }

  private func hostDid(_ event: RuntimeEvent) {
    switch event {
    case .started: isHostReady = true
    case .failedToStart, .stopped: isHostReady = false
    case .configurationUpdated: break
    }
  }

  /// Tells the runtime of every consensus block, of the latest only where it is behind. Rule: sheet 08 §C2.7.
  private func notifyHost() async {
    let (heights, continuation) = AsyncStream.makeStream(of: Int64.self, bufferingPolicy: .bufferingNewest(1))
    let updates = await backend.updates()
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for await update in updates { continuation.yield(update.height) }
        continuation.finish()
      }
      group.addTask {
        for await height in heights {
          guard await self.isHostReady else { continue }
          do { try await self.host.synchronize(to: height) } catch {
            if !Task.isCancelled { self.log.debug("failed to notify runtime of a consensus block", ["err": "\(error)", "height": height]) }
          }
        }
      }
      await group.waitForAll()
    }
  }
}
