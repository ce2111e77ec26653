internal import Bytes
internal import OasisCrypto
internal import OasisTypes

extension RegistryService {
  /// Registers or updates a runtime for the context's caller (sheet 04 §20.5). Returns the descriptor, nil if only checked or estimated.
  func registerRuntime(_ context: Context, _ runtime: Registry.Runtime?) throws -> Registry.Runtime? {
    let registry = RegistryState(context.state)
    let parameters = try registry.parameters()
    guard !parameters.disableRuntimeRegistration else { throw AppError(Registry.Failure(.forbidden)) }
    let epoch = try context.epochInState()
    let is261 = try context.isFeature261()
    guard let runtime else { throw AppError(Registry.Failure(.invalidArgument, "no runtime given")) }
    try verify(context, runtime, parameters, epoch, is261: is261)
    if runtime.kind == .keyManager, parameters.disableKeyManagerRuntimeRegistration { throw AppError(Registry.Failure(.forbidden)) }
    if runtime.isCompute { try AppError.translating { try runtime.verifyKeyManager(registry.anyRuntime) } }
    if context.isCheckOnly { return nil }
    try context.gas.use(1, Registry.GasOp.registerRuntime, parameters.gasCosts)
    if context.isSimulation { return nil }

    let active = try registry.runtime(runtime.id)
    let suspended = active == nil ? try registry.suspendedRuntime(runtime.id) : nil
    let existing = active ?? suspended
    try AppError.translating {
      if let existing {
        do { try existing.verifyDeployments(parameters: parameters, epoch: epoch, is261: is261) } catch {
          throw StateError("registry: deployments of the stored runtime \(existing.id.hex): \(error)")
        }
        try existing.verifyUpdate(to: runtime, parameters: parameters, epoch: epoch, is261: is261)
      } else {
        try runtime.verifyNew(parameters: parameters, epoch: epoch, isGenesis: context.isInitChain)
      }
    }
    if !context.isInitChain { try verifyCaller(context, of: existing ?? runtime) }
    try context.transaction { inner in
      try claimStake(inner, runtime, existing: existing)
      if existing == nil { try inner.publish(.newRuntimeRegistered, runtime) }
      try inner.publish(.runtimeUpdated, runtime)
      (suspended == nil ? RegistryState.runtimes : RegistryState.suspendedRuntimes).set(inner.state, Hashed(runtime.id), to: runtime)
      updateOwner(inner, runtime, existing: existing, is261: is261)
      if suspended == nil { inner.emit(Registry.RuntimeStartedEvent(runtime: runtime)) }
    }
    return runtime
  }

  func verify(
    _ context: Context, _ runtime: Registry.Runtime, _ parameters: Registry.ConsensusParameters, _ epoch: Epoch, is261: Bool
  ) throws {
    try AppError.translating {
      try runtime.verify(
        parameters: parameters, epoch: epoch, is261: is261, allowsDebug: context.chain.node.allowsDebug,
        blacklist: context.chain.node.blacklist)
    }
  }

  /// The account that governs the runtime must be the caller.
  private func verifyCaller(_ context: Context, of runtime: Registry.Runtime) throws {
    guard let address = runtime.stakingAddress else {
      throw AppError(Registry.Failure(.forbidden, "runtimes with consensus governance can only be registered at genesis"))
    }
    guard context.caller != address else { return }
    switch runtime.governanceModel {
    case .entity: throw AppError(Registry.Failure(.incorrectTxSigner))
    case .runtime: throw AppError(Registry.Failure(.forbidden, "caller must be the runtime itself"))
    default: throw AppError(Registry.Failure(.invalidArgument))
    }
  }

  private func claimStake(_ context: Context, _ runtime: Registry.Runtime, existing: Registry.Runtime?) throws {
    guard let address = runtime.stakingAddress, try !StakingState(context.state).parameters().debugBypassStake else { return }
    let claim = Self.claim(runtime: runtime.id)
    let claims = try StakeClaims(context.state)
    try claims.add(address, claim: claim, Self.thresholds(runtime: runtime))
    claims.commit()
    if let old = existing?.stakingAddress, old != address {
      try claims.remove(old, claim: claim)
      claims.commit()
    }
  }

  private func updateOwner(_ context: Context, _ runtime: Registry.Runtime, existing: Registry.Runtime?, is261: Bool) {
    if is261, let existing {
      guard existing.entityID != runtime.entityID else { return }
      RegistryState.runtimesByOwner.remove(context.state, Hashed(existing.entityID), Hashed(runtime.id))
    }
    RegistryState.runtimesByOwner.insert(context.state, Hashed(runtime.entityID), Hashed(runtime.id))
  }
}
