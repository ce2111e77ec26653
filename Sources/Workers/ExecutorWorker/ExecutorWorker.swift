internal import AsyncValues
internal import Bytes
public import CommitteeWorker
internal import ConsensusApp
public import ConsensusService
public import KeyValueStore
public import MKVSDatabase
public import OasisCrypto
public import OasisTypes
public import RegistrationWorker
internal import RuntimeHost
internal import RuntimeProtocol
public import RuntimeHistory
internal import Synchronization
public import Telemetry
public import TransactionPool

/// Takes part in the rounds of one runtime: schedules and executes batches, commits to the results. Rule: sheet 08 §C4.
///
/// Decisions are the machines'; this actor carries out their effects, one event after the other, and keeps what they need (batches,
/// timers).
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
  let peers: any CommitteePeers
  let journal: CommitmentJournal
  let metrics: ExecutorMetrics?
  private let observed: CommitmentFeed?
  let log: Log
  private let provider: RoleProvider
  var machine = ExecutorMachine()
  var roles = AvailabilityMachine()
  var dispatch: Dispatch?
  var batches: [ExecutorMachine.Run: ComputedRound] = [:]
  var lastCall: Task<Void, Never>?
  /// Calls that wait for storage before they begin; they end when their run is given up.
  var storageWaits: [ExecutorMachine.Run: Task<Void, any Error>] = [:]
  /// Commitments of the round in hand on their way into a block.
  var submissions: [Task<Void, Never>] = []
  private var timers: [Task<Void, Never>] = []
  var fetch: Task<Void, Never>?
  private var discrepancySync: Task<Void, Never>?
  private var trustSync: Task<Void, Never>?
  private var hasResumed = false
  /// When the last own batch was committed to.
  var committedAt: ContinuousClock.Instant?
  /// Listened to from the beginning, so that no start is missed.
  private let hostEvents: AsyncStream<RuntimeEvent>
  let inbox = Mailbox<Signal>(capacity: 64)
  private let newest = Mutex<Dispatch?>(nil)

  enum Signal: Sendable {
    /// There is a newer block than the one in hand.
    case dispatch
    case machine(ExecutorMachine.Event, round: UInt64)
    case update(ConsensusUpdate)
    case host(RuntimeEvent)
    case computed(ExecutorMachine.Run, ComputedRound)
    case trusted(start: UInt64)
    case transactions
    /// A commitment on its way into the mempool; nobody has verified it.
    case observed(RootHash.ExecutorCommitment)
  }

  /// What the machine of availability says.
  public var availability: Availability { roles.availability }

  /// - Parameters:
  ///   - provider: the compute role of this runtime.
  ///   - store: the node's own store, for what was signed.
  ///   - observed: commitments on their way into the mempool.
  public init(
    runtimeID: Namespace, node: any Signer, backend: any ConsensusBackend, submission: SubmissionManager, committee: CommitteeWorker,
    pool: TransactionPool, history: RuntimeHistory, database: NodeDatabase, store: any KeyValueStore, provider: RoleProvider,
    peers: any CommitteePeers = NoPeers(), observed: CommitmentFeed? = nil, metrics: ExecutorMetrics? = nil, log: Log
  ) {
    (self.runtimeID, self.node, self.backend, self.submission) = (runtimeID, node, backend, submission)
    (self.committee, self.pool, self.history, self.database, self.provider) = (committee, pool, history, database, provider)
    (self.peers, self.metrics, self.observed) = (peers, metrics, observed)
    journal = CommitmentJournal(store: store, runtimeID: runtimeID)
    self.log = log.module("worker/executor/committee").with(["runtime_id": runtimeID.description])
    hostEvents = committee.host.events()
  }

  /// Works until the task is cancelled.
  public func run() async {
    let (dispatches, updates, transactions) = (committee.dispatches(), await backend.updates(), pool.newTransactions())
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [inbox] in
        for await dispatch in dispatches {
          self.newest.withLock { $0 = dispatch }
          await inbox.send(.dispatch)
        }
      }
      group.addTask { [inbox, hostEvents] in for await event in hostEvents { await inbox.send(.host(event)) } }
      group.addTask { [inbox] in for await update in updates { await inbox.send(.update(update)) } }
      group.addTask { [inbox] in for await _ in transactions { await inbox.send(.transactions) } }
      if let commitments = observed?.commitments() {
        group.addTask { [inbox, runtimeID] in
          for await seen in commitments where seen.runtimeID == runtimeID { await inbox.send(.observed(seen.commitment)) }
        }
      }
      group.addTask { await self.loop() }
      await group.next()
      group.cancelAll()
    }
    for task in timers + submissions { task.cancel() }
    for task in storageWaits.values { task.cancel() }
    for task in [lastCall, fetch, discrepancySync, trustSync] { task?.cancel() }
  }

  private func loop() async {
    while let next = await inbox.next() {
      switch next {
      case .dispatch:
        // Only the newest counts; it may have been taken up with an earlier signal.
        if let dispatch = newest.withLock({ $0.take() }) { await startRound(dispatch) }
      case .machine(let event, let round):
        // What a timer or call of an earlier round says is dropped here, so that it cannot hit the next one.
        if round == 0 || round == machine.round?.number { await handle(event) }
      case .update(let update): await look(at: update)
      case .host(let event): await hostDid(event)
      case .computed(let run, let computed):
        if machine.isCurrent(run) { batches[run] = computed }
        await handle(.computed(run))
      case .trusted(let start): await decide(.trusted(start: start))
      case .transactions: await transactionsWereChecked()
      case .observed(let commitment): await observe(commitment)
      }
    }
  }

  func handle(_ event: ExecutorMachine.Event) async {
    let before = machine.state.name
    let effects = machine.handle(event)
    let after = machine.state.name
    if before != after { log.info("state transition", ["current_state": before, "new_state": after]) }
    for effect in effects { await perform(effect) }
  }

  // MARK: - Rounds

  private func startRound(_ dispatch: Dispatch) async {
    self.dispatch = dispatch
    // What was on its way for the last round counts no more: neither its timers nor its commitments.
    for task in timers + submissions { task.cancel() }
    discrepancySync?.cancel()
    (timers, submissions, batches) = ([], [], [:])
    let header = dispatch.block.header
    var round: ExecutorMachine.Round?
    var signed: [CommitmentJournal.Entry] = []
    if let committee = dispatch.committee, committee.contains(node.publicKey), let number = header.round.addingOne {
      var next = ExecutorMachine.Round(number: number)
      (next.previousHash, next.finalized) = (header.hash, (header.type == .normal, header.ioRoot))
      (next.isWorker, next.isBackup) = (committee.isWorker(node.publicKey), committee.isBackupWorker(node.publicKey))
      next.rank = committee.schedulerRank(round: number, id: node.publicKey) ?? .max
      (next.maxBatchSize, next.maxBatchBytes) = (
        dispatch.descriptor.transactionScheduler.maxBatchSize, dispatch.descriptor.transactionScheduler.maxBatchSizeBytes
      )
      if let before = signedBefore(number, header.hash) {
        signed = before
        next.committedRanks = Set(signed.map(\.rank))
        round = next
        startTimers(number, dispatch)
      }
    }
    hasResumed = true
    await handle(.round(round))
    for entry in signed {
      log.info("submitting the commitment that was signed before the restart", ["round": entry.round, "rank": entry.rank])
      if let proposal = entry.proposal { await peers.publish(proposal, epoch: dispatch.committee?.validFor ?? dispatch.epoch) }
      submit(entry.commitment, transactions: 0)
    }
    await decide(.stateReadable(await isStateReadable()))
  }

  /// What an earlier process signed for this round; asked for once. Nil where that cannot be told: the round is left to the others, for a
  /// second commitment would be punished.
  private func signedBefore(_ round: UInt64, _ previous: Hash) -> [CommitmentJournal.Entry]? {
    guard !hasResumed else { return [] }
    do { return try journal.entries(round: round, previous: previous) } catch {
      log.error(
        "cannot read what was signed for the round before the restart, taking no part in it", ["round": round, "err": "\(error)"])
      return nil
    }
  }

  private func startTimers(_ round: UInt64, _ dispatch: Dispatch) {
    let propose = Duration.nanoseconds(max(1_000_000, dispatch.state.runtime?.transactionScheduler.proposeBatchTimeout ?? 0))
    let flush = Duration.nanoseconds(max(0, dispatch.descriptor.transactionScheduler.batchFlushTimeout))
    timers = [
      Task { [inbox] in
        while (try? await Task.sleep(for: propose)) != nil { await inbox.send(.machine(.proposeTimeout, round: round)) }
      },
      Task { [inbox] in
        if (try? await Task.sleep(for: flush)) != nil { await inbox.send(.machine(.flushTimeout, round: round)) }
      },
    ]
  }

  /// Commitments of other schedulers and discrepancies, as the consensus layer saw them.
  private func look(at update: ConsensusUpdate) async {
    let commitments = update.events(RootHash.ExecutorCommittedEvent.self, runtime: runtimeID)
    let discrepancies = update.events(RootHash.ExecutionDiscrepancyDetectedEvent.self, runtime: runtimeID)
    metrics?.processedEvents(commitments.count + discrepancies.count)
    guard let round = machine.round?.number, let committee = dispatch?.committee else { return }
    for event in commitments {
      let commit = event.commit
      guard commit.header.header.round == round, commit.nodeID == commit.header.schedulerID,
        let rank = committee.schedulerRank(round: round, id: commit.nodeID)
      else { continue }
      await handle(.committed(schedulerRank: rank))
    }
    for event in discrepancies where event.round == round {
      log.warn(
        "execution discrepancy detected",
        ["round": event.round, "rank": event.rank, "height": update.height, "log_event": "roothash/execution_discrepancy_detected"])
      metrics?.detectedDiscrepancy()
      // The disputed batch is executed against the consensus state that disputes it. A runtime that cannot follow does not stop us.
      discrepancySync = Task { [inbox, committee = self.committee, log] in
        do { try await committee.host.synchronize(to: update.height) } catch {
          log.warn("runtime did not sync to the height of the discrepancy", ["height": update.height, "err": "\(error)"])
        }
        await inbox.send(.machine(.discrepancy(round: event.round, rank: event.rank, authoritative: true), round: event.round))
      }
    }
  }

  /// New transactions may be scheduled, or be what a proposal lacks.
  private func transactionsWereChecked() async {
    let missing = Array(machine.missing)
    if !missing.isEmpty {
      let known = zip(missing, await pool.promote(missing).known).compactMap { hash, bytes in bytes.map { (hash, $0.count) } }
      if !known.isEmpty { await handle(.fetched(known.map(\.0), bytes: known.reduce(0) { $0 + UInt64($1.1) })) }
    }
    await handle(.transactionsChecked)
  }

  // MARK: - Effects

  private func perform(_ effect: ExecutorMachine.Effect) async {
    guard let dispatch else { return }
    switch effect {
    case .schedule(let run, let force):
      call(run, dispatch) { try await self.schedule(run, dispatch, force: force) }
    case .execute(let run, let proposal, _):
      call(run, dispatch) { try await self.execute(run, dispatch, proposal) }
    case .resolve(let proposal, let rank):
      let (known, missing) = await pool.promote(proposal.batch)
      let bytes = known.reduce(0 as UInt64) { $0 + UInt64($1?.count ?? 0) }
      await handle(.resolved(rank: rank, knownBytes: bytes, missing: missing))
    case .fetch(let hashes):
      log.debug("fetching missing transactions of a proposal", ["num_missing": hashes.count])
      startFetch(hashes, round: dispatch.block.header.round &+ 1)
    case .cancelFetch: fetch?.cancel()
    case .abort(let run):
      batches[run] = nil
      storageWaits[run]?.cancel()
      metrics?.abortedBatch()
    case .commit(let run, let rank):
      guard let computed = batches.removeValue(forKey: run) else { return await handle(.failed(run)) }
      await commit(run, rank: rank, computed, dispatch)
    case .commitFailure(let run, let proposal, let rank):
      let failed = ComputedRound.failure(of: proposal, round: dispatch.block.header.round &+ 1, previous: dispatch.block.header.hash)
      await commit(run, rank: rank, failed, dispatch)
    case .transactionsUsed(let hashes):
      let header = dispatch.block.header
      log.info(
        "considering the round finalized", ["round": header.round, "header_hash": header.hash.description, "num_txs": hashes.count])
      if let committedAt { metrics?.finalized(after: .now - committedAt) }
      await pool.used(hashes)
    case .clearProposals: await pool.clearProposed()
    }
  }

  // MARK: - Availability

  private func hostDid(_ event: RuntimeEvent) async {
    switch event {
    case .configurationUpdated: await decide(.versionsChanged)
    case .started: await decide(.started(canSchedule: await canSchedule()))
    case .failedToStart(let reason):
      log.warn("runtime failed to start, the compute role is not available", ["err": reason])
      await decide(.stopped)
    case .stopped: await decide(.stopped)
    }
  }

  private func canSchedule() async -> Bool {
    do {
      if try await committee.host.information().features.scheduleControl != nil { return true }
      log.error("runtime does not support schedule control, it cannot be used by a compute node")
    } catch { log.warn("runtime did not say what it supports", ["err": "\(error)"]) }
    return false
  }

  private func isStateReadable() async -> Bool {
    let id = runtimeID
    do { return try await backend.query(at: 0) { try RootHashState($0).runtime(id)?.runtime != nil } } catch {
      log.warn("the runtime's state cannot be read", ["err": "\(error)"])
      return false
    }
  }

  private func decide(_ event: AvailabilityMachine.Event) async {
    for effect in roles.handle(event) {
      switch effect {
      case .synchronizeTrust(let start): trustSync = Task { await synchronizeTrust(start) }
      case .cancelTrustSync: trustSync?.cancel()
      case .withdraw: provider.setUnavailable()
      case .offer:
        offerRole()
        let version = await committee.activeVersion
        log.info("compute role is available", ["version": version?.description ?? "NULL"])
      }
    }
  }

  /// Has the runtime verify the chain up to now; tried again until it does or the task is cancelled.
  private func synchronizeTrust(_ start: UInt64) async {
    var backoff = Backoff(from: .milliseconds(500), to: .seconds(60), growing: .half)
    while !Task.isCancelled {
      do {
        log.info("asking the runtime to perform light client sync")
        try await committee.host.synchronize(to: await backend.latestHeight())
        log.info("runtime light client sync succeeded")
        await inbox.send(.trusted(start: start))
        return
      } catch {
        log.debug("runtime is not synced to the consensus layer yet", ["err": "\(error)"])
        guard (try? await Task.sleep(for: backoff.next() * Double.random(in: 0.5...1.5))) != nil else { return }
      }
    }
  }

  private func offerRole() {
    provider.setAvailable { [committee] node in node.runtimes = (node.runtimes ?? []) + (await committee.registrations()) }
  }
}

extension UInt64 {
  var addingOne: UInt64? { self == .max ? nil : self + 1 }
}
