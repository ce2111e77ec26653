public import CBOR

/// A value of a runtime's local configuration: any YAML, handed to the runtime as CBOR. Rule: sheet 07 A.10.
public enum LocalValue: ConfigurationListItem, Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case unsigned(UInt64)
  case number(Double)
  case text(String)
  case list([LocalValue])
  case map([String: LocalValue])

  static var allowed: String { "any value" }
  static var defaultItem: LocalValue { .null }

  static func read(_ node: YAMLNode, at place: ConfigurationPath, into value: inout Self, _ reader: inout ConfigurationReader) {
    if node.isNull { return value = .null }
    switch node.content {
    case .scalar(let text, let isPlain): value = isPlain ? plain(text) : .text(text)
    case .sequence(let items):
      value = .list(
        items.enumerated().map { index, item in
          var element = LocalValue.null
          read(item, at: place.index(index), into: &element, &reader)
          return element
        })
    case .mapping:
      var map: [String: LocalValue] = [:]
      for pair in reader.pairs(node, at: place) ?? [] {
        var element = LocalValue.null
        read(pair.value, at: place.key(pair.key), into: &element, &reader)
        map[pair.key] = element
      }
      value = .map(map)
    }
  }

  /// What an unquoted scalar stands for where no type is asked for: here the words of YAML 1.1 are text.
  private static func plain(_ text: String) -> LocalValue {
    if ["true", "True", "TRUE"].contains(text) { return .bool(true) }
    if ["false", "False", "FALSE"].contains(text) { return .bool(false) }
    guard let first = text.utf8.first, (0x30...0x39).contains(first) || "+-.".utf8.contains(first) else { return .text(text) }
    let isFloat = text.contains(where: { ".eE".contains($0) }) && !text.hasPrefix("0x")
    if !isFloat, let value = Scalars.integer(text, Int64.self) { return .integer(value) }
    if !isFloat, let value = Scalars.integer(text, UInt64.self) { return .unsigned(value) }
    if text.utf8.contains(where: { (0x30...0x39).contains($0) }), let value = Double(text.filter { $0 != "_" }), value.isFinite {
      return .number(value)
    }
    return .text(text)
  }

  /// Appends the value in canonical CBOR.
  public func encode(to writer: inout CBORWriter) {
    switch self {
    case .null: writer.writeNull()
    case .bool(let value): writer.write(bool: value)
    case .integer(let value): writer.write(signed: value)
    case .unsigned(let value): writer.write(unsigned: value)
    case .number(let value): writer.write(double: value)
    case .text(let value): writer.write(text: value)
    case .list(let values):
      writer.writeArrayHead(values.count)
      for value in values { value.encode(to: &writer) }
    case .map(let values):
      writer.write(
        map: values.map { key, value in
          var (keyWriter, valueWriter) = (CBORWriter(), CBORWriter())
          keyWriter.write(text: key)
          value.encode(to: &valueWriter)
          return (keyWriter.bytes, valueWriter.bytes)
        })
    }
  }
}
