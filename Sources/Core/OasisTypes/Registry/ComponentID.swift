public import CBOR
public import JSONText
public import Wire

/// Names a component within its runtime (07 A.5): the main one, `ronl`, or one beside it, `rofl.NAME`. A map in CBOR, its text in JSON.
public struct ComponentID: WireValue, Hashable, CustomStringConvertible {
  /// What a component is for; other kinds are refused by validation.
  public enum Kind: String, Sendable, CaseIterable {
    /// The on-chain logic.
    case ronl
    /// Off-chain logic.
    case rofl
  }

  /// The kind's name, as it was given.
  public var kind = ""
  /// The name; empty for the main component.
  public var name = ""

  public init() {}

  /// An identifier, not checked.
  public init(kind: String, name: String = "") { (self.kind, self.name) = (kind, name) }

  /// The main component.
  public static let ronl = ComponentID(kind: Kind.ronl.rawValue)

  /// Whether this is the main component.
  public var isRONL: Bool { self == .ronl }

  /// The text form for configuration, folders and labels: `rofl.NAME`.
  public var text: String { name.isEmpty ? kind : "\(kind).\(name)" }

  /// The form for logs and messages: `rofl (NAME)`.
  public var display: String { name.isEmpty ? kind : "\(kind) (\(name))" }

  public var description: String { text }

  // MARK: On the wire

  private struct Plain: WireMap, Sendable {
    var kind = ""
    var name = ""
    init() {}
    static let fields: [Field<Self>] = [.init("kind", \.kind), .init("name", \.name, .omitEmpty)]
  }

  /// A component is never left out.
  public var isEmpty: Bool { false }

  public func encode(to writer: inout CBORWriter) {
    var plain = Plain()
    (plain.kind, plain.name) = (kind, name)
    plain.encode(to: &writer)
  }

  public init(from reader: inout CBORReader) throws(CBORError) {
    let plain = try Plain(from: &reader)
    (kind, name) = (plain.kind, plain.name)
  }

  public func encode(to writer: inout JSONWriter) { writer.write(string: text) }

  public init(json: JSONValue) throws(JSONError) {
    guard case .string(let text) = json else { throw .mismatch("component", json) }
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    (kind, name) = (parts.first.map(String.init) ?? "", parts.count == 2 ? String(parts[1]) : "")
  }
}

extension ComponentID: Comparable {
  /// By kind, then name.
  public static func < (left: ComponentID, right: ComponentID) -> Bool { (left.kind, left.name) < (right.kind, right.name) }
}
