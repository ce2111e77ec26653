// The transitions. Rule: engine sheet A13.2. Each is without effect when it is behind us.

extension ConsensusMachine {
  mutating func enterNewRound(_ next: Int32) {
    guard next > round || next == round && step == .newHeight else { return }
    if round < next { validators.increment(next - round) }
    (round, step) = (next, .newRound)
    if next != 0 { (proposal, proposalBlock, proposalParts) = (nil, nil, nil) }
    votes.setRound(next == .max ? next : next + 1)
    precommitWaitTriggered = false
    let proposer = validators.proposer.flatMap { validators.index(of: $0.address) } ?? 0
    emit(.observed(.newRound(round: round, proposerIndex: proposer)))
    if timeouts.emptyBlocksInterval.rawValue > 0, next == 0, !needsProofBlock {
      schedule(timeouts.emptyBlocksInterval, next, .newRound)
    } else {
      enterPropose(next)
    }
  }

  mutating func enterPropose(_ round: Int32) {
    guard round > self.round || round == self.round && step < .propose else { return }
    schedule(timeouts.propose(round: round), round, .propose)
    if let ownAddress, validators.index(of: ownAddress) != nil, validators.proposer?.address == ownAddress { propose(round) }
    (self.round, step) = (round, .propose)
    announce()
    if isProposalComplete { enterPrevote(self.round) }
  }

  private mutating func propose(_ round: Int32) {
    var commit = Commit()
    if height != state.initialHeight, validBlock == nil {
      guard let last = lastCommit?.commit() else {
        emit(.problem("cannot propose: no commit of the block before"))
        return
      }
      commit = last
    }
    emit(
      .propose(
        ProposalRequest(
          height: height, round: round, polRound: validRound, block: validBlock?.block, parts: validParts, lastCommit: commit, time: now)))
  }

  var isProposalComplete: Bool {
    guard let proposal, proposalBlock != nil else { return false }
    return proposal.polRound < 0 || votes.prevotes(proposal.polRound)?.hasMajority == true
  }

  mutating func enterPrevote(_ round: Int32) {
    guard round > self.round || round == self.round && step < .prevote else { return }
    if let lockedBlock, let lockedParts {
      vote(.prevote, BlockID(hash: lockedBlock.hash, partSetHeader: lockedParts.header))
    } else if let proposalBlock, let proposalParts {
      let id = BlockID(hash: proposalBlock.hash, partSetHeader: proposalParts.header)
      emit(.prevote(voteRequest(.prevote, id), block: proposalBlock.block))
    } else {
      vote(.prevote, BlockID())
    }
    (self.round, step) = (round, .prevote)
    announce()
  }

  mutating func enterPrevoteWait(_ round: Int32) {
    guard round > self.round || round == self.round && step < .prevoteWait else { return }
    schedule(timeouts.prevote(round: round), round, .prevoteWait)
    (self.round, step) = (round, .prevoteWait)
    announce()
  }

  mutating func enterPrecommit(_ round: Int32) {
    guard round > self.round || round == self.round && step < .precommit else { return }
    precommit(round)
    (self.round, step) = (round, .precommit)
    announce()
  }

  private mutating func precommit(_ round: Int32) {
    guard let id = votes.prevotes(round)?.majority else {
      vote(.precommit, BlockID())
      return
    }
    emit(.observed(.polka(round: self.round)))
    if id.hash.isEmpty {
      if lockedBlock != nil { unlock() }
      vote(.precommit, BlockID())
    } else if lockedBlock?.hash == id.hash {
      lockedRound = round
      emit(.observed(.relock(round: self.round)))
      vote(.precommit, id)
    } else if let proposalBlock, proposalBlock.hash == id.hash {
      emit(.requireValid(proposalBlock.block))
      (lockedRound, lockedBlock, lockedParts) = (round, proposalBlock, proposalParts)
      emit(.observed(.lock(round: self.round)))
      vote(.precommit, id)
    } else {
      (lockedRound, lockedBlock, lockedParts) = (-1, nil, nil)
      expectParts(id.partSetHeader, forgetBlock: true)
      emit(.observed(.unlock(round: self.round)))
      vote(.precommit, BlockID())
    }
  }

  mutating func unlock() {
    (lockedRound, lockedBlock, lockedParts) = (-1, nil, nil)
    emit(.observed(.unlock(round: round)))
  }

  /// Makes room for the parts of another block, unless it is the one we collect.
  mutating func expectParts(_ header: PartSetHeader, forgetBlock: Bool) {
    guard proposalParts?.header != header else { return }
    if forgetBlock { proposalBlock = nil }
    proposalParts = PartSet(header: header)
  }

  mutating func enterPrecommitWait(_ round: Int32) {
    guard round > self.round || round == self.round && !precommitWaitTriggered else { return }
    schedule(timeouts.precommit(round: round), round, .precommitWait)
    precommitWaitTriggered = true
    announce()
  }

  mutating func enterCommit(_ round: Int32) {
    guard step < .commit, let id = votes.precommits(round)?.majority else { return }
    if let lockedBlock, lockedBlock.hash == id.hash { (proposalBlock, proposalParts) = (lockedBlock, lockedParts) }
    if proposalBlock?.hash != id.hash, proposalParts?.header != id.partSetHeader {
      expectParts(id.partSetHeader, forgetBlock: true)
      emit(.observed(.validBlock(round: self.round)))
      announceValidBlock()
    }
    (step, commitRound, commitTime) = (.commit, round, now)
    announce()
    tryFinalize()
  }

  mutating func tryFinalize() {
    guard step == .commit, let id = votes.precommits(commitRound)?.majority, !id.hash.isEmpty, let proposalBlock,
      proposalBlock.hash == id.hash
    else { return }
    guard let proposalParts, proposalParts.header == id.partSetHeader else {
      emit(.halt("height \(height): the block to commit came in other parts than those precommitted"))
      return
    }
    commitBlock(proposalBlock, proposalParts, id)
  }

  // MARK: Own votes

  private func voteRequest(_ type: SignedMessageType, _ blockID: BlockID) -> VoteRequest? {
    guard let ownAddress, let index = validators.index(of: ownAddress) else { return nil }
    var time = now
    if let block = lockedBlock ?? proposalBlock { time = max(now, block.block.header.time.adding(.milliseconds(1))) }
    return VoteRequest(
      vote: Vote(
        type: type, height: height, round: round, blockID: blockID, timestamp: time, validatorAddress: ownAddress,
        validatorIndex: Int32(truncatingIfNeeded: index)))
  }

  private mutating func vote(_ type: SignedMessageType, _ blockID: BlockID) {
    if let request = voteRequest(type, blockID) { emit(.vote(request)) }
  }
}
