/// Who has voted so far in the round that is running, for those who watch a chain that is slow.
public struct RunningRound: Hashable, Sendable {
  /// A validator of the height in the making.
  public struct Validator: Hashable, Sendable {
    public var address: [UInt8]
    public var power: Int64
    public var hasPrevoted: Bool
    public var hasPrecommitted: Bool

    public init(address: [UInt8], power: Int64, hasPrevoted: Bool, hasPrecommitted: Bool) {
      (self.address, self.power, self.hasPrevoted, self.hasPrecommitted) = (address, power, hasPrevoted, hasPrecommitted)
    }
  }

  public var height: Int64
  public var round: Int32
  /// In the order of the set.
  public var validators: [Validator]
  public var totalPower: Int64

  public init(height: Int64, round: Int32, validators: [Validator], totalPower: Int64) {
    (self.height, self.round, self.validators, self.totalPower) = (height, round, validators, totalPower)
  }
}

extension Engine {
  /// The round that is running; nil before the engine has started.
  public var runningRound: RunningRound? {
    guard let machine = shell?.machine else { return nil }
    func has(_ votes: VoteSet?, _ index: Int) -> Bool {
      guard let votes = votes?.votes, index < votes.count else { return false }
      return votes[index] != nil
    }
    let (prevotes, precommits) = (machine.votes.prevotes(machine.round), machine.votes.precommits(machine.round))
    let validators = machine.validators.validators.enumerated().map { index, validator in
      RunningRound.Validator(
        address: validator.address, power: validator.votingPower, hasPrevoted: has(prevotes, index),
        hasPrecommitted: has(precommits, index))
    }
    return RunningRound(
      height: machine.height, round: machine.round, validators: validators, totalPower: machine.validators.totalVotingPower)
  }
}
