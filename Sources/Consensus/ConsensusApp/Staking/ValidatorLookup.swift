internal import CBOR
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// Who stands behind a validator's address: reads the registry's state (sheet 03 §13.2).
struct ValidatorLookup {
  private static let nodeByConsensusAddress = RawStateMap<PublicKey, TrailingBytes>(0x14)
  private static let nodes = StateMap<MultiSigned, Hashed<PublicKey>>(0x11)
  private static let statuses = StateMap<Registry.NodeStatus, Hashed<PublicKey>>(0x15)

  private let state: StateTree

  init(_ state: StateTree) { self.state = state }

  /// The entity of the node with this address, nil if there is none.
  func entity(of address: [UInt8]) throws -> PublicKey? { try node(of: address)?.entity }

  func node(of address: [UInt8]) throws -> (node: PublicKey, entity: PublicKey)? {
    guard let id = try Self.nodeByConsensusAddress.get(state, TrailingBytes(address)) else { return nil }
    guard let envelope = try Self.nodes.get(state, Hashed(id)) else { return nil }
    do {
      return (id, try Node.decode(cborOrAbsent: envelope.blob, mode: .trusted).entityID)
    } catch { throw StateError("node \(id) is damaged: \(error)") }
  }

  func status(of node: PublicKey) throws -> Registry.NodeStatus? { try Self.statuses.get(state, Hashed(node)) }

  func setStatus(of node: PublicKey, _ status: Registry.NodeStatus) { Self.statuses.set(state, Hashed(node), to: status) }
}
