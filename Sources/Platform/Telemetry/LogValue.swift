/// One value of a log event, as both formats tell them apart. Rule: sheet 09 §6.1.
public enum LogValue: Sendable, Hashable, CustomStringConvertible {
  case null
  case bool(Bool)
  /// A number in its JSON spelling.
  case number(String)
  case text(String)
  /// Bytes: base64 in JSON, text in logfmt.
  case bytes([UInt8])
  case list([LogValue])
  /// A structure with its keys in print order; logfmt has no form for it.
  case object([Field])

  /// A key with its value.
  public struct Field: Sendable, Hashable {
    public var key: String
    public var value: LogValue

    public init(_ key: String, _ value: LogValue) { (self.key, self.value) = (key, value) }
  }

  /// The value's own form if it has one, else its description as text.
  public init(_ value: any CustomStringConvertible & Sendable) {
    switch value {
    case let value as LogValue: self = value
    case let value as any LogValueConvertible: self = value.logValue
    case let value as String: self = .text(value)
    case let value as Bool: self = .bool(value)
    case let value as any BinaryInteger & Sendable: self = .number(String(describing: value))
    case let value as Double: self = value.isFinite ? .number(goNumber(value, limit: 21)) : .text(String(describing: value))
    case let value as [UInt8]: self = .bytes(value)
    case let value as [any CustomStringConvertible & Sendable]: self = .list(value.map { LogValue($0) })
    default: self = .text(value.description)
    }
  }

  /// Null for nil.
  public init(optional value: (any CustomStringConvertible & Sendable)?) {
    self = value.map { LogValue($0) } ?? .null
  }

  public var description: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .number(let text), .text(let text): text
    case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
    case .list, .object: "unsupported value type"
    }
  }
}

/// A type that says how it appears in a log event, where its description is not what the reference prints.
public protocol LogValueConvertible: Sendable {
  var logValue: LogValue { get }
}
