internal import CBOR
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// Policies and secrets (sheet 06 B.5, B.6).
extension KeyManagerService {
  func updatePolicy(_ context: Context, _ body: KeyManager.SignedPolicy) throws {
    let state = KeyManagerState(context.state)
    let runtime = try state.keyManager(body.policy.id)
    guard runtime.entityID == context.signer else { throw AppError.uncoded("keymanager: invalid update signer: \(body.policy.id)") }
    var status = try state.status(runtime.id) ?? KeyManager.Status(id: runtime.id)
    if let violation = body.violation(replacing: status.policy, blacklist: context.chain.node.blacklist) {
      throw AppError.uncoded(violation)
    }
    if context.isCheckOnly { return }
    try context.gas.use(1, KeyManager.GasOp.updatePolicy, try state.parameters().gasCosts)
    if context.isSimulation { return }
    status.nextPolicy = body
    if try !context.isFeature261() {
      status = try nextStatus(context, runtime, status, secret: nil, epoch: try context.currentEpoch())
    }
    state.setStatus(status)
    context.emit(KeyManager.StatusUpdate([status]))
  }

  func publishMasterSecret(_ context: Context, _ body: KeyManager.SignedMasterSecret) throws {
    let state = KeyManagerState(context.state)
    let secret = body.secret
    let (runtime, status) = try member(context, state, secret.id)
    let last = try KeyManagerState.masterSecrets.get(context.state, Hashed(runtime.id))
    if let last, last.secret.epoch == secret.epoch {
      throw AppError.uncoded("keymanager: master secret can be proposed once per epoch")
    }
    guard let generation = status.nextGeneration else { throw AppError.uncoded("keymanager: there is no further generation") }
    if generation != 0 {
      let interval = status.policy?.policy.masterSecretRotationInterval ?? 0
      guard interval != 0 else { throw AppError.uncoded("keymanager: master secret rotation disabled") }
      guard secret.epoch >= status.rotationEpoch &+ interval else {  // wraps as in the reference
        throw AppError.uncoded("keymanager: master secret rotation interval has not yet expired")
      }
    }
    let rak = try attestationKey(context, state, runtime)
    let encryptionKeys = try encryptionKeys(state, runtime, status)
    guard secret.generation == generation else { throw AppError.uncoded("keymanager: master secret of another generation") }
    try check(secret.secret, epoch: secret.epoch, now: try context.currentEpoch(), encryptionKeys)
    guard
      rak.verify(body.signature, message: secret.cbor(), context: .encryptedMasterSecret, blacklist: context.chain.node.blacklist)
    else { throw AppError.uncoded("keymanager: invalid signature of the master secret") }
    if context.isCheckOnly { return }
    try context.gas.use(1, KeyManager.GasOp.publishMasterSecret, try state.parameters().gasCosts)
    if context.isSimulation { return }
    KeyManagerState.masterSecrets.set(context.state, Hashed(runtime.id), to: body)
    var event = KeyManager.MasterSecretPublished()
    event.secret = body
    context.emit(event)
  }

  func publishEphemeralSecret(_ context: Context, _ body: KeyManager.SignedEphemeralSecret) throws {
    let state = KeyManagerState(context.state)
    let secret = body.secret
    let (runtime, status) = try member(context, state, secret.id)
    let last = try KeyManagerState.ephemeralSecrets.get(context.state, Hashed(runtime.id))
    if let last, last.secret.epoch == secret.epoch {
      throw AppError.uncoded("keymanager: ephemeral secret can be proposed once per epoch")
    }
    let rak = try attestationKey(context, state, runtime)
    let encryptionKeys = try encryptionKeys(state, runtime, status)
    try check(secret.secret, epoch: secret.epoch, now: try context.currentEpoch(), encryptionKeys)
    guard
      rak.verify(body.signature, message: secret.cbor(), context: .encryptedEphemeralSecret, blacklist: context.chain.node.blacklist)
    else { throw AppError.uncoded("keymanager: invalid signature of the ephemeral secret") }
    if context.isCheckOnly { return }
    try context.gas.use(1, KeyManager.GasOp.publishEphemeralSecret, try state.parameters().gasCosts)
    if context.isSimulation { return }
    KeyManagerState.ephemeralSecrets.set(context.state, Hashed(runtime.id), to: body)
    var event = KeyManager.EphemeralSecretPublished()
    event.secret = body
    context.emit(event)
  }

  /// The key manager and its status, of which the signer must be a member.
  private func member(_ context: Context, _ state: KeyManagerState, _ id: Namespace) throws -> (Registry.Runtime, KeyManager.Status) {
    let runtime = try state.keyManager(id)
    guard let status = try state.status(id) else { throw KeyManagerError.noSuchStatus }
    guard status.nodes?.contains(context.signer) ?? false else {
      throw AppError.uncoded("keymanager: secret can be published only by the key manager committee")
    }
    return (runtime, status)
  }

  private func attestationKey(_ context: Context, _ state: KeyManagerState, _ runtime: Registry.Runtime) throws -> PublicKey {
    try state.node(context.signer).keyManagerRuntime(runtime.id).attestationKey(runtime.teeHardware)
  }

  /// The encryption keys of the committee's enclaves; equal ones count once.
  private func encryptionKeys(
    _ state: KeyManagerState, _ runtime: Registry.Runtime, _ status: KeyManager.Status
  ) throws -> Set<X25519PublicKey> {
    var keys: Set<X25519PublicKey> = []
    for id in status.nodes ?? [] {
      let entry = try state.node(id).keyManagerRuntime(runtime.id)
      switch runtime.teeHardware {
      case .none: keys.insert(InsecureKeyManagerKeys.rek)
      case .intelSGX:
        guard let tee = entry.capabilities.tee else { throw AppError.uncoded("keymanager: node doesn't have TEE capability") }
        if let rek = tee.rek { keys.insert(rek) }
      default: throw AppError.uncoded("keymanager: TEE hardware mismatch")
      }
    }
    return keys
  }

  /// Whether the secret is for the next epoch and for enough of the enclaves.
  private func check(_ secret: KeyManager.EncryptedSecret, epoch: Epoch, now: Epoch, _ keys: Set<X25519PublicKey>) throws {
    guard epoch == now &+ 1 else { throw AppError.uncoded("keymanager: secret for epoch \(epoch), not for the next one") }
    guard !keys.isEmpty else { throw AppError.uncoded("keymanager: no enclave has an encryption key") }
    let ciphertexts = secret.ciphertexts ?? [:]
    guard ciphertexts.keys.allSatisfy(keys.contains) else { throw AppError.uncoded("keymanager: secret for an unknown enclave") }
    guard ciphertexts.count * 100 / keys.count >= Self.replicationPercent else {
      throw AppError.uncoded("keymanager: secret is not encrypted with enough keys")
    }
  }
}
