internal import OasisCrypto
internal import OasisTypes

/// What staking does at the beginning and the end of a block (sheet 04 §11).
extension StakingService {
  private func address(of entity: PublicKey) -> Address { Address(entity) }

  /// Pays base units of the fee accumulator to an account.
  private func pay(_ context: Context, _ staking: StakingState, _ amount: Quantity, to address: Address) throws {
    var account = try staking.account(address)
    account.general.balance = account.general.balance + amount
    staking.setAccount(address, account)
    context.emit(TransferEvent(from: .feeAccumulator, to: address, amount: amount))
  }

  private func payCommonPool(_ context: Context, _ staking: StakingState, _ amount: Quantity) throws {
    staking.setCommonPool(try staking.commonPool() + amount)
    context.emit(TransferEvent(from: .feeAccumulator, to: .commonPool, amount: amount))
  }

  // MARK: Fees

  func disburseLastBlockFees(_ context: Context, proposer: PublicKey?, eligible: Int, voters: [PublicKey]) throws {
    let staking = StakingState(context.state)
    let fees = try staking.lastBlockFees()
    if fees.isZero { return }
    let parameters = try staking.parameters()
    let weights = parameters.feeSplitWeightVote + parameters.feeSplitWeightNextPropose
    guard eligible > 0, !weights.isZero else {
      throw AppError.uncoded("staking: cannot divide fees by \(eligible) voters, weight \(weights)")
    }
    let share = try fees.divided(by: Quantity(UInt64(eligible)))
    let nextShare = try (share * parameters.feeSplitWeightNextPropose).divided(by: weights)
    let voteShare = try share.subtracting(nextShare)
    let nextTotal = nextShare * Quantity(UInt64(voters.count))
    var rest = fees
    if !nextTotal.isZero, let proposer {
      rest = try rest.subtracting(nextTotal)
      try pay(context, staking, nextTotal, to: address(of: proposer))
    }
    if !voteShare.isZero {
      for voter in voters {
        rest = try rest.subtracting(voteShare)
        try pay(context, staking, voteShare, to: address(of: voter))
      }
    }
    if !rest.isZero { try payCommonPool(context, staking, rest) }
  }

  func splitFees(_ context: Context, _ fees: Quantity, proposer: PublicKey?) throws {
    let staking = StakingState(context.state)
    guard !fees.isZero else { return staking.setLastBlockFees(Quantity()) }
    let parameters = try staking.parameters()
    let later = parameters.feeSplitWeightVote + parameters.feeSplitWeightNextPropose
    let all = later + parameters.feeSplitWeightPropose
    guard !all.isZero else { throw AppError.uncoded("staking: all fee weights are zero") }
    let kept = try (fees * later).divided(by: all)
    staking.setLastBlockFees(kept)
    let rest = try fees.subtracting(kept)
    if rest.isZero { return }
    if let proposer {
      try pay(context, staking, rest, to: address(of: proposer))
    } else {
      try payCommonPool(context, staking, rest)
    }
  }

  // MARK: Rewards

  func rewardProposer(_ context: Context, _ proposer: PublicKey, voters: Int, eligible: Int) throws {
    let epoch = try context.currentEpoch()
    if epoch == EpochLimits.invalid { return }
    let staking = StakingState(context.state)
    try staking.addRewardAttenuated(
      context, epoch: epoch, factor: try staking.parameters().rewardFactorBlockProposed, numerator: voters, denominator: eligible,
      to: address(of: proposer))
  }

  func tallySigning(_ context: Context, _ voters: [PublicKey]) throws {
    var signing = try StakingState.epochSigning.get(context.state) ?? EpochSigning()
    func increment(_ count: UInt64) throws -> UInt64 {
      let (sum, overflow) = count.addingReportingOverflow(1)
      guard !overflow else { throw AppError.uncoded("staking: incrementing signing count: overflow") }
      return sum
    }
    signing.total = try increment(signing.total)
    for voter in voters { signing.byEntity[voter] = try increment(signing.byEntity[voter] ?? 0) }
    StakingState.epochSigning.set(context.state, to: signing)
  }

  func rewardSigning(_ context: Context, _ epoch: Epoch) throws {
    let staking = StakingState(context.state)
    let parameters = try staking.parameters()
    guard parameters.signingRewardThresholdDenominator != 0 else { return StakingState.epochSigning.remove(context.state) }
    let signing = try StakingState.epochSigning.get(context.state) ?? EpochSigning()
    StakingState.epochSigning.remove(context.state)
    guard signing.total != 0 else { return }
    let (needed, overflow) = signing.total.multipliedReportingOverflow(by: parameters.signingRewardThresholdNumerator)
    guard !overflow else { throw AppError.uncoded("staking: signing threshold overflow") }
    var eligible: [PublicKey] = []
    for (entity, count) in signing.byEntity {
      let (signed, overflow) = count.multipliedReportingOverflow(by: parameters.signingRewardThresholdDenominator)
      guard !overflow else { throw AppError.uncoded("staking: signing count overflow") }
      if signed >= needed { eligible.append(entity) }
    }
    try staking.addRewards(
      context, epoch: epoch, factor: parameters.rewardFactorEpochSigned, to: eligible.sorted().map { address(of: $0) })
  }

  // MARK: Debonding

  func finishDebonding(_ context: Context, _ epoch: Epoch) throws {
    let staking = StakingState(context.state)
    var due: [(end: UInt64, delegator: Address, escrow: Address)] = []
    try context.state.scan(prefix: StakingState.debondingQueue.format.start()) { key, _ in
      let (end, delegator, escrow) = try StakingState.debondingQueue.format.elements(of: key)
      if end > epoch { return false }
      due.append((end, delegator, escrow))
      return true
    }
    for (end, delegator, escrow) in due {
      guard var debonding = try StakingState.debondingDelegations.get(context.state, delegator, escrow, end) else {
        throw StateError("no debonding delegation of \(delegator) to \(escrow) until epoch \(end)")
      }
      let shares = debonding.shares
      var account = try staking.account(delegator)
      var target = delegator == escrow ? account : try staking.account(escrow)
      let amount = try target.escrow.debonding.withdraw(shares, shares: &debonding.shares)
      if delegator == escrow { account = target }
      account.general.balance = account.general.balance + amount
      StakingState.debondingQueue.remove(context.state, end, delegator, escrow)
      StakingState.debondingDelegations.remove(context.state, delegator, escrow, end)
      staking.setAccount(delegator, account)
      if delegator != escrow { staking.setAccount(escrow, target) }
      context.emit(ReclaimEscrowEvent(owner: delegator, escrow: escrow, amount: amount, shares: shares))
    }
  }

  // MARK: Evidence

  func punish(_ context: Context, _ misbehavior: Misbehavior, _ validators: ValidatorLookup) throws {
    let reason: SlashReason
    switch misbehavior.kind {
    case .duplicateVote: reason = .consensusEquivocation
    case .lightClientAttack: reason = .consensusLightClientAttack
    case .other: return
    }
    let staking = StakingState(context.state)
    guard let (node, entity) = try validators.node(of: misbehavior.validatorAddress), var status = try validators.status(of: node),
      status.freezeEndTime == 0
    else { return }
    let penalty = try staking.parameters().slashing[reason] ?? Slash()
    if penalty.freezeInterval > 0 {
      guard let epoch = context.chain.lastEpoch else { throw StateError("no epoch is known for height \(context.lastHeight)") }
      let (end, overflow) = epoch.addingReportingOverflow(penalty.freezeInterval)
      status.freezeEndTime = overflow ? .max : end
    }
    try staking.slashEscrow(context, address(of: entity), amount: penalty.amount)
    validators.setStatus(of: node, status)
  }
}
