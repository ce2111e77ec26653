/// The consensus of one node as a pure value: events in, effects out. Rule: engine sheet A13.
///
/// The shell runs the effects of an event in order before it hands in the next event. Three effects lead to own messages (`propose`,
/// `prevote`, `vote`): the shell hands them in, in order, before anything else that waits. After `commit` it hands in `blockApplied`
/// at once, before it goes on with the remaining effects. Events that do not fit (another height, an older round, a timer that is
/// behind) change nothing; what a peer did wrong comes back as `problem`; what must never happen comes back as `halt`, after which the
/// machine is not used again.
public struct ConsensusMachine: Sendable {
  /// A block with its hash.
  struct HashedBlock: Sendable {
    let block: Block
    let hash: [UInt8]
    init(_ block: Block) { (self.block, hash) = (block, block.header.hash()) }
  }

  /// How many rounds a timeout may be ahead of us. Only a damaged log holds one of a later round (rounds get longer: so many take months),
  /// and each round up to it would get its votes.
  static let furthestTimeout: Int32 = 10_000

  let scheme: any SignatureScheme
  let timeouts: ConsensusTimeouts
  /// Address of our key, if we have one.
  package let ownAddress: [UInt8]?

  public private(set) var state: ChainState
  public private(set) var height: Int64
  public internal(set) var round: Int32 = 0
  public internal(set) var step = ConsensusStep.newHeight
  public private(set) var startTime: Timestamp
  var commitTime: Timestamp?
  /// Validators with their priorities in this round.
  public internal(set) var validators: ValidatorSet
  public internal(set) var proposal: Proposal?
  var proposalBlock: HashedBlock?
  public internal(set) var proposalParts: PartSet?
  public internal(set) var lockedRound: Int32 = -1
  var lockedBlock: HashedBlock?
  var lockedParts: PartSet?
  public internal(set) var validRound: Int32 = -1
  var validBlock: HashedBlock?
  var validParts: PartSet?
  public internal(set) var votes: HeightVoteSet
  public internal(set) var commitRound: Int32 = -1
  /// Precommits of the height before; nil at the initial height.
  public internal(set) var lastCommit: VoteSet?
  public internal(set) var precommitWaitTriggered = false

  /// App hash in the header of the last block, for the rule on empty blocks; nil when unknown.
  var lastBlockAppHash: [UInt8]?
  /// Set between `commit` and `blockApplied`; whether to go on at once then.
  private var skipAfterCommit = false
  var now: Timestamp
  var effects: [ConsensusEffect] = []

  /// A machine for the block after `state`.
  /// - Parameter lastCommit: the votes of the last block's commit; needed above the initial height.
  /// - Parameter lastBlockAppHash: the app hash in the last block's header.
  public init(
    state: ChainState, timeouts: ConsensusTimeouts, ownAddress: [UInt8]?, lastCommit: VoteSet?, lastBlockAppHash: [UInt8]?,
    scheme: any SignatureScheme, now: Timestamp
  ) throws(ValidationError) {
    guard state.lastBlockHeight == 0 || lastCommit?.hasMajority == true else {
      throw ValidationError("consensus: the commit of block \(state.lastBlockHeight) has no majority")
    }
    (self.state, self.timeouts, self.ownAddress, self.scheme, self.now) = (state, timeouts, ownAddress, scheme, now)
    (self.lastCommit, self.lastBlockAppHash) = (lastCommit, lastBlockAppHash)
    height = state.nextHeight
    validators = state.validators
    startTime = now.adding(timeouts.commit)
    votes = HeightVoteSet(chainID: state.chainID, height: height, validators: state.validators)
  }

  /// Of the block that is proposed in this round.
  public var proposalBlockHash: [UInt8]? { proposalBlock?.hash }
  /// Of the block that this node is locked on.
  public var lockedBlockHash: [UInt8]? { lockedBlock?.hash }
  /// Of the last block that had two thirds of the prevotes.
  public var validBlockHash: [UInt8]? { validBlock?.hash }

  /// Takes one event at the moment `now`.
  public mutating func handle(_ event: ConsensusEvent, now: Timestamp) -> [ConsensusEffect] {
    self.now = now
    effects = []
    switch event {
    case .start: scheduleFirstRound()
    case .message(let message, let peer): handle(message, from: peer)
    case .timeout(let timeout): handle(timeout)
    case .transactionsAvailable: transactionsAvailable()
    case .peerMajority(let message, let peer): peerMajority(message, peer)
    case .blockApplied(let state): blockApplied(state)
    }
    let result = effects
    effects = []
    return result
  }

  mutating func emit(_ effect: ConsensusEffect) { effects.append(effect) }

  private mutating func handle(_ message: ConsensusMessage, from peer: String) {
    switch message.kind {
    case .proposal(let message): setProposal(message.proposal)
    case .blockPart(let message): addPart(message)
    case .vote(let message): if let vote = message.vote { tryAdd(vote, from: peer) }
    default: break  // for the peer's own bookkeeping
    }
  }

  private mutating func handle(_ timeout: TimeoutInfo) {
    guard timeout.height == height, timeout.round >= round, timeout.round > round || timeout.step >= UInt32(step.rawValue),
      let fired = UInt8(exactly: timeout.step).flatMap(ConsensusStep.init)
    else { return }
    guard timeout.round - round <= Self.furthestTimeout else {  // both are 0 or more: no overflow
      return emit(.problem("ignoring a timeout of round \(timeout.round)"))
    }
    switch fired {
    case .newHeight: enterNewRound(0)
    case .newRound: enterPropose(0)
    case .propose:
      emit(.observed(.timeoutPropose(round: round)))
      enterPrevote(timeout.round)
    case .prevoteWait:
      emit(.observed(.timeoutWait(round: round)))
      enterPrecommit(timeout.round)
    case .precommitWait:
      emit(.observed(.timeoutWait(round: round)))
      enterPrecommit(timeout.round)
      if timeout.round < .max { enterNewRound(timeout.round + 1) }
    case .prevote, .precommit, .commit: break
    }
  }

  private mutating func transactionsAvailable() {
    guard round == 0 else { return }
    switch step {
    case .newHeight:
      if needsProofBlock { return }  // enters the propose step at once
      let wait = startTime.since(now).rawValue
      schedule(Nanoseconds(wait &+ 1_000_000), 0, .newRound)  // 1 ms after the height's timer; a wait is far below 2^63
    case .newRound: enterPropose(0)
    default: break
    }
  }

  private mutating func peerMajority(_ message: VoteSetMaj23Message, _ peer: String) {
    guard message.height == height else { return }
    do { try votes.setPeerMajority(message.round, message.type, peer, message.blockID) } catch {
      emit(.contradictingPeer(peer))
    }
  }

  // MARK: Between heights

  /// Asks the shell to store and apply the proposal block, which the precommits of `commitRound` made final.
  mutating func commitBlock(_ block: HashedBlock, _ parts: PartSet, _ blockID: BlockID) {
    guard let seen = votes.precommits(commitRound)?.commit() else { return }
    emit(.commit(CommitRequest(block: block.block, blockID: blockID, parts: parts, seenCommit: seen)))
    lastBlockAppHash = block.block.header.appHash
  }

  /// After a commit of which `precommits` hold all power: start the next height without waiting, if the settings say so.
  mutating func skipCommitTimeout(round: Int32) {
    guard timeouts.skipCommit, votes.precommits(round)?.hasAll == true, step == .commit else { return }
    skipAfterCommit = effects.contains { if case .commit = $0 { true } else { false } }
  }

  private mutating func blockApplied(_ next: ChainState) {
    guard next.lastBlockHeight == height, step == .commit else { return }
    lastCommit = votes.precommits(commitRound)
    state = next
    height = next.nextHeight
    (round, step) = (0, .newHeight)
    startTime = (commitTime ?? now).adding(timeouts.commit)
    validators = next.validators
    (proposal, proposalBlock, proposalParts) = (nil, nil, nil)
    (lockedRound, lockedBlock, lockedParts) = (-1, nil, nil)
    (validRound, validBlock, validParts) = (-1, nil, nil)
    votes = HeightVoteSet(chainID: next.chainID, height: height, validators: next.validators)
    (commitRound, precommitWaitTriggered) = (-1, false)
    announce()
    scheduleFirstRound()
    if skipAfterCommit {
      skipAfterCommit = false
      enterNewRound(0)
    }
  }

  private mutating func scheduleFirstRound() { schedule(startTime.since(now), 0, .newHeight) }

  mutating func schedule(_ duration: Nanoseconds, _ round: Int32, _ step: ConsensusStep) {
    emit(.schedule(TimeoutInfo(duration: duration, height: height, round: round, step: step)))
  }

  /// Whether an empty block is due because it makes a new app hash part of the chain.
  var needsProofBlock: Bool {
    height == state.initialHeight || lastBlockAppHash == nil || lastBlockAppHash != state.appHash
  }

  // MARK: Announcements

  /// Tells log and peers where we are.
  mutating func announce() {
    emit(.recordStep(RoundStateRecord(height: height, round: round, step: step.name)))
    emit(.broadcast(ConsensusMessage(.newRoundStep(roundStepMessage))))
  }

  /// What a new peer is told.
  public var roundStepMessage: NewRoundStepMessage {
    var message = NewRoundStepMessage()
    (message.height, message.round, message.step) = (height, round, UInt32(step.rawValue))
    message.secondsSinceStartTime = now.since(startTime).rawValue / 1_000_000_000
    message.lastCommitRound = lastCommit?.round ?? -1
    return message
  }

  mutating func announceValidBlock() {
    guard let proposalParts else { return }
    var message = NewValidBlockMessage()
    (message.height, message.round, message.partSetHeader) = (height, round, proposalParts.header)
    (message.parts, message.isCommit) = (proposalParts.bits, step == .commit)
    emit(.broadcast(ConsensusMessage(.newValidBlock(message))))
  }
}
