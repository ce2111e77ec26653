internal import Protobuf

extension ChainState {
  /// Checks a block as the next one of this state, but for its evidence. Rule: engine sheet A6.2.
  package func validate(_ block: Block, scheme: some SignatureScheme) throws(ValidationError) {
    try block.validateBasic()
    let header = block.header
    func expect<T: Equatable>(_ found: T, _ expected: T, _ name: String) throws(ValidationError) {
      guard found == expected else { throw ValidationError("block: \(name) is \(found), expected \(expected)") }
    }
    func expectHash(_ found: [UInt8], _ expected: [UInt8], _ name: String) throws(ValidationError) {
      guard found == expected else { throw ValidationError("block: \(name) is \(lowerHex(found)), expected \(lowerHex(expected))") }
    }
    try expect(header.version.app, version.app, "app version")
    try expect(header.version.block, version.block, "block version")
    try expect(header.chainID, chainID, "chain ID")
    try expect(header.height, nextHeight, "height")
    guard header.lastBlockID == lastBlockID else { throw ValidationError("block: last block ID does not match the last block") }
    try expectHash(header.appHash, appHash, "app hash")
    try expectHash(header.consensusHash, consensusParameters.hash(), "consensus hash")
    try expectHash(header.lastResultsHash, lastResultsHash, "last results hash")
    try expectHash(header.validatorsHash, validators.hash(), "validators hash")
    try expectHash(header.nextValidatorsHash, nextValidators.hash(), "next validators hash")
    try validateLastCommit(block, scheme: scheme)
    guard validators.index(of: header.proposerAddress) != nil else {
      throw ValidationError("block: proposer \(lowerHex(header.proposerAddress)) is not a validator")
    }
    try validateTime(block)
    let limit = consensusParameters.evidence?.maxBytes ?? 0
    let size = block.evidence.protobuf().count
    guard Int64(size) <= limit else { throw ValidationError("block: \(size) bytes of evidence, at most \(limit) allowed") }
  }

  private func validateLastCommit(_ block: Block, scheme: some SignatureScheme) throws(ValidationError) {
    guard let commit = block.lastCommit else { throw ValidationError("block: last commit is missing") }
    if block.header.height == initialHeight {
      guard commit.signatures.isEmpty else { throw ValidationError("block: the first block has signatures of a last commit") }
      return
    }
    do {
      try lastValidators.verifyCommit(
        chainID: chainID, blockID: lastBlockID, height: block.header.height - 1, commit: commit, scheme: scheme)
    } catch { throw ValidationError("block: last \(error)") }
  }

  private func validateTime(_ block: Block) throws(ValidationError) {
    let time = block.header.time
    if block.header.height == initialHeight {
      guard time == lastBlockTime else { throw ValidationError("block: the first block's time is not the genesis time") }
      return
    }
    guard time > lastBlockTime else { throw ValidationError("block: time is not after the last block's") }
    let median = try (block.lastCommit ?? Commit()).medianTime(lastValidators)
    guard time == median else { throw ValidationError("block: time is not the median of the last commit") }
  }

  /// A block for the next height. Rule: engine sheet A8, 'Proposal block'.
  package func makeBlock(
    _ transactions: [[UInt8]], lastCommit: Commit, evidence: EvidenceList, proposer: [UInt8]
  ) throws(ValidationError) -> Block {
    var header = Header()
    (header.version, header.chainID, header.height) = (version, chainID, nextHeight)
    header.time = header.height == initialHeight ? lastBlockTime : try lastCommit.medianTime(lastValidators)
    header.lastBlockID = lastBlockID
    let data = BlockData(transactions: transactions)
    (header.lastCommitHash, header.dataHash, header.evidenceHash) = (lastCommit.hash(), data.hash(), evidence.hash())
    (header.validatorsHash, header.nextValidatorsHash) = (validators.hash(), nextValidators.hash())
    (header.consensusHash, header.appHash, header.lastResultsHash) = (consensusParameters.hash(), appHash, lastResultsHash)
    header.proposerAddress = proposer
    return Block(header: header, data: data, evidence: evidence, lastCommit: lastCommit)
  }
}

/// The bytes that transactions take in an encoded block: each with its tag and length.
package func encodedSize(ofTransaction count: Int) -> Int64 {
  var (size, rest) = (Int64(2 + count), count >> 7)
  while rest > 0 { (size, rest) = (size + 1, rest >> 7) }
  return size
}

/// Room for transactions in a block; nil when the rest alone is too much. Rule: engine sheet A8.
package func maxDataBytes(maxBytes: Int64, evidenceBytes: Int64, validators: Int) -> Int64? {
  let rest = maxBytes - Limits.maxBlockOverhead - Limits.maxHeaderBytes - Limits.maxCommitBytes(validators: validators) - evidenceBytes
  return rest < 0 ? nil : rest
}
