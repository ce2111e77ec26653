/// Names a component within its runtime (07 A.5): the main one, `ronl`, or one beside it, `rofl.NAME`.
public struct ComponentID: Hashable, Sendable {
  /// What a component is for; other kinds are refused by validation.
  public enum Kind: String, Sendable, CaseIterable {
    /// The on-chain logic.
    case ronl
    /// Off-chain logic.
    case rofl
  }

  /// The kind's name, as the manifest has it.
  public var kind: String
  /// The name; empty for the main component.
  public var name: String

  /// An identifier, not checked.
  public init(kind: String, name: String = "") { (self.kind, self.name) = (kind, name) }

  /// The main component.
  public static let ronl = ComponentID(kind: Kind.ronl.rawValue)

  /// Whether this is the main component.
  public var isRONL: Bool { self == .ronl }

  /// Reads the text form.
  public init(text: String) throws(BundleError) {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let kind = String(parts.first ?? "")
    guard parts.count == 1 || !parts[1].isEmpty else { throw BundleError("malformed component identifier") }
    guard let known = Kind(rawValue: kind) else { throw BundleError("malformed component kind: \(kind)") }
    let name = parts.count == 2 ? String(parts[1]) : ""
    if known == .ronl, !name.isEmpty { throw BundleError("RONL component must have an empty name, got: \(name)") }
    self.init(kind: kind, name: name)
  }

  /// The text form for configuration, folders and labels: `rofl.NAME`.
  public var text: String { name.isEmpty ? kind : "\(kind).\(name)" }

  /// The form for logs and messages: `rofl (NAME)`.
  public var display: String { name.isEmpty ? kind : "\(kind) (\(name))" }
}

extension ComponentID: Comparable {
  /// By kind, then name.
  public static func < (left: ComponentID, right: ComponentID) -> Bool { (left.kind, left.name) < (right.kind, right.name) }
}

/// The hardware that protects a component.
public enum TEEKind: String, Sendable {
  /// Nothing.
  case none
  /// Intel SGX.
  case sgx
  /// Intel TDX.
  case tdx
}
