internal import CBOR
internal import OasisCrypto
internal import OasisTypes

/// The methods of governance (sheet 06 A.4, A.5).
extension GovernanceService {
  /// Returns the proposal; nil where only checking or simulating.
  func submitProposal(_ context: Context, _ content: Governance.ProposalContent) throws -> Governance.Proposal? {
    let governance = GovernanceState(context.state)
    let parameters = try governance.parameters()
    do { try content.check(allowMetadata: parameters.allowProposalMetadata) } catch {
      throw GovernanceError.invalidArgument.detailed(error.text)
    }
    if context.isCheckOnly { return nil }
    if content.changeParameters != nil, !parameters.enableChangeParametersProposal { throw GovernanceError.invalidArgument }
    try context.gas.use(1, Governance.GasOp.submitProposal, parameters.gasCosts)
    if context.isSimulation { return nil }

    let submitter = context.caller
    if submitter.isReserved { throw AppError.stakingForbidden }
    let staking = StakingState(context.state)
    guard try staking.account(submitter).general.balance >= parameters.minProposalDeposit else { throw AppError.insufficientBalance }
    let epoch = try context.currentEpoch()
    if let upgrade = content.upgrade { try checkUpgrade(upgrade, governance, parameters, epoch) }
    if let cancel = content.cancelUpgrade { try checkCancellation(cancel, governance, parameters, epoch) }
    if let change = content.changeParameters {
      let change = ParameterChange(module: change.module, changes: change.changes.bytes)
      guard try context.publish(.validateParameterChanges, change) != nil else { throw GovernanceError.invalidArgument }
    }

    try staking.transferToGovernanceDeposits(context, from: submitter, amount: parameters.minProposalDeposit)
    let id = try GovernanceState.nextProposalID.get(context.state) ?? 0
    GovernanceState.nextProposalID.set(context.state, to: id &+ 1)  // one a proposal
    var proposal = Governance.Proposal()
    (proposal.id, proposal.submitter, proposal.state) = (id, submitter, .active)
    (proposal.deposit, proposal.content) = (parameters.minProposalDeposit, content)
    (proposal.createdAt, proposal.closesAt) = (epoch, epoch &+ parameters.votingPeriod)  // wraps as in the reference
    governance.setActiveProposal(proposal)
    context.emit(Governance.ProposalSubmitted(id: id, submitter: submitter))
    return proposal
  }

  private func checkUpgrade(
    _ upgrade: Upgrade.Descriptor, _ governance: GovernanceState, _ parameters: Governance.Parameters, _ epoch: Epoch
  ) throws {
    guard upgrade.epoch >= parameters.upgradeMinEpochDiff &+ epoch else { throw GovernanceError.upgradeTooSoon }
    try requireSpacing(upgrade, governance, parameters)
  }

  /// - Throws: `governance`/3 if another upgrade is too near.
  func requireSpacing(_ upgrade: Upgrade.Descriptor, _ governance: GovernanceState, _ parameters: Governance.Parameters) throws {
    for pending in try governance.upgrades() {
      let distance = pending.epoch > upgrade.epoch ? pending.epoch - upgrade.epoch : upgrade.epoch - pending.epoch
      guard distance >= parameters.upgradeMinEpochDiff else { throw GovernanceError.upgradeAlreadyPending }
    }
  }

  private func checkCancellation(
    _ cancel: Governance.CancelUpgrade, _ governance: GovernanceState, _ parameters: Governance.Parameters, _ epoch: Epoch
  ) throws {
    let upgrade = try pendingUpgrade(cancel, governance)
    guard upgrade.epoch >= parameters.upgradeCancelMinEpochDiff &+ epoch else { throw GovernanceError.upgradeTooSoon }
  }

  /// The upgrade that a cancellation names.
  ///
  /// - Throws: `governance`/5 or 4.
  func pendingUpgrade(_ cancel: Governance.CancelUpgrade, _ governance: GovernanceState) throws -> Upgrade.Descriptor {
    let proposal = try governance.proposal(cancel.proposalID)
    guard let upgrade = proposal.content.upgrade,
      try GovernanceState.pendingUpgrades.contains(governance.tree, upgrade.epoch, proposal.id)
    else { throw GovernanceError.noSuchUpgrade }
    return upgrade
  }

  func castVote(_ context: Context, _ body: Governance.ProposalVote) throws {
    if context.isCheckOnly { return }
    let governance = GovernanceState(context.state)
    let parameters = try governance.parameters()
    try context.gas.use(1, Governance.GasOp.castVote, parameters.gasCosts)
    if context.isSimulation { return }
    let voter = context.caller
    if voter.isReserved { throw AppError.stakingForbidden }
    guard try isEligible(context, voter, parameters) else { throw GovernanceError.notEligible }
    let proposal = try governance.proposal(body.id)
    guard proposal.state == .active else { throw GovernanceError.votingIsClosed }
    GovernanceState.votes.set(context.state, proposal.id, voter, to: body.vote)
    context.emit(Governance.VoteCast(id: proposal.id, submitter: voter, vote: body.vote))
  }

  /// Whether the voter's entity has a validator, or the voter delegates to one. The entity is the transaction signer's, also in subcalls.
  private func isEligible(_ context: Context, _ voter: Address, _ parameters: Governance.Parameters) throws -> Bool {
    var nodes: [PublicKey] = []
    if let entity = context.isMessageExecution ? nil : try RegistryState(context.state).entity(context.signer) {
      nodes = entity.nodes
    } else if !parameters.allowVoteWithoutEntity {
      return false
    }
    let validators = try SchedulerState(context.state).validators()
    if nodes.contains(where: { validators[$0] != nil }) { return true }
    let entities = Set(validators.values.map { Address($0.entityID) })
    return try StakingState.delegationsByDelegator.entries(context.state, under: voter).contains { entities.contains($0.key.1) }
  }
}
