/// A JSON value as written: numbers keep their text, objects their order and their duplicate keys.
public enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([JSONMember])

  /// What it is, for error texts.
  public var kind: String {
    switch self {
    case .null: "null"
    case .bool: "bool"
    case .number: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }

  /// The last member of an object with this key, as Go's decoder would have it.
  public subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.key == key }?.value
  }

  /// The text, where this is one.
  public var string: String? { if case .string(let value) = self { value } else { nil } }
  /// True or false, where this is one of them.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// The elements, where this is an array.
  public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
  /// The members as written, doubled keys too, where this is an object.
  public var object: [JSONMember]? { if case .object(let value) = self { value } else { nil } }
  /// Whether this is the word null; an absent member is nil instead.
  public var isNull: Bool { self == .null }
  /// The number as an integer, where it is written as one and fits.
  public func integer<T: FixedWidthInteger>(_ type: T.Type = T.self) -> T? {
    guard case .number(let text) = self else { return nil }
    return T(text)
  }

  /// An object from pairs in the given order.
  public static func members(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
    .object(members.map { JSONMember(key: $0.key, value: $0.value) })
  }
  /// A number without a fraction.
  public static func integer(_ value: some FixedWidthInteger) -> JSONValue { .number(String(value)) }
}

/// One key of a JSON object with its value.
public struct JSONMember: Hashable, Sendable {
  public var key: String
  public var value: JSONValue
  public init(key: String, value: JSONValue) { (self.key, self.value) = (key, value) }
}

/// What was wrong with a JSON text or with a value in it.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  public var reason: String
  /// Line and column from 1, where the text itself is at fault.
  public var line: Int?
  public var column: Int?
  /// Keys and indices from the outside in.
  public var path: [String]

  public init(_ reason: String, line: Int? = nil, column: Int? = nil, path: [String] = []) {
    (self.reason, self.line, self.column, self.path) = (reason, line, column, path)
  }
  /// The same error, found below `key`.
  public func inside(_ key: String) -> JSONError {
    var outer = self
    outer.path.insert(key, at: 0)
    return outer
  }
  /// `value` is not what is wanted.
  public static func mismatch(_ expected: String, _ value: JSONValue) -> JSONError {
    JSONError("expected \(expected), found \(value.kind)")
  }
  public var description: String {
    var text = "json: \(reason)"
    if !path.isEmpty { text += " in \(path.joined(separator: "."))" }
    if let line, let column { text += " (line \(line), column \(column))" }
    return text
  }
}

extension String {
  /// The key with letter case folded away, as Go compares JSON object keys with field names.
  public var foldedKey: String {
    var text = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "a"..."z": text.unicodeScalars.append(Unicode.Scalar(UInt8(scalar.value - 32)))
      case "\u{212A}": text += "K"
      case "\u{17F}": text += "S"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
