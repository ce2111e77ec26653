extension ConsensusMessage {
  /// Stateless rules for a message from a peer. Rule: engine sheet A14.
  public func validateBasic() throws(ValidationError) {
    switch kind {
    case .newRoundStep(let message): try message.validateBasic()
    case .newValidBlock(let message): try message.validateBasic()
    case .proposal(let message): try message.proposal.validateBasic()
    case .proposalPOL(let message):
      try requireNonNegative(message.height, 0)
      guard message.polRound >= 0 else { throw ValidationError("proposal POL: round \(message.polRound)") }
      guard message.prevotes.bits > 0 else { throw ValidationError("proposal POL: no bits") }
      try message.prevotes.validateBasic(limit: Limits.votes)
    case .blockPart(let message):
      try requireNonNegative(message.height, message.round)
      try message.part.validateBasic()
    case .vote(let message):
      guard let vote = message.vote else { throw ValidationError("vote message: vote is missing") }
      try vote.validateBasic()
    case .hasVote(let message):
      try requireNonNegative(message.height, message.round)
      guard message.type.isVote else { throw ValidationError("has vote: type \(message.type.rawValue)") }
      guard message.index >= 0 else { throw ValidationError("has vote: index \(message.index)") }
    case .voteSetMaj23(let message):
      try requireNonNegative(message.height, message.round)
      guard message.type.isVote else { throw ValidationError("vote set majority: type \(message.type.rawValue)") }
      try message.blockID.validateBasic()
    case .voteSetBits(let message):
      try requireNonNegative(message.height, 0)
      guard message.type.isVote else { throw ValidationError("vote set bits: type \(message.type.rawValue)") }
      try message.blockID.validateBasic()
      try message.votes.validateBasic(limit: Limits.votes)
    case nil: throw ValidationError("consensus message of no known kind")
    }
  }
}

private func requireNonNegative(_ height: Int64, _ round: Int32) throws(ValidationError) {
  guard height >= 0 else { throw ValidationError("height \(height)") }
  guard round >= 0 else { throw ValidationError("round \(round)") }
}

extension NewRoundStepMessage {
  /// Checks what needs no state, before anything is done with a peer's message.
  public func validateBasic() throws(ValidationError) {
    try requireNonNegative(height, round)
    guard (1...8).contains(step) else { throw ValidationError("new round step: step \(step)") }
    guard lastCommitRound >= -1 else { throw ValidationError("new round step: last commit round \(lastCommitRound)") }
  }

  /// Whether the last commit's round fits the height.
  public func validate(initialHeight: Int64) throws(ValidationError) {
    guard height >= initialHeight else { throw ValidationError("new round step: height \(height) below the initial one") }
    guard height != initialHeight || lastCommitRound == -1 else {
      throw ValidationError("new round step: last commit round \(lastCommitRound) at the initial height")
    }
    guard height == initialHeight || lastCommitRound >= 0 else {
      throw ValidationError("new round step: no last commit round above the initial height")
    }
  }
}

extension NewValidBlockMessage {
  /// Checks what needs no state, before anything is done with a peer's message.
  public func validateBasic() throws(ValidationError) {
    try requireNonNegative(height, round)
    try partSetHeader.validateBasic()
    guard let parts, parts.bits > 0 else { throw ValidationError("new valid block: no parts") }
    guard parts.bits == Int64(partSetHeader.total) else {
      throw ValidationError("new valid block: \(parts.bits) bits for \(partSetHeader.total) parts")
    }
    try parts.validateBasic(limit: Limits.maxParts)
  }
}
