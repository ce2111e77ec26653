internal import CBOR
internal import OasisCrypto
internal import OasisTypes
internal import Wire

extension RegistryService {
  /// Sheet 04 §20.3. Also runs whole when gas is estimated.
  func registerNode(_ context: Context, _ envelope: MultiSigned?) throws {
    if context.isCheckOnly { return }
    guard let envelope else { throw AppError(Registry.Failure(.invalidArgument)) }
    let registry = RegistryState(context.state)
    let untrusted: Node
    do { untrusted = try Node.decode(cborOrAbsent: envelope.blob, mode: .untrusted) } catch {
      throw AppError(Registry.Failure(.invalidArgument, "\(error)"))
    }
    guard let entity = try registry.entity(untrusted.entityID) else { throw AppError(Registry.Failure(.noSuchEntity)) }
    let parameters = try registry.parameters()
    let epoch = try context.epochForRegistration()
    let lookup = RegistryLookup(registry: registry, context: context, features: parameters.teeFeatures)
    let (node, runtimes) = try AppError.translating {
      try Node.verified(
        envelope, entity: entity, parameters: parameters, epoch: epoch, is261: try context.isFeature261(),
        mode: context.isInitChain ? .genesis : .live, blacklist: context.chain.node.blacklist, lookup: lookup)
    }
    guard context.isInitChain || context.signer == node.id else { throw AppError(Registry.Failure(.incorrectTxSigner)) }
    try AppError.translating {
      for runtime in runtimes { try runtime.verifyAdmission(of: node, epoch: epoch) { try registry.nodes(ofEntity: node.entityID) } }
    }
    guard context.isInitChain || node.expiration > epoch else { throw AppError(Registry.Failure(.nodeExpired)) }
    let existing = try registry.node(node.id)
    try chargeMaintenance(context, node, runtimes, existing: existing, epoch, parameters)
    try context.transaction { inner in
      let bypass = try StakingState(inner.state).parameters().debugBypassStake
      if !bypass {
        let claims = try StakeClaims(inner.state)
        try claims.add(Address(node.entityID), claim: Self.claim(node: node.id), Self.thresholds(node: node, runtimes: runtimes))
        claims.commit()
      }
      if let existing {
        try AppError.translating { try existing.verifyUpdate(to: node, epoch: epoch, lookup: lookup) }
      }
      RegistryState(inner.state).setNode(existing: existing, node, envelope)
      try updateStatus(inner, node, existing: existing, epoch)
      for runtime in runtimes { try resume(inner, runtime, bypass: bypass) }
      inner.emit(Registry.NodeEvent(node: node, isRegistration: true))
    }
  }

  /// Gas for every epoch and runtime that the registration adds.
  private func chargeMaintenance(
    _ context: Context, _ node: Node, _ runtimes: [Registry.Runtime], existing: Node?, _ epoch: Epoch,
    _ parameters: Registry.ConsensusParameters
  ) throws {
    var added = node.expiration > epoch ? node.expiration - epoch : 0
    if let existing, !existing.isExpired(at: epoch) {
      let remaining = existing.expiration - epoch
      added = added > remaining ? added - remaining : 0
    }
    try context.gas.use(UInt64(runtimes.count) &* added, Registry.GasOp.runtimeEpochMaintenance, parameters.gasCosts)
  }

  private func updateStatus(_ context: Context, _ node: Node, existing: Node?, _ epoch: Epoch) throws {
    let registry = RegistryState(context.state)
    guard let existing else {
      registry.setNodeStatus(node.id, .fresh)
      return
    }
    guard var status = try registry.nodeStatus(node.id) else {
      throw AppError(Registry.Failure(.invalidArgument, "node status is missing"))
    }
    guard existing.isExpired(at: epoch) else { return }  // a renewal leaves the status alone
    status.expirationProcessed = false
    status.electionEligibleAfter = .max
    registry.setNodeStatus(node.id, status)
  }

  /// Makes a suspended runtime active again if its stake suffices.
  private func resume(_ context: Context, _ runtime: Registry.Runtime, bypass: Bool) throws {
    if !bypass, let address = runtime.stakingAddress {
      do { try StakeClaims(context.state).check(address) } catch  where !error.isFatal { return }
    }
    guard try RegistryState(context.state).resumeRuntime(runtime.id) else { return }
    do { try context.publish(.runtimeResumed, runtime) } catch is NoSubscribers {}
    context.emit(Registry.RuntimeStartedEvent(runtime: runtime))
  }

  /// Sheet 04 §20.4.
  func unfreezeNode(_ context: Context, _ body: Registry.UnfreezeNode) throws {
    if context.isCheckOnly { return }
    let registry = RegistryState(context.state)
    try context.gas.use(1, Registry.GasOp.unfreezeNode, try registry.parameters().gasCosts)
    if context.isSimulation { return }
    guard let node = try registry.node(body.nodeID) else { throw AppError(Registry.Failure(.noSuchNode)) }
    guard context.signer == node.entityID else { throw AppError(Registry.Failure(.badEntityForNode)) }
    guard var status = try registry.nodeStatus(body.nodeID) else { throw AppError(Registry.Failure(.noSuchNode)) }
    guard status.freezeEndTime <= (try context.epochInState()) else { throw AppError(Registry.Failure(.nodeCannotBeUnfrozen)) }
    status.unfreeze()
    registry.setNodeStatus(body.nodeID, status)
    context.emit(Registry.NodeUnfrozenEvent(nodeID: body.nodeID))
  }
}

extension Context {
  /// The epoch that registrations count from: that of the state.
  func epochForRegistration() throws -> Epoch { try epochInState() }

  /// Whether the rules of feature version 26.1 hold; always so in a genesis document.
  func isFeature261() throws -> Bool { try isInitChain || hasFeature(major: 26, minor: 1) }
}
