public import Wire

/// The parameters of staking (sheet 04 §3).
public struct StakingParameters: WireMap, Hashable, Sendable {
  public var tokenSymbol = ""
  public var tokenValueExponent: UInt8 = 0
  public var thresholds: [ThresholdKind: Quantity] = [:]
  public var debondingInterval: Epoch = 0
  public var rewardSchedule: [RewardStep] = []
  public var signingRewardThresholdNumerator: UInt64 = 0
  public var signingRewardThresholdDenominator: UInt64 = 0
  public var commissionScheduleRules = CommissionScheduleRules()
  public var slashing: [SlashReason: Slash] = [:]
  public var gasCosts: [String: UInt64] = [:]
  public var minDelegation = Quantity()
  public var minTransfer = Quantity()
  public var minTransactBalance = Quantity()
  public var disableTransfers = false
  public var disableDelegation = false
  public var undisableTransfersFrom: [Address: Bool] = [:]
  public var allowEscrowMessages = false
  public var maxAllowances: UInt32 = 0
  public var feeSplitWeightPropose = Quantity()
  public var feeSplitWeightVote = Quantity()
  public var feeSplitWeightNextPropose = Quantity()
  public var rewardFactorEpochSigned = Quantity()
  public var rewardFactorBlockProposed = Quantity()
  public var debugBypassStake = false
  public init() {}
  public static let fields: [Field<Self>] = [
    .init("token_symbol", \.tokenSymbol, .omitEmpty),
    .init("token_value_exponent", \.tokenValueExponent, .omitEmpty),
    .init("thresholds", \.thresholds, .omitEmpty),
    .init("debonding_interval", \.debondingInterval, .omitEmpty),
    .init("reward_schedule", \.rewardSchedule, .omitEmpty),
    .init("signing_reward_threshold_numerator", \.signingRewardThresholdNumerator, .omitEmpty),
    .init("signing_reward_threshold_denominator", \.signingRewardThresholdDenominator, .omitEmpty),
    .init("commission_schedule_rules", \.commissionScheduleRules, .omitEmptyInCBOR),
    .init("slashing", \.slashing, .omitEmpty),
    .init("gas_costs", \.gasCosts, .omitEmpty),
    .init("min_delegation", \.minDelegation),
    .init("min_transfer", \.minTransfer),
    .init("min_transact_balance", \.minTransactBalance),
    .init("disable_transfers", \.disableTransfers, .omitEmpty),
    .init("disable_delegation", \.disableDelegation, .omitEmpty),
    .init("undisable_transfers_from", \.undisableTransfersFrom, .omitEmpty),
    .init("allow_escrow_messages", \.allowEscrowMessages, .omitEmpty),
    .init("max_allowances", \.maxAllowances, .omitEmpty),
    .init("fee_split_weight_propose", \.feeSplitWeightPropose),
    .init("fee_split_weight_vote", \.feeSplitWeightVote),
    .init("fee_split_weight_next_propose", \.feeSplitWeightNextPropose),
    .init("reward_factor_epoch_signed", \.rewardFactorEpochSigned),
    .init("reward_factor_block_proposed", \.rewardFactorBlockProposed),
    .init("debug_bypass_stake", \.debugBypassStake, .omitEmpty),
  ]
}

/// The scale of rewards until an epoch.
public struct RewardStep: WireMap, Hashable, Sendable {
  /// The first epoch in which it no longer holds.
  public var until: Epoch = 0
  /// In 1/100,000,000.
  public var scale = Quantity()
  public init() {}
  public init(until: Epoch, scale: Quantity) { (self.until, self.scale) = (until, scale) }
  public static let fields: [Field<Self>] = [.init("until", \.until), .init("scale", \.scale)]
}

/// Changes of the parameters that governance can make; what is nil stays (sheet 04 §3).
public struct StakingParameterChanges: WireMap, Hashable, Sendable {
  public var debondingInterval: Epoch?
  public var rewardSchedule: [RewardStep]?
  public var gasCosts: [String: UInt64]?
  public var minDelegation: Quantity?
  public var minTransfer: Quantity?
  public var minTransactBalance: Quantity?
  public var minCommissionRate: Quantity?
  public var disableTransfers: Bool?
  public var disableDelegation: Bool?
  public var allowEscrowMessages: Bool?
  public var maxAllowances: UInt32?
  public var feeSplitWeightPropose: Quantity?
  public var feeSplitWeightVote: Quantity?
  public var feeSplitWeightNextPropose: Quantity?
  public var rewardFactorEpochSigned: Quantity?
  public var rewardFactorBlockProposed: Quantity?
  public init() {}
  public static let fields: [Field<Self>] = [
    .init("debonding_interval", \.debondingInterval, .omitEmpty),
    .init("reward_schedule", \.rewardSchedule, .omitAbsent),
    .init("gas_costs", \.gasCosts, .omitEmpty),
    .init("min_delegation", \.minDelegation),
    .init("min_transfer", \.minTransfer),
    .init("min_transact_balance", \.minTransactBalance),
    .init("min_commission_rate", \.minCommissionRate),
    .init("disable_transfers", \.disableTransfers, .omitEmpty),
    .init("disable_delegation", \.disableDelegation, .omitEmpty),
    .init("allow_escrow_messages", \.allowEscrowMessages, .omitEmpty),
    .init("max_allowances", \.maxAllowances, .omitEmpty),
    .init("fee_split_weight_propose", \.feeSplitWeightPropose),
    .init("fee_split_weight_vote", \.feeSplitWeightVote),
    .init("fee_split_weight_next_propose", \.feeSplitWeightNextPropose),
    .init("reward_factor_epoch_signed", \.rewardFactorEpochSigned),
    .init("reward_factor_block_proposed", \.rewardFactorBlockProposed),
  ]
}
