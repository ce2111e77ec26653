/// What happens to a ``ConsensusMachine``.
public enum ConsensusEvent: Sendable {
  /// The node takes part from now on.
  case start
  /// A proposal, block part or vote, from a peer or ("") from ourselves.
  case message(ConsensusMessage, peer: String)
  /// A timer fired.
  case timeout(TimeoutInfo)
  /// The pool has transactions.
  case transactionsAvailable
  /// A peer says that it has seen a majority.
  case peerMajority(VoteSetMaj23Message, peer: String)
  /// The block of `ConsensusEffect.commit` is stored and applied.
  case blockApplied(ChainState)
}

/// What a ``ConsensusMachine`` wants done.
public enum ConsensusEffect: Sendable {
  /// Start the timer, if the timer slot takes it.
  case schedule(TimeoutInfo)
  /// Tell all peers.
  case broadcast(ConsensusMessage)
  /// Write a step to the log (unsynced).
  case recordStep(RoundStateRecord)
  /// Make, sign and hand in a proposal with its parts.
  case propose(ProposalRequest)
  /// Check a block, then sign and hand in a prevote for it, or for none where a check fails. Without a request the check is all: the
  /// application sees the block, but we have no vote.
  case prevote(VoteRequest?, block: Block)
  /// Sign and hand in a vote.
  case vote(VoteRequest)
  /// Stop for good if the block is not valid.
  case requireValid(Block)
  /// Check, store and apply a block, then hand in `blockApplied`.
  case commit(CommitRequest)
  /// Give two votes of one validator to the evidence pool.
  case conflictingVotes(Vote, Vote)
  /// Disconnect a peer that claims two majorities.
  case contradictingPeer(String)
  case observed(ConsensusObservation)
  /// Something worth a line in the log.
  case problem(String)
  /// The rules of consensus are broken: stop for good.
  case halt(String)
}

/// A turn of events, for subscribers and metrics.
public enum ConsensusObservation: Hashable, Sendable {
  case newRound(round: Int32, proposerIndex: Int)
  case completeProposal(round: Int32, hash: [UInt8])
  case validBlock(round: Int32)
  case polka(round: Int32)
  case lock(round: Int32)
  case unlock(round: Int32)
  case relock(round: Int32)
  case timeoutPropose(round: Int32)
  case timeoutWait(round: Int32)
}

/// A proposal that is due.
public struct ProposalRequest: Sendable {
  public var height: Int64
  public var round: Int32
  public var polRound: Int32
  /// The block to propose again; nil asks for a new one.
  public var block: Block?
  /// Its parts.
  public var parts: PartSet?
  /// The commit that a new block carries.
  public var lastCommit: Commit
  public var time: Timestamp
}

/// A vote that is due, without its signature. `vote.blockID` is what the vote is for.
public struct VoteRequest: Sendable {
  public var vote: Vote
}

/// A block that is final.
public struct CommitRequest: Sendable {
  public var block: Block
  public var blockID: BlockID
  public var parts: PartSet
  public var seenCommit: Commit
}
