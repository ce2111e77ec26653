extension Evidence {
  /// Height to which the evidence belongs.
  public var height: Int64 {
    switch kind {
    case .duplicateVote(let evidence): evidence.voteA?.height ?? 0
    case .lightClientAttack(let evidence): evidence.commonHeight
    case nil: 0
    }
  }

  /// The time of the block at that height.
  public var time: Timestamp {
    switch kind {
    case .duplicateVote(let evidence): evidence.timestamp
    case .lightClientAttack(let evidence): evidence.timestamp
    case nil: .zero
    }
  }

  /// What the application is told, one entry a validator.
  public var misbehavior: [Misbehavior] {
    switch kind {
    case .duplicateVote(let evidence):
      return [
        Misbehavior(
          type: .duplicateVote,
          validator: ApplicationValidator(address: evidence.voteA?.validatorAddress ?? [], power: evidence.validatorPower),
          height: height, time: time, totalVotingPower: evidence.totalVotingPower)
      ]
    case .lightClientAttack(let evidence):
      return evidence.byzantineValidators.map {
        Misbehavior(
          type: .lightClientAttack, validator: ApplicationValidator(address: $0.address, power: $0.votingPower), height: height,
          time: time, totalVotingPower: evidence.totalVotingPower)
      }
    case nil: return []
    }
  }
}

extension DuplicateVoteEvidence {
  /// Evidence from two votes of a validator of `validators`; nil when it is not one of them.
  public init?(_ first: Vote, _ second: Vote, blockTime: Timestamp, validators: ValidatorSet) {
    guard let validator = validators[address: first.validatorAddress] else { return nil }
    let ordered = first.blockID.key.lexicographicallyPrecedes(second.blockID.key)
    self.init()
    (voteA, voteB) = ordered ? (first, second) : (second, first)
    (totalVotingPower, validatorPower, timestamp) = (validators.totalVotingPower, validator.votingPower, blockTime)
  }
}
