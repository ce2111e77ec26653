public import OasisTypes

/// Rules of commission schedules (sheet 04 §6). All failures are uncoded.
extension CommissionSchedule {
  /// The rate of the last step that has started, nil if none has.
  public func currentRate(_ now: Epoch) -> Quantity? { rates.prefix { $0.start <= now }.last?.rate }

  private func checkComplexity(_ rules: CommissionScheduleRules) throws {
    guard rates.count <= Int(rules.maxRateSteps) else { throw AppError.uncoded("rate schedule has \(rates.count) steps, too many") }
    guard bounds.count <= Int(rules.maxBoundSteps) else { throw AppError.uncoded("bound schedule has \(bounds.count) steps, too many") }
  }

  private func checkNondegenerate(_ rules: CommissionScheduleRules) throws {
    func check(_ start: Epoch, after previous: Epoch?, _ what: String) throws {
      guard rules.rateChangeInterval != 0 else { throw AppError.uncoded("\(what): rate change interval is zero") }
      guard start % rules.rateChangeInterval == 0 else { throw AppError.uncoded("\(what) at \(start) is not aligned") }
      if let previous, start <= previous { throw AppError.uncoded("\(what) at \(start) is not after the one at \(previous)") }
    }
    let (one, minimum) = (StakingState.commissionDenominator, rules.minCommissionRate)
    var previous: Epoch?
    for step in rates {
      try check(step.start, after: previous, "rate step")
      guard step.rate <= one, step.rate >= minimum else { throw AppError.uncoded("rate \(step.rate) out of range") }
      previous = step.start
    }
    previous = nil
    for step in bounds {
      try check(step.start, after: previous, "bound step")
      guard step.rateMin <= one, step.rateMax <= one, step.rateMax >= step.rateMin, step.rateMax >= minimum, step.rateMin >= minimum
      else { throw AppError.uncoded("bounds \(step.rateMin) to \(step.rateMax) out of range") }
      previous = step.start
    }
  }

  private func checkAcceptable(_ rules: CommissionScheduleRules, now: Epoch, isInitial: Bool) throws {
    if let first = rates.first, first.start <= now { throw AppError.uncoded("rate step at \(first.start) is not in the future") }
    if let first = bounds.first {
      let lead = isInitial ? 0 : rules.rateBoundLead
      // Wraps as the reference's sum does.
      guard first.start >= now &+ 1 &+ lead else { throw AppError.uncoded("bound step at \(first.start) is too early") }
    }
  }

  mutating func prune(_ now: Epoch) {
    while rates.count > 1, rates[1].start <= now { rates.removeFirst() }
    while bounds.count > 1, bounds[1].start <= now { bounds.removeFirst() }
  }

  private mutating func amend(_ amendment: CommissionSchedule) {
    if let first = amendment.rates.first { rates = rates.prefix { $0.start < first.start } + amendment.rates }
    if let first = amendment.bounds.first { bounds = bounds.prefix { $0.start < first.start } + amendment.bounds }
  }

  private func checkWithinBounds(_ now: Epoch) throws {
    if isUnset { return }
    guard !rates.isEmpty else { throw AppError.uncoded("rates are empty") }
    guard !bounds.isEmpty else { throw AppError.uncoded("bounds are empty") }
    if rates[0].start > now || bounds[0].start > now {
      guard rates[0].start == bounds[0].start else { throw AppError.uncoded("rates and bounds start at different epochs") }
    }
    var (rate, bound) = (0, 0)
    while true {
      guard rates[rate].rate >= bounds[bound].rateMin, rates[rate].rate <= bounds[bound].rateMax else {
        throw AppError.uncoded("rate \(rates[rate].rate) is outside of its bounds")
      }
      let nextRate = rate + 1 < rates.count ? rates[rate + 1].start : nil
      let nextBound = bound + 1 < bounds.count ? bounds[bound + 1].start : nil
      switch (nextRate, nextBound) {
      case (nil, nil): return
      case (_?, nil): rate += 1
      case (nil, _?): bound += 1
      case (let a?, let b?):
        if a <= b { rate += 1 }
        if b <= a { bound += 1 }
      }
    }
  }

  /// Replaces what begins with or after the amendment's steps, drops what is past, and checks the result by the rules.
  public mutating func amendAndPrune(_ amendment: CommissionSchedule, _ rules: CommissionScheduleRules, now: Epoch) throws {
    try amendment.checkComplexity(rules)
    try amendment.checkNondegenerate(rules)
    try amendment.checkAcceptable(rules, now: now, isInitial: bounds.isEmpty)
    prune(now)
    amend(amendment)
    try checkComplexity(rules)
    try checkWithinBounds(now)
  }

  /// Drops steps that are past and checks the rest by the rules.
  public mutating func pruneAndValidate(_ rules: CommissionScheduleRules, now: Epoch) throws {
    try checkComplexity(rules)
    try checkNondegenerate(rules)
    prune(now)
    try checkWithinBounds(now)
  }
}
