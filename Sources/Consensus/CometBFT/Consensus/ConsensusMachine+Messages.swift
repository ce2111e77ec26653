internal import Protobuf

// Proposals, parts and votes. Rule: engine sheet A13.3.

extension ConsensusMachine {
  private mutating func refuse(_ reason: String) { emit(.problem("failed to process message: \(reason)")) }

  private var maxBlockBytes: Int64 { state.consensusParameters.block?.maxBytes ?? Limits.maxBlockBytes }

  mutating func setProposal(_ new: Proposal) {
    guard proposal == nil, new.height == height, new.round == round else { return }
    guard new.polRound >= -1, new.polRound < 0 || new.polRound < new.round else { return refuse("invalid proposal POL round") }
    guard let key = validators.proposer?.publicKey.ed25519 else { return refuse("proposer has no ed25519 key") }
    let item = SignedItem(publicKey: key, message: new.signBytes(chainID: state.chainID), signature: new.signature)
    guard scheme.verify(item) else { return refuse("invalid proposal signature") }
    guard Int64(new.blockID.partSetHeader.total) <= (maxBlockBytes - 1) / Int64(Part.size) + 1 else {
      return refuse("proposal block has too many parts")
    }
    proposal = new
    if proposalParts == nil { proposalParts = PartSet(header: new.blockID.partSetHeader) }
  }

  mutating func addPart(_ message: BlockPartMessage) {
    guard message.height == height, proposalParts != nil else { return }
    var failure: String?
    var added = false
    do {
      added = try proposalParts?.add(message.part) ?? false
      if let proposalParts, Int64(proposalParts.byteSize) > maxBlockBytes {
        failure = "proposal block is above the maximum of \(maxBlockBytes) bytes"
      } else if added, let bytes = proposalParts?.assembled() {
        let block = try Block(protobuf: bytes)
        try block.validateBasic()
        let hashed = HashedBlock(block)
        proposalBlock = hashed
        emit(.observed(.completeProposal(round: round, hash: hashed.hash)))
      }
    } catch {
      failure = "\(error)"
    }
    if added, proposalParts?.isComplete == true { proposalCompleted() }
    if let failure, message.round == round { refuse(failure) }  // parts of another round may well be of another block
  }

  private mutating func proposalCompleted() {
    let majority = votes.prevotes(round)?.majority
    if let majority, !majority.isZero, validRound < round, let proposalBlock, proposalBlock.hash == majority.hash {
      (validRound, validBlock, validParts) = (round, proposalBlock, proposalParts)
    }
    if step <= .propose, isProposalComplete {
      enterPrevote(round)
      if majority != nil { enterPrecommit(round) }
    } else if step == .commit {
      tryFinalize()
    }
  }

  // MARK: Votes

  mutating func tryAdd(_ vote: Vote, from peer: String) {
    do {
      _ = try add(vote, from: peer)
    } catch {
      switch error {
      case .conflicting(let first, let second, _):
        if vote.validatorAddress == ownAddress {
          emit(.problem("found conflicting vote from ourselves; did you unsafe_reset a validator?"))
        } else {
          emit(.conflictingVotes(first, second))
        }
        refuse("conflicting votes of validator \(vote.validatorIndex)")
      case .nonDeterministicSignature: break
      default: refuse("failed adding vote: \(error)")
      }
    }
  }

  private mutating func add(_ vote: Vote, from peer: String) throws(VoteError) -> Bool {
    if vote.type == .precommit, vote.height < .max, vote.height + 1 == height { return try addLatePrecommit(vote) }
    guard vote.height == height else { return false }
    var conflict: VoteError?
    do throws(VoteError) {
      guard try votes.add(vote, peer: peer, scheme: scheme) else { return false }
    } catch {
      guard case .conflicting(_, _, added: true) = error else { throw error }
      conflict = error  // counted all the same
    }
    emit(.broadcast(ConsensusMessage(.hasVote(HasVoteMessage(vote)))))
    if vote.type == .prevote { addedPrevote(vote.round) } else { addedPrecommit(vote.round) }
    if let conflict { throw conflict }
    return true
  }

  private mutating func addLatePrecommit(_ vote: Vote) throws(VoteError) -> Bool {
    guard step == .newHeight, lastCommit != nil else { return false }
    guard try lastCommit?.add(vote, scheme: scheme) == true else { return false }
    emit(.broadcast(ConsensusMessage(.hasVote(HasVoteMessage(vote)))))
    if timeouts.skipCommit, lastCommit?.hasAll == true { enterNewRound(0) }
    return true
  }

  private mutating func addedPrevote(_ voteRound: Int32) {
    guard let prevotes = votes.prevotes(voteRound) else { return }
    if let id = prevotes.majority {
      if let lockedBlock, lockedRound < voteRound, voteRound <= round, lockedBlock.hash != id.hash { unlock() }
      if !id.hash.isEmpty, validRound < voteRound, voteRound == round { learnValidBlock(id) }
    }
    if round < voteRound, prevotes.hasTwoThirdsAny {
      enterNewRound(voteRound)
    } else if round == voteRound, step >= .prevote {
      if let id = prevotes.majority, isProposalComplete || id.hash.isEmpty {
        enterPrecommit(voteRound)
      } else if prevotes.hasTwoThirdsAny {
        enterPrevoteWait(voteRound)
      }
    } else if let proposal, proposal.polRound >= 0, proposal.polRound == voteRound, isProposalComplete {
      enterPrevote(round)
    }
  }

  private mutating func learnValidBlock(_ id: BlockID) {
    if let proposalBlock, proposalBlock.hash == id.hash {
      (validRound, validBlock, validParts) = (round, proposalBlock, proposalParts)
    } else {
      proposalBlock = nil
    }
    expectParts(id.partSetHeader, forgetBlock: false)
    announceValidBlock()
    emit(.observed(.validBlock(round: round)))
  }

  private mutating func addedPrecommit(_ voteRound: Int32) {
    guard let precommits = votes.precommits(voteRound) else { return }
    if let id = precommits.majority {
      enterNewRound(voteRound)
      enterPrecommit(voteRound)
      if id.hash.isEmpty {
        enterPrecommitWait(voteRound)
      } else {
        enterCommit(voteRound)
        skipCommitTimeout(round: voteRound)
      }
    } else if round <= voteRound, precommits.hasTwoThirdsAny {
      enterNewRound(voteRound)
      enterPrecommitWait(voteRound)
    }
  }
}
