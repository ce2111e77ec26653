public import OasisCrypto
public import Wire

extension RootHash {
  /// Commitments of the round in progress, by rank of their scheduler (sheet 05 §C.7).
  public struct Pool: WireMap, Hashable, Sendable {
    /// The best (lowest) rank whose scheduler committed; `UInt64.max` before the first.
    public var highestRank: UInt64 = 0
    public var schedulerCommitments: [UInt64: SchedulerCommitment] = [:]
    /// Workers disagree and backup workers decide.
    public var discrepancy = false

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("highest_rank", \.highestRank, .omitEmpty), .init("scheduler_commitments", \.schedulerCommitments, .omitEmpty),
      .init("discrepancy", \.discrepancy, .omitEmpty),
    ]

    /// A pool for a new round.
    public static var fresh: Pool {
      var pool = Pool()
      pool.highestRank = .max
      return pool
    }
  }

  /// A scheduler's commitment and the votes on it; a null vote is a failure.
  public struct SchedulerCommitment: WireMap, Hashable, Sendable {
    public var commitment: ExecutorCommitment?
    public var votes: [PublicKey: Hash?] = [:]

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("commitment", \.commitment, .omitEmpty), .init("votes", \.votes, .omitEmpty),
    ]
  }

  /// What processing a pool came to, besides success.
  public enum PoolOutcome: Hashable, Sendable {
    case finalized(SchedulerCommitment)
    case discrepancyDetected
    case stillWaiting
    case insufficientVotes
    case noSchedulerCommitment
    case badSchedulerCommitment
  }
}

extension RootHash.Pool {
  /// Adds a verified commitment (sheet 05 §C.10).
  public mutating func add(_ commitment: RootHash.ExecutorCommitment, committee: Committee) throws(RootHash.Failure) {
    let node = commitment.nodeID
    if discrepancy {
      guard committee.members?.contains(where: { $0.publicKey == node && $0.role == .backupWorker }) ?? false else {
        throw .init(.badExecutorCommitment, "node is not a backup worker")
      }
    } else {
      guard committee.members?.contains(where: { $0.publicKey == node }) ?? false else { throw .init(.notInCommittee) }
    }
    guard let rank = committee.schedulerRank(round: commitment.header.header.round, id: commitment.header.schedulerID) else {
      throw .init(.badExecutorCommitment, "scheduler is not in the committee")
    }
    guard rank <= highestRank, !discrepancy || rank == highestRank else {
      throw .init(.badExecutorCommitment, "scheduler of rank \(rank) comes after rank \(highestRank)")
    }
    let isScheduler = node == commitment.header.schedulerID
    if rank < highestRank, isScheduler {
      highestRank = rank
      schedulerCommitments = schedulerCommitments.filter { $0.key <= rank }
    }
    var entry = schedulerCommitments[rank] ?? RootHash.SchedulerCommitment()
    guard entry.votes[node] == nil else { throw .init(.alreadyCommitted) }
    entry.votes.updateValue(commitment.vote, forKey: node)
    if isScheduler { entry.commitment = commitment }
    schedulerCommitments[rank] = entry
  }

  /// Counts the votes of the best rank (sheet 05 §C.11). Switches to resolution when it finds a discrepancy.
  public mutating func process(
    committee: Committee, allowedStragglers: UInt16, isTimeout: Bool
  ) -> RootHash.PoolOutcome {
    guard let entry = schedulerCommitments[highestRank], let own = entry.commitment else {
      return isTimeout ? .noSchedulerCommitment : .stillWaiting
    }
    let stragglers = Int(allowedStragglers)
    var (total, commits, failures) = (0, 0, 0)
    var votes: [Hash: Int] = [:]
    for member in committee.members ?? [] where member.role == (discrepancy ? .backupWorker : .worker) {
      total += 1
      guard let vote = entry.votes[member.publicKey] else { continue }
      if let vote { votes[vote, default: 0] += 1 } else { failures += 1 }
      commits += 1
      if discrepancy { continue }
      if votes.count <= 1, failures <= stragglers { continue }
      // Backup schedulers have no priority and must wait for the timer.
      if highestRank > 0, !isTimeout { continue }
      return detectDiscrepancy(entry)
    }
    if !discrepancy {
      if votes.count > 1 || failures > stragglers { return .stillWaiting }
      let required = total - stragglers - votes.values.reduce(0, +)
      if required > 0 { return isTimeout ? detectDiscrepancy(entry) : .stillWaiting }
      return .finalized(entry)
    }
    let required = total / 2 + 1
    let best = votes.values.max() ?? 0
    if best + total - commits < required { return .insufficientVotes }
    if best < required { return isTimeout ? .insufficientVotes : .stillWaiting }
    let winner = votes.first { $0.value == best }?.key  // a strict majority: there is one only
    return winner == own.vote ? .finalized(entry) : .badSchedulerCommitment
  }

  private mutating func detectDiscrepancy(_ entry: RootHash.SchedulerCommitment) -> RootHash.PoolOutcome {
    discrepancy = true
    schedulerCommitments = [highestRank: entry]
    return .discrepancyDetected
  }
}
