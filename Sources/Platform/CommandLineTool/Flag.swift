/// A flag of a command, with the type of its value. Declared once, read as `invocation[flag]`.
public struct Flag<Value: FlagValue>: Sendable {
  /// Without dashes.
  public let name: String
  /// One letter, or nil.
  public let short: Character?
  public let standard: Value
  public let help: String
  public let isHidden: Bool

  public init(_ name: String, short: Character? = nil, default standard: Value, hidden: Bool = false, _ help: String) {
    (self.name, self.short, self.standard, self.help, isHidden) = (name, short, standard, help, hidden)
  }

  /// The flag without its type, for a command's list.
  public var any: AnyFlag {
    AnyFlag(
      name: name, short: short, help: help, isHidden: isHidden, typeName: Value.typeName, isSwitch: Value.self == Bool.self,
      standardText: standard.standardText
    ) { texts in
      var value: Value?
      for text in texts { try value = Value.parse(text, after: value) }
      return value
    }
  }
}

/// A flag as a command lists it.
public struct AnyFlag: Sendable {
  public let name: String
  public let short: Character?
  public let help: String
  public let isHidden: Bool
  let typeName: String
  /// Whether it stands without a value.
  let isSwitch: Bool
  /// The default as help shows it; nil when it is the type's zero.
  let standardText: String?
  /// The value of the texts given, in order; nil for none.
  let parse: @Sendable ([String]) throws -> (any Sendable)?
}

extension AnyFlag {
  /// A flag with a text.
  public static func text(
    _ name: String, short: Character? = nil, default standard: String = "", hidden: Bool = false, _ help: String
  ) -> AnyFlag { Flag(name, short: short, default: standard, hidden: hidden, help).any }

  /// A flag that is there or not.
  public static func toggle(
    _ name: String, short: Character? = nil, default standard: Bool = false, hidden: Bool = false, _ help: String
  ) -> AnyFlag { Flag(name, short: short, default: standard, hidden: hidden, help).any }
}

/// A type that a flag can have.
public protocol FlagValue: Sendable {
  /// The word for the value in help; empty for a switch.
  static var typeName: String { get }
  /// The default as help shows it; nil when it is the type's zero.
  var standardText: String? { get }
  /// The value of one occurrence; `before` is that of the earlier ones.
  static func parse(_ text: String, after before: Self?) throws(FlagSyntaxError) -> Self
}

/// Why a flag's text is no value, as Go's parsers say it.
public struct FlagSyntaxError: Error, Hashable, Sendable {
  public let reason: String

  public init(_ reason: String) { self.reason = reason }
}

extension String: FlagValue {
  public static var typeName: String { "string" }
  public var standardText: String? { isEmpty ? nil : "\"\(self)\"" }
  public static func parse(_ text: String, after before: String?) throws(FlagSyntaxError) -> String { text }
}

extension Bool: FlagValue {
  public static var typeName: String { "" }
  public var standardText: String? { self ? "true" : nil }

  public static func parse(_ text: String, after before: Bool?) throws(FlagSyntaxError) -> Bool {
    switch text {
    case "1", "t", "T", "true", "TRUE", "True": true
    case "0", "f", "F", "false", "FALSE", "False": false
    default: throw FlagSyntaxError("strconv.ParseBool: parsing \"\(text)\": invalid syntax")
    }
  }
}

extension FlagValue where Self: FixedWidthInteger {
  public static var typeName: String { (isSigned ? "int" : "uint") + (bitWidth < 64 ? "\(bitWidth)" : "") }
  public var standardText: String? { self == 0 ? nil : "\(self)" }

  public static func parse(_ text: String, after before: Self?) throws(FlagSyntaxError) -> Self {
    let function = isSigned ? "strconv.ParseInt" : "strconv.ParseUint"
    if let value = integer(text) { return value }
    let isNumber =
      !text.isEmpty && text.drop { $0 == "-" || $0 == "+" }.allSatisfy { ("0"..."9").contains($0) } && text.contains { $0.isNumber }
    let reason = isNumber && (isSigned || !text.hasPrefix("-")) ? "value out of range" : "invalid syntax"
    throw FlagSyntaxError("\(function): parsing \"\(text)\": \(reason)")
  }

  private static func integer(_ text: String) -> Self? {
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where text.hasPrefix(prefix) { return Self(text.dropFirst(2), radix: radix) }
    return Self(text)
  }
}

extension Int: FlagValue {}
extension Int64: FlagValue {}
extension UInt8: FlagValue {}
extension UInt16: FlagValue {}
extension UInt32: FlagValue {}
extension UInt64: FlagValue {}

extension Double: FlagValue {
  public static var typeName: String { "float" }
  public var standardText: String? { self == 0 ? nil : self == rounded() && magnitude < 1e15 ? "\(Int64(self))" : "\(self)" }

  public static func parse(_ text: String, after before: Double?) throws(FlagSyntaxError) -> Double {
    guard let value = Double(text) else { throw FlagSyntaxError("strconv.ParseFloat: parsing \"\(text)\": invalid syntax") }
    return value
  }
}

extension [String]: FlagValue {
  public static var typeName: String { "strings" }
  public var standardText: String? { isEmpty ? nil : "[\(joined(separator: ","))]" }

  /// Commas separate entries, and a repeated flag adds to the list.
  public static func parse(_ text: String, after before: [String]?) throws(FlagSyntaxError) -> [String] {
    (before ?? []) + (text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false).map(String.init))
  }
}

extension Duration: FlagValue {
  public static var typeName: String { "duration" }
  public var standardText: String? { self == .zero ? nil : goText }

  /// As Go prints it: `1m30s`, `250ms`.
  var goText: String {
    let (seconds, attoseconds) = components
    let nanoseconds = seconds.magnitude * 1_000_000_000 + UInt64(attoseconds.magnitude / 1_000_000_000)  // durations of flags are short
    let sign = seconds < 0 || attoseconds < 0 ? "-" : ""
    func decimal(_ whole: UInt64, _ part: UInt64, _ digits: Int) -> String {
      if part == 0 { return "\(whole)" }
      var text = "\(part)"
      text = String(repeating: "0", count: digits - text.count) + text
      while text.hasSuffix("0") { text.removeLast() }
      return "\(whole).\(text)"
    }
    switch nanoseconds {
    case 0: return "0s"
    case ..<1000: return "\(sign)\(nanoseconds)ns"
    case ..<1_000_000: return "\(sign)\(decimal(nanoseconds / 1000, nanoseconds % 1000, 3))µs"
    case ..<1_000_000_000: return "\(sign)\(decimal(nanoseconds / 1_000_000, nanoseconds % 1_000_000, 6))ms"
    default:
      let whole = nanoseconds / 1_000_000_000
      let rest = decimal(whole % 60, nanoseconds % 1_000_000_000, 9)
      return sign + (whole >= 3600 ? "\(whole / 3600)h" : "") + (whole >= 60 ? "\(whole / 60 % 60)m" : "") + "\(rest)s"
    }
  }

  public static func parse(_ text: String, after before: Duration?) throws(FlagSyntaxError) -> Duration {
    let units: [String: Double] = ["ns": 1, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9]
    var rest = Substring(text)
    var total = 0.0
    if rest == "0" { return .zero }
    if rest.isEmpty { throw FlagSyntaxError("time: invalid duration \"\(text)\"") }
    while !rest.isEmpty {
      let number = rest.prefix { $0 == "." || ("0"..."9").contains($0) }
      rest = rest.dropFirst(number.count)
      let unit = rest.prefix { $0 != "." && !("0"..."9").contains($0) }
      rest = rest.dropFirst(unit.count)
      guard let value = Double(number) else { throw FlagSyntaxError("time: invalid duration \"\(text)\"") }
      guard let scale = units[String(unit)] else {
        throw FlagSyntaxError(
          unit.isEmpty ? "time: missing unit in duration \"\(text)\"" : "time: unknown unit \"\(unit)\" in duration \"\(text)\"")
      }
      total += value * scale
    }
    guard total < 9.2e18 else { throw FlagSyntaxError("time: invalid duration \"\(text)\"") }
    return .nanoseconds(Int64(total.rounded()))
  }
}
