internal import OasisCrypto

extension Registry.Runtime {
  /// Whether the runtime takes the node (sheet 04 §19.11). `nodes` gives all nodes of the node's entity, ascending by id.
  ///
  /// - Throws: `Registry.Failure` (forbidden), or what `nodes` throws.
  public func verifyAdmission(of node: Node, epoch: Epoch, nodes: () throws -> [Node]) throws {
    func forbidden(_ what: String) -> Registry.Failure { .init(.forbidden, what) }
    func checkCount(_ role: Roles, _ limit: UInt16) throws {
      var count = 0
      for other in try nodes() {
        if other.id == node.id || other.isExpired(at: epoch) || !other.hasRuntime(id) { continue }
        if other.hasRoles(role) { count += 1 }
        guard count + 1 <= Int(limit) else { throw forbidden("too many nodes of the entity") }
      }
    }
    if let whitelist = admissionPolicy.entityWhitelist {
      guard let limit = whitelist.entities?[node.entityID] else { throw forbidden("entity not in whitelist") }
      if !limit.maxNodes.isEmpty {
        for (role, _) in Roles.all where node.hasRoles(role) {
          guard let most = limit.maxNodes[role], most > 0 else { throw forbidden("role not allowed") }
          try checkCount(role, most)
        }
      }
    }
    for (role, _) in Roles.all where node.hasRoles(role) {
      guard let whitelist = admissionPolicy.perRole?[role]?.entityWhitelist else { continue }
      guard let limit = whitelist.entities?[node.entityID] else { throw forbidden("entity not in whitelist of the role") }
      if limit.maxNodes > 0 { try checkCount(role, limit.maxNodes) }
    }
  }
}
