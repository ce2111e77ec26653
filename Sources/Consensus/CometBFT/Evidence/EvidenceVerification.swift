// Verification of evidence. Rule: engine sheet A16.

extension DuplicateVoteEvidence {
  /// Checks both votes against the validators of their height.
  func verify(chainID: String, validators: ValidatorSet, scheme: some SignatureScheme) throws(ValidationError) {
    func refuse(_ reason: String) -> ValidationError { ValidationError("duplicate vote evidence: \(reason)") }
    guard let voteA, let voteB else { throw refuse("a vote is missing") }
    guard let validator = validators[address: voteA.validatorAddress] else { throw refuse("not a validator at height \(voteA.height)") }
    guard voteA.height == voteB.height, voteA.round == voteB.round, voteA.type == voteB.type else {
      throw refuse("height, round or type differ")
    }
    guard voteA.validatorAddress == voteB.validatorAddress else { throw refuse("validators differ") }
    guard voteA.blockID != voteB.blockID else { throw refuse("both votes are for the same block") }
    guard let key = validator.publicKey.ed25519, validatorAddress(ofKey: key) == voteA.validatorAddress else {
      throw refuse("address is not that of the key")
    }
    guard validator.votingPower == validatorPower else { throw refuse("validator power is not \(validatorPower)") }
    guard validators.totalVotingPower == totalVotingPower else { throw refuse("total voting power is not \(totalVotingPower)") }
    for vote in [voteA, voteB] {
      let item = SignedItem(publicKey: key, message: vote.signBytes(chainID: chainID), signature: vote.signature)
      guard scheme.verify(item) else { throw refuse("a signature is wrong") }
    }
  }
}

extension LightClientAttackEvidence {
  /// The attacking block's parts, checked to be there.
  struct Conflict {
    var header: Header
    var commit: Commit
    var validators: ValidatorSet
  }

  func conflict() throws(ValidationError) -> Conflict {
    guard let signed = conflictingBlock?.signedHeader, let header = signed.header, let commit = signed.commit,
      let set = conflictingBlock?.validatorSet
    else { throw ValidationError("light client attack evidence: conflicting block is not complete") }
    return Conflict(header: header, commit: commit, validators: try ValidatorSet(set))
  }

  /// Checks the attack against our own headers and the validators of the common height.
  func verify(
    common: Header, trusted: (header: Header, commit: Commit), commonValidators: ValidatorSet, scheme: some SignatureScheme
  ) throws(ValidationError) {
    func refuse(_ reason: String) -> ValidationError { ValidationError("light client attack evidence: \(reason)") }
    let conflict = try conflict()
    let chainID = trusted.header.chainID
    do {
      if common.height != conflict.header.height {
        try commonValidators.verifyCommitLightTrusting(
          chainID: chainID, commit: conflict.commit, level: .oneThird, scheme: scheme, all: true)
      } else if !conflict.header.isDerivedLike(trusted.header) {
        throw CommitError.invalid("conflicting block of the common height is not derived like ours")
      }
      try conflict.validators.verifyCommitLight(
        chainID: chainID, blockID: conflict.commit.blockID, height: conflict.header.height, commit: conflict.commit, scheme: scheme,
        all: true)
    } catch { throw refuse("\(error)") }
    guard totalVotingPower == commonValidators.totalVotingPower else { throw refuse("total voting power is not \(totalVotingPower)") }
    if conflict.header.height > trusted.header.height {
      guard conflict.header.time <= trusted.header.time else { throw refuse("conflicting block is later than our latest") }
    } else if conflict.header.hash() == trusted.header.hash() {
      throw refuse("conflicting block is our own")
    }
    let expected = conflict.byzantineValidators(common: commonValidators, trusted: trusted)
    guard expected.count == byzantineValidators.count else {
      throw refuse("\(byzantineValidators.count) byzantine validators, expected \(expected.count)")
    }
    for (found, expected) in zip(byzantineValidators, expected) {
      guard found.address == expected.address, found.votingPower == expected.votingPower else {
        throw refuse("byzantine validators are not those that signed")
      }
    }
  }
}

extension Header {
  /// Whether all that follows from the state before agrees with another header.
  func isDerivedLike(_ other: Header) -> Bool {
    validatorsHash == other.validatorsHash && nextValidatorsHash == other.nextValidatorsHash && consensusHash == other.consensusHash
      && appHash == other.appHash && lastResultsHash == other.lastResultsHash
  }
}

extension LightClientAttackEvidence.Conflict {
  /// Who misbehaved, by power and address. An attack by votes of different rounds (amnesia) names nobody.
  func byzantineValidators(common: ValidatorSet, trusted: (header: Header, commit: Commit)) -> [Validator] {
    var found: [Validator] = []
    if !header.isDerivedLike(trusted.header) {
      for entry in commit.signatures where entry.flag == .commit {
        if let validator = common[address: entry.validatorAddress] { found.append(validator) }
      }
    } else if commit.round == trusted.commit.round {
      for (ours, theirs) in zip(trusted.commit.signatures, commit.signatures) where ours.flag != .absent && theirs.flag != .absent {
        if let validator = validators[address: theirs.validatorAddress] { found.append(validator) }
      }
    }
    return found.sorted {
      $0.votingPower != $1.votingPower ? $0.votingPower > $1.votingPower : $0.address.lexicographicallyPrecedes($1.address)
    }
  }
}
