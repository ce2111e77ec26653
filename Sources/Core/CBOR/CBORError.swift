/// What was wrong with a CBOR item, and at which byte of the input.
public struct CBORError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What a decoder objects to.
  public enum Reason: Equatable, Sendable {
    /// The input ended inside the item.
    case truncated
    /// Not an encoding at all (reserved head, stray break, bad chunk).
    case malformed(String)
    /// An indefinite length where the mode forbids it.
    case indefiniteLength
    /// A tag where the mode forbids it.
    case tag
    case tooDeep(limit: Int)
    case tooManyElements(limit: Int)
    /// The decoded value would need more memory than the budget allows.
    case budgetExceeded
    case duplicateKey(String)
    case unknownField(String)
    case missingField(String)
    case typeMismatch(expected: String, found: String)
    case outOfRange(type: String)
    case wrongLength(type: String, expected: Int, found: Int)
    case invalidUTF8
    /// A head longer than needed, or keys out of order, where the mode is strict.
    case nonCanonical
    case trailingBytes
    case badVersion
    /// A rule of the type itself.
    case invalid(String)
  }
  public var reason: Reason
  /// Byte offset into the input.
  public var offset: Int
  /// Field names from the outside in, such as `["body", "amount"]`.
  public var path: [String]

  public init(_ reason: Reason, offset: Int = 0, path: [String] = []) {
    (self.reason, self.offset, self.path) = (reason, offset, path)
  }

  /// The same error, found below `field`.
  public func inside(_ field: String) -> CBORError {
    var outer = self
    outer.path.insert(field, at: 0)
    return outer
  }

  public var description: String {
    let place = path.isEmpty ? "" : " in \(path.joined(separator: "."))"
    let text =
      switch reason {
      case .truncated: "unexpected end of input"
      case .malformed(let what): "malformed item: \(what)"
      case .indefiniteLength: "indefinite length is not allowed"
      case .tag: "tags are not allowed"
      case .tooDeep(let limit): "nested deeper than \(limit) levels"
      case .tooManyElements(let limit): "more than \(limit) elements"
      case .budgetExceeded: "decoded value too large"
      case .duplicateKey(let key): "duplicate key \(key)"
      case .unknownField(let key): "unknown field \(key)"
      case .missingField(let key): "missing field \(key)"
      case .typeMismatch(let expected, let found): "expected \(expected), found \(found)"
      case .outOfRange(let type): "integer does not fit \(type)"
      case .wrongLength(let type, let expected, let found): "\(type) needs \(expected) bytes, found \(found)"
      case .invalidUTF8: "text is not valid UTF-8"
      case .nonCanonical: "not in canonical form"
      case .trailingBytes: "bytes after the item"
      case .badVersion: "missing or invalid version"
      case .invalid(let what): what
      }
    return "cbor: \(text)\(place) (at byte \(offset))"
  }
}
