internal import Protobuf
package import Telemetry

/// Runs the effects of a ``ConsensusMachine``: the one place where consensus meets log, key, stores and application. Synchronous; timers
/// and peers are the caller's.
package final class ConsensusShell {
  /// What the caller has to do or may want to know, in order.
  package enum Output: Sendable {
    /// A timer was asked for; it replaces the running one when it is taken.
    case schedule(TimeoutInfo, taken: Bool)
    case broadcast(ConsensusMessage)
    case disconnect(peer: String)
    case observed(ConsensusObservation)
    case conflictingVotes(Vote, Vote)
    case applied(NewBlock)
  }

  package private(set) var machine: ConsensusMachine
  package private(set) var slot = TimeoutSlot()
  private let executor: BlockExecutor
  private let blocks: BlockStore
  private let evidence: EvidencePool
  private let log: any ConsensusLog
  private let key: ValidatorKey?
  private let report: Log
  /// Own messages that wait for their turn.
  package private(set) var own: [ConsensusMessage] = []
  /// Own signatures are refused where they were made before, which is as it should be: no word of it.
  private var isRepeating = false
  /// Set while nothing may be signed.
  package var pause: SigningPause?
  package var output: (Output) -> Void

  package init(
    machine: ConsensusMachine, executor: BlockExecutor, blocks: BlockStore, evidence: EvidencePool, log: any ConsensusLog,
    key: ValidatorKey?, report: Log, output: @escaping (Output) -> Void
  ) {
    (self.machine, self.executor, self.blocks, self.evidence) = (machine, executor, blocks, evidence)
    (self.log, self.key, self.report, self.output) = (log, key, report, output)
  }

  // MARK: Inputs

  /// Starts the first timer.
  package func start(now: Timestamp) throws(EngineError) { try process(.start, now) }

  package func receive(_ message: ConsensusMessage, from peer: String, now: Timestamp) throws(EngineError) {
    try write(.message(MessageRecord(message: message, peer: peer)), now)
    try process(.message(message, peer: peer), now)
  }

  package func fire(_ timeout: TimeoutInfo, now: Timestamp) throws(EngineError) {
    try write(.timeout(timeout), now)
    try process(.timeout(timeout), now)
  }

  package func transactionsAvailable(now: Timestamp) throws(EngineError) { try process(.transactionsAvailable, now) }

  package func peerMajority(_ message: VoteSetMaj23Message, from peer: String, now: Timestamp) throws(EngineError) {
    try process(.peerMajority(message, peer: peer), now)
  }

  /// Handles the oldest own message; gives it back, or nil when none waits.
  package func handleOwn(now: Timestamp) throws(EngineError) -> ConsensusMessage? {
    guard !own.isEmpty else { return nil }
    let message = own.removeFirst()
    try write(.message(MessageRecord(message: message, peer: "")), now, synced: true)
    try process(.message(message, peer: ""), now)
    return message
  }

  /// Handles again what the log has since the last block. Signing refuses to repeat itself there, which is as it should be.
  package func replay(_ records: [TimedWALMessage], now: Timestamp) throws(EngineError) {
    isRepeating = true
    defer { isRepeating = false }
    for record in records {
      switch record.message?.kind {
      case .message(let record): try process(.message(record.message, peer: record.peer), now)
      case .timeout(let timeout): try process(.timeout(timeout), now)
      case .roundState, .endHeight, nil: break
      }
    }
  }

  /// Goes on with the round after `round`, in which we cannot vote any more.
  func leave(round: Int32, now: Timestamp) throws(EngineError) {
    isRepeating = true
    defer { isRepeating = false }
    try fire(TimeoutInfo(duration: Nanoseconds(), height: machine.height, round: round, step: .precommitWait), now: now)
  }

  /// Takes up a vote of ours that the log has lost.
  func count(_ vote: Vote, now: Timestamp) throws(EngineError) {
    isRepeating = true
    defer { isRepeating = false }
    let message = ConsensusMessage(.vote(VoteMessage(vote)))
    try write(.message(MessageRecord(message: message, peer: "")), now, synced: true)
    try process(.message(message, peer: ""), now)
  }

  // MARK: Effects

  private func process(_ event: ConsensusEvent, _ now: Timestamp) throws(EngineError) {
    for effect in machine.handle(event, now: now) { try run(effect, now) }
  }

  private func run(_ effect: ConsensusEffect, _ now: Timestamp) throws(EngineError) {
    switch effect {
    case .schedule(let timeout): output(.schedule(timeout, taken: slot.take(timeout)))
    case .broadcast(let message): output(.broadcast(message))
    case .recordStep(let record): try write(.roundState(record), now)
    case .propose(let request): try propose(request, now)
    case .prevote(let request, let block): try prevote(request, block)
    case .vote(let request): try sign(request.vote)
    case .requireValid(let block): try executor.validate(block, in: machine.state)
    case .commit(let request): try commit(request, now)
    case .conflictingVotes(let first, let second):
      evidence.report(first, second)
      output(.conflictingVotes(first, second))
    case .contradictingPeer(let peer): output(.disconnect(peer: peer))
    case .observed(let observation): output(.observed(observation))
    case .problem(let text): report.info(text, ["height": machine.height, "round": machine.round])
    case .halt(let reason): throw .inconsistent(reason)
    }
  }

  private func propose(_ request: ProposalRequest, _ now: Timestamp) throws(EngineError) {
    guard let key, pause == nil else { return }
    var block = request.block
    if block == nil { block = try executor.propose(state: machine.state, lastCommit: request.lastCommit, proposer: key.address) }
    guard let block else { return }
    let parts = request.parts ?? block.parts()
    try sync()  // else we may not make the same proposal again after a crash, and refuse to sign another
    let proposal = Proposal(
      height: request.height, round: request.round, polRound: request.polRound,
      blockID: BlockID(hash: block.header.hash(), partSetHeader: parts.header), timestamp: request.time)
    do throws(SigningError) {
      own.append(ConsensusMessage(.proposal(ProposalMessage(try key.sign(proposal, chainID: machine.state.chainID)))))
    } catch {
      try requireSigningState(error)
      if !isRepeating { report.error("failed signing proposal", ["height": request.height, "round": request.round, "err": "\(error)"]) }
      return
    }
    for case let part? in parts.parts {
      own.append(ConsensusMessage(.blockPart(BlockPartMessage(height: request.height, round: request.round, part: part))))
    }
  }

  private func prevote(_ request: VoteRequest?, _ block: Block) throws(EngineError) {
    var accepted = true
    do throws(EngineError) {
      try executor.validate(block, in: machine.state)
      if try !executor.isAccepted(block, in: machine.state) {
        report.error("prevote step: the application rejected the proposed block", ["height": machine.height])
        accepted = false
      }
    } catch {
      guard case .invalidBlock(let reason) = error else { throw error }
      report.error("prevote step: proposed block is invalid", ["height": machine.height, "err": "\(reason)"])
      accepted = false
    }
    guard var vote = request?.vote else { return }
    if !accepted { vote.blockID = BlockID() }
    try sign(vote)
  }

  private func sign(_ vote: Vote) throws(EngineError) {
    guard let key, pause == nil else { return }
    try sync()  // else we may not make the same vote again after a crash, and refuse to sign another
    do throws(SigningError) {
      own.append(ConsensusMessage(.vote(VoteMessage(try key.sign(vote, chainID: machine.state.chainID)))))
    } catch {
      try requireSigningState(error)
      if !isRepeating { report.error("failed signing vote", ["height": vote.height, "round": vote.round, "err": "\(error)"]) }
    }
  }

  /// A signing state that cannot be written (a full disk) ends the engine: going on would only look like work.
  private func requireSigningState(_ error: SigningError) throws(EngineError) {
    if case .state = error { throw .inconsistent("\(error)") }
  }

  private func commit(_ request: CommitRequest, _ now: Timestamp) throws(EngineError) {
    let height = request.block.header.height
    try executor.validate(request.block, in: machine.state)
    if try stored({ () throws(StorageError) in try blocks.height() }) < height {
      try stored { () throws(StorageError) in try blocks.save(request.block, parts: request.parts, seenCommit: request.seenCommit) }
    }
    try write(.endHeight(EndHeightRecord(height: height)), now, synced: true)
    let signers = machine.state.lastValidators
    let applied = try executor.apply(request.block, blockID: request.blockID, to: machine.state)
    if pause?.isOver(after: request.block, signers: signers) == true {
      pause = nil
      report.warn("blocks have passed without our signature: signing again", ["height": height])
    }
    report.info("committed block", ["height": height, "num_txs": request.block.data.transactions.count])
    output(.applied(NewBlock(block: request.block, blockID: request.blockID, responses: applied.responses, state: applied.state)))
    try process(.blockApplied(applied.state), now)
  }

  private func write(_ kind: WALMessage.Kind, _ now: Timestamp, synced: Bool = false) throws(EngineError) {
    let record = TimedWALMessage(time: now, message: WALMessage(kind))
    do { if synced { try log.writeSync(record) } else { try log.write(record) } } catch { throw .inconsistent("\(error)") }
  }

  private func sync() throws(EngineError) {
    do { try log.sync() } catch { throw .inconsistent("\(error)") }
  }
}

extension Block {
  /// The block cut into parts.
  public func parts() -> PartSet { PartSet(cutting: protobuf()) }
}

extension VoteSet {
  /// The votes of a stored commit; nil when one of them is not good.
  package init?(_ commit: Commit, chainID: String, validators: ValidatorSet, scheme: some SignatureScheme) {
    self.init(chainID: chainID, height: commit.height, round: commit.round, type: .precommit, validators: validators)
    for (index, entry) in commit.signatures.enumerated() where entry.flag != .absent {
      guard (try? add(commit.vote(at: index), scheme: scheme)) == true else { return nil }
    }
  }
}
