public import CBOR
public import Wire

/// A vote on a proposal.
public struct Vote: WireEnum {
  public var rawValue: UInt8 = 0
  public init() {}
  public static let yes = Vote(rawValue: 1)
  public static let no = Vote(rawValue: 2)
  public static let abstain = Vote(rawValue: 3)
  public static let words: [(UInt8, String)] = [(1, "yes"), (2, "no"), (3, "abstain")]
}

/// Body of `governance.CastVote`.
public struct ProposalVote: WireMap, Hashable, Sendable {
  /// The proposal's number.
  public var id: UInt64 = 0
  public var vote = Vote()
  public init() {}
  public init(id: UInt64, vote: Vote) { (self.id, self.vote) = (id, vote) }
  public static let fields: [Field<Self>] = [.init("id", \.id), .init("vote", \.vote)]
}

/// Body of `governance.SubmitProposal`: exactly one of upgrade, cancellation and change is set (sheet 06).
public struct ProposalContent: WireMap, Hashable, Sendable {
  public var metadata: ProposalMetadata?
  public var upgrade: UpgradeDescriptor?
  public var cancelUpgrade: CancelUpgradeProposal?
  public var changeParameters: ChangeParametersProposal?
  public init() {}
  public static let fields: [Field<Self>] = [
    .init("metadata", \.metadata, .omitEmpty), .init("upgrade", \.upgrade, .omitEmpty),
    .init("cancel_upgrade", \.cancelUpgrade, .omitEmpty), .init("change_parameters", \.changeParameters, .omitEmpty),
  ]
}

/// What a proposal is about, for people.
public struct ProposalMetadata: WireMap, Hashable, Sendable {
  public var title = ""
  public var description = ""
  public init() {}
  public static let fields: [Field<Self>] = [.init("title", \.title), .init("description", \.description, .omitEmpty)]
}

/// An upgrade of the network: what a node must be able to do from an epoch on (sheet 03 §15).
public struct UpgradeDescriptor: WireMap, Hashable, Sendable {
  public var version: UInt16 = 0
  /// The name of the migration.
  public var handler = ""
  public var target = ProtocolVersions()
  public var epoch: Epoch = 0
  public init() {}
  public static let fields: [Field<Self>] = [
    .init("v", \.version), .init("handler", \.handler), .init("target", \.target), .init("epoch", \.epoch),
  ]
}

/// Cancels an upgrade that was decided.
public struct CancelUpgradeProposal: WireMap, Hashable, Sendable {
  /// Number of the upgrade's proposal.
  public var proposalID: UInt64 = 0
  public init() {}
  public static let fields: [Field<Self>] = [.init("proposal_id", \.proposalID)]
}

/// Changes parameters of a service.
public struct ChangeParametersProposal: WireMap, Hashable, Sendable {
  /// The service's short name, such as `staking`.
  public var module = ""
  /// The service's parameter changes.
  public var changes = RawCBOR()
  public init() {}
  public static let fields: [Field<Self>] = [.init("module", \.module), .init("changes", \.changes)]
}
