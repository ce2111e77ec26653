/// All votes of one height: a set for each round up to the current one and one beyond, and a few more for peers that are ahead.
public struct HeightVoteSet: Sendable {
  private struct Round: Sendable { var prevotes: VoteSet, precommits: VoteSet }
  /// Rounds above the next one that each peer may open.
  static let catchUpRounds = 2

  public let chainID: String
  public let height: Int64
  public let validators: ValidatorSet
  /// The highest round of ours.
  public private(set) var round: Int32 = 0
  private var rounds: [Int32: Round] = [:]
  private var opened: [String: [Int32]] = [:]

  public init(chainID: String, height: Int64, validators: ValidatorSet) {
    (self.chainID, self.height, self.validators) = (chainID, height, validators)
    open(0)
  }

  private mutating func open(_ round: Int32) {
    func set(_ type: SignedMessageType) -> VoteSet {
      VoteSet(chainID: chainID, height: height, round: round, type: type, validators: validators)
    }
    if rounds[round] == nil { rounds[round] = Round(prevotes: set(.prevote), precommits: set(.precommit)) }
  }

  /// Opens all rounds up to `round`, which may be one below the present one but not lower.
  public mutating func setRound(_ round: Int32) {
    guard round >= 0, round >= self.round - 1 else { return }
    for next in max(self.round - 1, 0)...round { open(next) }
    self.round = round
  }

  /// Rounds that have vote sets, ascending.
  public var openRounds: [Int32] { rounds.keys.sorted() }
  /// The prevotes of a round; nil for one that nobody has voted in.
  public func prevotes(_ round: Int32) -> VoteSet? { rounds[round]?.prevotes }
  /// The precommits of a round; nil for one that nobody has voted in.
  public func precommits(_ round: Int32) -> VoteSet? { rounds[round]?.precommits }

  /// The votes of one kind of a round.
  public func votes(_ round: Int32, _ type: SignedMessageType) -> VoteSet? {
    type == .prevote ? prevotes(round) : type == .precommit ? precommits(round) : nil
  }

  /// Counts a vote from a peer ("" for our own). False: it was known or is of no vote type.
  public mutating func add(_ vote: Vote, peer: String, scheme: some SignatureScheme) throws(VoteError) -> Bool {
    guard vote.type.isVote else { return false }
    if rounds[vote.round] == nil {
      guard opened[peer, default: []].count < Self.catchUpRounds else { throw .unwantedRound(vote.round) }
      open(vote.round)
      opened[peer, default: []].append(vote.round)
    }
    if vote.type == .prevote { return try rounds[vote.round]?.prevotes.add(vote, scheme: scheme) ?? false }
    return try rounds[vote.round]?.precommits.add(vote, scheme: scheme) ?? false
  }

  /// The last round up to ours with a majority of prevotes, and for what.
  public var proofOfLock: (round: Int32, blockID: BlockID)? {
    for round in stride(from: round, through: 0, by: -1) {
      if let majority = prevotes(round)?.majority { return (round, majority) }
    }
    return nil
  }

  /// Notes a peer's claim; nothing happens for a round without votes.
  public mutating func setPeerMajority(_ round: Int32, _ type: SignedMessageType, _ peer: String, _ blockID: BlockID) throws(VoteError) {
    if type == .prevote { try rounds[round]?.prevotes.setPeerMajority(peer, blockID) }
    if type == .precommit { try rounds[round]?.precommits.setPeerMajority(peer, blockID) }
  }
}
