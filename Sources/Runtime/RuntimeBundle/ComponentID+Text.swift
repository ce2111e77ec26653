public import OasisTypes

extension ComponentID {
  /// Reads and checks the text form.
  public init(text: String) throws(BundleError) {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let kind = String(parts.first ?? "")
    guard parts.count == 1 || !parts[1].isEmpty else { throw BundleError("malformed component identifier") }
    guard let known = Kind(rawValue: kind) else { throw BundleError("malformed component kind: \(kind)") }
    let name = parts.count == 2 ? String(parts[1]) : ""
    if known == .ronl, !name.isEmpty { throw BundleError("RONL component must have an empty name, got: \(name)") }
    self.init(kind: kind, name: name)
  }
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
