internal import OasisCrypto
internal import OasisTypes

/// Entities, runtimes and nodes of a document (sheet 01 §14.9 step 4).
extension GenesisCheck {
  mutating func registry() throws(GenesisError) {
    let genesis = document.registry
    if let violation = genesis.parameters.violation(is261: true, allowsDebug: allowsDebug) { throw failure("registry", violation) }
    let entities = try entities()
    let runtimes = try runtimes()
    let nodes = try nodes(entities, runtimes)
    try blacklisted(entities, Array(runtimes.values), nodes.map(\.node))
    for entity in entities.values { try claim(Address(entity.id), RegistryService.entityThresholds) }
    for (node, runtimes) in nodes { try claim(Address(node.entityID), RegistryService.thresholds(node: node, runtimes: runtimes)) }
    for case let runtime? in genesis.runtimes {
      guard let address = runtime.stakingAddress else { continue }
      try claim(address, RegistryService.thresholds(runtime: runtime))
    }
  }

  private func entities() throws(GenesisError) -> [PublicKey: Entity] {
    var entities: [PublicKey: Entity] = [:]
    for envelope in document.registry.entities {
      do throws(Registry.Failure) {
        let entity = try Entity.verified(envelope, mode: .sanity, blacklist: blacklist)
        entities[entity.id] = entity
      } catch {
        throw GenesisError("entity sanity check failed: \(error)")
      }
    }
    return entities
  }

  private func runtimes() throws(GenesisError) -> [Namespace: Registry.Runtime] {
    let genesis = document.registry
    var runtimes: [Namespace: Registry.Runtime] = [:]
    for (list, kind) in [(genesis.runtimes, ""), (genesis.suspendedRuntimes, "(suspended) ")] {
      for runtime in list {
        guard let runtime else { throw GenesisError("runtime sanity check failed: registry: invalid argument: no runtime given") }
        do throws(Registry.Failure) {
          try runtime.verify(
            parameters: genesis.parameters, epoch: document.beacon.base, is261: true, allowsDebug: allowsDebug, blacklist: blacklist)
        } catch {
          throw GenesisError("runtime sanity check failed: \(error)")
        }
        guard runtimes.updateValue(runtime, forKey: runtime.id) == nil else {
          throw GenesisError("runtime sanity check failed: duplicate \(kind)runtime: \(runtime.id)")
        }
      }
    }
    for runtime in runtimes.values.sorted(by: { $0.id < $1.id }) where runtime.kind == .compute {
      guard let id = runtime.keyManager else { continue }
      guard let manager = runtimes[id] else { throw GenesisError("compute runtime sanity check failed: registry: no such runtime") }
      guard manager.kind == .keyManager else { throw GenesisError("compute runtime sanity check failed: registry: invalid argument") }
      guard runtime.teeHardware == .intelSGX || runtime.id.isTest else {
        throw GenesisError(
          "compute runtime sanity check failed: registry: invalid argument: compute runtime without SGX using key manager")
      }
    }
    return runtimes
  }

  /// The nodes with the runtimes that each registers for.
  private func nodes(
    _ entities: [PublicKey: Entity], _ runtimes: [Namespace: Registry.Runtime]
  ) throws(GenesisError) -> [(node: Node, runtimes: [Registry.Runtime])] {
    let lookup = Lookup(runtimes: runtimes)
    var nodes: [(node: Node, runtimes: [Registry.Runtime])] = []
    for envelope in document.registry.nodes {
      guard let opened: Node = try? envelope?.open(context: .registerNode, blacklist: blacklist) else {
        throw failure("registry", "unable to open signed node")
      }
      try refuse(blacklist.contains(opened.id), "registry", "node ID \(opened.id) is invalid")
      guard let entity = entities[opened.entityID] else {
        throw GenesisError("registry: node sanity check failed node: \(opened.id) references a missing entity")
      }
      do {
        nodes.append(
          try Node.verified(
            envelope, entity: entity, parameters: document.registry.parameters, epoch: document.beacon.base, is261: true, mode: .genesis,
            blacklist: blacklist, lookup: lookup))
      } catch { throw GenesisError("registry: node sanity check failed: ID: \(opened.id), error: \(error)") }
      for key in [opened.consensus.id, opened.p2p.id, opened.tls.publicKey] { lookup.owners[key] = opened.id }
    }
    return nodes
  }

  /// Nothing of the document may use a key that it blacklists itself. Node ids and VRF keys are not looked at, as in the reference.
  private func blacklisted(
    _ entities: [PublicKey: Entity], _ runtimes: [Registry.Runtime], _ nodes: [Node]
  ) throws(GenesisError) {
    for key in document.consensus.parameters.publicKeyBlacklist {
      try refuse(entities[key] != nil, "registry", "entity public key blacklisted: '\(key)'")
      if let runtime = runtimes.first(where: { $0.entityID == key }) {
        throw failure("registry", "runtime '\(runtime.id)' owned by blacklisted entity: '\(key)'")
      }
      if let node = nodes.first(where: { [$0.consensus.id, $0.p2p.id, $0.tls.publicKey].contains(key) }) {
        throw failure("registry", "node '\(node.id)' uses blacklisted key: '\(key)'")
      }
    }
  }

  /// What the document's own lists say. Attestations are not looked at.
  private final class Lookup: Registry.NodeLookup {
    let runtimes: [Namespace: Registry.Runtime]
    var owners: [PublicKey: PublicKey] = [:]

    init(runtimes: [Namespace: Registry.Runtime]) { self.runtimes = runtimes }

    func anyRuntime(_ id: Namespace) -> Registry.Runtime? { runtimes[id] }
    func nodeID(ofSubKey key: PublicKey) -> PublicKey? { owners[key] }
    func verify(_ capability: Node.CapabilityTEE, constraints: [UInt8], node: Node) {}
  }
}
