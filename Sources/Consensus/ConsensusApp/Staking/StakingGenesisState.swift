internal import OasisTypes

/// From the genesis document to state and back (sheet 04 §13).
extension StakingService {
  public func initChain(_ context: Context, _ request: InitChainRequest) throws {
    let genesis: StakingGenesis = try request.genesis.required("staking")
    try genesis.parameters.check(allowsDebug: context.chain.node.allowsDebug)
    let staking = StakingState(context.state)
    try staking.setParameters(context, genesis.parameters)
    let commonPool = genesis.commonPool + genesis.lastBlockFees
    var supply = commonPool + genesis.governanceDeposits
    staking.setGovernanceDeposits(genesis.governanceDeposits)
    for (address, account) in genesis.ledger.sorted(by: { $0.key < $1.key }) {
      guard !address.isReserved || address == .burn else { throw AppError.uncoded("genesis: account \(address) is reserved") }
      guard account.escrow.stakeAccumulator.claims.isEmpty else { throw AppError.uncoded("genesis: account \(address) has stake claims") }
      supply = supply + account.general.balance + account.escrow.active.balance + account.escrow.debonding.balance
      staking.setAccount(address, account)
    }
    guard supply == genesis.totalSupply else {
      throw AppError.uncoded("genesis: total supply is \(genesis.totalSupply), balances make \(supply)")
    }
    staking.setCommonPool(commonPool)
    staking.setTotalSupply(genesis.totalSupply)
    for (escrow, delegations) in genesis.delegations {
      var shares = Quantity()
      for (delegator, delegation) in delegations ?? [:] {
        shares = shares + delegation.shares
        staking.setDelegation(delegator: delegator, escrow: escrow, delegation)
      }
      guard shares == (try staking.account(escrow).escrow.active.totalShares) else {
        throw AppError.uncoded("genesis: delegations to \(escrow) do not add up to its active shares")
      }
    }
    for (escrow, delegations) in genesis.debondingDelegations {
      var shares = Quantity()
      for (delegator, parts) in delegations ?? [:] {
        for debonding in parts ?? [] {
          shares = shares + debonding.shares
          try staking.addDebonding(delegator: delegator, escrow: escrow, debonding)
        }
      }
      guard shares == (try staking.account(escrow).escrow.debonding.totalShares) else {
        throw AppError.uncoded("genesis: debonding delegations to \(escrow) do not add up to its debonding shares")
      }
    }
  }

  public func exportGenesis(_ state: StateTree, _ request: ExportRequest) throws -> [GenesisSection] {
    let staking = StakingState(state)
    let original: StakingGenesis = try request.genesis.required("staking")
    var genesis = StakingGenesis()
    genesis.parameters = try staking.parameters()
    genesis.tokenSymbol = genesis.parameters.tokenSymbol.isEmpty ? original.tokenSymbol : genesis.parameters.tokenSymbol
    let exponent = genesis.parameters.tokenValueExponent
    genesis.tokenValueExponent = exponent == 0 ? original.tokenValueExponent : exponent
    genesis.totalSupply = try staking.totalSupply()
    genesis.commonPool = try staking.commonPool()
    genesis.lastBlockFees = try staking.lastBlockFees()
    genesis.governanceDeposits = try staking.governanceDeposits()
    for (address, stored) in try StakingState.accounts.entries(state) {
      var account = stored
      account.escrow.stakeAccumulator = StakeAccumulator()
      genesis.ledger[address] = account
    }
    var delegations: [Address: [Address: Delegation]] = [:]
    for (key, delegation) in try StakingState.delegations.entries(state) { delegations[key.0, default: [:]][key.1] = delegation }
    genesis.delegations = delegations
    var debonding: [Address: [Address: [DebondingDelegation]]] = [:]
    for (key, delegation) in try StakingState.debondingDelegations.entries(state) {
      debonding[key.1, default: [:]][key.0, default: []].append(delegation)
    }
    genesis.debondingDelegations = debonding
    return [GenesisSection("staking", genesis)]
  }
}
