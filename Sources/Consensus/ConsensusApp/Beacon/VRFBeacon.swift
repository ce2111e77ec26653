internal import Bytes
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// Epochs of fixed length; elections by proofs of verifiable random functions that nodes send in (sheet 05 §A.6).
struct VRFBeacon: BeaconBackend {
  let parameters: VRFParameters
  /// Epochs change when a transaction says so.
  let isMock: Bool

  func start(_ context: Context, at epoch: Epoch) throws {
    EpochState.current.set(context.state, to: EpochTimeState(epoch: epoch, height: context.height))
    if isMock { return }
    context.emit(EpochEvent(epoch: epoch))
    try BeaconState(context.state).schedule(try next(epoch), at: try height(context, after: parameters.interval))
  }

  private func height(_ context: Context, after blocks: Int64) throws -> Int64 {
    guard let height = context.height.adding(checked: blocks) else { throw StateError("no height is \(blocks) blocks ahead") }
    return height
  }

  func beginBlock(_ context: Context) throws {
    let state = BeaconState(context.state)
    let stored = try state.vrfState()
    let vrf = try stored ?? bootstrap(context)
    guard let future = try state.futureEpoch() else { return try scheduleMockEpoch(context, vrf) }
    // Proofs that were never stored are absent in the next state, not an empty map.
    if let epoch = try dueEpoch(context, future) { try transition(context, to: epoch, vrf, proofs: stored.map(\.proofs)) }
  }

  /// The state of the first block: an alpha of low quality.
  private func bootstrap(_ context: Context) throws -> VRFState {
    var vrf = VRFState()
    vrf.epoch = try BeaconState(context.state).epoch().epoch
    vrf.alpha = lowQualityAlpha(context, vrf.epoch)
    vrf.submitAfter = try height(context, after: parameters.proofDelay)
    BeaconState.vrf.set(context.state, to: vrf)
    return vrf
  }

  private func scheduleMockEpoch(_ context: Context, _ vrf: VRFState) throws {
    guard isMock else { throw StateError("no future epoch is scheduled") }
    let state = BeaconState(context.state)
    guard let epoch = try BeaconState.mockEpoch.get(context.state) else { return }
    // An epoch lasts until proofs may be sent, and until all nodes sent theirs or its usual end.
    guard context.height > vrf.submitAfter else { return }
    let end = try state.epoch().height.adding(checked: parameters.interval) ?? .max
    if vrf.proofs.count < (try RegistryState.nodes.entries(context.state).count), context.height < end { return }
    BeaconState.mockEpoch.remove(context.state)
    try state.schedule(epoch, at: context.height + 1)
  }

  private func transition(_ context: Context, to epoch: Epoch, _ old: VRFState, proofs: [PublicKey: KeyedVRFProof]?) throws {
    let registry = RegistryState(context.state)
    for node in try registry.allNodes() {
      guard var status = try registry.nodeStatus(node.id) else { throw StateError("node \(node.id) has no status") }
      guard status.electionEligibleAfter == EpochLimits.invalid else { continue }
      status.electionEligibleAfter = epoch
      registry.setNodeStatus(node.id, status)
    }
    EpochState.current.set(context.state, to: EpochTimeState(epoch: epoch, height: context.height))
    EpochState.future.remove(context.state)
    if !isMock {
      try BeaconState(context.state).schedule(try next(epoch), at: try height(context, after: parameters.interval))
    }
    context.emit(EpochEvent(epoch: epoch))

    var vrf = old
    var previous = PreviousVRFState()
    previous.proofs = proofs
    previous.canElectCommittees = old.isAlphaHighQuality
    vrf.previous = previous
    vrf.epoch = epoch
    vrf.isAlphaHighQuality = UInt64(old.proofs.count) >= parameters.alphaHighQualityThreshold
    vrf.submitAfter = try height(context, after: parameters.proofDelay)
    vrf.alpha = vrf.isAlphaHighQuality ? try highQualityAlpha(context, epoch, old.proofs) : lowQualityAlpha(context, epoch)
    vrf.proofs = [:]
    BeaconState.vrf.set(context.state, to: vrf)
    try produceValue(context, epoch)
    context.emit(VRFEvent(epoch: epoch, alpha: vrf.alpha, submitAfter: vrf.submitAfter))
  }

  // MARK: Alpha

  private func alpha(_ context: Context, _ epoch: Epoch, _ parts: [[UInt8]]) -> [UInt8] {
    var hash = TupleHash(customization: Array("oasis-core:vrf/alpha".utf8))
    hash.add(Array(context.chain.chainContext.utf8))
    hash.add(epoch.bigEndianBytes)
    for part in parts { hash.add(part) }
    return hash.finish()
  }

  private func lowQualityAlpha(_ context: Context, _ epoch: Epoch) -> [UInt8] {
    alpha(context, epoch, [insecureEntropy(context)])
  }

  private func highQualityAlpha(_ context: Context, _ epoch: Epoch, _ proofs: [PublicKey: KeyedVRFProof]) throws -> [UInt8] {
    alpha(context, epoch, try proofs.sorted { $0.key < $1.key }.map { try output($0.value, of: $0.key) })
  }

  // MARK: Transactions

  func setEpoch(_ context: Context, _ body: [UInt8]) throws {
    guard isMock else { throw AppError.uncoded("beacon: method unavailable: the backend is not mocked") }
    let epoch = try decodeEpoch(body)
    if let pending = try BeaconState.mockEpoch.get(context.state) {
      guard pending == epoch else { throw AppError.uncoded("beacon: epoch \(pending) is already pending") }
      return
    }
    let current = try BeaconState(context.state).epoch().epoch
    guard epoch > current else { throw AppError.uncoded("beacon: explicit epoch does not advance time") }
    BeaconState.mockEpoch.set(context.state, to: epoch)
  }

  func prove(_ context: Context, _ body: [UInt8]) throws {
    try context.gas.use(1, "vrf_prove", parameters.gasCosts)
    if context.isSimulation { return }
    guard var vrf = try BeaconState(context.state).vrfState() else { throw AppError.uncoded("beacon: no VRF state") }
    guard context.height > vrf.submitAfter else { throw AppError.uncoded("beacon: premature VRF proof") }
    guard let node = try RegistryState(context.state).node(context.signer) else {
      throw AppError.uncoded("beacon: proof of an unknown node \(context.signer)")
    }
    let submitted = try VRFProve.decodeBody(body, malformed: .beaconInvalidArgument)
    guard submitted.epoch == vrf.epoch else {
      throw AppError.uncoded("beacon: proof is for epoch \(submitted.epoch), now is \(vrf.epoch)")
    }
    guard let proof = VRFProof(submitted.proof ?? []) else { throw AppError.uncoded("beacon: malformed VRF proof") }
    let key = node.vrf.id
    guard let output = VRF.verify(proof, publicKey: key, alpha: vrf.alpha, blacklist: context.chain.node.blacklist) else {
      throw AppError.uncoded("beacon: VRF proof failed to verify")
    }
    var keyed = KeyedVRFProof()
    (keyed.publicKey, keyed.proof) = (key, proof)
    if let present = vrf.proofs[node.id] {
      guard try self.output(present, of: node.id) == output else { throw AppError.uncoded("beacon: proof differs from the one before") }
    }
    if context.isCheckOnly { return }
    vrf.proofs[node.id] = keyed
    BeaconState.vrf.set(context.state, to: vrf)
  }

  private func output(_ proof: KeyedVRFProof, of node: PublicKey) throws -> [UInt8] {
    guard let output = VRF.output(of: proof.proof) else { throw StateError("VRF proof of node \(node) is damaged") }
    return output
  }
}
