internal import Bytes
internal import CBOR
public import OasisCrypto
internal import Wire

extension Registry.Runtime {
  /// Rules about the descriptor alone (sheet 04 §19.5); every failure is an invalid argument.
  ///
  /// - Parameter allowsDebug: the node's debug switch, which lifts the storage rules
  public func validate(allowsDebug: Bool, blacklist: PublicKeyBlacklist) throws(Registry.Failure) {
    guard version == Self.latestVersion else { throw .init(.invalidArgument, "invalid runtime descriptor version \(version)") }
    switch kind {
    case .compute: try validateCompute(allowsDebug: allowsDebug)
    case .keyManager:
      guard id.isKeyManager else { throw .init(.invalidArgument, "key manager runtime id lacks the key manager flag") }
      guard keyManager == nil else { throw .init(.invalidArgument, "a key manager cannot have a key manager") }
      guard id.isTest || teeHardware == .intelSGX else { throw .init(.invalidArgument, "a key manager needs SGX") }
    default: throw .init(.invalidArgument, "invalid runtime kind")
    }
    try validateStaking()
    try admissionPolicy.validate(blacklist: blacklist)
    guard (1...3).contains(governanceModel.rawValue) else { throw .init(.invalidArgument, "invalid governance model") }
    guard !deployments.isEmpty else { throw .init(.invalidArgument, "no deployments") }
  }

  private func validateCompute(allowsDebug: Bool) throws(Registry.Failure) {
    guard !id.isKeyManager else { throw .init(.invalidArgument, "compute runtime id has the key manager flag") }
    guard keyManager != id else { throw .init(.invalidArgument, "a runtime cannot be its own key manager") }
    guard executor.groupSize > 0 else { throw .init(.invalidArgument, "executor group too small") }
    guard executor.allowedStragglers <= executor.groupSize,
      executor.groupBackupSize == 0 || executor.allowedStragglers <= executor.groupBackupSize
    else { throw .init(.invalidArgument, "number of allowed stragglers too large") }
    guard executor.roundTimeout > 0 else { throw .init(.invalidArgument, "round timeout too small") }
    guard executor.minLiveRoundsPercent <= 100 else { throw .init(.invalidArgument, "minimum live rounds percentage above 100") }
    let scheduler = transactionScheduler
    guard scheduler.batchFlushTimeout >= 50_000_000 else {
      throw .init(.invalidArgument, "transaction scheduler batch flush timeout too small")
    }
    guard scheduler.maxBatchSize >= 1 else { throw .init(.invalidArgument, "transaction scheduler maximum batch size too small") }
    guard scheduler.maxBatchSizeBytes >= 1024 else {
      throw .init(.invalidArgument, "transaction scheduler maximum batch size in bytes too small")
    }
    guard scheduler.proposeBatchTimeout >= 1_000_000_000 else {
      throw .init(.invalidArgument, "transaction scheduler propose batch timeout too small")
    }
    guard scheduler.batchFlushTimeout <= scheduler.proposeBatchTimeout else {
      throw .init(.invalidArgument, "transaction scheduler batch flush timeout above propose batch timeout")
    }
    guard storage.checkpointInterval > 0, !allowsDebug else { return }
    guard storage.checkpointInterval >= 10 else { throw .init(.invalidArgument, "storage checkpoint interval too small") }
    guard storage.checkpointNumKept > 0 else { throw .init(.invalidArgument, "storage number of kept checkpoints too small") }
    guard storage.checkpointChunkSize >= 1 << 20 else { throw .init(.invalidArgument, "storage checkpoint chunk size too small") }
  }

  private func validateStaking() throws(Registry.Failure) {
    guard staking.rewardEquivocation <= 100, staking.rewardBadResults <= 100 else {
      throw .init(.invalidArgument, "reward percentage above 100")
    }
    for threshold in staking.thresholds.keys {
      let isAllowed =
        switch threshold {
        case .nodeCompute, .nodeObserver: kind == .compute
        case .nodeKeyManager: kind == .keyManager
        default: false
        }
      guard isAllowed else { throw .init(.invalidArgument, "unsupported staking threshold kind") }
    }
  }
}

extension Registry.AdmissionPolicy {
  func validate(blacklist: PublicKeyBlacklist) throws(Registry.Failure) {
    guard (anyNode != nil) != (entityWhitelist != nil || perRole != nil) else {
      throw .init(.invalidArgument, "invalid set of admission policies")
    }
    for (entity, limit) in entityWhitelist?.entities ?? [:] {
      guard !blacklist.contains(entity) else { throw .init(.invalidArgument, "invalid entity id in the whitelist") }
      for role in limit.maxNodes.keys where !role.isSingleRole { throw .init(.invalidArgument, "invalid role in the whitelist") }
    }
    for (role, policy) in perRole ?? [:] {
      guard role.isSingleRole else { throw .init(.invalidArgument, "invalid role in the per-role policy") }
      for entity in (policy.entityWhitelist?.entities ?? [:]).keys where blacklist.contains(entity) {
        throw .init(.invalidArgument, "invalid entity id in the whitelist")
      }
    }
  }
}

extension Registry.Runtime {
  /// All rules that need only the descriptor and the parameters (sheet 04 §19.6, §19.7).
  ///
  /// - Parameters:
  ///   - epoch: decides which deployments count as future
  ///   - is261: feature version 26.1 is active
  public func verify(
    parameters: Registry.ConsensusParameters, epoch: Epoch, is261: Bool, allowsDebug: Bool, blacklist: PublicKeyBlacklist
  ) throws(Registry.Failure) {
    try validate(allowsDebug: allowsDebug, blacklist: blacklist)
    guard !id.isTest || parameters.debugAllowTestRuntimes else { throw .init(.invalidArgument, "test runtime registration not allowed") }
    guard !parameters.enableRuntimeGovernanceModels.isEmpty else { throw .init(.forbidden, "no runtime governance models enabled") }
    guard parameters.enableRuntimeGovernanceModels[governanceModel] == true else {
      throw .init(.forbidden, "runtime governance model not enabled")
    }
    guard teeHardware.rawValue < 2 else { throw .init(.invalidArgument, "invalid TEE hardware") }
    try verifyDeployments(parameters: parameters, epoch: epoch, is261: is261)
    guard governanceModel != .runtime || kind == .compute else {
      throw .init(.invalidArgument, "runtime governance can only be used with compute runtimes")
    }
  }

  /// Rules about deployments (sheet 04 §19.7).
  public func verifyDeployments(parameters: Registry.ConsensusParameters, epoch: Epoch, is261: Bool) throws(Registry.Failure) {
    guard (1...parameters.deploymentLimit).contains(deployments.count) else {
      throw .init(.invalidArgument, "invalid number of deployments")
    }
    var sorted: [Registry.VersionInfo] = []
    for deployment in deployments {
      guard let deployment else { throw .init(.invalidArgument, "nil deployment") }
      // Stable: goes after the last one that is not larger.
      let position = sorted.lastIndex { $0.version <= deployment.version }.map { $0 + 1 } ?? 0
      sorted.insert(deployment, at: position)
    }
    var future = 0
    for (index, deployment) in sorted.enumerated() {
      if index > 0 {
        let previous = sorted[index - 1]
        guard previous.version != deployment.version else { throw .init(.invalidArgument, "duplicate deployment version") }
        guard previous.validFrom < deployment.validFrom else {
          throw .init(.invalidArgument, "deployment valid from not increasing with version")
        }
      }
      if deployment.validFrom > epoch { future += 1 }
      try verifyTEE(of: deployment, features: parameters.teeFeatures, is261: is261)
      guard [0, 32].contains(deployment.bundleChecksum?.count ?? 0) else { throw .init(.invalidArgument, "invalid bundle checksum") }
    }
    guard future <= 1 else { throw .init(.invalidArgument, "more than one future deployment") }
  }

  private func verifyTEE(of deployment: Registry.VersionInfo, features: TEEFeatures?, is261: Bool) throws(Registry.Failure) {
    guard teeHardware == .intelSGX else {
      guard deployment.tee == nil else { throw .init(.invalidArgument, "TEE constraints without TEE hardware") }
      return
    }
    var constraints = SGXConstraints()
    if let tee = deployment.tee {
      do { constraints = try SGXConstraints.decode(cbor: tee, mode: .untrusted) } catch {
        throw .init(.invalidArgument, "invalid SGX constraints: \(error)")
      }
    }
    if let violation = constraints.violation(of: features, is261: is261) { throw .init(.invalidArgument, violation) }
    guard !constraints.enclaves.isEmpty else { throw .init(.noEnclaveForRuntime) }
  }

  /// Rules about the key manager of a compute runtime (sheet 04 §19.8). `lookup` knows active and suspended runtimes.
  public func verifyKeyManager<E: Error>(_ lookup: (Namespace) throws(E) -> Registry.Runtime?) throws {
    guard let keyManager else { return }
    guard let manager = try lookup(keyManager) else { throw Registry.Failure(.noSuchRuntime, "key manager \(keyManager.hex)") }
    guard manager.kind == .keyManager else { throw Registry.Failure(.invalidArgument, "\(keyManager.hex) is not a key manager") }
    guard id.isTest || teeHardware == .intelSGX else {
      throw Registry.Failure(.invalidArgument, "a runtime with a key manager needs SGX")
    }
  }

  /// The rule of a first registration (sheet 04 §19.9): nothing is deployed yet.
  public func verifyNew(parameters: Registry.ConsensusParameters, epoch: Epoch, isGenesis: Bool) throws(Registry.Failure) {
    guard !isGenesis, !parameters.debugDeployImmediately else { return }
    guard activeDeployment(at: epoch) == nil else {
      throw .init(.runtimeUpdateNotAllowed, "a new runtime must not deploy immediately")
    }
  }

  /// Rules of an update (sheet 04 §19.10); every failure is `runtimeUpdateNotAllowed`.
  public func verifyUpdate(
    to new: Registry.Runtime, parameters: Registry.ConsensusParameters, epoch: Epoch, is261: Bool
  ) throws(Registry.Failure) {
    func refuse(_ what: String) -> Registry.Failure { .init(.runtimeUpdateNotAllowed, what) }
    guard id == new.id else { throw refuse("runtime id changed") }
    guard kind == new.kind else { throw refuse("runtime kind changed") }
    guard genesis == new.genesis else { throw refuse("runtime genesis changed") }
    if let keyManager, keyManager != new.keyManager { throw refuse("key manager removed or changed") }
    guard governanceModel == new.governanceModel || (governanceModel == .entity && new.governanceModel == .runtime) else {
      throw refuse("governance model changed")
    }
    guard new.governanceModel != .runtime || new.kind == .compute else { throw refuse("runtime governance needs a compute runtime") }
    do { try new.verifyDeployments(parameters: parameters, epoch: epoch, is261: is261) } catch {
      throw refuse("deployments: \(error)")
    }
    for case let deployment? in new.deployments {
      if let known = self.deployment(of: deployment.version), known.isSame(as: deployment) { continue }
      guard deployment.validFrom > epoch else { throw refuse("a changed deployment must lie in the future") }
    }
    switch (activeDeployment(at: epoch), new.activeDeployment(at: epoch)) {
    case (let old?, let new?) where old.isSame(as: new): break
    case (nil, nil): break
    default: throw refuse("the active deployment changed")
    }
  }
}
