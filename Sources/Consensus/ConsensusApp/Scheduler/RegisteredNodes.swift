import CBOR
import OasisCrypto
import OasisTypes
import Wire

/// The registry's state as beacon and elections read it (sheet 03 §13.2).
enum RegisteredNodes {
  private static let envelopes = StateMap<MultiSigned, Hashed<PublicKey>>(0x11)
  private static let activeRuntimes = StateMap<Registry.Runtime, Hashed<Namespace>>(0x13)
  static let statuses = StateMap<Registry.NodeStatus, Hashed<PublicKey>>(0x15)

  /// Every registered node, expired and frozen ones included, ascending by id.
  static func all(_ state: StateTree) throws -> [Node] {
    try envelopes.entries(state).map { try decode($0.value) }.sorted { $0.id < $1.id }
  }

  static func count(_ state: StateTree) throws -> Int { try envelopes.entries(state).count }

  static func node(_ state: StateTree, _ id: PublicKey) throws -> Node? {
    try envelopes.get(state, Hashed(id)).map { try decode($0) }
  }

  static func status(_ state: StateTree, _ id: PublicKey) throws -> Registry.NodeStatus {
    guard let status = try statuses.get(state, Hashed(id)) else { throw StateError("node \(id) has no status") }
    return status
  }

  /// Runtimes that are not suspended, in the order of their keys.
  static func runtimes(_ state: StateTree) throws -> [Registry.Runtime] { try activeRuntimes.entries(state).map(\.value) }

  private static func decode(_ envelope: MultiSigned) throws -> Node {
    do { return try Node.decode(cborOrAbsent: envelope.blob, mode: .untrusted) } catch {
      throw StateError("a registered node is damaged: \(error)")
    }
  }
}
