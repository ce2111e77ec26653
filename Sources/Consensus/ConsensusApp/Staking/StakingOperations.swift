public import OasisTypes

/// What other services do with stake (sheet 04 §10 and §5). Events go to `context`; writes to the tree of this state.
extension StakingState {
  /// Moves base units between two accounts. Nothing happens for equal addresses or no amount.
  ///
  /// - Throws: `staking`/3 if there is not enough, `staking`/10 if a balance would be too low.
  public func transfer(_ context: Context, from: Address, to: Address, amount: Quantity) throws {
    if from == to || amount.isZero { return }
    var (source, destination) = (try account(from), try account(to))
    do { try destination.general.balance.move(amount, from: &source.general.balance) } catch { throw AppError.insufficientBalance }
    let minimum = try parameters().minTransactBalance
    guard source.general.balance >= minimum, destination.general.balance >= minimum else { throw AppError.balanceTooLow }
    setAccount(from, source)
    setAccount(to, destination)
    if !context.isCheckOnly { context.emit(TransferEvent(from: from, to: to, amount: amount)) }
  }

  /// Moves base units of an account to the governance deposits.
  public func transferToGovernanceDeposits(_ context: Context, from: Address, amount: Quantity) throws {
    var (source, deposits) = (try account(from), try governanceDeposits())
    try deposits.move(amount, from: &source.general.balance)
    setGovernanceDeposits(deposits)
    setAccount(from, source)
    if !context.isCheckOnly { context.emit(TransferEvent(from: from, to: .governanceDeposits, amount: amount)) }
  }

  /// Moves governance deposits to an account.
  public func transferFromGovernanceDeposits(_ context: Context, to: Address, amount: Quantity) throws {
    var (destination, deposits) = (try account(to), try governanceDeposits())
    try destination.general.balance.move(amount, from: &deposits)
    setGovernanceDeposits(deposits)
    setAccount(to, destination)
    if !context.isCheckOnly { context.emit(TransferEvent(from: .governanceDeposits, to: to, amount: amount)) }
  }

  /// Moves governance deposits to the common pool.
  public func discardGovernanceDeposit(_ context: Context, amount: Quantity) throws {
    var (pool, deposits) = (try commonPool(), try governanceDeposits())
    try pool.move(amount, from: &deposits)
    setGovernanceDeposits(deposits)
    setCommonPool(pool)
    if !context.isCheckOnly { context.emit(TransferEvent(from: .governanceDeposits, to: .commonPool, amount: amount)) }
  }

  /// Lets a module decide about an account.
  public func setAccountHook(_ address: Address, _ kind: AccountHookKind, _ hook: AccountHook) throws {
    var account = try account(address)
    account.general.hooks[kind] = hook
    setAccount(address, account)
  }

  /// Takes stake from an account's pools, in proportion, to the common pool. Returns what was taken.
  @discardableResult
  public func slashEscrow(_ context: Context, _ address: Address, amount: Quantity) throws -> Quantity {
    var (account, pool) = (try account(address), try commonPool())
    let total = account.escrow.active.balance + account.escrow.debonding.balance
    guard !total.isZero else { return Quantity() }
    let active = try min(account.escrow.active.balance, (account.escrow.active.balance * amount).divided(by: total))
    let debonding = try min(account.escrow.debonding.balance, (account.escrow.debonding.balance * amount).divided(by: total))
    let taken = active + debonding
    guard !taken.isZero else { return taken }
    try pool.move(active, from: &account.escrow.active.balance)
    try pool.move(debonding, from: &account.escrow.debonding.balance)
    setCommonPool(pool)
    setAccount(address, account)
    if !context.isCheckOnly { context.emit(TakeEscrowEvent(owner: address, amount: taken, debondingAmount: debonding)) }
    return taken
  }

  /// Pays up to `amount` from the common pool to an account, or into its escrow as a reward for its delegators, with commission.
  /// Returns whether anything was paid.
  @discardableResult
  public func transferFromCommon(_ context: Context, to address: Address, amount: Quantity, escrow: Bool) throws -> Bool {
    var pool = try commonPool()
    var paid = min(amount, pool)
    guard !paid.isZero else { return false }
    var account = try account(address)
    try account.general.balance.move(paid, from: &pool)
    if !escrow {
      if !context.isCheckOnly { context.emit(TransferEvent(from: .commonPool, to: address, amount: paid)) }
    } else {
      var commission = paid
      if !account.escrow.active.totalShares.isZero {
        let rate = account.escrow.commissionSchedule.currentRate(try context.currentEpoch())
        (commission, paid) = try computeCommission(rate, of: paid)
        try account.escrow.active.balance.move(paid, from: &account.general.balance)
        emitReward(context, to: address, amount: paid)
      }
      if !commission.isZero {
        var delegation = try delegation(delegator: address, escrow: address)
        let shares = try account.escrow.active.deposit(commission, from: &account.general.balance, shares: &delegation.shares)
        setDelegation(delegator: address, escrow: address, delegation)
        emitCommission(context, to: address, amount: commission, shares: shares)
      }
    }
    setCommonPool(pool)
    setAccount(address, account)
    return true
  }

  /// Pays rewards from the common pool into the escrow of accounts, in the order given.
  ///
  /// - Parameters:
  ///   - epoch: selects the step of the reward schedule; without one nothing is written
  ///   - factor: scales every reward
  public func addRewards(_ context: Context, epoch: Epoch, factor: Quantity, to addresses: [Address]) throws {
    guard let step = try parameters().rewardStep(epoch) else { return }
    var pool = try commonPool()
    for address in addresses {
      var account = try account(address)
      let reward = try (account.escrow.active.balance * factor * step.scale).divided(by: Self.rewardDenominator)
      if reward.isZero || reward > pool { continue }
      try pay(context, reward, epoch: epoch, from: &pool, to: address, &account)
    }
    setCommonPool(pool)
  }

  /// Pays one reward, reduced to `numerator / denominator`. Nothing is written if it comes to nothing or exceeds the common pool.
  public func addRewardAttenuated(
    _ context: Context, epoch: Epoch, factor: Quantity, numerator: Int, denominator: Int, to address: Address
  ) throws {
    guard let step = try parameters().rewardStep(epoch) else { return }
    guard denominator > 0, numerator >= 0 else { throw AppError.uncoded("staking: reward attenuated by \(numerator)/\(denominator)") }
    var (pool, account) = (try commonPool(), try account(address))
    let product = account.escrow.active.balance * factor * step.scale * Quantity(UInt64(numerator))
    let reward = try product.divided(by: Self.rewardDenominator).divided(by: Quantity(UInt64(denominator)))
    if reward.isZero || reward > pool { return }
    try pay(context, reward, epoch: epoch, from: &pool, to: address, &account)
    setCommonPool(pool)
  }

  static let rewardDenominator = Quantity(100_000_000)
  static let commissionDenominator = Quantity(100_000)

  private func pay(
    _ context: Context, _ reward: Quantity, epoch: Epoch, from pool: inout Quantity, to address: Address, _ account: inout Account
  ) throws {
    let (commission, rest) = try computeCommission(account.escrow.commissionSchedule.currentRate(epoch), of: reward)
    if !rest.isZero {
      try account.escrow.active.balance.move(rest, from: &pool)
      emitReward(context, to: address, amount: rest)
    }
    if !commission.isZero {
      var delegation = try delegation(delegator: address, escrow: address)
      let shares = try account.escrow.active.deposit(commission, from: &pool, shares: &delegation.shares)
      setDelegation(delegator: address, escrow: address, delegation)
      emitCommission(context, to: address, amount: commission, shares: shares)
    }
    setAccount(address, account)
  }

  /// The commission and what is left; without a rate of its own an account takes the minimum.
  private func computeCommission(_ rate: Quantity?, of total: Quantity) throws -> (commission: Quantity, rest: Quantity) {
    let rate = try rate ?? parameters().commissionScheduleRules.minCommissionRate
    let commission = try (total * rate).divided(by: Self.commissionDenominator)
    return (commission, try total.subtracting(commission))
  }

  private func emitReward(_ context: Context, to address: Address, amount: Quantity) {
    guard !context.isCheckOnly else { return }
    context.emit(AddEscrowEvent(owner: .commonPool, escrow: address, amount: amount, newShares: Quantity()))
  }

  private func emitCommission(_ context: Context, to address: Address, amount: Quantity, shares: Quantity) {
    guard !context.isCheckOnly else { return }
    context.emit(TransferEvent(from: .commonPool, to: address, amount: amount))
    context.emit(AddEscrowEvent(owner: address, escrow: address, amount: amount, newShares: shares))
  }
}

extension StakingParameters {
  /// The first step whose end lies after `epoch`.
  func rewardStep(_ epoch: Epoch) -> RewardStep? { rewardSchedule.first { epoch < $0.until } }
}
