// Verification of commits. Rule: engine sheet A6.3.

/// Why a commit does not prove its block.
public enum CommitError: Error, Hashable, Sendable {
  /// Well-formed and well signed, but by too little power.
  case notEnoughPower(got: Int64, needed: Int64)
  case invalid(String)
}

extension CommitError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notEnoughPower(let got, let needed): "commit: voting power \(got), more than \(needed) needed"
    case .invalid(let reason): "commit: \(reason)"
    }
  }
}

/// A part of the whole, such as one third.
public struct Fraction: Hashable, Sendable {
  public var numerator: Int64
  public var denominator: Int64
  public init(_ numerator: Int64, _ denominator: Int64) { (self.numerator, self.denominator) = (numerator, denominator) }
  public static let oneThird = Fraction(1, 3)
}

extension ValidatorSet {
  /// The power that a majority must exceed.
  var twoThirds: Int64 { totalVotingPower * 2 / 3 }  // the total is below 2^60

  /// Checks a commit as part of a block: every signature that is there must be right.
  public func verifyCommit(
    chainID: String, blockID: BlockID, height: Int64, commit: Commit, scheme: some SignatureScheme
  ) throws(CommitError) {
    try checkShape(of: commit, blockID: blockID, height: height)
    var items: [SignedItem] = []
    var tally: Int64 = 0
    for (index, entry) in commit.signatures.enumerated() where entry.flag != .absent {
      let validator = validators[index]  // sizes are equal
      guard entry.validatorAddress == validator.address else { throw .invalid("signature \(index) has another validator's address") }
      items.append(try item(validator, commit, index, chainID))
      if entry.flag == .commit { tally += validator.votingPower }
    }
    if !scheme.verifyAll(items) { throw .invalid("a signature is wrong") }
    guard tally > twoThirds else { throw .notEnoughPower(got: tally, needed: twoThirds) }
  }

  /// Checks only as many signatures as are needed. With `all`, every signature, and votes for no block count too.
  public func verifyCommitLight(
    chainID: String, blockID: BlockID, height: Int64, commit: Commit, scheme: some SignatureScheme, all: Bool = false
  ) throws(CommitError) {
    try checkShape(of: commit, blockID: blockID, height: height)
    var tally: Int64 = 0
    for (index, entry) in commit.signatures.enumerated() where all ? entry.flag != .absent : entry.flag == .commit {
      let validator = validators[index]  // sizes are equal
      try verify(validator, commit, index, chainID, scheme)
      tally += validator.votingPower
      if !all, tally > twoThirds { return }
    }
    guard tally > twoThirds else { throw .notEnoughPower(got: tally, needed: twoThirds) }
  }

  /// Checks that validators of this set with more than `level` of its power signed a commit that other validators may have signed too.
  public func verifyCommitLightTrusting(
    chainID: String, commit: Commit, level: Fraction, scheme: some SignatureScheme, all: Bool = false
  ) throws(CommitError) {
    guard level.denominator != 0 else { throw .invalid("trust level has no denominator") }
    let (product, overflow) = totalVotingPower.multipliedReportingOverflow(by: level.numerator)
    if overflow { throw .invalid("trust level overflows") }
    let needed = product / level.denominator
    var tally: Int64 = 0
    var seen: Set<[UInt8]> = []
    for (index, entry) in commit.signatures.enumerated() where all ? entry.flag != .absent : entry.flag == .commit {
      guard let validator = self[address: entry.validatorAddress] else { continue }
      guard seen.insert(validator.address).inserted else { throw .invalid("signature \(index) is the second of its validator") }
      try verify(validator, commit, index, chainID, scheme)
      tally += validator.votingPower
      if !all, tally > needed { return }
    }
    guard tally > needed else { throw .notEnoughPower(got: tally, needed: needed) }
  }

  private func checkShape(of commit: Commit, blockID: BlockID, height: Int64) throws(CommitError) {
    guard commit.signatures.count == count else { throw .invalid("\(commit.signatures.count) signatures for \(count) validators") }
    guard commit.height == height else { throw .invalid("for height \(commit.height), expected \(height)") }
    guard commit.blockID == blockID else { throw .invalid("for another block") }
  }

  private func item(_ validator: Validator, _ commit: Commit, _ index: Int, _ chainID: String) throws(CommitError) -> SignedItem {
    guard let key = validator.publicKey.ed25519 else { throw .invalid("validator \(index) has no ed25519 key") }
    let message = commit.voteSignBytes(at: index, chainID: chainID)
    return SignedItem(publicKey: key, message: message, signature: commit.signatures[index].signature)
  }

  private func verify(
    _ validator: Validator, _ commit: Commit, _ index: Int, _ chainID: String, _ scheme: some SignatureScheme
  ) throws(CommitError) {
    if !scheme.verify(try item(validator, commit, index, chainID)) { throw .invalid("signature \(index) is wrong") }
  }
}
