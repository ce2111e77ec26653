internal import CBOR
internal import OasisTypes
internal import Wire

/// Closing of proposals at epoch changes: tally, execution, deposits (sheet 06 A.7, A.8).
extension GovernanceService {
  func closeProposals(_ context: Context, _ epoch: Epoch) throws {
    let governance = GovernanceState(context.state)
    let closing = try GovernanceState.activeProposals.keys(context.state, under: epoch).map { try governance.proposal($0.1) }
    guard !closing.isEmpty else { return }
    let pools = try validatorPools(context)
    let total = pools.values.reduce(Quantity()) { $0 + $1.balance }
    guard !total.isZero else { throw StateError("governance: validators have no stake") }
    for var proposal in closing {
      // A proposal executed before may have changed the threshold.
      try tally(context, &proposal, pools, total: total, threshold: try governance.parameters().stakeThreshold)
      if proposal.state == .passed { try execute(context, &proposal, governance) }
      GovernanceState.proposals.set(context.state, proposal.id, to: proposal)
      GovernanceState.activeProposals.remove(context.state, proposal.closesAt, proposal.id)
      context.emit(Governance.ProposalFinalized(id: proposal.id, state: proposal.state))
      let staking = StakingState(context.state)
      if proposal.state == .rejected {
        try staking.discardGovernanceDeposit(context, amount: proposal.deposit)
      } else {
        try staking.transferFromGovernanceDeposits(context, to: proposal.submitter, amount: proposal.deposit)
      }
    }
  }

  /// The active pools of the validators' entities.
  private func validatorPools(_ context: Context) throws -> [Address: SharePool] {
    let staking = StakingState(context.state)
    var pools: [Address: SharePool] = [:]
    for validator in try SchedulerState(context.state).validators().values {
      let address = Address(validator.entityID)
      if pools[address] == nil { pools[address] = try staking.account(address).escrow.active }
    }
    return pools
  }

  /// Counts the votes and decides. A delegator's vote overrides that of the validator for the delegated shares.
  private func tally(
    _ context: Context, _ proposal: inout Governance.Proposal, _ pools: [Address: SharePool], total: Quantity, threshold: UInt8
  ) throws {
    let votes = try GovernanceState(context.state).votes(proposal.id)
    var validatorVotes: [Address: Governance.Vote] = [:]
    var shares: [Address: [Governance.Vote: Quantity]] = [:]
    for entry in votes {
      guard let pool = pools[entry.voter] else { continue }
      validatorVotes[entry.voter] = entry.vote
      shares[entry.voter, default: [:]][entry.vote, default: Quantity()] += pool.totalShares
    }
    for entry in votes {
      var counts = false
      for (key, delegation) in try StakingState.delegationsByDelegator.entries(context.state, under: entry.voter) {
        guard pools[key.1] != nil else { continue }
        counts = true
        let validatorVote = validatorVotes[key.1]
        if validatorVote == entry.vote { continue }
        if let validatorVote {
          do { try shares[key.1, default: [:]][validatorVote, default: Quantity()].subtract(delegation.shares) } catch {
            throw StateError("governance: delegations to \(key.1) exceed its shares")
          }
        }
        shares[key.1, default: [:]][entry.vote, default: Quantity()] += delegation.shares
      }
      if !counts { proposal.invalidVotes &+= 1 }  // one a vote
    }
    for (validator, votes) in shares {
      guard let pool = pools[validator] else { continue }
      for (vote, count) in votes { proposal.results[vote, default: Quantity()] += try pool.stake(forShares: count) }
    }
    guard proposal.results.values.reduce(Quantity(), +) <= total else { throw StateError("governance: more votes than voting stake") }
    let yes = proposal.results[.yes] ?? Quantity()
    proposal.state = try (yes * 100).divided(by: total) >= Quantity(threshold) ? .passed : .rejected
  }

  /// Does what a proposal asks for. A failure only fails the proposal.
  private func execute(_ context: Context, _ proposal: inout Governance.Proposal, _ governance: GovernanceState) throws {
    proposal.state = .failed
    do {
      if let upgrade = proposal.content.upgrade {
        try requireSpacing(upgrade, governance, try governance.parameters())
        GovernanceState.pendingUpgrades.insert(context.state, upgrade.epoch, proposal.id)
        try? context.chain.upgrades.submit(descriptor: upgrade.cbor())
      } else if let cancel = proposal.content.cancelUpgrade {
        let upgrade = try pendingUpgrade(cancel, governance)
        GovernanceState.pendingUpgrades.remove(context.state, upgrade.epoch, cancel.proposalID)
        try? context.chain.upgrades.cancel(descriptor: upgrade.cbor())
      } else if let change = proposal.content.changeParameters {
        guard try governance.parameters().enableChangeParametersProposal else { throw GovernanceError.invalidArgument }
        let change = ParameterChange(module: change.module, changes: change.changes.bytes)
        guard try context.publish(.changeParameters, change) != nil else { throw GovernanceError.invalidArgument }
      }
    } catch  where !error.isFatal {
      return
    }
    proposal.state = .passed
    context.emit(Governance.ProposalExecuted(id: proposal.id))
  }
}
