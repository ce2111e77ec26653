internal import OasisTypes
internal import Wire

/// Messages that staking takes (sheet 04 §12).
extension StakingService {
  func executeMessage(_ context: Context, _ message: StakingMessage) throws -> [UInt8]? {
    if let body = message.transfer { return try transfer(context, body)?.cbor() }
    if let body = message.withdraw { return try withdraw(context, body)?.cbor() }
    if let body = message.addEscrow { return try addEscrow(context, body)?.cbor() }
    if let body = message.reclaimEscrow { return try reclaimEscrow(context, body)?.cbor() }
    throw AppError.stakingInvalidArgument
  }

  /// Validates changes of the parameters, and makes them if `apply`. Answers nil for another module.
  func changeParameters(_ context: Context, _ change: ParameterChange, apply: Bool) throws -> [UInt8]? {
    guard change.module == "staking" else { return nil }
    let changes = try StakingParameterChanges.decodeBody(change.changes, malformed: .uncoded("staking: failed to decode parameter changes"))
    guard changes != StakingParameterChanges() else { throw AppError.uncoded("consensus parameter changes should not be empty") }
    let staking = StakingState(context.state)
    var parameters = try staking.parameters()
    changes.apply(to: &parameters)
    try parameters.check(allowsDebug: context.chain.node.allowsDebug)
    guard apply else { return [0xa0] }
    if let minimum = changes.minCommissionRate { try raiseCommissionRates(context, to: minimum, parameters.commissionScheduleRules) }
    try staking.setParameters(context, parameters)
    return [0xa0]
  }

  private func raiseCommissionRates(_ context: Context, to minimum: Quantity, _ rules: CommissionScheduleRules) throws {
    let staking = StakingState(context.state)
    for address in try StakingState.commissionAddresses.keys(context.state) {
      var account = try staking.account(address)
      var schedule = account.escrow.commissionSchedule
      for index in schedule.bounds.indices {
        schedule.bounds[index].rateMin = max(schedule.bounds[index].rateMin, minimum)
        schedule.bounds[index].rateMax = max(schedule.bounds[index].rateMax, minimum)
      }
      for index in schedule.rates.indices { schedule.rates[index].rate = max(schedule.rates[index].rate, minimum) }
      guard schedule != account.escrow.commissionSchedule else { continue }
      try schedule.pruneAndValidate(rules, now: try context.currentEpoch())
      account.escrow.commissionSchedule = schedule
      staking.setAccount(address, account)
    }
  }
}

extension StakingParameterChanges {
  func apply(to parameters: inout StakingParameters) {
    if let debondingInterval { parameters.debondingInterval = debondingInterval }
    if let rewardSchedule { parameters.rewardSchedule = rewardSchedule }
    if let gasCosts { parameters.gasCosts = gasCosts }
    if let minDelegation { parameters.minDelegation = minDelegation }
    if let minTransfer { parameters.minTransfer = minTransfer }
    if let minTransactBalance { parameters.minTransactBalance = minTransactBalance }
    if let minCommissionRate { parameters.commissionScheduleRules.minCommissionRate = minCommissionRate }
    if let disableTransfers { parameters.disableTransfers = disableTransfers }
    if let disableDelegation { parameters.disableDelegation = disableDelegation }
    if let allowEscrowMessages { parameters.allowEscrowMessages = allowEscrowMessages }
    if let maxAllowances { parameters.maxAllowances = maxAllowances }
    if let feeSplitWeightPropose { parameters.feeSplitWeightPropose = feeSplitWeightPropose }
    if let feeSplitWeightVote { parameters.feeSplitWeightVote = feeSplitWeightVote }
    if let feeSplitWeightNextPropose { parameters.feeSplitWeightNextPropose = feeSplitWeightNextPropose }
    if let rewardFactorEpochSigned { parameters.rewardFactorEpochSigned = rewardFactorEpochSigned }
    if let rewardFactorBlockProposed { parameters.rewardFactorBlockProposed = rewardFactorBlockProposed }
  }
}

extension StakingParameters {
  /// Sheet 04 §3.
  func check(allowsDebug: Bool) throws {
    if debugBypassStake, !allowsDebug { throw AppError.uncoded("one or more unsafe debug flags set") }
    for kind in ThresholdKind.required where thresholds[kind] == nil {
      throw AppError.uncoded("threshold for kind \(kind) not defined")
    }
    if feeSplitWeightPropose.isZero, feeSplitWeightVote.isZero, feeSplitWeightNextPropose.isZero {
      throw AppError.uncoded("fee split proportions are all zero")
    }
    guard commissionScheduleRules.minCommissionRate <= StakingState.commissionDenominator else {
      throw AppError.uncoded("minimum commission rate greater than 1")
    }
    var previous: Epoch = 0
    for step in rewardSchedule {
      guard step.scale <= StakingState.rewardDenominator else { throw AppError.uncoded("reward scale too large") }
      guard step.until != EpochLimits.invalid, step.until > previous else { throw AppError.uncoded("reward schedule is not ordered") }
      previous = step.until
    }
    guard signingRewardThresholdNumerator <= signingRewardThresholdDenominator else {
      throw AppError.uncoded("epoch signing threshold over 1")
    }
  }
}
