/// What was wrong with a protobuf message, and where in the input.
public struct ProtobufError: Error, Hashable, Sendable {
  /// The rule that the input broke.
  public enum Reason: Hashable, Sendable {
    /// The message ends inside a field.
    case truncated
    /// A varint of more than ten bytes.
    case integerOverflow
    /// A length that does not fit a signed 64-bit integer.
    case negativeLength
    /// Field number 0 or below.
    case illegalTag
    /// An end-of-group tag without its start.
    case unexpectedEndGroup
    /// A known field with a wire type that is not its own, or an unknown field with wire type 6 or 7.
    case wireType(UInt8)
    /// A length-delimited message above the reader's limit, in bytes.
    case tooLong(limit: Int)
    /// A value that its type does not allow.
    case value(String)
  }

  public var reason: Reason
  /// Byte offset in the outermost input.
  public var offset: Int
  /// Names of the fields from the outermost message inwards.
  public var path: [String]

  public init(_ reason: Reason, offset: Int, path: [String] = []) {
    (self.reason, self.offset, self.path) = (reason, offset, path)
  }

  func inside(_ field: String) -> ProtobufError { ProtobufError(reason, offset: offset, path: [field] + path) }
}

extension ProtobufError: CustomStringConvertible {
  public var description: String {
    let what =
      switch reason {
      case .truncated: "unexpected end of input"
      case .integerOverflow: "integer overflow"
      case .negativeLength: "negative length"
      case .illegalTag: "illegal field number"
      case .unexpectedEndGroup: "end of a group that did not start"
      case .wireType(let type): "wrong wire type \(type)"
      case .tooLong(let limit): "message longer than \(limit) bytes"
      case .value(let text): text
      }
    return "protobuf: \(path.isEmpty ? "" : path.joined(separator: ".") + ": ")\(what) (byte \(offset))"
  }
}
