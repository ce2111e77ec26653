internal import CBOR
public import MKVS
public import OasisTypes
public import RuntimeProtocol
public import Wire

/// Consensus state at a height, read through the host and proven against its root.
public struct ConsensusState {
  /// The height that the state is said to be at (sheet 07 D.8: a header carries the state of the height before).
  public let height: UInt64
  /// The verified root and the nodes loaded so far.
  public let tree: Tree

  public init(height: UInt64, tree: Tree) {
    self.height = height
    self.tree = tree
  }

  static func unavailable(_ reason: String) -> CallError {
    CallError(module: "consensus", code: 1, message: "consensus state: unavailable/corrupted: \(reason)")
  }

  /// The value of a key, decoded; nil where there is none.
  public func get<T: WireValue>(_ key: StateKey, as type: T.Type = T.self) throws(CallError) -> T? {
    guard let bytes = try raw(key) else { return nil }
    do { return try T.decode(cbor: bytes, mode: .trusted) } catch { throw Self.unavailable("\(error)") }
  }

  /// The encoded value of a key.
  public func raw(_ key: StateKey) throws(CallError) -> [UInt8]? {
    do { return try tree.get(key.bytes) } catch { throw (error as? CallError) ?? Self.unavailable("\(error)") }
  }

  /// Every pair whose key starts with a prefix.
  public func pairs(prefix: StateKey) throws(CallError) -> [(key: [UInt8], value: [UInt8])] {
    do { return try tree.pairs(prefix: prefix.bytes) } catch { throw (error as? CallError) ?? Self.unavailable("\(error)") }
  }

  /// The descriptor of a runtime, also of a suspended one.
  public func runtime(_ id: Namespace) throws(CallError) -> Registry.Runtime? {
    if let active: Registry.Runtime = try get(StateKey(0x13).adding(hashOf: id)) { return active }
    return try get(StateKey(0x18).adding(hashOf: id))
  }

  /// The encoded status of a key manager.
  public func keyManagerStatus(_ id: Namespace) throws(CallError) -> [UInt8]? {
    try raw(StateKey(0x70).adding(hashOf: id))
  }
}
