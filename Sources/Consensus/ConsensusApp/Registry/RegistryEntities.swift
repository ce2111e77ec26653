internal import OasisCrypto
internal import OasisTypes

extension RegistryService {
  /// Sheet 04 §20.1.
  func registerEntity(_ context: Context, _ envelope: SignedEnvelope?) throws {
    let entity = try AppError.translating {
      try Entity.verified(envelope, mode: context.isInitChain ? .genesis : .live, blacklist: context.chain.node.blacklist)
    }
    guard let envelope else { return }
    if context.isCheckOnly { return }
    let registry = RegistryState(context.state)
    let parameters = try registry.parameters()
    try context.gas.use(1, Registry.GasOp.registerEntity, parameters.gasCosts)
    try context.gas.use(UInt64(entity.nodes.count), Registry.GasOp.registerNode, parameters.gasCosts)
    if context.isSimulation { return }
    guard context.isInitChain || envelope.signature.publicKey == context.signer else {
      throw AppError(Registry.Failure(.incorrectTxSigner))
    }
    if try !StakingState(context.state).parameters().debugBypassStake {
      let claims = try StakeClaims(context.state)
      try claims.add(Address(entity.id), claim: Self.entityClaim, Self.entityThresholds)
      claims.commit()
    }
    RegistryState.entities.set(context.state, Hashed(entity.id), to: envelope)
    context.emit(Registry.EntityEvent(entity: entity, isRegistration: true))
  }

  /// Sheet 04 §20.2. The entity is the signer.
  func deregisterEntity(_ context: Context) throws {
    if context.isCheckOnly { return }
    let registry = RegistryState(context.state)
    try context.gas.use(1, Registry.GasOp.deregisterEntity, try registry.parameters().gasCosts)
    if context.isSimulation { return }
    let id = context.signer
    guard try !registry.hasNodes(ofEntity: id) else { throw AppError(Registry.Failure(.entityHasNodes)) }
    guard try !registry.hasRuntimes(ofEntity: id) else { throw AppError(Registry.Failure(.entityHasRuntimes)) }
    guard let entity = try registry.entity(id) else { throw AppError(Registry.Failure(.noSuchEntity)) }
    RegistryState.entities.remove(context.state, Hashed(id))
    if try !StakingState(context.state).parameters().debugBypassStake {
      let claims = try StakeClaims(context.state)
      do { try claims.remove(Address(id), claim: Self.entityClaim) } catch {
        throw StateError("registry: stake claim of entity \(id): \(error)")
      }
      claims.commit()
    }
    context.emit(Registry.EntityEvent(entity: entity, isRegistration: false))
  }

  /// Sheet 04 §20.6: the transaction itself is the proof.
  func proveFreshness(_ context: Context) throws {
    let parameters = try RegistryState(context.state).parameters()
    guard parameters.teeFeatures?.freshnessProofs ?? false else {
      throw AppError(Registry.Failure(.invalidArgument, "freshness proofs are not enabled"))
    }
    try context.gas.use(1, Registry.GasOp.proveFreshness, parameters.gasCosts)
  }
}
