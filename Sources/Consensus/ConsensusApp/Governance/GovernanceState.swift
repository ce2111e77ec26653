public import OasisTypes
public import Wire

/// The state of governance on one tree (sheet 06 A.3). Open it on the tree that its writes shall go to.
public struct GovernanceState {
  /// The id of the next proposal; absent for 0.
  public static let nextProposalID = StateMap<UInt64>(0x80)
  public static let proposals = StateMap<Governance.Proposal, UInt64>(0x81)
  /// By the epoch in which they close.
  public static let activeProposals = StateSet<UInt64, UInt64>(0x82)
  /// By proposal and voter.
  public static let votes = StateMap<Governance.Vote, UInt64, Address>(0x83)
  /// By epoch and proposal.
  public static let pendingUpgrades = StateSet<UInt64, UInt64>(0x84)
  public static let parameters = StateMap<Governance.Parameters>(0x85)

  public let tree: StateTree

  public init(_ tree: StateTree) { self.tree = tree }

  /// The parameters; a state without them is damaged.
  public func parameters() throws -> Governance.Parameters {
    guard let parameters = try Self.parameters.get(tree) else { throw StateError("governance parameters are missing") }
    return parameters
  }

  /// - Throws: outside of InitChain and EndBlock, where parameters must not change.
  public func setParameters(_ context: Context, _ parameters: Governance.Parameters) throws {
    try context.requireParameterChangeAllowed()
    Self.parameters.set(tree, to: parameters)
  }

  /// - Throws: `governance`/5 if there is none.
  public func proposal(_ id: UInt64) throws -> Governance.Proposal {
    guard let proposal = try Self.proposals.get(tree, id) else { throw GovernanceError.noSuchProposal }
    return proposal
  }

  /// All proposals by id.
  public func allProposals() throws -> [Governance.Proposal] { try Self.proposals.entries(tree).map(\.value) }

  /// Active proposals by closing epoch and id.
  public func openProposals() throws -> [Governance.Proposal] {
    try Self.activeProposals.keys(tree).map { try stored($0.1) }
  }

  /// Votes on a proposal by voter.
  public func votes(_ proposal: UInt64) throws -> [Governance.VoteEntry] {
    try Self.votes.entries(tree, under: proposal).map { Governance.VoteEntry(voter: $0.key.1, vote: $0.value) }
  }

  /// Pending upgrades by epoch and proposal.
  public func upgrades() throws -> [Upgrade.Descriptor] {
    try Self.pendingUpgrades.keys(tree).map { key in
      guard let descriptor = try stored(key.1).content.upgrade else { throw StateError("governance: proposal \(key.1) upgrades nothing") }
      return descriptor
    }
  }

  /// Writes a proposal; an active one is indexed by its closing epoch.
  public func setActiveProposal(_ proposal: Governance.Proposal) {
    Self.proposals.set(tree, proposal.id, to: proposal)
    Self.activeProposals.insert(tree, proposal.closesAt, proposal.id)
  }

  private func stored(_ id: UInt64) throws -> Governance.Proposal {
    guard let proposal = try Self.proposals.get(tree, id) else { throw StateError("governance: proposal \(id) is missing") }
    return proposal
  }
}

extension Governance.ProposalSubmitted: ServiceEvent {
  public static var service: String { GovernanceService.name }
  public static var kind: String { Governance.EventKind.proposalSubmitted }
}
extension Governance.ProposalExecuted: ServiceEvent {
  public static var service: String { GovernanceService.name }
  public static var kind: String { Governance.EventKind.proposalExecuted }
}
extension Governance.ProposalFinalized: ServiceEvent {
  public static var service: String { GovernanceService.name }
  public static var kind: String { Governance.EventKind.proposalFinalized }
}
extension Governance.VoteCast: ServiceEvent {
  public static var service: String { GovernanceService.name }
  public static var kind: String { Governance.EventKind.vote }
}
