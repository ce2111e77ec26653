public import Wire

/// Data of the governance service: proposals, votes, their parameters and genesis (sheet 06 A).
public enum Governance {
  /// Name of the service in error codes and proposals.
  public static let moduleName = "governance"

  /// Names of the gas costs in the parameters.
  public enum GasOp {
    public static let submitProposal = "submit_proposal"
    public static let castVote = "cast_vote"
  }

  /// Costs that `genesis init` writes.
  public static let defaultGasCosts: [String: UInt64] = [GasOp.submitProposal: 1000, GasOp.castVote: 1000]
}

extension Governance {
  /// Parameters of the service (sheet 06 A.2).
  public struct Parameters: WireMap, Hashable, Sendable {
    public var gasCosts: [String: UInt64] = [:]
    public var minProposalDeposit = Quantity()
    public var votingPeriod: Epoch = 0
    /// Of the voting power, in percent.
    public var stakeThreshold: UInt8 = 0
    /// Epochs between two upgrades, and before the first.
    public var upgradeMinEpochDiff: Epoch = 0
    /// Epochs before an upgrade in which it can no longer be cancelled.
    public var upgradeCancelMinEpochDiff: Epoch = 0
    public var enableChangeParametersProposal = false
    public var allowVoteWithoutEntity = false
    public var allowProposalMetadata = false

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("gas_costs", \.gasCosts, .omitEmpty), .init("min_proposal_deposit", \.minProposalDeposit, .omitEmpty),
      .init("voting_period", \.votingPeriod, .omitEmpty), .init("stake_threshold", \.stakeThreshold, .omitEmpty),
      .init("upgrade_min_epoch_diff", \.upgradeMinEpochDiff, .omitEmpty),
      .init("upgrade_cancel_min_epoch_diff", \.upgradeCancelMinEpochDiff, .omitEmpty),
      .init("enable_change_parameters_proposal", \.enableChangeParametersProposal, .omitEmpty),
      .init("allow_vote_without_entity", \.allowVoteWithoutEntity, .omitEmpty),
      .init("allow_proposal_metadata", \.allowProposalMetadata, .omitEmpty),
    ]

    /// What is wrong with the parameters, or nil.
    public var violation: String? {
      if stakeThreshold < 67 { return "stake_threshold should be at least 67" }
      if stakeThreshold > 100 { return "stake_threshold should not be above 100" }
      if votingPeriod >= upgradeMinEpochDiff { return "voting_period should be less than upgrade_min_epoch_diff" }
      if votingPeriod >= upgradeCancelMinEpochDiff { return "voting_period should be less than upgrade_cancel_min_epoch_diff" }
      return nil
    }
  }

  /// A change to the parameters; what is absent stays (sheet 06 A.9).
  public struct ParameterChanges: WireMap, Hashable, Sendable {
    public var gasCosts: [String: UInt64]?
    public var minProposalDeposit: Quantity?
    public var votingPeriod: Epoch?
    public var stakeThreshold: UInt8?
    public var upgradeMinEpochDiff: Epoch?
    public var upgradeCancelMinEpochDiff: Epoch?
    public var enableChangeParametersProposal: Bool?

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("gas_costs", \.gasCosts, .omitEmpty), .init("min_proposal_deposit", \.minProposalDeposit, .omitEmpty),
      .init("voting_period", \.votingPeriod, .omitEmpty), .init("stake_threshold", \.stakeThreshold, .omitEmpty),
      .init("upgrade_min_epoch_diff", \.upgradeMinEpochDiff, .omitEmpty),
      .init("upgrade_cancel_min_epoch_diff", \.upgradeCancelMinEpochDiff, .omitEmpty),
      .init("enable_change_parameters_proposal", \.enableChangeParametersProposal, .omitEmpty),
    ]

    /// What is wrong with the change itself, or nil.
    public var violation: String? { self == ParameterChanges() ? "consensus parameter changes should not be empty" : nil }

    /// Changes the parameters.
    public func apply(to parameters: inout Parameters) {
      if let gasCosts { parameters.gasCosts = gasCosts }
      if let minProposalDeposit { parameters.minProposalDeposit = minProposalDeposit }
      if let votingPeriod { parameters.votingPeriod = votingPeriod }
      if let stakeThreshold { parameters.stakeThreshold = stakeThreshold }
      if let upgradeMinEpochDiff { parameters.upgradeMinEpochDiff = upgradeMinEpochDiff }
      if let upgradeCancelMinEpochDiff { parameters.upgradeCancelMinEpochDiff = upgradeCancelMinEpochDiff }
      if let enableChangeParametersProposal { parameters.enableChangeParametersProposal = enableChangeParametersProposal }
    }
  }

  /// The section of the genesis document.
  public struct Genesis: WireMap, Hashable, Sendable {
    public var parameters = Parameters()
    public var proposals: [Proposal] = []
    public var voteEntries: [UInt64: [VoteEntry]?] = [:]

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("params", \.parameters), .init("proposals", \.proposals, .omitEmpty), .init("vote_entries", \.voteEntries, .omitEmpty),
    ]
  }
}
