internal import Bytes
internal import CBOR
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// Proposals and votes on upgrades and parameters (sheet 06 A).
public final class GovernanceService: Service {
  public static let name = "300_governance"
  public var name: String { Self.name }
  public var priority: Int64 { 25000 }

  public init() {}

  public var methods: [Method] {
    let malformed = GovernanceError.invalidArgument
    return [
      Method("governance.SubmitProposal", Governance.ProposalContent.self, malformed: malformed) { _ = try self.submitProposal($0, $1) },
      Method("governance.CastVote", Governance.ProposalVote.self, malformed: malformed) { try self.castVote($0, $1) },
    ]
  }

  public func subscribe(to messages: MessageDispatcher) {
    messages.subscribe(.runtimeMessageGovernance, of: self) { context, message in
      if let vote = message.castVote {
        try self.castVote(context, vote)
        return nil
      }
      guard let content = message.submitProposal else { throw GovernanceError.invalidArgument }
      return try self.submitProposal(context, content)?.cbor()
    }
    messages.subscribe(.stateSyncCompleted, of: self) { context, _ in
      for descriptor in try GovernanceState(context.state).upgrades() {
        // Known already, or a local failure: neither is the chain's concern.
        try? context.chain.upgrades.submit(descriptor: descriptor.cbor())
      }
      return nil
    }
    messages.subscribe(.changeParameters, of: self) { try self.changeParameters($0, $1, apply: true) }
    messages.subscribe(.validateParameterChanges, of: self) { try self.changeParameters($0, $1, apply: false) }
  }

  private func changeParameters(_ context: Context, _ change: ParameterChange, apply: Bool) throws -> [UInt8]? {
    guard change.module == Governance.moduleName else { return nil }
    let changes = try Governance.ParameterChanges.decodeBody(
      change.changes, malformed: .uncoded("governance: failed to decode parameter changes"))
    if let violation = changes.violation { throw AppError.uncoded("governance: failed to validate parameter changes: \(violation)") }
    let governance = GovernanceState(context.state)
    var parameters = try governance.parameters()
    changes.apply(to: &parameters)
    if let violation = parameters.violation { throw AppError.uncoded("governance: failed to validate parameters: \(violation)") }
    if apply { try governance.setParameters(context, parameters) }
    return [0xa0]
  }

  /// Stops where an upgrade is due that the node is not ready for (sheet 06 A.6).
  public func beginBlock(_ context: Context) throws {
    guard let epoch = try context.newEpoch() else { return }
    let due = try GovernanceState.pendingUpgrades.keys(context.state, under: epoch)
    guard let first = due.first else { return }
    let proposal = try GovernanceState(context.state).proposal(first.1)
    guard let descriptor = proposal.content.upgrade else { throw StateError("governance: proposal \(first.1) upgrades nothing") }
    guard context.chain.upgrades.isReady(descriptor: descriptor.cbor()) else { throw StopForUpgrade() }
    for key in due { GovernanceState.pendingUpgrades.remove(context.state, key.0, key.1) }
  }

  public func endBlock(_ context: Context) throws -> [ValidatorChange] {
    if let epoch = try context.newEpoch() { try closeProposals(context, epoch) }
    return []
  }
}

// MARK: Genesis

extension GovernanceService {
  public func initChain(_ context: Context, _ request: InitChainRequest) throws {
    let genesis: Governance.Genesis = try request.genesis.required("governance")
    let governance = GovernanceState(context.state)
    try governance.setParameters(context, genesis.parameters)
    var largest: UInt64 = 0
    for proposal in genesis.proposals {
      largest = max(largest, proposal.id)
      if proposal.state == .active {
        governance.setActiveProposal(proposal)
      } else {
        GovernanceState.proposals.set(context.state, proposal.id, to: proposal)
      }
      for entry in (genesis.voteEntries[proposal.id] ?? nil) ?? [] {
        GovernanceState.votes.set(context.state, proposal.id, entry.voter, to: entry.vote)
      }
    }
    for proposal in genesis.proposals.pendingUpgrades(at: try context.currentEpoch()) {
      guard let upgrade = proposal.content.upgrade else { continue }
      GovernanceState.pendingUpgrades.insert(context.state, upgrade.epoch, proposal.id)
    }
    guard let next = largest.adding(checked: 1) else { throw AppError.uncoded("genesis: proposal id \(largest) is the last one") }
    GovernanceState.nextProposalID.set(context.state, to: next)
  }

  public func exportGenesis(_ state: StateTree, _ request: ExportRequest) throws -> [GenesisSection] {
    let governance = GovernanceState(state)
    var genesis = Governance.Genesis()
    genesis.parameters = try governance.parameters()
    genesis.proposals = try governance.allProposals()
    for proposal in genesis.proposals {
      let votes = try governance.votes(proposal.id)
      genesis.voteEntries.updateValue(votes.isEmpty ? nil : votes, forKey: proposal.id)
    }
    return [GenesisSection("governance", genesis)]
  }
}
