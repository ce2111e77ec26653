internal import Bytes
internal import CBOR
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// The methods of CHURP (sheet 06 B.10): gas first, then all checks, also when only checking.
extension KeyManagerService {
  /// Before feature version 26.1 a policy has no say about queries.
  private func requireAllowed(_ context: Context, _ policy: Churp.SignedPolicy?) throws {
    guard policy?.policy.mayQuery != nil, try !context.isFeature261() else { return }
    throw AppError(Registry.Failure(.invalidArgument))
  }

  private func charge(_ context: Context, _ state: KeyManagerState, _ operation: String) throws -> Bool {
    try context.gas.use(1, operation, try state.churpParameters().gasCosts)
    return !context.isSimulation
  }

  /// The key manager, whose entity must have signed.
  private func ownRuntime(_ context: Context, _ state: KeyManagerState, _ identity: Churp.Identity) throws -> Registry.Runtime {
    let runtime = try state.keyManager(identity.runtimeID)
    guard runtime.entityID == context.signer else { throw AppError.uncoded("keymanager: churp: invalid signer") }
    return runtime
  }

  private func existingScheme(_ state: KeyManagerState, _ identity: Churp.Identity) throws -> Churp.Status {
    guard let status = try state.churpStatus(identity) else {
      throw AppError.uncoded("keymanager: churp: non-existing ID: \(identity.id)")
    }
    return status
  }

  func createScheme(_ context: Context, _ body: Churp.CreateRequest) throws {
    try requireAllowed(context, body.policy)
    let state = KeyManagerState(context.state)
    guard try charge(context, state, Churp.GasOp.create) else { return }
    let runtime = try ownRuntime(context, state, body.identity)
    guard try state.churpStatus(body.identity) == nil else {
      throw AppError.uncoded("keymanager: churp: invalid ID: scheme already exists")
    }
    guard body.suiteID == 0 else { throw AppError.uncoded("keymanager: churp: unsupported suite, ID \(body.suiteID)") }
    guard body.threshold <= 127 else { throw AppError.uncoded("keymanager: churp: threshold too large") }
    guard body.policy.policy.identity == body.identity else { throw AppError.uncoded("keymanager: churp: policy of another scheme") }
    guard body.policy.policy.serial == 0 else { throw AppError.uncoded("keymanager: churp: invalid policy serial") }
    if let violation = body.policy.violation(blacklist: context.chain.node.blacklist) { throw AppError.uncoded(violation) }
    var status = Churp.Status()
    (status.identity, status.suiteID, status.threshold) = (body.identity, body.suiteID, body.threshold)
    (status.extraShares, status.handoffInterval, status.policy) = (body.extraShares, body.handoffInterval, body.policy)
    status.nextHandoff = body.handoffInterval == 0 ? Churp.handoffsDisabled : try context.currentEpoch() &+ 1
    if context.isCheckOnly { return }
    try context.transaction { inner in
      if try !StakingState(inner.state).parameters().debugBypassStake {
        let claims = try StakeClaims(inner.state)
        let claim = "keymanager.churp.Scheme.\(body.identity.runtimeID.hex).\(body.identity.id)"
        try claims.add(Address(runtime.entityID), claim: claim, [StakeThreshold(global: .keyManagerChurp)])
        claims.commit()
      }
      KeyManagerState(inner.state).setChurpStatus(status)
      inner.emit(Churp.Created(status))
    }
  }

  func updateScheme(_ context: Context, _ body: Churp.UpdateRequest) throws {
    try requireAllowed(context, body.policy)
    let state = KeyManagerState(context.state)
    guard try charge(context, state, Churp.GasOp.update) else { return }
    _ = try ownRuntime(context, state, body.identity)
    var status = try existingScheme(state, body.identity)
    guard body.extraShares != nil || body.handoffInterval != nil || body.policy != nil else {
      throw AppError.uncoded("keymanager: churp: update config should not be empty")
    }
    if let policy = body.policy {
      guard policy.policy.identity == body.identity else { throw AppError.uncoded("keymanager: churp: policy of another scheme") }
      guard policy.policy.serial == status.policy.policy.serial.adding(checked: 1) else {
        throw AppError.uncoded("keymanager: churp: invalid policy serial")
      }
      if let violation = policy.violation(blacklist: context.chain.node.blacklist) { throw AppError.uncoded(violation) }
    }
    if let extraShares = body.extraShares { status.extraShares = extraShares }
    if let interval = body.handoffInterval {
      if interval == 0 {
        status.disableHandoff()
      } else if status.areHandoffsDisabled {
        status.nextHandoff = try context.currentEpoch() &+ 1
      }
      status.handoffInterval = interval
    }
    if let policy = body.policy { status.policy = policy }
    if context.isCheckOnly { return }
    state.setChurpStatus(status)
    context.emit(Churp.Updated(status))
  }

  func applyForHandoff(_ context: Context, _ body: Churp.SignedApplication) throws {
    let state = KeyManagerState(context.state)
    guard try charge(context, state, Churp.GasOp.apply) else { return }
    let request = body.application
    let runtime = try state.keyManager(request.identity.runtimeID)
    var status = try existingScheme(state, request.identity)
    guard !status.areHandoffsDisabled else { throw AppError.uncoded("keymanager: churp: handoffs disabled") }
    let now = try context.currentEpoch()
    guard status.nextHandoff == now &+ 1 else { throw AppError.uncoded("keymanager: churp: submissions closed") }
    guard status.nextHandoff == request.epoch else { throw AppError.uncoded("keymanager: churp: invalid handoff") }
    guard status.applications[context.signer] == nil else { throw AppError.uncoded("keymanager: churp: application already submitted") }
    let rak = try attestationKey(context, state, runtime, now)
    guard rak.verify(body.signature, message: request.cbor(), context: .churpApplication, blacklist: context.chain.node.blacklist) else {
      throw AppError.uncoded("keymanager: churp: invalid signature")
    }
    var application = Churp.Application()
    application.checksum = request.checksum
    status.applications[context.signer] = application
    if context.isCheckOnly { return }
    state.setChurpStatus(status)
    context.emit(Churp.Updated(status))
  }

  func confirmHandoff(_ context: Context, _ body: Churp.SignedConfirmation) throws {
    let state = KeyManagerState(context.state)
    guard try charge(context, state, Churp.GasOp.confirm) else { return }
    let request = body.confirmation
    let runtime = try state.keyManager(request.identity.runtimeID)
    var status = try existingScheme(state, request.identity)
    guard !status.areHandoffsDisabled else { throw AppError.uncoded("keymanager: churp: handoffs disabled") }
    let now = try context.currentEpoch()
    guard status.nextHandoff == now else { throw AppError.uncoded("keymanager: churp: confirmations closed") }
    guard status.nextHandoff == request.epoch else { throw AppError.uncoded("keymanager: churp: invalid handoff") }
    guard var application = status.applications[context.signer] else { throw AppError.uncoded("keymanager: churp: application not found") }
    guard !application.reconstructed else { throw AppError.uncoded("keymanager: churp: confirmation already submitted") }
    guard status.nextChecksum == nil || status.nextChecksum == request.checksum else {
      throw AppError.uncoded("keymanager: churp: checksum mismatch")
    }
    status.nextChecksum = request.checksum
    let rak = try attestationKey(context, state, runtime, now)
    guard rak.verify(body.signature, message: request.cbor(), context: .churpConfirmation, blacklist: context.chain.node.blacklist) else {
      throw AppError.uncoded("keymanager: churp: invalid signature")
    }
    application.reconstructed = true
    status.applications[context.signer] = application
    _ = status.finalizeHandoff(epochChange: false)
    if context.isCheckOnly { return }
    state.setChurpStatus(status)
    context.emit(Churp.Updated(status))
  }

  /// The attestation key of the signer's enclave; the signer must be a key manager node of the runtime.
  private func attestationKey(_ context: Context, _ state: KeyManagerState, _ runtime: Registry.Runtime, _ now: Epoch) throws -> PublicKey {
    let node = try state.node(context.signer)
    guard !node.isExpired(at: now) else { throw AppError.uncoded("keymanager: churp: node registration expired") }
    guard node.hasRoles(.keyManager) else { throw AppError.uncoded("keymanager: churp: node not key manager") }
    return try node.keyManagerRuntime(runtime.id).attestationKey(runtime.teeHardware)
  }
}
