public import CBOR
public import JSONText
public import OasisCrypto
public import Wire

/// An entity: the owner of nodes and runtimes (sheet 01 §10).
///
/// Decoding accepts version 1 (`allow_entity_signed_nodes` must be false) and yields version 2.
public struct Entity: Hashable, Sendable {
  /// The version written by this program.
  public static let latestVersion: UInt16 = 2

  public var version: UInt16 = 0
  /// The entity's public key.
  public var id = PublicKey()
  /// Identity keys of the nodes that may register for this entity.
  public var nodes: [PublicKey] = []

  public init() {}
  public init(version: UInt16 = Self.latestVersion, id: PublicKey, nodes: [PublicKey] = []) {
    self.version = version
    self.id = id
    self.nodes = nodes
  }

  /// True if `node` may register for this entity.
  public func hasNode(_ node: PublicKey) -> Bool { nodes.contains(node) }
}

extension Entity: WireValue {
  public var isEmpty: Bool { false }

  /// The plain form, without version rules; JSON uses it too.
  struct Plain: WireMap, Sendable {
    var version: UInt16 = 0
    var id = PublicKey()
    var nodes: [PublicKey] = []
    init() {}
    static let fields: [Field<Self>] = [.init("v", \.version), .init("id", \.id), .init("nodes", \.nodes, .omitEmpty)]
  }

  /// Version 1 had one key more.
  struct Version1: WireMap, Sendable {
    var version: UInt16 = 0
    var id = PublicKey()
    var nodes: [PublicKey] = []
    var allowEntitySignedNodes = false
    init() {}
    static let fields: [Field<Self>] = [
      .init("v", \.version), .init("id", \.id), .init("nodes", \.nodes, .omitEmpty),
      .init("allow_entity_signed_nodes", \.allowEntitySignedNodes, .omitEmpty),
    ]
  }

  private var plain: Plain {
    var plain = Plain()
    plain.version = version
    plain.id = id
    plain.nodes = nodes
    return plain
  }

  public func encode(to writer: inout CBORWriter) { plain.encode(to: &writer) }

  public init(from reader: inout CBORReader) throws(CBORError) {
    let item = try VersionedItem(from: &reader)
    switch item.version {
    case 1:
      let old = try item.decode(Version1.self)
      guard !old.allowEntitySignedNodes else { throw item.invalid("entity descriptor v1: allow_entity_signed_nodes must be false") }
      self.init(id: old.id, nodes: old.nodes)
    case 2:
      let plain = try item.decode(Plain.self)
      self.init(version: plain.version, id: plain.id, nodes: plain.nodes)
    default:
      throw item.invalid("entity descriptor version \(item.version) is not supported")
    }
  }

  public func encode(to writer: inout JSONWriter) { plain.encode(to: &writer) }

  public init(json: JSONValue) throws(JSONError) {
    let plain = try Plain(json: json)
    self.init(version: plain.version, id: plain.id, nodes: plain.nodes)
  }
}
