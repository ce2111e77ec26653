public import CBOR
public import Wire

extension Governance {
  /// A vote on a proposal. Any number is stored and counted as its own bucket.
  public struct Vote: WireEnum {
    public var rawValue: UInt8 = 0
    public init() {}
    public static let yes = Vote(rawValue: 1)
    public static let no = Vote(rawValue: 2)
    public static let abstain = Vote(rawValue: 3)
    public static let words: [(UInt8, String)] = [(1, "yes"), (2, "no"), (3, "abstain")]
  }

  /// Where a proposal stands.
  public struct ProposalState: WireEnum {
    public var rawValue: UInt8 = 0
    public init() {}
    public static let active = ProposalState(rawValue: 1)
    public static let passed = ProposalState(rawValue: 2)
    public static let rejected = ProposalState(rawValue: 3)
    public static let failed = ProposalState(rawValue: 4)
    public static let words: [(UInt8, String)] = [(1, "active"), (2, "passed"), (3, "rejected"), (4, "failed")]
  }

  /// Title and text for voters.
  public struct ProposalMetadata: WireMap, Hashable, Sendable {
    /// 3 to 100 bytes.
    public var title = ""
    public var description = ""
    public init() {}
    public static let fields: [Field<Self>] = [.init("title", \.title), .init("description", \.description, .omitEmpty)]
  }

  /// Takes back an upgrade that passed.
  public struct CancelUpgrade: WireMap, Hashable, Sendable {
    public var proposalID: UInt64 = 0
    public init() {}
    public static let fields: [Field<Self>] = [.init("proposal_id", \.proposalID)]
  }

  /// Changes parameters of a service.
  public struct ChangeParameters: WireMap, Hashable, Sendable {
    public var module = ""
    /// The service's `ParameterChanges`, as submitted.
    public var changes = RawCBOR()
    public init() {}
    public static let fields: [Field<Self>] = [.init("module", \.module), .init("changes", \.changes)]
  }

  /// What is proposed: exactly one kind (sheet 06 A.2).
  public struct ProposalContent: WireMap, Hashable, Sendable {
    public var metadata: ProposalMetadata?
    public var upgrade: Upgrade.Descriptor?
    public var cancelUpgrade: CancelUpgrade?
    public var changeParameters: ChangeParameters?

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("metadata", \.metadata, .omitEmpty), .init("upgrade", \.upgrade, .omitEmpty),
      .init("cancel_upgrade", \.cancelUpgrade, .omitEmpty), .init("change_parameters", \.changeParameters, .omitEmpty),
    ]

    /// Checks the content alone (sheet 06 A.4 step 2).
    public func check(allowMetadata: Bool) throws(CodedError) {
      let (minimum, maximum) = (3, 100)
      if allowMetadata {
        guard let metadata else { throw GovernanceError.invalidArgument.detailed("proposal metadata required") }
        let length = metadata.title.utf8.count
        guard length >= minimum else { throw GovernanceError.invalidArgument.detailed("proposal title too short") }
        guard length <= maximum else { throw GovernanceError.invalidArgument.detailed("proposal title too long") }
      } else if metadata != nil {
        throw GovernanceError.invalidArgument
      }
      switch [upgrade != nil, cancelUpgrade != nil, changeParameters != nil].count(where: { $0 }) {
      case 0: throw .uncoded("proposal content has no fields set")
      case 1: break
      default: throw .uncoded("proposal content has multiple fields set")
      }
      if let violation = upgrade?.violation { throw .uncoded("upgrade proposal validation failed: \(violation)") }
      guard let changeParameters else { return }
      let failure = "change parameters proposal validation failed: "
      if changeParameters.module.isEmpty { throw .uncoded(failure + "invalid module name: name should not be empty") }
      if changeParameters.changes.isEmpty { throw .uncoded(failure + "invalid parameter changes: changes should not be empty") }
    }
  }

  /// A proposal as it is kept in state.
  public struct Proposal: WireMap, Hashable, Sendable {
    public var id: UInt64 = 0
    public var submitter = Address()
    public var state = ProposalState()
    public var deposit = Quantity()
    public var content = ProposalContent()
    public var createdAt: Epoch = 0
    public var closesAt: Epoch = 0
    /// Only of a closed proposal.
    public var results: [Vote: Quantity] = [:]
    /// Votes without stake behind them.
    public var invalidVotes: UInt64 = 0

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("id", \.id), .init("submitter", \.submitter), .init("state", \.state), .init("deposit", \.deposit), .init("content", \.content),
      .init("created_at", \.createdAt), .init("closes_at", \.closesAt), .init("results", \.results, .omitEmpty),
      .init("invalid_votes", \.invalidVotes, .omitEmpty),
    ]
  }

  /// Who voted what, in genesis and queries.
  public struct VoteEntry: WireMap, Hashable, Sendable {
    public var voter = Address()
    public var vote = Vote()
    public init() {}
    public init(voter: Address, vote: Vote) { (self.voter, self.vote) = (voter, vote) }
    public static let fields: [Field<Self>] = [.init("voter", \.voter), .init("vote", \.vote)]
  }

  /// Body of `governance.CastVote`, and of a runtime's message.
  public struct ProposalVote: WireMap, Hashable, Sendable {
    /// The proposal.
    public var id: UInt64 = 0
    public var vote = Vote()
    public init() {}
    public static let fields: [Field<Self>] = [.init("id", \.id), .init("vote", \.vote)]
  }
}

/// Coded errors of governance (sheet 06 A.1).
public enum GovernanceError {
  public static let invalidArgument = CodedError(Governance.moduleName, 1, "governance: invalid argument")
  public static let upgradeTooSoon = CodedError(Governance.moduleName, 2, "governance: upgrade too soon")
  public static let upgradeAlreadyPending = CodedError(Governance.moduleName, 3, "governance: upgrade already pending")
  public static let noSuchUpgrade = CodedError(Governance.moduleName, 4, "governance: no such upgrade")
  public static let noSuchProposal = CodedError(Governance.moduleName, 5, "governance: no such proposal")
  public static let notEligible = CodedError(Governance.moduleName, 6, "governance: not eligible")
  public static let votingIsClosed = CodedError(Governance.moduleName, 7, "governance: voting is closed")
}

extension Sequence<Governance.Proposal> {
  /// Passed upgrades at or after an epoch that no passed proposal cancels.
  public func pendingUpgrades(at epoch: Epoch) -> [Governance.Proposal] {
    let cancelled = Set(filter { $0.state == .passed }.compactMap { $0.content.cancelUpgrade?.proposalID })
    return filter { proposal in
      guard proposal.state == .passed, let upgrade = proposal.content.upgrade else { return false }
      return upgrade.epoch >= epoch && !cancelled.contains(proposal.id)
    }
  }
}
