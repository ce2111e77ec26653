// Stateless rules. Rule: engine sheet A6.1.

private func requireHash(_ hash: [UInt8], _ name: String) throws(ValidationError) {
  guard hash.isEmpty || hash.count == 32 else { throw ValidationError("\(name): \(hash.count) bytes, expected 32") }
}

private func requireSignature(_ signature: [UInt8]) throws(ValidationError) {
  guard !signature.isEmpty else { throw ValidationError("signature is missing") }
  guard signature.count <= Limits.signatureSize else { throw ValidationError("signature of \(signature.count) bytes") }
}

/// Bounds of the engine. Rule: engine sheet A3.
public enum Limits {
  public static let signatureSize = 64
  public static let addressSize = 20
  public static let chainIDLength = 50
  public static let votes = 10_000
  public static let maxBlockBytes: Int64 = 104_857_600
  public static let maxParts = 1601
  public static let maxHeaderBytes: Int64 = 626
  public static let maxBlockOverhead: Int64 = 11
  /// Largest total voting power of a validator set.
  public static let totalVotingPower: Int64 = .max / 8

  /// The most bytes that the commit of `validators` validators takes.
  public static func maxCommitBytes(validators: Int) -> Int64 { 94 + 111 * Int64(validators) }
}

extension PartSetHeader {
  /// Checks what needs no state; every part of it by itself too.
  public func validateBasic() throws(ValidationError) { try requireHash(hash, "part set hash") }
}

extension BlockID {
  /// Checks what needs no state; every part of it by itself too.
  public func validateBasic() throws(ValidationError) {
    try requireHash(hash, "block hash")
    try partSetHeader.validateBasic()
  }
}

extension Header {
  /// Checks what needs no state; every part of it by itself too.
  public func validateBasic() throws(ValidationError) {
    guard version.block == ConsensusVersion.blockProtocol else { throw ValidationError("header: block protocol \(version.block)") }
    guard chainID.utf8.count <= Limits.chainIDLength else { throw ValidationError("header: chain ID of \(chainID.utf8.count) bytes") }
    guard height > 0 else { throw ValidationError("header: height \(height)") }
    try within("header") { () throws(ValidationError) in
      try lastBlockID.validateBasic()
      try requireHash(lastCommitHash, "last commit hash")
      try requireHash(dataHash, "data hash")
      try requireHash(evidenceHash, "evidence hash")
      guard proposerAddress.count == Limits.addressSize else {
        throw ValidationError("proposer address of \(proposerAddress.count) bytes")
      }
      try requireHash(validatorsHash, "validators hash")
      try requireHash(nextValidatorsHash, "next validators hash")
      try requireHash(consensusHash, "consensus hash")
      try requireHash(lastResultsHash, "last results hash")
    }
  }
}

extension Block {
  /// Checks the parts, and that the header's hashes are those of the parts.
  public func validateBasic() throws(ValidationError) {
    try header.validateBasic()
    guard let lastCommit else { throw ValidationError("block: last commit is missing") }
    try within("block: last commit") { () throws(ValidationError) in try lastCommit.validateBasic() }
    guard header.lastCommitHash == lastCommit.hash() else { throw ValidationError("block: last commit hash does not match") }
    guard header.dataHash == data.hash() else { throw ValidationError("block: data hash does not match") }
    for (index, item) in evidence.evidence.enumerated() {
      try within("block: evidence \(index)") { () throws(ValidationError) in try item.validateBasic() }
    }
    guard header.evidenceHash == evidence.hash() else { throw ValidationError("block: evidence hash does not match") }
  }
}

extension CommitSignature {
  /// Checks what needs no state; every part of it by itself too.
  public func validateBasic() throws(ValidationError) {
    switch flag {
    case .absent:
      guard validatorAddress.isEmpty, timestamp.isZero, signature.isEmpty else {
        throw ValidationError("absent entry with address, time or signature")
      }
    case .commit, .nil:
      guard validatorAddress.count == Limits.addressSize else { throw ValidationError("address of \(validatorAddress.count) bytes") }
      try requireSignature(signature)
    default: throw ValidationError("unknown block ID flag \(flag.rawValue)")
    }
  }
}

extension Commit {
  /// Checks what needs no state; every part of it by itself too.
  public func validateBasic() throws(ValidationError) {
    guard height >= 0 else { throw ValidationError("commit: height \(height)") }
    guard round >= 0 else { throw ValidationError("commit: round \(round)") }
    guard height >= 1 else { return }
    guard !blockID.isZero else { throw ValidationError("commit: for no block") }
    guard !signatures.isEmpty else { throw ValidationError("commit: no signatures") }
    for (index, signature) in signatures.enumerated() {
      try within("commit: signature \(index)") { () throws(ValidationError) in try signature.validateBasic() }
    }
  }
}

extension Vote {
  /// Checks what needs no state; every part of it by itself too.
  public func validateBasic() throws(ValidationError) {
    guard type.isVote else { throw ValidationError("vote: type \(type.rawValue)") }
    guard height > 0 else { throw ValidationError("vote: height \(height)") }
    guard round >= 0 else { throw ValidationError("vote: round \(round)") }
    try within("vote") { () throws(ValidationError) in try blockID.validateBasic() }
    guard blockID.isZero || blockID.isComplete else { throw ValidationError("vote: block ID is neither empty nor complete") }
    guard validatorAddress.count == Limits.addressSize else { throw ValidationError("vote: address of \(validatorAddress.count) bytes") }
    guard validatorIndex >= 0 else { throw ValidationError("vote: validator index \(validatorIndex)") }
    try within("vote") { () throws(ValidationError) in try requireSignature(signature) }
  }
}

extension Proposal {
  /// Checks what needs no state; every part of it by itself too.
  public func validateBasic() throws(ValidationError) {
    guard type == .proposal else { throw ValidationError("proposal: type \(type.rawValue)") }
    guard height >= 0 else { throw ValidationError("proposal: height \(height)") }
    guard round >= 0 else { throw ValidationError("proposal: round \(round)") }
    guard polRound >= -1 else { throw ValidationError("proposal: POL round \(polRound)") }
    try within("proposal") { () throws(ValidationError) in try blockID.validateBasic() }
    guard blockID.isComplete else { throw ValidationError("proposal: block ID is not complete") }
    try within("proposal") { () throws(ValidationError) in try requireSignature(signature) }
  }
}

extension Validator {
  /// Checks what needs no state; every part of it by itself too.
  public func validateBasic() throws(ValidationError) {
    guard let key = publicKey.ed25519 else { throw ValidationError("validator: no well-formed ed25519 key") }
    guard votingPower >= 0 else { throw ValidationError("validator: voting power \(votingPower)") }
    guard address == validatorAddress(ofKey: key) else { throw ValidationError("validator: address is not that of the key") }
  }
}

extension SignedHeader {
  /// Checks what needs no state; every part of it by itself too.
  public func validateBasic(chainID: String) throws(ValidationError) {
    guard let header else { throw ValidationError("signed header: header is missing") }
    guard let commit else { throw ValidationError("signed header: commit is missing") }
    try within("signed header") { () throws(ValidationError) in
      try header.validateBasic()
      try commit.validateBasic()
      guard header.chainID == chainID else { throw ValidationError("chain ID is not \(chainID)") }
      guard header.height == commit.height else { throw ValidationError("header at \(header.height), commit at \(commit.height)") }
      guard header.hash() == commit.blockID.hash else { throw ValidationError("commit is for another block") }
    }
  }
}

extension LightBlock {
  /// Checks what needs no state; every part of it by itself too.
  public func validateBasic(chainID: String) throws(ValidationError) {
    guard let signedHeader else { throw ValidationError("light block: signed header is missing") }
    guard let validatorSet else { throw ValidationError("light block: validator set is missing") }
    let validators = try within("light block") { () throws(ValidationError) in
      try signedHeader.validateBasic(chainID: chainID)
      return try ValidatorSet(validatorSet)
    }
    guard signedHeader.header?.validatorsHash == validators.hash() else {
      throw ValidationError("light block: validators hash does not match the set")
    }
  }
}

extension Evidence {
  /// Checks what needs no state; every part of it by itself too.
  public func validateBasic() throws(ValidationError) {
    switch kind {
    case .duplicateVote(let evidence): try evidence.validateBasic()
    case .lightClientAttack(let evidence): try evidence.validateBasic()
    case nil: throw ValidationError("evidence of no known kind")
    }
  }
}

extension DuplicateVoteEvidence {
  /// Checks what needs no state; every part of it by itself too.
  public func validateBasic() throws(ValidationError) {
    guard let voteA, let voteB else { throw ValidationError("duplicate vote evidence: a vote is missing") }
    try within("duplicate vote evidence: vote A") { () throws(ValidationError) in try voteA.validateBasic() }
    try within("duplicate vote evidence: vote B") { () throws(ValidationError) in try voteB.validateBasic() }
    guard voteA.blockID.key.lexicographicallyPrecedes(voteB.blockID.key) else {
      throw ValidationError("duplicate vote evidence: votes are not in the order of their block IDs")
    }
  }
}

extension LightClientAttackEvidence {
  /// Checks what needs no state; every part of it by itself too.
  public func validateBasic() throws(ValidationError) {
    guard let block = conflictingBlock, let header = block.signedHeader?.header else {
      throw ValidationError("light client attack evidence: conflicting block is missing")
    }
    guard totalVotingPower > 0 else { throw ValidationError("light client attack evidence: total voting power \(totalVotingPower)") }
    guard commonHeight > 0 else { throw ValidationError("light client attack evidence: common height \(commonHeight)") }
    guard commonHeight <= header.height else {
      throw ValidationError("light client attack evidence: common height \(commonHeight) above conflicting height \(header.height)")
    }
    try within("light client attack evidence") { () throws(ValidationError) in try block.validateBasic(chainID: header.chainID) }
  }
}

extension ConsensusParameters {
  /// Checks complete parameters.
  public func validateBasic() throws(ValidationError) {
    func refuse(_ reason: String) -> ValidationError { ValidationError("consensus parameters: \(reason)") }
    guard let block, let evidence, let validator else { throw refuse("a part is missing") }
    guard block.maxBytes > 0, block.maxBytes <= Limits.maxBlockBytes else { throw refuse("block.max_bytes is \(block.maxBytes)") }
    guard block.maxGas >= -1 else { throw refuse("block.max_gas is \(block.maxGas)") }
    guard evidence.maxAgeBlocks > 0 else { throw refuse("evidence.max_age_num_blocks is \(evidence.maxAgeBlocks)") }
    guard evidence.maxAgeDuration.rawValue > 0 else { throw refuse("evidence.max_age_duration is \(evidence.maxAgeDuration.rawValue)") }
    guard evidence.maxBytes >= 0, evidence.maxBytes <= block.maxBytes else { throw refuse("evidence.max_bytes is \(evidence.maxBytes)") }
    guard !validator.publicKeyTypes.isEmpty else { throw refuse("validator.pub_key_types is empty") }
    for type in validator.publicKeyTypes where type != "ed25519" && type != "secp256k1" {
      throw refuse("validator.pub_key_types has unknown \(type)")
    }
  }

  /// These parameters with the parts that are present in `update`.
  public func updated(by update: ConsensusParameters?) -> ConsensusParameters {
    guard let update else { return self }
    var result = self
    if let block = update.block { result.block = block }
    if let evidence = update.evidence { result.evidence = evidence }
    if let validator = update.validator { result.validator = validator }
    if let version = update.version { result.version = version }
    return result
  }
}
