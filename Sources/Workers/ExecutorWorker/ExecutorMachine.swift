internal import OasisCrypto
internal import OasisTypes

/// What an executor does in each round, as a value: events in, effects out; no clock, no I/O. Rule: sheet 08 §C4.
///
/// Illegal events are of two kinds. Late ones (the outcome of a run that was given up, a proposal of a past round, a discrepancy of
/// another round) are expected and do nothing. Everything else is accepted in every state.
struct ExecutorMachine {
  /// The facts of one round, fixed when it starts.
  struct Round: Equatable {
    /// Number of the round to be made: that of the latest block plus one.
    var number: UInt64
    /// Hash of the latest block's header.
    var previousHash = Hash()
    /// Rank of this node as scheduler; `UInt64.max` where it is not a worker.
    var rank = UInt64.max
    var isWorker = false
    var isBackup = false
    /// Most transactions and bytes in a proposal, from the active descriptor; 0 bytes: unlimited.
    var maxBatchSize: UInt64 = 0
    var maxBatchBytes: UInt64 = 0
    /// Kind and I/O root of the latest block: tell whether our last proposal was finalized.
    var finalized: (isNormal: Bool, ioRoot: Hash) = (false, Hash())
    /// Ranks that this node has signed a commitment for before it was started again: it must not sign another.
    var committedRanks: Set<UInt64> = []

    static func == (a: Self, b: Self) -> Bool { a.number == b.number && a.previousHash == b.previousHash }
  }

  /// A call of the runtime, so that the outcome of one that was given up is known as such.
  typealias Run = UInt64

  /// What a commitment stands for.
  struct Batch: Equatable {
    var ioRoot: Hash
    var transactions: [Hash]
  }

  enum Event {
    /// A new block of the runtime: its next round starts; nil while this node is not in the committee.
    case round(Round?)
    /// The propose timeout passed once more: one more rank may propose.
    case proposeTimeout
    /// The batch flush timeout of this round passed.
    case flushTimeout
    /// New transactions may be scheduled.
    case transactionsChecked
    /// A proposal was kept.
    case proposal
    /// What the pool knows of a proposal's batch.
    case resolved(rank: UInt64, knownBytes: UInt64, missing: [Hash])
    /// Transactions that were missing arrived.
    case fetched([Hash], bytes: UInt64)
    /// A scheduler's own commitment of this round was seen.
    case committed(schedulerRank: UInt64)
    case discrepancy(round: UInt64, rank: UInt64, authoritative: Bool)
    /// Scheduling was not possible or there was nothing to schedule.
    case nothingScheduled(Run)
    /// The runtime's call failed or ran out of time.
    case failed(Run)
    /// The runtime computed a batch.
    case computed(Run)
    /// The commitment was signed and handed to the consensus layer; `batch` is nil where it says that there are no results.
    case committedOwn(Run, batch: Batch?)
  }

  enum Effect: Equatable {
    /// Build a batch from the pool and let the runtime execute it; `force` also without a reason to.
    case schedule(Run, force: Bool)
    case execute(Run, RootHash.Proposal, rank: UInt64)
    /// Ask the pool for a proposal's transactions.
    case resolve(RootHash.Proposal, rank: UInt64)
    case fetch([Hash])
    case cancelFetch
    /// Give up a call of the runtime; its outcome no longer counts.
    case abort(Run)
    /// Store the results, sign the commitment and submit it.
    case commit(Run, rank: UInt64)
    /// Submit a commitment that says: no results for this rank's proposal.
    case commitFailure(Run, RootHash.Proposal, rank: UInt64)
    /// These transactions are in a finalized block.
    case transactionsUsed([Hash])
    /// A round has begun: the proposals of the last one are done with.
    case clearProposals
  }

  /// The state as `control status` and the log name it.
  enum State: Equatable {
    case waitingForBatch
    case waitingForTransactions(RootHash.Proposal, rank: UInt64, bytes: UInt64, missing: Set<Hash>?)
    case waitingForEvent(RootHash.Proposal, rank: UInt64)
    case processing(Run, rank: UInt64, committing: Bool)

    var name: String {
      switch self {
      case .waitingForBatch: "WaitingForBatch"
      case .waitingForTransactions: "WaitingForTxs"
      case .waitingForEvent: "WaitingForEvent"
      case .processing: "ProcessingBatch"
      }
    }
  }

  /// Hashes that a proposal in hand still lacks.
  var missing: Set<Hash> {
    if case .waitingForTransactions(_, _, _, let missing?) = state { missing } else { [] }
  }

  /// Whether a scheduler's commitment was seen, so that ranks above `rank` have no turn.
  func isWaitingForScheduler(above rank: UInt64) -> Bool { poolRank <= rank }

  /// Whether the outcome of a call still counts.
  func isCurrent(_ run: Run) -> Bool {
    if case .processing(run, _, _) = state { true } else { false }
  }

  /// Keeps a proposal of another scheduler for its turn, without acting on it yet.
  mutating func keep(_ proposal: RootHash.Proposal, rank: UInt64) throws(ProposalQueue.Refusal) { try queue.insert(proposal, rank: rank) }

  private(set) var state = State.waitingForBatch
  private(set) var round: Round?
  private var queue = ProposalQueue()
  private var schedulerRank: UInt64 = 0
  private var poolRank = UInt64.max
  private var discrepancy: (rank: UInt64, authoritative: Bool)?
  private var submitted: Set<UInt64> = []
  private var flush = false
  /// Whether there was a reason to schedule while a call ran that may not have seen it.
  private var isAskedAgain = false
  private var lastRun: Run = 0
  private var ownBatch: Batch?

  mutating func handle(_ event: Event) -> [Effect] {
    var effects: [Effect] = []
    switch event {
    case .round(let round): start(round, &effects)
    case .proposeTimeout: if schedulerRank < .max { schedulerRank += 1 }
    case .flushTimeout: (flush, isAskedAgain) = (true, true)
    case .transactionsChecked: isAskedAgain = true
    case .proposal: break
    case .resolved(let rank, let bytes, let missing): resolved(rank, bytes, missing, &effects)
    case .fetched(let hashes, let bytes): fetched(hashes, bytes, &effects)
    case .committed(let rank): if round?.isWorker == true { poolRank = min(poolRank, rank) }
    case .discrepancy(let number, let rank, let authoritative):
      guard number == round?.number, discrepancy?.authoritative != true else { return [] }
      discrepancy = (rank, authoritative)
    case .nothingScheduled(let run):
      guard isCurrent(run) else { return [] }
      state = .waitingForBatch
      guard isAskedAgain else { return [] }  // the next event asks again
    case .failed(let run):
      guard isCurrent(run) else { return [] }
      state = .waitingForBatch
      return []  // tried again at the next event, so that a broken runtime is not called in a loop
    case .computed(let run):
      guard case .processing(run, let rank, false) = state else { return [] }
      state = .processing(run, rank: rank, committing: true)
      return [.commit(run, rank: rank)]
    case .committedOwn(let run, let batch):
      guard case .processing(run, let rank, true) = state else { return [] }
      submitted.insert(rank)
      if let batch { ownBatch = batch }
      state = .waitingForBatch
    }
    evaluate(&effects)
    return effects
  }

  // MARK: - Rounds

  private mutating func start(_ next: Round?, _ effects: inout [Effect]) {
    leave(&effects)
    if let own = ownBatch, let next, next.finalized.isNormal, next.finalized.ioRoot == own.ioRoot {
      effects.append(.transactionsUsed(own.transactions))
    }
    effects.append(.clearProposals)
    (ownBatch, round, schedulerRank, poolRank, discrepancy, flush) = (nil, next, 0, .max, nil, false)
    (submitted, isAskedAgain) = (next?.committedRanks ?? [], false)
    if let next { queue.prune(before: next.number) }
  }

  /// Drops what the state stands for and waits for a batch again.
  private mutating func leave(_ effects: inout [Effect]) {
    switch state {
    case .waitingForBatch, .waitingForEvent: break
    case .waitingForTransactions: effects.append(.cancelFetch)
    case .processing(let run, _, _): effects.append(.abort(run))
    }
    state = .waitingForBatch
  }

  // MARK: - What to do next

  private mutating func evaluate(_ effects: inout [Effect]) {
    guard let round, round.isWorker || round.isBackup else { return }
    if let discrepancy {
      update(discrepancy.rank...discrepancy.rank, isDiscrepancy: true, &effects)
      if submitted.contains(discrepancy.rank) { return }
      if let entry = queue.exact(round: round.number, rank: discrepancy.rank) {
        process(entry, isDiscrepancy: true, &effects)
      } else if round.rank == discrepancy.rank {
        schedule(force: true, &effects)
      }
      return
    }
    let limit = min(schedulerRank, poolRank, round.rank)
    if let entry = queue.best(round: round.number, upTo: limit, excluding: submitted), entry.rank < round.rank {
      update(0...entry.rank, isDiscrepancy: false, &effects)
      process(entry, isDiscrepancy: false, &effects)
    } else if round.rank <= limit {
      update(0...round.rank, isDiscrepancy: false, &effects)
      schedule(force: flush, &effects)
    }
  }

  /// Leaves a state whose rank no longer counts; goes on from one whose wait is over.
  private mutating func update(_ ranks: ClosedRange<UInt64>, isDiscrepancy: Bool, _ effects: inout [Effect]) {
    switch state {
    case .waitingForBatch: break
    case .waitingForTransactions(let proposal, let rank, let bytes, let missing):
      guard ranks.contains(rank) else { return leave(&effects) }
      guard let missing else { return }
      if isTooLarge(bytes) {
        leave(&effects)
        fail(proposal, rank, &effects)
      } else if missing.isEmpty {
        effects.append(.cancelFetch)
        go(proposal, rank, isDiscrepancy, &effects)
      }
    case .waitingForEvent(let proposal, let rank):
      guard ranks.contains(rank) else { return leave(&effects) }
      if isDiscrepancy { execute(proposal, rank, &effects) }
    case .processing(_, let rank, _):
      if !ranks.contains(rank) { leave(&effects) }
    }
  }

  private mutating func schedule(force: Bool, _ effects: inout [Effect]) {
    guard let round, state == .waitingForBatch, round.isWorker, !submitted.contains(round.rank) else { return }
    let run = begin(rank: round.rank)
    effects.append(.schedule(run, force: force))
  }

  private mutating func process(_ entry: ProposalQueue.Entry, isDiscrepancy: Bool, _ effects: inout [Effect]) {
    guard let round, state == .waitingForBatch, !submitted.contains(entry.rank) else { return }
    guard !isDiscrepancy || round.isBackup else { return }
    if UInt64(entry.proposal.batch.count) > round.maxBatchSize { return fail(entry.proposal, entry.rank, &effects) }
    state = .waitingForTransactions(entry.proposal, rank: entry.rank, bytes: 0, missing: nil)
    effects.append(.resolve(entry.proposal, rank: entry.rank))
  }

  private mutating func resolved(_ rank: UInt64, _ bytes: UInt64, _ missing: [Hash], _ effects: inout [Effect]) {
    guard case .waitingForTransactions(let proposal, rank, _, nil) = state else { return }
    if isTooLarge(bytes) {
      state = .waitingForBatch
      return fail(proposal, rank, &effects)
    }
    if missing.isEmpty {
      guard let round, proposal.header.previousHash == round.previousHash else {
        state = .waitingForBatch
        // It builds on another block. The reference keeps looking at it, and at no other; here it makes room for the next.
        queue.remove(round: proposal.header.round, rank: rank)
        return
      }
      return go(proposal, rank, discrepancy != nil, &effects)
    }
    state = .waitingForTransactions(proposal, rank: rank, bytes: bytes, missing: Set(missing))
    effects.append(.fetch(missing))
  }

  private mutating func fetched(_ hashes: [Hash], _ bytes: UInt64, _ effects: inout [Effect]) {
    guard case .waitingForTransactions(let proposal, let rank, let known, var missing?) = state else { return }
    missing.subtract(hashes)
    let (sum, overflow) = known.addingReportingOverflow(bytes)
    state = .waitingForTransactions(proposal, rank: rank, bytes: overflow ? .max : sum, missing: missing)
  }

  /// All transactions are there: a backup worker waits for a discrepancy, a worker executes.
  private mutating func go(_ proposal: RootHash.Proposal, _ rank: UInt64, _ isDiscrepancy: Bool, _ effects: inout [Effect]) {
    if round?.isWorker == true || isDiscrepancy {
      execute(proposal, rank, &effects)
    } else {
      state = .waitingForEvent(proposal, rank: rank)
    }
  }

  private mutating func execute(_ proposal: RootHash.Proposal, _ rank: UInt64, _ effects: inout [Effect]) {
    let run = begin(rank: rank)
    effects.append(.execute(run, proposal, rank: rank))
  }

  private mutating func fail(_ proposal: RootHash.Proposal, _ rank: UInt64, _ effects: inout [Effect]) {
    let run = begin(rank: rank)
    state = .processing(run, rank: rank, committing: true)
    effects.append(.commitFailure(run, proposal, rank: rank))
  }

  private mutating func begin(rank: UInt64) -> Run {
    lastRun += 1
    isAskedAgain = false
    state = .processing(lastRun, rank: rank, committing: false)
    return lastRun
  }

  private func isTooLarge(_ bytes: UInt64) -> Bool {
    guard let round else { return false }
    return round.maxBatchBytes > 0 && bytes > round.maxBatchBytes
  }
}
