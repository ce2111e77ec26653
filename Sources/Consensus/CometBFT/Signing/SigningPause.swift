/// Keeps a validator from signing after its signing state was lost: until it has seen blocks that do without its signature, another
/// node may be signing with its key, or it may have signed itself what it does not know any more.
package struct SigningPause: Hashable, Sendable {
  let address: [UInt8]
  /// How many blocks in a row must pass.
  let needed: Int
  /// The newest block when the pause began. We may have signed that one.
  let start: Int64
  private(set) var passed = 0

  package init(address: [UInt8], needed: Int, start: Int64) { (self.address, self.needed, self.start) = (address, needed, start) }

  /// Whether the pause is over with a block.
  /// - Parameter signers: the validators whose commit the block carries.
  package mutating func isOver(after block: Block, signers: ValidatorSet) -> Bool {
    guard let commit = block.lastCommit, commit.height > start, signers.index(of: address) != nil else { return false }
    let isSigned = commit.signatures.contains { $0.flag != .absent && $0.validatorAddress == address }
    passed = isSigned ? 0 : passed + 1
    return passed >= needed
  }
}

extension ValidatorSet {
  /// Whether the others make blocks without the validator of an address.
  func suffices(without address: [UInt8]) -> Bool { totalVotingPower - (self[address: address]?.votingPower ?? 0) > twoThirds }

  /// Whether the validator of an address makes blocks alone.
  func suffices(only address: [UInt8]) -> Bool { self[address: address].map { $0.votingPower > twoThirds } ?? false }
}
