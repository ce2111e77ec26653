public import OasisCrypto
public import Wire

/// The parameters of elections. (Sheet 05 §B.2.)
public struct SchedulerParameters: WireMap, Hashable, Sendable {
  public var minValidators = 0
  public var maxValidators = 0
  public var maxValidatorsPerEntity = 0
  /// Stake does not matter; for debugging only.
  public var debugBypassStake = false
  /// Reward per epoch of an entity that took part in elections, in 1/100,000,000 of its stake and the schedule's scale.
  public var rewardFactorEpochElectionAny = Quantity()
  /// Members of committees by decree; for debugging only.
  public var debugForceElect: [Namespace: [PublicKey: ForcedElection]?]?
  /// Committees are elected over any alpha; for debugging only.
  public var debugAllowWeakAlpha = false
  public var votingPowerDistribution = VotingPowerDistribution()

  public init() {}

  public static let fields: [Field<Self>] = [
    .init("min_validators", \.minValidators), .init("max_validators", \.maxValidators),
    .init("max_validators_per_entity", \.maxValidatorsPerEntity), .init("debug_bypass_stake", \.debugBypassStake, .omitEmpty),
    .init("reward_factor_epoch_election_any", \.rewardFactorEpochElectionAny),
    .init("debug_force_elect", \.debugForceElect, .omitEmpty), .init("debug_allow_weak_alpha", \.debugAllowWeakAlpha, .omitEmpty),
    .init("voting_power_distribution", \.votingPowerDistribution, .omitEmpty),
  ]

  /// Whether anything is set that only debugging allows.
  public var usesDebugFeatures: Bool { debugBypassStake || debugAllowWeakAlpha || debugForceElect != nil }
}

/// How an entity's stake becomes its validators' voting power. (Sheet 05 §B.2.)
public struct VotingPowerDistribution: WireNumber, Sendable {
  public var rawValue: UInt8 = 0

  public init() {}

  /// A sixteenth of the stake.
  public static let linear = VotingPowerDistribution(rawValue: 0)
  /// The square root of the stake.
  public static let squareRoot = VotingPowerDistribution(rawValue: 1)

  /// The power of a stake, at least 1; nil if it exceeds 2^63 - 1. An unknown distribution uses the stake as it is.
  public func power(ofStake stake: Quantity) -> Int64? {
    var power = stake
    if self == .linear { power = (try? stake.divided(by: 16)) ?? stake }
    if power.isZero { power = 1 }
    if self == .squareRoot { power = power.squareRoot }
    return power.integer()
  }
}

/// A committee member by decree.
public struct ForcedElection: WireMap, Hashable, Sendable {
  public var kind = CommitteeKind.invalid
  public var roles: [CommitteeRole] = []
  /// The position among the workers.
  public var index: UInt64 = 0

  public init() {}

  public static let fields: [Field<Self>] = [
    .init("kind", \.kind, .omitEmpty), .init("roles", \.roles, .omitEmpty), .init("index", \.index, .omitEmpty),
  ]
}

/// Changes of the parameters that governance can make; what is nil stays. (Sheet 05 §B.2.)
public struct SchedulerParameterChanges: WireMap, Hashable, Sendable {
  public var minValidators: Int?
  public var maxValidators: Int?
  public var votingPowerDistribution: VotingPowerDistribution?

  public init() {}

  public static let fields: [Field<Self>] = [
    .init("min_validators", \.minValidators), .init("max_validators", \.maxValidators),
    .init("voting_power_distribution", \.votingPowerDistribution, .omitEmpty),
  ]

  /// Whether there is nothing to change, which is not a valid change.
  public var changesNothing: Bool { minValidators == nil && maxValidators == nil && votingPowerDistribution == nil }

  /// The parameters with the changes.
  public func applied(to parameters: SchedulerParameters) -> SchedulerParameters {
    var result = parameters
    if let minValidators { result.minValidators = minValidators }
    if let maxValidators { result.maxValidators = maxValidators }
    if let votingPowerDistribution { result.votingPowerDistribution = votingPowerDistribution }
    return result
  }
}

/// The scheduler's section of the genesis document.
public struct SchedulerGenesis: WireMap, Hashable, Sendable {
  public var parameters = SchedulerParameters()

  public init() {}

  public static let fields: [Field<Self>] = [.init("params", \.parameters)]
}
