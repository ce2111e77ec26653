extension ConfigurationValue {
  /// Reads a scalar with `parse`; null leaves the default.
  static func readScalar(
    _ node: YAMLNode, at place: ConfigurationPath, into value: inout Self, _ reader: inout ConfigurationReader,
    _ parse: (_ text: String, _ isPlain: Bool) -> Self?
  ) {
    if node.isNull { return }
    guard case .scalar(let text, let isPlain) = node.content, let parsed = parse(text, isPlain) else {
      return reader.mismatch(node, place, allowed)
    }
    value = parsed
  }
}

extension String: ConfigurationValue {
  static var allowed: String { "text" }

  /// The source text of any scalar: unquoted numbers keep their spelling.
  static func read(_ node: YAMLNode, at place: ConfigurationPath, into value: inout Self, _ reader: inout ConfigurationReader) {
    readScalar(node, at: place, into: &value, &reader) { text, _ in text }
  }
}

extension Bool: ConfigurationValue {
  static var allowed: String { "true or false" }

  static func read(_ node: YAMLNode, at place: ConfigurationPath, into value: inout Self, _ reader: inout ConfigurationReader) {
    readScalar(node, at: place, into: &value, &reader) { text, isPlain in isPlain ? Scalars.bool(text) : nil }
  }
}

extension ConfigurationValue where Self: FixedWidthInteger {
  static var allowed: String { "an integer from \(min) to \(max)" }

  static func read(_ node: YAMLNode, at place: ConfigurationPath, into value: inout Self, _ reader: inout ConfigurationReader) {
    readScalar(node, at: place, into: &value, &reader) { text, isPlain in isPlain ? Scalars.integer(text) : nil }
  }
}

extension Int: ConfigurationValue {}
extension Int64: ConfigurationValue {}
extension UInt8: ConfigurationValue {}
extension UInt16: ConfigurationValue {}
extension UInt32: ConfigurationValue {}
extension UInt64: ConfigurationValue {}

extension Double: ConfigurationValue {
  static var allowed: String { "a number" }

  static func read(_ node: YAMLNode, at place: ConfigurationPath, into value: inout Self, _ reader: inout ConfigurationReader) {
    readScalar(node, at: place, into: &value, &reader) { text, isPlain in
      isPlain ? Double(text.filter { $0 != "_" }).flatMap { $0.isFinite ? $0 : nil } : nil
    }
  }
}

extension Duration: ConfigurationValue {
  static var allowed: String { "a duration such as 300ms, 1.5s, 2m or 1h30m" }

  static func read(_ node: YAMLNode, at place: ConfigurationPath, into value: inout Self, _ reader: inout ConfigurationReader) {
    readScalar(node, at: place, into: &value, &reader) { text, isPlain in
      isPlain && Scalars.integer(text, Int64.self) != nil ? nil : Scalars.duration(text)
    }
  }
}

/// A number of bytes, written as `256mb`.
public struct ByteSize: ConfigurationValue, Hashable, Sendable {
  public var bytes: UInt64

  public init(_ bytes: UInt64) { self.bytes = bytes }

  static var allowed: String { "a size such as 1048576, 64kb, 256mb or 2gb" }

  static func read(_ node: YAMLNode, at place: ConfigurationPath, into value: inout Self, _ reader: inout ConfigurationReader) {
    let standard = value
    readScalar(node, at: place, into: &value, &reader) { text, _ in
      // The empty text is how a written-out default looks.
      text.isEmpty ? standard : Scalars.size(text).map { ByteSize($0) }
    }
  }
}

extension Array: ConfigurationValue where Element: ConfigurationListItem {
  static var allowed: String { "a list, each entry \(Element.allowed)" }

  /// A list replaces the default list; null empties it.
  static func read(_ node: YAMLNode, at place: ConfigurationPath, into value: inout Self, _ reader: inout ConfigurationReader) {
    if node.isNull { return value = [] }
    guard case .sequence(let items) = node.content else { return reader.mismatch(node, place, allowed) }
    value = items.enumerated().map { index, item in
      var element = Element.defaultItem
      reader.lines["\(place.index(index))"] = item.line
      Element.read(item, at: place.index(index), into: &element, &reader)
      return element
    }
  }
}

/// A type that can be an entry of a list.
protocol ConfigurationListItem: ConfigurationValue, Equatable {
  static var defaultItem: Self { get }
}

extension String: ConfigurationListItem {
  static var defaultItem: String { "" }
}

extension ConfigurationListItem where Self: ConfigurationSection {
  static var defaultItem: Self { Self() }
}

extension Dictionary: ConfigurationValue where Key == String, Value: ConfigurationListItem {
  static var allowed: String { "a mapping, each value \(Value.allowed)" }

  /// Keys are merged into the default mapping; null empties it.
  static func read(_ node: YAMLNode, at place: ConfigurationPath, into value: inout Self, _ reader: inout ConfigurationReader) {
    if node.isNull { return value = [:] }
    guard let pairs = reader.pairs(node, at: place) else { return reader.mismatch(node, place, allowed) }
    for pair in pairs {
      var element = Value.defaultItem
      Value.read(pair.value, at: place.key(pair.key), into: &element, &reader)
      value[pair.key] = element
    }
  }
}
