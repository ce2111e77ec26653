internal import Bytes
internal import OasisCrypto
internal import OasisTypes

extension RootHashService {
  /// Punishes a node that said two things (sheet 05 §C.18).
  func submitEvidence(_ context: Context, _ body: RootHash.Evidence) throws {
    if let violation = body.violation(chainContext: context.chain.chainContext, blacklist: context.chain.node.blacklist) {
      throw AppError.rootHash(.invalidEvidence, violation)
    }
    if context.isCheckOnly { return }
    let state = RootHashState(context.state)
    let parameters = try state.parameters()
    try context.gas.use(1, RootHash.GasOp.evidence, parameters.gasCosts)
    if context.isSimulation { return }
    let runtime = try activeRuntime(state, body.id).runtime
    guard let penalty = runtime.descriptor.staking.slashing[.runtimeEquivocation]?.amount, !penalty.isZero else {
      throw AppError.rootHash(.runtimeDoesNotSlash)
    }
    guard let (node, round) = body.accusation, let hash = body.hash else { throw AppError.rootHash(.invalidEvidence) }
    // &+: the reference's sum wraps too.
    guard round &+ parameters.maxEvidenceAge >= runtime.lastBlock.header.round else { throw AppError.rootHash(.invalidEvidence, "expired") }
    guard try !RootHashState.evidence.contains(context.state, Hashed(body.id), round, hash) else {
      throw AppError.rootHash(.duplicateEvidence)
    }
    RootHashState.evidence.insert(context.state, Hashed(body.id), round, hash)
    try slashEquivocation(context, node, runtime.descriptor, penalty)
  }

  private func slashEquivocation(_ context: Context, _ id: PublicKey, _ runtime: Registry.Runtime, _ penalty: Quantity) throws {
    let registry = RegistryState(context.state)
    guard let node = try registry.node(id) else { throw AppError.rootHash(.invalidEvidence, "node \(id) is not registered") }
    let slashed = try StakingState(context.state).slashEscrow(context, Address(node.entityID), amount: penalty)
    guard !slashed.isZero else { return }
    let rewarded = try registry.node(context.signer).map { Address($0.entityID) } ?? context.caller
    try distribute(context, slashed, percent: runtime.staking.rewardEquivocation, runtime: runtime.id, [rewarded])
  }

  /// Takes stake of those who computed wrong results, and rewards the runtime and the others (sheet 05 §C.17).
  func slashIncorrectResults(_ context: Context, _ runtime: Registry.Runtime, bad: [PublicKey], good: [PublicKey]) throws {
    guard let penalty = runtime.staking.slashing[.runtimeIncorrectResults]?.amount, !penalty.isZero else { return }
    var total = Quantity()
    for entity in bad { total = total + (try StakingState(context.state).slashEscrow(context, Address(entity), amount: penalty)) }
    guard !total.isZero else { return }
    try distribute(context, total, percent: runtime.staking.rewardBadResults, runtime: runtime.id, good.map { Address($0) })
  }

  /// Shares out slashed stake from the common pool: a part to the runtime, the rest in equal parts as escrow.
  private func distribute(_ context: Context, _ total: Quantity, percent: UInt8, runtime: Namespace, _ others: [Address]) throws {
    let staking = StakingState(context.state)
    let share = try (total * Quantity(UInt64(percent))).divided(by: Quantity(100 as UInt64))
    try staking.transferFromCommon(context, to: Address(runtime: runtime), amount: share, escrow: false)
    guard !others.isEmpty else { return }
    let each = try total.subtracting(share).divided(by: Quantity(UInt64(others.count)))
    for address in others { try staking.transferFromCommon(context, to: address, amount: each, escrow: true) }
  }

  /// Judges how live workers were, before the next election (sheet 05 §C.16).
  func evaluateLiveness(_ context: Context, _ epoch: Epoch) throws {
    for runtime in try RegistryState(context.state).activeRuntimes() where runtime.isCompute {
      guard let state = try RootHashState(context.state).runtime(runtime.id) else { throw AppError.rootHash(.invalidRuntime) }
      try evaluateLiveness(context, epoch, state)
    }
  }

  private func evaluateLiveness(_ context: Context, _ epoch: Epoch, _ state: RootHash.RuntimeState) throws {
    guard let committee = state.committee, state.commitmentPool != nil, let statistics = state.livenessStatistics, !state.suspended,
      let runtime = state.runtime
    else { return }
    let rules = runtime.executor
    guard statistics.totalRounds > 0, statistics.totalRounds >= rules.minLiveRoundsForEvaluation else { return }
    let needed = statistics.totalRounds &* UInt64(rules.minLiveRoundsPercent) / 100
    let mostFailures = rules.maxLivenessFailures == 0 ? 255 : rules.maxLivenessFailures
    let penalty = runtime.staking.slashing[.runtimeLiveness] ?? Slash()
    let registry = RegistryState(context.state)
    for (index, member) in (committee.members ?? []).enumerated() {
      guard member.role == .worker else { break }  // workers come first
      guard var status = try registry.nodeStatus(member.publicKey) else {
        throw StateError("roothash: no status of node \(member.publicKey)")
      }
      if status.isSuspended(runtime: runtime.id, at: epoch) { continue }
      let missed = statistics.missedProposals?[index] ?? 0
      let finalized = statistics.finalizedProposals?[index] ?? 0
      let percent = UInt64(rules.maxMissedProposalsPercent)
      let mostMissed = percent == 0 ? .max : (missed &+ finalized) &* percent / 100
      if (statistics.goodRounds?[index] ?? 0) >= needed, missed <= mostMissed {
        status.recordSuccess(runtime: runtime.id, at: epoch)
      } else {
        status.recordFailure(runtime: runtime.id, at: epoch)
        if (status.faults[runtime.id]?.failures ?? 0) >= mostFailures {
          status.freezeEndTime = epoch.adding(checked: penalty.freezeInterval) ?? .max
          try slashLiveness(context, member.publicKey, penalty.amount)
        }
      }
      registry.setNodeStatus(member.publicKey, status)
    }
  }

  private func slashLiveness(_ context: Context, _ id: PublicKey, _ amount: Quantity) throws {
    guard !amount.isZero else { return }
    guard let node = try RegistryState(context.state).node(id) else { throw StateError("roothash: node \(id) is missing") }
    try StakingState(context.state).slashEscrow(context, Address(node.entityID), amount: amount)
  }
}
