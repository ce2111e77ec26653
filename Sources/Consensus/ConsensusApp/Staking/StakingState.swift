public import OasisTypes

/// The state of staking on one tree (sheet 04 §4). Open it on the tree that its writes shall go to.
public struct StakingState {
  public static let accounts = StateMap<Account, Address>(0x50)
  public static let totalSupply = StateMap<Quantity>(0x51)
  public static let commonPool = StateMap<Quantity>(0x52)
  /// By the account delegated to, then by delegator.
  public static let delegations = StateMap<Delegation, Address, Address>(0x53)
  /// By delegator, account delegated to, and the epoch in which debonding ends.
  public static let debondingDelegations = StateMap<DebondingDelegation, Address, Address, UInt64>(0x54)
  /// By epoch, delegator, and account delegated to.
  public static let debondingQueue = StateSet<UInt64, Address, Address>(0x55)
  public static let parameters = StateMap<StakingParameters>(0x56)
  public static let lastBlockFees = StateMap<Quantity>(0x57)
  public static let epochSigning = StateMap<EpochSigning>(0x58)
  public static let governanceDeposits = StateMap<Quantity>(0x59)
  /// The same values as ``delegations``, by delegator, then by the account delegated to.
  public static let delegationsByDelegator = StateMap<Delegation, Address, Address>(0x5a)
  /// Accounts that have a commission schedule.
  public static let commissionAddresses = StateSet<Address>(0x5b)

  public let tree: StateTree

  public init(_ tree: StateTree) { self.tree = tree }

  /// The account, empty if it was never written.
  ///
  /// - Throws: an uncoded error for a reserved address.
  public func account(_ address: Address) throws -> Account {
    guard !address.isReserved else { throw AppError.uncoded("tendermint/staking: invalid account address: \(address)") }
    return try Self.accounts.get(tree, address) ?? Account()
  }

  /// Writes the account and keeps the index of commission schedules.
  public func setAccount(_ address: Address, _ account: Account) {
    Self.accounts.set(tree, address, to: account)
    if account.escrow.commissionSchedule.isUnset {
      Self.commissionAddresses.remove(tree, address)
    } else {
      Self.commissionAddresses.insert(tree, address)
    }
  }

  /// The parameters; a state without them is damaged.
  public func parameters() throws -> StakingParameters {
    guard let parameters = try Self.parameters.get(tree) else { throw StateError("staking parameters are missing") }
    return parameters
  }

  /// - Throws: outside of InitChain and EndBlock, where parameters must not change.
  public func setParameters(_ context: Context, _ parameters: StakingParameters) throws {
    try context.requireParameterChangeAllowed()
    Self.parameters.set(tree, to: parameters)
  }

  /// All base units that exist.
  public func totalSupply() throws -> Quantity { try Self.totalSupply.get(tree) ?? Quantity() }
  /// Sets the number of base units that exist.
  public func setTotalSupply(_ amount: Quantity) { Self.totalSupply.set(tree, to: amount) }
  /// What rewards are paid from and slashed stake goes to.
  public func commonPool() throws -> Quantity { try Self.commonPool.get(tree) ?? Quantity() }
  /// Sets the common pool.
  public func setCommonPool(_ amount: Quantity) { Self.commonPool.set(tree, to: amount) }
  /// Fees of the last block that wait for its voters.
  public func lastBlockFees() throws -> Quantity { try Self.lastBlockFees.get(tree) ?? Quantity() }
  /// Keeps fees for the voters of this block.
  public func setLastBlockFees(_ amount: Quantity) { Self.lastBlockFees.set(tree, to: amount) }
  /// Deposits of proposals under way.
  public func governanceDeposits() throws -> Quantity { try Self.governanceDeposits.get(tree) ?? Quantity() }
  /// Sets the deposits of proposals under way.
  public func setGovernanceDeposits(_ amount: Quantity) { Self.governanceDeposits.set(tree, to: amount) }

  /// The shares of a delegator in an escrow account; none where there is no delegation.
  public func delegation(delegator: Address, escrow: Address) throws -> Delegation {
    try Self.delegations.get(tree, escrow, delegator) ?? Delegation()
  }

  /// Writes both forms of the delegation; removes them if it holds no shares.
  public func setDelegation(delegator: Address, escrow: Address, _ delegation: Delegation) {
    if delegation.shares.isZero {
      Self.delegations.remove(tree, escrow, delegator)
      Self.delegationsByDelegator.remove(tree, delegator, escrow)
    } else {
      Self.delegations.set(tree, escrow, delegator, to: delegation)
      Self.delegationsByDelegator.set(tree, delegator, escrow, to: delegation)
    }
  }

  /// Adds shares that debond until an epoch to those that already do.
  public func addDebonding(delegator: Address, escrow: Address, _ debonding: DebondingDelegation) throws {
    var merged = debonding
    if let present = try Self.debondingDelegations.get(tree, delegator, escrow, debonding.debondEnd) {
      merged.shares = merged.shares + present.shares
    }
    Self.debondingQueue.insert(tree, debonding.debondEnd, delegator, escrow)
    Self.debondingDelegations.set(tree, delegator, escrow, debonding.debondEnd, to: merged)
  }
}

extension Context {
  /// Parameters may change only in InitChain and EndBlock (sheet 03 §4).
  public func requireParameterChangeAllowed() throws {
    guard mode == .initChain || mode == .endBlock else {
      throw AppError.uncoded("parameters may only be changed in InitChain and EndBlock")
    }
  }
}
