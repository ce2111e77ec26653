/// A time with the power of who says so.
public struct WeightedTime: Hashable, Sendable {
  public var time: Timestamp
  public var weight: Int64
  public init(time: Timestamp, weight: Int64) { (self.time, self.weight) = (time, weight) }
}

/// The time that half of the power has not passed; year 1 when there are no times. Rule: engine sheet A6.2.
public func weightedMedian(_ times: [WeightedTime], total: Int64) -> Timestamp {
  var rest = total / 2
  for entry in times.sorted(by: { $0.time < $1.time }) {
    if rest <= entry.weight { return entry.time }
    rest -= entry.weight
  }
  return .zero
}

extension Commit {
  /// The block time that follows from this commit of `validators`.
  public func medianTime(_ validators: ValidatorSet) throws(ValidationError) -> Timestamp {
    var times: [WeightedTime] = []
    var total: Int64 = 0
    for entry in signatures where entry.flag != .absent {
      guard let validator = validators[address: entry.validatorAddress] else {
        throw ValidationError("commit: signature of an unknown validator")
      }
      times.append(WeightedTime(time: entry.timestamp, weight: validator.votingPower))
      let (sum, overflow) = total.addingReportingOverflow(validator.votingPower)
      guard !overflow else { throw ValidationError("commit: voting power overflows") }
      total = sum
    }
    return weightedMedian(times, total: total)
  }
}
