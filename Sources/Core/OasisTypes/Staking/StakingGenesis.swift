public import Wire

/// The staking section of a genesis document (sheet 04 §13).
public struct StakingGenesis: WireMap, Hashable, Sendable {
  public var parameters = StakingParameters()
  public var tokenSymbol = ""
  /// Decimal places of the token: 0 to 20.
  public var tokenValueExponent: UInt8 = 0
  public var totalSupply = Quantity()
  public var commonPool = Quantity()
  public var lastBlockFees = Quantity()
  public var governanceDeposits = Quantity()
  public var ledger: [Address: Account] = [:]
  /// By the account delegated to, then by delegator; null is no delegation, but has a hash of its own.
  public var delegations: [Address: [Address: Delegation]?] = [:]
  /// By the account delegated to, then by delegator; null is no delegation, but has a hash of its own.
  public var debondingDelegations: [Address: [Address: [DebondingDelegation]?]?] = [:]
  public init() {}
  public static let fields: [Field<Self>] = [
    .init("params", \.parameters),
    .init("token_symbol", \.tokenSymbol),
    .init("token_value_exponent", \.tokenValueExponent),
    .init("total_supply", \.totalSupply),
    .init("common_pool", \.commonPool),
    .init("last_block_fees", \.lastBlockFees),
    .init("governance_deposits", \.governanceDeposits),
    .init("ledger", \.ledger, .omitEmpty),
    .init("delegations", \.delegations, .omitEmpty),
    .init("debonding_delegations", \.debondingDelegations, .omitEmpty),
  ]
}
