internal import OasisTypes

/// The methods of staking (sheet 04 §9): checks in this order, each before anything is written.
extension StakingService {
  /// Charges gas and says whether to go on: not when only checking or simulating.
  private func charge(_ context: Context, _ operation: String, _ parameters: StakingParameters) throws -> Bool {
    try context.gas.use(1, operation, parameters.gasCosts)
    return !context.isSimulation
  }

  private func requireUnreserved(_ address: Address) throws {
    if address.isReserved { throw AppError.stakingForbidden }
  }

  func transfer(_ context: Context, _ body: Transfer) throws -> TransferResult? {
    if context.isCheckOnly { return nil }
    let staking = StakingState(context.state)
    let parameters = try staking.parameters()
    guard try charge(context, "transfer", parameters) else { return nil }
    let from = context.caller
    try requireUnreserved(from)
    if parameters.disableTransfers, parameters.undisableTransfersFrom[from] != true { throw AppError.stakingForbidden }
    if body.to == .burn {
      try burn(from: from, amount: body.amount, context, staking, parameters)
    } else {
      guard body.amount >= parameters.minTransfer else { throw AppError.underMinTransfer }
      var source = try staking.account(from)
      if body.to == from {
        guard source.general.balance >= body.amount else { throw AppError.insufficientBalance }
      } else {
        var destination = try staking.account(body.to)
        try destination.general.balance.move(body.amount, from: &source.general.balance)
        guard source.general.balance >= parameters.minTransactBalance else { throw AppError.balanceTooLow }
        guard destination.general.balance >= parameters.minTransactBalance else { throw AppError.balanceTooLow }
        staking.setAccount(body.to, destination)
      }
      staking.setAccount(from, source)
    }
    context.emit(TransferEvent(from: from, to: body.to, amount: body.amount))
    var result = TransferResult()
    (result.from, result.to, result.amount) = (from, body.to, body.amount)
    return result
  }

  func burn(_ context: Context, _ body: Burn) throws {
    if context.isCheckOnly { return }
    let staking = StakingState(context.state)
    let parameters = try staking.parameters()
    guard try charge(context, "burn", parameters) else { return }
    try requireUnreserved(context.caller)
    try burn(from: context.caller, amount: body.amount, context, staking, parameters)
  }

  private func burn(
    from: Address, amount: Quantity, _ context: Context, _ staking: StakingState, _ parameters: StakingParameters
  ) throws {
    guard amount >= parameters.minTransfer else { throw AppError.underMinTransfer }
    var account = try staking.account(from)
    account.general.balance = try account.general.balance.subtracting(amount)
    guard account.general.balance >= parameters.minTransactBalance else { throw AppError.balanceTooLow }
    let supply = try staking.totalSupply()
    staking.setAccount(from, account)
    staking.setTotalSupply((try? supply.subtracting(amount)) ?? supply)  // the reference ignores a failure here
    context.emit(BurnEvent(owner: from, amount: amount))
  }

  private func requireEscrowMessageAllowed(_ context: Context, _ parameters: StakingParameters) throws {
    if context.isMessageExecution, !parameters.allowEscrowMessages { throw AppError.stakingForbidden }
  }

  func addEscrow(_ context: Context, _ body: Escrow) throws -> AddEscrowResult? {
    if context.isCheckOnly { return nil }
    let staking = StakingState(context.state)
    let parameters = try staking.parameters()
    try context.gas.use(1, "add_escrow", parameters.gasCosts)
    try requireEscrowMessageAllowed(context, parameters)
    if context.isSimulation { return nil }
    guard body.amount >= parameters.minDelegation else { throw AppError.underMinDelegation }
    let from = context.caller
    try requireUnreserved(from)
    let isSelf = body.account == from
    var source = try staking.account(from)
    if !isSelf, parameters.disableDelegation { throw AppError.stakingForbidden }
    var target = isSelf ? Account() : try staking.account(body.account)
    var delegation = try staking.delegation(delegator: from, escrow: body.account)
    var pool = isSelf ? source.escrow.active : target.escrow.active
    let shares = try pool.deposit(body.amount, from: &source.general.balance, shares: &delegation.shares)
    guard source.general.balance >= parameters.minTransactBalance else { throw AppError.balanceTooLow }
    if isSelf { source.escrow.active = pool } else { target.escrow.active = pool }
    staking.setAccount(from, source)
    if !isSelf { staking.setAccount(body.account, target) }
    staking.setDelegation(delegator: from, escrow: body.account, delegation)
    context.emit(AddEscrowEvent(owner: from, escrow: body.account, amount: body.amount, newShares: shares))
    var result = AddEscrowResult()
    (result.owner, result.escrow, result.amount, result.newShares) = (from, body.account, body.amount, shares)
    return result
  }

  func reclaimEscrow(_ context: Context, _ body: ReclaimEscrow) throws -> ReclaimEscrowResult? {
    if body.shares.isZero { throw AppError.stakingInvalidArgument }
    if context.isCheckOnly { return nil }
    let staking = StakingState(context.state)
    let parameters = try staking.parameters()
    try context.gas.use(1, "reclaim_escrow", parameters.gasCosts)
    try requireEscrowMessageAllowed(context, parameters)
    if context.isSimulation { return nil }
    let to = context.caller
    try requireUnreserved(to)
    let isSelf = body.account == to
    var destination = try staking.account(to)
    if !isSelf, parameters.disableDelegation { throw AppError.stakingForbidden }
    var target = isSelf ? destination : try staking.account(body.account)
    var delegation = try staking.delegation(delegator: to, escrow: body.account)
    var debonding = DebondingDelegation(shares: Quantity(), debondEnd: try context.epochInState() &+ parameters.debondingInterval)
    var amount = try target.escrow.active.withdraw(body.shares, shares: &delegation.shares)
    let paid = amount
    let debondingShares = try target.escrow.debonding.deposit(paid, from: &amount, shares: &debonding.shares)
    try staking.addDebonding(delegator: to, escrow: body.account, debonding)
    staking.setDelegation(delegator: to, escrow: body.account, delegation)
    if isSelf { destination = target }
    staking.setAccount(to, destination)
    if !isSelf { staking.setAccount(body.account, target) }
    var event = DebondingStartEvent()
    (event.owner, event.escrow, event.amount) = (to, body.account, paid)
    (event.activeShares, event.debondingShares, event.debondEndTime) = (body.shares, debondingShares, debonding.debondEnd)
    context.emit(event)
    var result = ReclaimEscrowResult()
    (result.owner, result.escrow, result.amount) = (to, body.account, paid)
    (result.debondingShares, result.remainingShares) = (debondingShares, delegation.shares)
    result.debondEndTime = debonding.debondEnd
    return result
  }

  func amendCommissionSchedule(_ context: Context, _ body: AmendCommissionSchedule) throws {
    if context.isCheckOnly { return }
    let staking = StakingState(context.state)
    let parameters = try staking.parameters()
    guard try charge(context, "amend_commission_schedule", parameters) else { return }
    try requireUnreserved(context.caller)
    var account = try staking.account(context.caller)
    let needed = (parameters.thresholds[.entity] ?? Quantity()) + (parameters.thresholds[.nodeValidator] ?? Quantity())
    guard account.escrow.active.balance >= needed else { throw AppError.insufficientStake }
    try account.escrow.commissionSchedule.amendAndPrune(
      body.amendment, parameters.commissionScheduleRules, now: try context.currentEpoch())
    staking.setAccount(context.caller, account)
  }

  func allow(_ context: Context, _ body: Allow) throws {
    if context.isCheckOnly { return }
    let staking = StakingState(context.state)
    let parameters = try staking.parameters()
    guard try charge(context, "allow", parameters) else { return }
    if parameters.disableTransfers || parameters.maxAllowances == 0 { throw AppError.stakingForbidden }
    let owner = context.caller
    try requireUnreserved(owner)
    try requireUnreserved(body.beneficiary)
    guard owner != body.beneficiary else { throw AppError.stakingInvalidArgument }
    var account = try staking.account(owner)
    let old = account.general.allowances[body.beneficiary] ?? Quantity()
    let change = body.negative ? min(old, body.amountChange) : body.amountChange
    let new = body.negative ? try old.subtracting(change) : old + change
    guard new <= (try staking.totalSupply()) else { throw AppError.allowanceGreaterThanSupply }
    account.general.allowances[body.beneficiary] = new.isZero ? nil : new
    guard account.general.allowances.count <= Int(parameters.maxAllowances) else { throw AppError.tooManyAllowances }
    staking.setAccount(owner, account)
    context.emit(
      AllowanceChangeEvent(owner: owner, beneficiary: body.beneficiary, allowance: new, negative: body.negative, amountChange: change))
  }

  func withdraw(_ context: Context, _ body: Withdraw) throws -> WithdrawResult? {
    if context.isCheckOnly { return nil }
    let staking = StakingState(context.state)  // also written while the transaction below is open, as in the reference
    let parameters = try staking.parameters()
    guard try charge(context, "withdraw", parameters) else { return nil }
    guard body.amount >= parameters.minTransfer else { throw AppError.underMinTransfer }
    if parameters.disableTransfers || parameters.maxAllowances == 0 { throw AppError.stakingForbidden }
    let to = context.caller
    try requireUnreserved(to)
    try requireUnreserved(body.from)
    guard to != body.from else { throw AppError.stakingInvalidArgument }
    return try context.transaction { context in
      var source = try staking.account(body.from)
      var allowance = Quantity()
      if let hook = source.general.hooks[.withdraw] {
        do {
          try context.publish(.accountHook, WithdrawHook(destination: hook, from: body.from, to: to, amount: body.amount))
        } catch  where !error.isFatal {
          throw AppError.stakingForbidden
        }
      } else {
        guard let allowed = source.general.allowances[to], allowed >= body.amount else { throw AppError.stakingForbidden }
        allowance = try allowed.subtracting(body.amount)
        source.general.allowances[to] = allowance.isZero ? nil : allowance
      }
      var destination = try staking.account(to)
      do { try destination.general.balance.move(body.amount, from: &source.general.balance) } catch { throw AppError.insufficientBalance }
      guard source.general.balance >= parameters.minTransactBalance else { throw AppError.balanceTooLow }
      guard destination.general.balance >= parameters.minTransactBalance else { throw AppError.balanceTooLow }
      staking.setAccount(to, destination)
      staking.setAccount(body.from, source)
      context.emit(TransferEvent(from: body.from, to: to, amount: body.amount))
      context.emit(
        AllowanceChangeEvent(owner: body.from, beneficiary: to, allowance: allowance, negative: true, amountChange: body.amount))
      var result = WithdrawResult()
      (result.owner, result.beneficiary, result.allowance, result.amountChange) = (body.from, to, allowance, body.amount)
      return result
    }
  }
}
