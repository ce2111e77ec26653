internal import AsyncValues
internal import Bytes
public import CommitteeWorker
internal import ConsensusApp
public import ConsensusService
public import MKVSDatabase
public import OasisCrypto
public import OasisTypes
public import RegistrationWorker
internal import RuntimeHost
internal import RuntimeProtocol
public import RuntimeHistory
public import Telemetry
public import TransactionPool

/// Takes part in the rounds of one runtime: schedules and executes batches, commits to the results. Rule: sheet 08 §C4.
///
/// Decisions are the machine's; this actor carries out its effects and keeps what they need (batches, timers).
public actor ExecutorWorker {
  /// Whether the node offers its compute role. Rule: sheet 08 §C4.6.
  public enum Availability: UInt8, Sendable {
    case ready = 0
    case waitingForRuntime = 1
    case waitingForTrustSync = 2

    /// The text that `control status` prints.
    public var text: String {
      switch self {
      case .ready: "ready"
      case .waitingForRuntime: "waiting for runtime readiness"
      case .waitingForTrustSync: "waiting for trust sync"
      }
    }
  }

  let runtimeID: Namespace
  let node: any Signer
  let backend: any ConsensusBackend
  let submission: SubmissionManager
  let committee: CommitteeWorker
  let pool: TransactionPool
  let history: RuntimeHistory
  let database: NodeDatabase
  let log: Log
  private let provider: RoleProvider
  private var machine = ExecutorMachine()
  private(set) var dispatch: Dispatch?
  private var batches: [ExecutorMachine.Run: ComputedRound] = [:]
  private var lastCall: Task<Void, Never>?
  private var timers: [Task<Void, Never>] = []
  /// Has the runtime verify the chain after it started.
  private var trustSync: Task<Void, Never>?
  /// Listened to from the beginning, so that no start is missed.
  private let hostEvents: AsyncStream<RuntimeEvent>
  private let signal: AsyncStream<Signal>.Continuation
  private let signals: AsyncStream<Signal>
  public private(set) var availability = Availability.waitingForRuntime

  enum Signal: Sendable {
    case dispatch(Dispatch)
    case machine(ExecutorMachine.Event, round: UInt64)
    case update(ConsensusUpdate)
    case host(RuntimeEvent)
    case computed(ExecutorMachine.Run, ComputedRound)
    case trusted(Version)
  }

  /// - Parameter provider: the compute role of this runtime.
  public init(
    runtimeID: Namespace, node: any Signer, backend: any ConsensusBackend, submission: SubmissionManager, committee: CommitteeWorker,
    pool: TransactionPool, history: RuntimeHistory, database: NodeDatabase, provider: RoleProvider, log: Log
  ) {
    (self.runtimeID, self.node, self.backend, self.submission) = (runtimeID, node, backend, submission)
    (self.committee, self.pool, self.history, self.database, self.provider) = (committee, pool, history, database, provider)
    self.log = log.module("worker/executor/committee").with(["runtime_id": runtimeID.description])
    (signals, signal) = AsyncStream.makeStream()
    hostEvents = committee.host.events()
  }

  /// Works until the task is cancelled.
  public func run() async {
    let (dispatches, updates, transactions) = (committee.dispatches(), await backend.updates(), pool.newTransactions())
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [signal] in for await dispatch in dispatches { signal.yield(.dispatch(dispatch)) } }
      group.addTask { [signal, hostEvents] in for await event in hostEvents { signal.yield(.host(event)) } }
      group.addTask { [signal] in for await update in updates { signal.yield(.update(update)) } }
      group.addTask { [signal] in for await _ in transactions { signal.yield(.machine(.transactionsChecked, round: 0)) } }
      group.addTask { await self.loop() }
      await group.next()
      group.cancelAll()
    }
    for timer in timers { timer.cancel() }
    lastCall?.cancel()
    trustSync?.cancel()
  }

  private func loop() async {
    for await next in signals {
      switch next {
      case .dispatch(let dispatch): await startRound(dispatch)
      case .machine(let event, let round):
        // What a timer or call of an earlier round says is dropped here, so that it cannot hit the next one.
        if round == 0 || round == machine.round?.number { await handle(event) }
      case .update(let update): await look(at: update)
      case .host(let event): await hostDid(event)
      case .computed(let run, let computed):
        batches[run] = computed
        await handle(.computed(run))
      case .trusted(let version): await trust(version)
      }
    }
  }

  private func handle(_ event: ExecutorMachine.Event) async {
    for effect in machine.handle(event) { await perform(effect) }
  }

  // MARK: - Rounds

  private func startRound(_ dispatch: Dispatch) async {
    self.dispatch = dispatch
    for timer in timers { timer.cancel() }
    (timers, batches) = ([], [:])
    let header = dispatch.block.header
    var round: ExecutorMachine.Round?
    if let committee = dispatch.committee, committee.contains(node.publicKey), let number = header.round.addingOne {
      var next = ExecutorMachine.Round(number: number)
      (next.previousHash, next.finalized) = (header.hash, (header.type == .normal, header.ioRoot))
      (next.isWorker, next.isBackup) = (committee.isWorker(node.publicKey), committee.isBackupWorker(node.publicKey))
      next.rank = committee.schedulerRank(round: number, id: node.publicKey) ?? .max
      (next.maxBatchSize, next.maxBatchBytes) = (
        dispatch.descriptor.transactionScheduler.maxBatchSize, dispatch.descriptor.transactionScheduler.maxBatchSizeBytes
      )
      round = next
      startTimers(number, dispatch)
    }
    await handle(.round(round))
  }

  private func startTimers(_ round: UInt64, _ dispatch: Dispatch) {
    let propose = Duration.nanoseconds(max(1_000_000, dispatch.state.runtime?.transactionScheduler.proposeBatchTimeout ?? 0))
    let flush = Duration.nanoseconds(max(0, dispatch.descriptor.transactionScheduler.batchFlushTimeout))
    timers = [
      Task { [signal] in
        while (try? await Task.sleep(for: propose)) != nil { signal.yield(.machine(.proposeTimeout, round: round)) }
      },
      Task { [signal] in
        if (try? await Task.sleep(for: flush)) != nil { signal.yield(.machine(.flushTimeout, round: round)) }
      },
    ]
  }

  /// Commitments of other schedulers and discrepancies, as the consensus layer saw them.
  private func look(at update: ConsensusUpdate) async {
    guard let round = machine.round?.number, let committee = dispatch?.committee else { return }
    for event in update.events(RootHash.ExecutorCommittedEvent.self, runtime: runtimeID) {
      let commit = event.commit
      guard commit.header.header.round == round, commit.nodeID == commit.header.schedulerID,
        let rank = committee.schedulerRank(round: round, id: commit.nodeID)
      else { continue }
      await handle(.committed(schedulerRank: rank))
    }
    for event in update.events(RootHash.ExecutionDiscrepancyDetectedEvent.self, runtime: runtimeID) {
      log.warn("execution discrepancy detected", ["rank": event.rank, "height": update.height])
      await handle(.discrepancy(round: event.round, rank: event.rank, authoritative: true))
    }
  }

  // MARK: - Effects

  private func perform(_ effect: ExecutorMachine.Effect) async {
    guard let dispatch else { return }
    switch effect {
    case .schedule(let run, let force):
      call(run, dispatch) { try await self.schedule(dispatch, force: force) }
    case .execute(let run, let proposal, let rank):
      call(run, dispatch) { try await self.execute(dispatch, proposal, rank: rank) }
    case .resolve(let proposal, let rank):
      let (known, missing) = await pool.promote(proposal.batch)
      let bytes = known.reduce(0 as UInt64) { $0 + UInt64($1?.count ?? 0) }
      await handle(.resolved(rank: rank, knownBytes: bytes, missing: missing))
    case .fetch(let hashes):
      // There are no peers to ask: the transactions come by themselves or the round ends.
      log.debug("missing transactions of a proposal", ["num_missing": hashes.count])
    case .cancelFetch: break
    case .abort(let run): batches[run] = nil
    case .commit(let run, let rank):
      guard let computed = batches.removeValue(forKey: run) else { return }
      commit(run, rank: rank, computed, dispatch)
    case .commitFailure(let run, let proposal, _):
      let failed = ComputedRound.failure(of: proposal, round: dispatch.block.header.round &+ 1, previous: dispatch.block.header.hash)
      commit(run, rank: 0, failed, dispatch)
    case .transactionsUsed(let hashes): await pool.used(hashes)
    case .clearProposal: await pool.clearProposed()
    }
  }

  /// One call of the runtime at a time: a new one starts when the one before has ended, also if nobody waits for it any more.
  private func call(_ run: ExecutorMachine.Run, _ dispatch: Dispatch, _ body: @escaping @Sendable () async throws -> ComputedRound?) {
    let previous = lastCall
    let round = dispatch.block.header.round &+ 1
    lastCall = Task { [signal, log] in
      await previous?.value
      do {
        if let computed = try await body() {
          signal.yield(.computed(run, computed))
        } else {
          signal.yield(.machine(.nothingScheduled(run), round: round))
        }
      } catch {
        log.warn("batch could not be executed", ["round": round, "err": "\(error)"])
        signal.yield(.machine(.failed(run), round: round))
      }
    }
  }

  private func commit(_ run: ExecutorMachine.Run, rank: UInt64, _ computed: ComputedRound, _ dispatch: Dispatch) {
    let round = dispatch.block.header.round &+ 1
    Task { [signal, log] in
      // The round may have ended meanwhile: then its results count no more, and its trees belong to the storage worker.
      guard self.dispatch?.block.header.round == dispatch.block.header.round else { return }
      do {
        try await self.commit(computed, dispatch)
        signal.yield(
          .machine(.committedOwn(run, ioRoot: computed.header.ioRoot ?? Hash(), transactions: computed.transactions), round: round))
      } catch {
        log.error("failed to commit to a round", ["round": round, "err": "\(error)"])
        signal.yield(.machine(.failed(run), round: round))
      }
    }
  }

  // MARK: - Availability

  private func hostDid(_ event: RuntimeEvent) async {
    switch event {
    case .configurationUpdated: if availability == .ready { offerRole() }
    case .started(let version):
      becomeUnavailable()  // until the runtime has verified the chain
      do {
        guard try await committee.host.information().features.scheduleControl != nil else {
          log.error("runtime does not support schedule control, it cannot be used by a compute node")
          return
        }
      } catch {
        log.warn("runtime did not say what it supports", ["err": "\(error)"])
        return
      }
      availability = .waitingForTrustSync
      trustSync = Task { await synchronizeTrust(version) }
    case .failedToStart(let reason):
      log.warn("runtime failed to start, the compute role is not available", ["err": reason])
      becomeUnavailable()
    case .stopped: becomeUnavailable()
    }
  }

  /// Has the runtime verify the chain up to now; tried again until it does or the task is cancelled.
  private func synchronizeTrust(_ version: Version) async {
    var backoff = Backoff(from: .milliseconds(100), to: .seconds(5))
    while !Task.isCancelled {
      do {
        try await committee.host.synchronize(to: await backend.latestHeight())
        signal.yield(.trusted(version))
        return
      } catch {
        log.debug("runtime is not synced to the consensus layer yet", ["err": "\(error)"])
        guard (try? await Task.sleep(for: backoff.next())) != nil else { return }
      }
    }
  }

  private func becomeUnavailable() {
    trustSync?.cancel()
    availability = .waitingForRuntime
    provider.setUnavailable()
  }

  private func trust(_ version: Version) async {
    guard availability == .waitingForTrustSync, await committee.activeVersion == version else { return }
    availability = .ready
    offerRole()
    log.info("compute role is available", ["version": version.description])
  }

  private func offerRole() {
    let (id, committee) = (runtimeID, committee)
    provider.setAvailable { node in
      for version in await committee.registrableVersions() {
        var entry = Node.Runtime()
        (entry.id, entry.version) = (id, version)
        node.runtimes = (node.runtimes ?? []) + [entry]
      }
    }
  }
}

extension UInt64 {
  var addingOne: UInt64? { self == .max ? nil : self + 1 }
}
