internal import OasisCrypto
internal import OasisTypes

/// What verification of nodes looks up in the state.
struct RegistryLookup: Registry.NodeLookup {
  let registry: RegistryState
  let context: Context
  let features: TEEFeatures?

  func anyRuntime(_ id: Namespace) throws -> Registry.Runtime? { try registry.anyRuntime(id) }

  func nodeID(ofSubKey key: PublicKey) throws -> PublicKey? {
    try RegistryState.nodeBySubKey.get(registry.tree, Hashed(key)).flatMap { try registry.node($0)?.id }
  }

  /// Checks everything about an attestation but the quote itself; a quote stops the node, since its verdict is part of consensus.
  func verify(_ capability: Node.CapabilityTEE, constraints: [UInt8], node: Node) throws {
    try capability.checkAttestation(constraints: constraints, features: features, is261: try context.isFeature261())
    throw StateError("node \(node.id) registers with an SGX quote: verification of quotes is not part of this version")
  }
}
