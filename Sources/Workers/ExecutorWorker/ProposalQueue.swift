internal import OasisCrypto
internal import OasisTypes

/// Proposals of this and coming rounds, ordered by round and rank. Rule: sheet 08 §C4.3.
struct ProposalQueue {
  /// More than this many are never kept: the one farthest in the future goes first.
  static let capacity = 32

  enum Refusal: Error, Equatable {
    /// The proposal's round has passed.
    case old
    /// Full, and every kept proposal comes earlier.
    case full
  }

  struct Entry: Equatable {
    var rank: UInt64
    var proposal: RootHash.Proposal
    var round: UInt64 { proposal.header.round }
  }

  private var entries: [Entry] = []
  private var firstRound: UInt64 = 0

  var count: Int { entries.count }

  /// Keeps a proposal; one of the same round and rank is replaced.
  mutating func insert(_ proposal: RootHash.Proposal, rank: UInt64) throws(Refusal) {
    let entry = Entry(rank: rank, proposal: proposal)
    guard entry.round >= firstRound else { throw .old }
    let index = entries.firstIndex { ($0.round, $0.rank) >= (entry.round, rank) } ?? entries.endIndex
    if index < entries.endIndex, entries[index].round == entry.round, entries[index].rank == rank {
      entries[index] = entry
      return
    }
    guard entries.count < Self.capacity || index < entries.endIndex else { throw .full }
    entries.insert(entry, at: index)
    if entries.count > Self.capacity { entries.removeLast() }
  }

  /// Forgets proposals of rounds before `round`.
  mutating func prune(before round: UInt64) {
    firstRound = max(firstRound, round)
    entries.removeAll { $0.round < round }
  }

  /// Forgets one proposal.
  mutating func remove(round: UInt64, rank: UInt64) { entries.removeAll { $0.round == round && $0.rank == rank } }

  /// The best ranked proposal of a round with a rank of at most `limit` that is not excluded.
  func best(round: UInt64, upTo limit: UInt64, excluding: Set<UInt64>) -> Entry? {
    entries.first { $0.round == round && $0.rank <= limit && !excluding.contains($0.rank) }
  }

  /// The proposal of exactly this round and rank.
  func exact(round: UInt64, rank: UInt64) -> Entry? {
    entries.first { $0.round == round && $0.rank == rank }
  }
}
