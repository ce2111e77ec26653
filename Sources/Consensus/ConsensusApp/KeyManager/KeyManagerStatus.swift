internal import Bytes
internal import CBOR
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// Status of the key managers at epoch changes (sheet 06 B.7).
extension KeyManagerService {
  func updateStatuses(_ context: Context, _ epoch: Epoch) throws {
    let state = KeyManagerState(context.state)
    var changed: [KeyManager.Status] = []
    for runtime in try RegistryState(context.state).activeRuntimes() where runtime.kind == .keyManager {
      let old = try state.status(runtime.id)
      let secret = try KeyManagerState.masterSecrets.get(context.state, Hashed(runtime.id))
      let new = try nextStatus(context, runtime, old ?? KeyManager.Status(id: runtime.id), secret: secret, epoch: epoch)
      guard old?.cbor() != new.cbor() else { continue }
      state.setStatus(new)
      changed.append(new)
    }
    if !changed.isEmpty { context.emit(KeyManager.StatusUpdate(changed)) }
  }

  /// The status of a key manager with the nodes that are ready now; a replicated secret proposal becomes the new generation.
  func nextStatus(
    _ context: Context, _ runtime: Registry.Runtime, _ old: KeyManager.Status, secret: KeyManager.SignedMasterSecret?, epoch: Epoch
  ) throws -> KeyManager.Status {
    var status = old
    (status.nodes, status.rsk, status.nextPolicy) = (nil, nil, nil)
    if let policy = old.nextPolicy { status.policy = policy }
    let nextGeneration = status.nextGeneration
    var nextChecksum: [UInt8]?
    if let proposal = secret?.secret, proposal.generation == nextGeneration, proposal.epoch == epoch {
      nextChecksum = proposal.secret.checksum
    }
    let policyChecksum = status.policy?.checksum ?? KeyManager.SignedPolicy.checksumOfNone
    var nextRSK: PublicKey?
    var nodes: [PublicKey] = []
    var updated: [PublicKey] = []
    for node in try RegistryState(context.state).allNodes() where !node.isExpired(at: epoch) && node.hasRoles(.keyManager) {
      guard
        let report = try report(
          context, node, runtime, status, policyChecksum: policyChecksum, nextChecksum: nextChecksum, nextRSK: nextRSK)
      else { continue }
      if report.isReplicated {
        nextRSK = report.nextRSK
        updated.append(node.id)
      }
      if !status.isInitialized { (status.isInitialized, status.isSecure) = (true, report.isSecure) }
      status.rsk = report.rsk
      nodes.append(node.id)
    }
    if let nextGeneration, let nextChecksum, !nodes.isEmpty, updated.count * 100 / nodes.count >= Self.replicationPercent {
      (status.generation, status.rotationEpoch, status.checksum) = (nextGeneration, epoch, nextChecksum)
      (status.rsk, nodes) = (nextRSK, updated)
    }
    status.nodes = nodes.isEmpty ? nil : nodes
    return status
  }

  /// Share of the enclaves that must have a secret, in percent.
  static let replicationPercent = 66

  /// What a node's enclaves say, all versions together; nil for a node that does not count.
  private struct Report {
    var isReplicated = true
    var isInitialized: Bool
    var isSecure: Bool
    var rsk: PublicKey?
    var nextRSK: PublicKey?
  }

  private func report(
    _ context: Context, _ node: Node, _ runtime: Registry.Runtime, _ status: KeyManager.Status, policyChecksum: [UInt8],
    nextChecksum: [UInt8]?, nextRSK: PublicKey?
  ) throws -> Report? {
    var report = Report(isInitialized: status.isInitialized, isSecure: status.isSecure, rsk: status.rsk, nextRSK: nextRSK)
    let entries = (node.runtimes ?? []).compactMap(\.self).filter { $0.id == runtime.id }
    for entry in entries {
      guard let response = try initResponse(context, node, entry, runtime),
        normalized(response.policyChecksum) == policyChecksum
      else { return nil }
      if !report.isInitialized { (report.isInitialized, report.isSecure) = (true, response.isSecure) }
      guard response.isSecure == report.isSecure, (response.checksum ?? []) == (status.checksum ?? []) else { return nil }
      if report.rsk == nil { report.rsk = response.rsk }
      if let rsk = response.rsk, rsk != report.rsk { return nil }
      if (response.nextChecksum ?? []) != (nextChecksum ?? []) { report.isReplicated = false }
      if report.nextRSK == nil { report.nextRSK = response.nextRSK }
      if let rsk = response.nextRSK, rsk != report.nextRSK { report.isReplicated = false }
    }
    return entries.isEmpty ? nil : report
  }

  /// An enclave without a policy may say so with no checksum; nil for one that cannot be right.
  private func normalized(_ checksum: [UInt8]?) -> [UInt8]? {
    switch checksum?.count ?? 0 {
    case 0: KeyManager.SignedPolicy.checksumOfNone
    case 32: checksum
    default: nil
    }
  }

  /// The verified response of one enclave.
  private func initResponse(
    _ context: Context, _ node: Node, _ entry: Node.Runtime, _ runtime: Registry.Runtime
  ) throws -> KeyManager.InitResponse? {
    guard (entry.capabilities.tee?.hardware ?? .none) == runtime.teeHardware else { return nil }
    do {
      if let tee = entry.capabilities.tee {
        guard let deployment = runtime.deployment(of: entry.version) else { return nil }
        let registry = RegistryState(context.state)
        let lookup = RegistryLookup(registry: registry, context: context, features: try registry.parameters().teeFeatures)
        try lookup.verify(tee, constraints: deployment.tee ?? [], node: node)
      }
      guard let extraInfo = entry.extraInfo else { return nil }
      let response = try KeyManager.SignedInitResponse.decode(cbor: extraInfo)
      guard response.isSigned(by: try entry.attestationKey(runtime.teeHardware), blacklist: context.chain.node.blacklist) else {
        return nil
      }
      return response.initResponse
    } catch  where !error.isFatal {
      return nil
    }
  }
}
