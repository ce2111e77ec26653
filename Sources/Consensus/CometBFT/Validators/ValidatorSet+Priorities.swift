// The rotation of proposers. Wrapping operators (&-, &+) copy the reference's 64-bit arithmetic, which wraps.

/// The sum, or the nearest 64-bit number.
private func clipped(_ a: Int64, plus b: Int64) -> Int64 {
  let (sum, overflow) = a.addingReportingOverflow(b)
  return overflow ? (b < 0 ? .min : .max) : sum
}

private func clipped(_ a: Int64, minus b: Int64) -> Int64 {
  let (difference, overflow) = a.subtractingReportingOverflow(b)
  return overflow ? (b > 0 ? .min : .max) : difference
}

extension ValidatorSet {
  /// The spread of priorities is kept below this many times the total power.
  private static let window: Int64 = 2

  /// Takes `times` turns. One call of n is not the same as n calls of one. No effect on an empty set or for no turns.
  public mutating func increment(_ times: Int32) {
    guard !isEmpty, times > 0 else { return }
    rescale(Self.window &* totalVotingPower)  // the total is at most 2^60
    shift()
    var turn = 0
    for _ in 0..<times {
      for index in validators.indices {
        validators[index].proposerPriority = clipped(validators[index].proposerPriority, plus: validators[index].votingPower)
      }
      turn = validators.indices.dropFirst().reduce(0) { best, index in
        Self.ahead(validators[best], validators[index]).address == validators[best].address ? best : index
      }
      validators[turn].proposerPriority = clipped(validators[turn].proposerPriority, minus: totalVotingPower)
    }
    chosen = validators[turn]
  }

  /// A copy that has taken `times` turns more.
  public func incremented(_ times: Int32) -> ValidatorSet {
    var copy = self
    copy.increment(times)
    return copy
  }

  mutating func rescale(_ limit: Int64) {
    guard limit > 0, let first = validators.first else { return }
    var (low, high) = (first.proposerPriority, first.proposerPriority)
    for validator in validators {
      low = min(low, validator.proposerPriority)
      high = max(high, validator.proposerPriority)
    }
    var spread = high &- low
    if spread < 0 { spread = 0 &- spread }
    guard spread > limit else { return }
    let ratio = (spread &+ limit &- 1).dividedReportingOverflow(by: limit).partialValue
    guard ratio != 0 else { return }
    for index in validators.indices {
      validators[index].proposerPriority = validators[index].proposerPriority.dividedReportingOverflow(by: ratio).partialValue
    }
  }

  mutating func shift() {
    guard !validators.isEmpty else { return }
    let sum = validators.reduce(Int128(0)) { $0 + Int128($1.proposerPriority) }
    let count = Int128(validators.count)
    let floor = sum >= 0 ? sum / count : -((-sum + count - 1) / count)
    let average = Int64(clamping: floor)  // an average of 64-bit numbers fits
    for index in validators.indices {
      validators[index].proposerPriority = clipped(validators[index].proposerPriority, minus: average)
    }
  }
}
