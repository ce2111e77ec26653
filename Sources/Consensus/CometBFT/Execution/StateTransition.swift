extension ChainState {
  /// The state after a block, without its app hash. Rule: engine sheet A7, A8.
  func advanced(
    by header: Header, blockID: BlockID, responses: BlockResponses
  ) throws(ValidationError) -> ChainState {
    let changes = try validatorChanges(responses.endBlock?.validatorUpdates ?? [])
    var next = self
    var validators = nextValidators
    if !changes.isEmpty {
      try validators.update(changes)
      next.lastHeightValidatorsChanged = header.height + 2
    }
    validators.increment(1)
    if let update = responses.endBlock?.consensusParameterUpdates {
      next.consensusParameters = consensusParameters.updated(by: update)
      try next.consensusParameters.validateBasic()
      next.version.app = next.consensusParameters.version?.app ?? 0
      next.lastHeightParametersChanged = header.height + 1
    }
    (next.lastValidators, next.validators, next.nextValidators) = (self.validators, nextValidators, validators)
    (next.lastBlockHeight, next.lastBlockID, next.lastBlockTime) = (header.height, blockID, header.time)
    (next.lastResultsHash, next.appHash) = (responses.resultsHash(), [])
    return next
  }

  /// Validators from the application's updates.
  func validatorChanges(_ updates: [ValidatorUpdate]) throws(ValidationError) -> [Validator] {
    var changes: [Validator] = []
    for update in updates {
      guard update.power >= 0 else { throw ValidationError("validator update: voting power \(update.power)") }
      guard update.power == 0 || consensusParameters.validator?.publicKeyTypes.contains(update.publicKey.typeName ?? "") == true else {
        throw ValidationError("validator update: key type \(update.publicKey.typeName ?? "unknown") is not allowed")
      }
      changes.append(try Self.validator(update))
    }
    return changes
  }

  static func validator(_ update: ValidatorUpdate) throws(ValidationError) -> Validator {
    guard let key = update.publicKey.ed25519 else { throw ValidationError("validator update: no well-formed ed25519 key") }
    return Validator(address: validatorAddress(ofKey: key), publicKey: update.publicKey, votingPower: update.power)
  }

  /// The state before the first block with what the application chose in `initChain`.
  mutating func apply(_ response: InitChainResponse, genesis: GenesisDocument) throws(ValidationError) {
    if !response.appHash.isEmpty { appHash = response.appHash }
    if !response.validators.isEmpty {
      var chosen: [Validator] = []
      for update in response.validators { chosen.append(try Self.validator(update)) }
      validators = try ValidatorSet(new: chosen)
      nextValidators = validators.incremented(1)
    } else if genesis.validators.isEmpty {
      throw ValidationError("neither genesis nor application name a validator")
    }
    if let parameters = response.consensusParameters {
      consensusParameters = consensusParameters.updated(by: parameters)
      version.app = consensusParameters.version?.app ?? 0
    }
    lastResultsHash = Merkle.emptyRoot
  }
}
