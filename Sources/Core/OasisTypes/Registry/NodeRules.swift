internal import Bytes
public import OasisCrypto
internal import Wire

extension Registry {
  /// What checks of a node look up.
  public protocol NodeLookup {
    /// An active or suspended runtime.
    func anyRuntime(_ id: Namespace) throws -> Registry.Runtime?
    /// The node that a consensus, P2P, TLS or VRF key belongs to.
    func nodeID(ofSubKey key: PublicKey) throws -> PublicKey?
    /// Checks a TEE capability against the constraints of its deployment.
    func verify(_ capability: Node.CapabilityTEE, constraints: [UInt8], node: Node) throws
  }
}

extension Node {
  /// Opens a signed node descriptor and checks it against its entity, the parameters and other nodes (sheet 04 §19.2).
  ///
  /// - Returns: the node and the distinct runtimes it registers for, in the order of the descriptor.
  /// - Throws: `Registry.Failure`, or what the lookups throw.
  public static func verified(
    _ envelope: MultiSigned?, entity: Entity, parameters: Registry.ConsensusParameters, epoch: Epoch, is261: Bool,
    mode: Registry.CheckMode, blacklist: PublicKeyBlacklist, lookup: some Registry.NodeLookup
  ) throws -> (node: Node, runtimes: [Registry.Runtime]) {
    guard let envelope else { throw Registry.Failure(.invalidArgument) }
    let node: Node
    do { node = try envelope.open(as: Node.self, context: .registerNode, blacklist: blacklist) } catch {
      throw Registry.Failure(.invalidSignature, "\(error)")
    }
    try node.validate()
    guard entity.id == node.entityID else { throw Registry.Failure(.invalidArgument, "node belongs to another entity") }
    guard envelope.isSigned(by: node.id) else { throw Registry.Failure(.invalidArgument, "not signed by the node identity key") }
    guard mode.isSanity || entity.hasNode(node.id) else {
      throw Registry.Failure(.invalidArgument, "node public key not found in the entity")
    }
    if parameters.maxNodeExpiration > 0 {
      // &+: the reference's sum wraps too.
      guard node.expiration <= epoch &+ parameters.maxNodeExpiration else {
        throw Registry.Failure(.invalidArgument, "expiration too far away")
      }
    }
    let runtimes = try node.verifyRuntimes(is261: is261, mode: mode, lookup: lookup)
    try node.verifyKeysAndAddresses(envelope, parameters: parameters, mode: mode, blacklist: blacklist)
    try node.verifyUniqueKeys(envelope, lookup: lookup)
    return (node, runtimes)
  }

  /// Rules about the descriptor alone.
  public func validate() throws(Registry.Failure) {
    guard version == Self.latestVersion else { throw .init(.invalidArgument, "invalid node descriptor version \(version)") }
    guard softwareVersion.utf8.count <= Self.maxSoftwareVersionLength else { throw .init(.invalidArgument, "software version too long") }
    guard !roles.isEmpty else { throw .init(.invalidArgument, "no roles") }
    guard roles.isDisjoint(with: .reserved) else { throw .init(.invalidArgument, "reserved role bits set") }
  }

  private func verifyRuntimes(is261: Bool, mode: Registry.CheckMode, lookup: some Registry.NodeLookup) throws -> [Registry.Runtime] {
    let entries = runtimes ?? []
    guard !entries.isEmpty else {
      let needing: Roles = is261 ? [.compute, .observer, .keyManager, .storageRPC] : [.compute, .keyManager, .storageRPC]
      guard !hasRoles(needing) else { throw Registry.Failure(.invalidArgument, "no runtimes although a role needs them") }
      return []
    }
    var seen: Set<RuntimeVersion> = []
    var found: [Registry.Runtime] = []
    for entry in entries {
      guard let entry else { throw Registry.Failure(.invalidArgument, "nil runtime") }
      guard seen.insert(RuntimeVersion(id: entry.id, version: entry.version)).inserted else {
        throw Registry.Failure(.invalidArgument, "duplicate runtime id and version")
      }
      guard let runtime = try lookup.anyRuntime(entry.id) else { throw Registry.Failure(.noSuchRuntime, entry.id.hex) }
      if mode.isLive { try verifyTEE(entry, of: runtime, lookup: lookup) }
      switch runtime.kind {
      case .keyManager:
        guard hasRoles(.keyManager) else { throw Registry.Failure(.invalidArgument, "a key manager runtime needs the key manager role") }
      case .compute:
        guard hasRoles([.compute, .observer]) else {
          throw Registry.Failure(.invalidArgument, "a compute runtime needs the compute or observer role")
        }
      default: break
      }
      if !found.contains(where: { $0.id == runtime.id }) { found.append(runtime) }
    }
    return found
  }

  private struct RuntimeVersion: Hashable {
    var id: Namespace
    var version: Version
  }

  /// Sheet 04 §19.3.
  private func verifyTEE(_ entry: Runtime, of runtime: Registry.Runtime, lookup: some Registry.NodeLookup) throws {
    let tee = entry.capabilities.tee
    guard (tee?.hardware ?? .none) == runtime.teeHardware else { throw Registry.Failure(.teeHardwareMismatch) }
    guard let tee else { return }
    guard let deployment = runtime.deployment(of: entry.version) else {
      throw Registry.Failure(.invalidArgument, "TEE capability of a version that is not deployed")
    }
    try lookup.verify(tee, constraints: deployment.tee ?? [], node: self)
  }

  private func verifyKeysAndAddresses(
    _ envelope: MultiSigned, parameters: Registry.ConsensusParameters, mode: Registry.CheckMode, blacklist: PublicKeyBlacklist
  ) throws(Registry.Failure) {
    func checkKey(_ key: PublicKey, _ name: String) throws(Registry.Failure) {
      guard !blacklist.contains(key) else { throw .init(.invalidArgument, "invalid \(name) key") }
      guard envelope.isSigned(by: key) else { throw .init(.invalidArgument, "not signed by the \(name) key") }
    }
    func checkAddress(_ address: NodeAddress) throws(Registry.Failure) {
      guard parameters.debugAllowUnroutableAddresses || address.isRoutable else {
        throw .init(.invalidArgument, "address \(address.text) is not routable")
      }
    }
    try checkKey(consensus.id, "consensus")
    let consensusAddresses = consensus.addresses ?? []
    guard !hasRoles(.validator) || !consensusAddresses.isEmpty else { throw .init(.invalidArgument, "missing consensus addresses") }
    for address in consensusAddresses {
      guard !blacklist.contains(address.id) else { throw .init(.invalidArgument, "invalid key in a consensus address") }
      try checkAddress(address.address)
    }
    try checkKey(vrf.id, "VRF")
    try checkKey(tls.publicKey, "TLS")
    try checkKey(p2p.id, "P2P")
    let p2pAddresses = p2p.addresses ?? []
    var needsAddresses = hasRoles([.compute, .keyManager, .validator, .storageRPC])
    if !mode.isLive, hasRoles(.validator) { needsAddresses = false }
    guard !needsAddresses || !p2pAddresses.isEmpty else { throw .init(.invalidArgument, "missing P2P addresses") }
    for address in p2pAddresses { try checkAddress(address) }
  }

  private func verifyUniqueKeys(_ envelope: MultiSigned, lookup: some Registry.NodeLookup) throws {
    let keys = [consensus.id, p2p.id, tls.publicKey, vrf.id]
    for key in keys {
      if let owner = try lookup.nodeID(ofSubKey: key), owner != id {
        throw Registry.Failure(.invalidArgument, "key \(key) belongs to another node")
      }
    }
    guard Set(keys).count == keys.count else { throw Registry.Failure(.invalidArgument, "consensus, P2P, TLS and VRF keys must differ") }
    guard envelope.isSignedOnly(by: [id, consensus.id, vrf.id, tls.publicKey, p2p.id]) else {
      throw Registry.Failure(.invalidArgument, "signed by other keys than the five of the node")
    }
  }

  /// Rules of a renewal (sheet 04 §19.4); every failure is `nodeUpdateNotAllowed`.
  public func verifyUpdate(to new: Node, epoch: Epoch, lookup: some Registry.NodeLookup) throws {
    func refuse(_ what: String) -> Registry.Failure { .init(.nodeUpdateNotAllowed, what) }
    guard id == new.id else { throw refuse("node id changed") }
    guard entityID == new.entityID else { throw refuse("entity id changed") }
    guard consensus.id == new.consensus.id else { throw refuse("consensus key changed") }
    guard !isExpired(at: epoch) else { return }
    var versions: Set<RuntimeVersion> = []
    for case let entry? in new.runtimes ?? [] where !versions.insert(RuntimeVersion(id: entry.id, version: entry.version)).inserted {
      throw refuse("version \(entry.version) of runtime \(entry.id.hex) twice")
    }
    for case let old? in runtimes ?? [] {
      guard new.hasRuntime(old.id) else { throw refuse("runtime \(old.id.hex) removed") }
      guard let runtime = try lookup.anyRuntime(old.id) else { throw refuse("runtime \(old.id.hex) is unknown") }
      if let kept = new.runtime(old.id, version: old.version) {
        guard (old.capabilities.tee == nil) == (kept.capabilities.tee == nil) else { throw refuse("TEE capability added or removed") }
        guard old.capabilities.tee?.hardware == kept.capabilities.tee?.hardware else { throw refuse("TEE hardware changed") }
      } else if let active = runtime.activeDeployment(at: epoch), old.version >= active.version,
        runtime.deployment(of: old.version) != nil
      {
        throw refuse("version \(old.version) of runtime \(old.id.hex) removed")
      }
    }
    guard new.hasRoles(roles) else { throw refuse("roles removed") }
  }
}
