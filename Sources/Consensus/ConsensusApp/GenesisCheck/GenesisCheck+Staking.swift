internal import OasisTypes

/// Accounts and delegations of a document (sheet 01 §14.9 step 6).
extension GenesisCheck {
  func staking() throws(GenesisError) {
    let genesis = document.staking
    do { try genesis.parameters.check(allowsDebug: allowsDebug) } catch { throw failure("staking", "\(error)") }
    try refuse(genesis.tokenSymbol.isEmpty, "staking", "token symbol is empty")
    try refuse(genesis.tokenSymbol.utf8.count > 8, "staking", "token symbol exceeds maximum length")
    try refuse(
      !genesis.tokenSymbol.utf8.allSatisfy { (0x41...0x5a).contains($0) }, "staking", "token symbol should match '^[A-Z]+$'")
    try refuse(genesis.tokenValueExponent > 20, "staking", "token value exponent is invalid")
    let ledger = genesis.ledger.sorted { $0.key < $1.key }
    var total = genesis.governanceDeposits + genesis.commonPool + genesis.lastBlockFees
    for (address, account) in ledger {
      try check(account, of: address)
      total += account.general.balance + account.escrow.active.balance + account.escrow.debonding.balance
    }
    try refuse(
      total != genesis.totalSupply, "staking",
      "balances in accounts, plus governance deposits, plus common pool, plus last block fees (\(total)), does not add up to total supply (\(genesis.totalSupply))"
    )
    try checkPools()
  }

  private func check(_ account: Account, of address: Address) throws(GenesisError) {
    let genesis = document.staking
    try refuse(address.isReserved, "staking", "account has invalid address: \(address)")
    var schedule = account.escrow.commissionSchedule
    do { try schedule.pruneAndValidate(genesis.parameters.commissionScheduleRules, now: document.beacon.base) } catch {
      throw failure("staking", "commission schedule for account \(address) is invalid: \(error)")
    }
    for (beneficiary, amount) in account.general.allowances.sorted(by: { $0.key < $1.key }) {
      try refuse(
        beneficiary.isReserved, "staking", "account \(address) allowance has invalid beneficiary address \(beneficiary)")
      try refuse(
        amount > genesis.totalSupply, "staking",
        "account \(address) allowance is greater than total supply for beneficiary \(beneficiary)")
    }
    if !account.escrow.stakeAccumulator.claims.isEmpty { throw GenesisError("staking: non-empty stake accumulator in genesis") }
  }

  /// The shares of each account's delegations are the shares of its pools.
  private func checkPools() throws(GenesisError) {
    let genesis = document.staking
    var active: [Address: Quantity] = [:]
    var debonding: [Address: Quantity] = [:]
    for (escrow, delegations) in genesis.delegations.sorted(by: { $0.key < $1.key }) {
      try checkParties(escrow, (delegations ?? [:]).keys.map { $0 }, "delegation")
      active[escrow] = (delegations ?? [:]).values.reduce(Quantity()) { $0 + $1.shares }
    }
    for (escrow, delegations) in genesis.debondingDelegations.sorted(by: { $0.key < $1.key }) {
      try checkParties(escrow, (delegations ?? [:]).keys.map { $0 }, "debonding delegation")
      debonding[escrow] = (delegations ?? [:]).values.reduce(Quantity()) { $0 + ($1 ?? []).reduce(Quantity()) { $0 + $1.shares } }
    }
    for (address, account) in genesis.ledger.sorted(by: { $0.key < $1.key }) {
      try checkPool(account.escrow.active, active[address], address, "active")
      try checkPool(account.escrow.debonding, debonding[address], address, "debonding")
    }
  }

  private func checkParties(_ escrow: Address, _ delegators: [Address], _ what: String) throws(GenesisError) {
    try refuse(document.staking.ledger[escrow] == nil, "staking", "\(what) specified for a nonexisting account: \(escrow)")
    for delegator in delegators.sorted() {
      try refuse(
        delegator.isReserved || escrow.isReserved, "staking", "\(what) from \(delegator) to \(escrow): delegator address is invalid")
    }
  }

  private func checkPool(_ pool: SharePool, _ shares: Quantity?, _ address: Address, _ kind: String) throws(GenesisError) {
    let delegated = shares ?? Quantity()
    try refuse(
      delegated != pool.totalShares, "staking",
      "all shares of all \(kind) delegations (\(delegated)) for account \(address) don't add up to account's total \(kind) shares in escrow (\(pool.totalShares))"
    )
    try refuse(
      shares == nil && !pool.balance.isZero, "staking",
      "account \(address) has no \(kind) delegations, but non-zero \(kind) escrow balance")
  }
}
