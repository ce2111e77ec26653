/// Why a vote was not counted.
public enum VoteError: Error, Hashable, Sendable {
  case invalidIndex(Int32)
  case invalidAddress
  case unexpectedStep
  /// The same vote was seen with another signature.
  case nonDeterministicSignature
  case invalidSignature
  /// Two good votes of one validator for different blocks; `added` when the new one counts all the same.
  case conflicting(Vote, Vote, added: Bool)
  /// The peer has used up its rounds above the current one.
  case unwantedRound(Int32)
  /// A peer named two different blocks as having a majority.
  case contradictingPeer
}

/// The votes of one height, round and type. Rule: engine sheet A13.4.
public struct VoteSet: Sendable {
  private struct BlockVotes: Sendable {
    var claimed: Bool  // a peer says that this block has a majority
    var bits: BitArray
    var votes: [Vote?]
    var sum: Int64 = 0

    init(claimed: Bool, count: Int) {
      (self.claimed, bits, votes) = (claimed, BitArray(count: count), Array(repeating: nil, count: count))
    }

    mutating func add(_ vote: Vote, at index: Int, power: Int64) {
      guard votes[index] == nil else { return }
      bits[index] = true
      votes[index] = vote
      sum += power  // of distinct validators: at most the total
    }
  }

  public let chainID: String
  public let height: Int64
  public let round: Int32
  public let type: SignedMessageType
  public let validators: ValidatorSet

  /// Who voted, by index in the set.
  public private(set) var bits: BitArray
  /// One vote of each validator: the first, or the one for the block with a majority.
  public private(set) var votes: [Vote?]
  /// Power of all who voted.
  public private(set) var sum: Int64 = 0
  /// The first value with more than two thirds of the power; zero means "no block".
  public private(set) var majority: BlockID?
  private var byBlock: [[UInt8]: BlockVotes] = [:]
  private var claims: [String: BlockID] = [:]

  public init(chainID: String, height: Int64, round: Int32, type: SignedMessageType, validators: ValidatorSet) {
    (self.chainID, self.height, self.round, self.type, self.validators) = (chainID, height, round, type, validators)
    bits = BitArray(count: validators.count)
    votes = Array(repeating: nil, count: validators.count)
  }

  /// Counts a vote. False: it was known.
  public mutating func add(_ vote: Vote, scheme: some SignatureScheme) throws(VoteError) -> Bool {
    guard vote.validatorIndex >= 0 else { throw .invalidIndex(vote.validatorIndex) }
    guard !vote.validatorAddress.isEmpty else { throw .invalidAddress }
    guard vote.height == height, vote.round == round, vote.type == type else { throw .unexpectedStep }
    let index = Int(vote.validatorIndex)
    guard index < validators.count else { throw .invalidIndex(vote.validatorIndex) }
    let validator = validators.validators[index]
    guard vote.validatorAddress == validator.address else { throw .invalidAddress }
    let key = vote.blockID.key
    if let known = known(index, key) {
      if known.signature == vote.signature { return false }
      throw .nonDeterministicSignature
    }
    guard let publicKey = validator.publicKey.ed25519 else { throw .invalidSignature }
    let item = SignedItem(publicKey: publicKey, message: vote.signBytes(chainID: chainID), signature: vote.signature)
    guard scheme.verify(item) else { throw .invalidSignature }
    return try addVerified(vote, at: index, key: key, power: validator.votingPower)
  }

  private func known(_ index: Int, _ key: [UInt8]) -> Vote? {
    if let vote = votes[index], vote.blockID.key == key { return vote }
    return byBlock[key]?.votes[index]
  }

  private mutating func addVerified(_ vote: Vote, at index: Int, key: [UInt8], power: Int64) throws(VoteError) -> Bool {
    let conflict = votes[index]
    if conflict != nil {
      if majority?.key == key { votes[index] = vote }
    } else {
      votes[index] = vote
      bits[index] = true
      sum += power  // of distinct validators: at most the total
    }
    if let conflict, byBlock[key]?.claimed != true { throw .conflicting(conflict, vote, added: false) }
    var block = byBlock[key] ?? BlockVotes(claimed: false, count: validators.count)
    let before = block.sum
    block.add(vote, at: index, power: power)
    byBlock[key] = block
    let quorum = validators.twoThirds + 1
    if before < quorum, quorum <= block.sum, majority == nil {
      majority = vote.blockID
      for (index, vote) in block.votes.enumerated() where vote != nil { votes[index] = vote }
    }
    if let conflict { throw .conflicting(conflict, vote, added: true) }
    return true
  }

  /// Notes that a peer has seen a majority for a block.
  public mutating func setPeerMajority(_ peer: String, _ blockID: BlockID) throws(VoteError) {
    if let claimed = claims[peer] {
      if claimed == blockID { return }
      throw .contradictingPeer
    }
    claims[peer] = blockID
    byBlock[blockID.key, default: BlockVotes(claimed: true, count: validators.count)].claimed = true
  }

  /// Who voted for a block; nil when no vote or claim names it.
  public func bits(for blockID: BlockID) -> BitArray? { byBlock[blockID.key]?.bits }
  /// Whether one block, or nil, has more than two thirds.
  public var hasMajority: Bool { majority != nil }
  /// Whether these precommits decide a block or nil.
  public var isCommit: Bool { type == .precommit && majority != nil }
  /// Whether more than two thirds voted for anything.
  public var hasTwoThirdsAny: Bool { sum > validators.twoThirds }
  /// Whether every validator has voted.
  public var hasAll: Bool { sum == validators.totalVotingPower }

  /// The commit of precommits with a majority for a block; nil without one.
  public func commit() -> Commit? {
    guard type == .precommit, let majority else { return nil }
    let signatures = votes.map { vote -> CommitSignature in
      guard let vote else { return .absent }
      let flag: BlockIDFlag = vote.blockID.isZero ? .nil : .commit
      if flag == .commit, vote.blockID != majority { return .absent }
      return CommitSignature(
        flag: flag, validatorAddress: vote.validatorAddress, timestamp: vote.timestamp, signature: vote.signature)
    }
    return Commit(height: height, round: round, blockID: majority, signatures: signatures)
  }
}
