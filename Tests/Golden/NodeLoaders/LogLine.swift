internal import Foundation
internal import GoldenSupport
internal import JSONText
internal import Telemetry

/// An event of a log, in either format.
struct LogLine: Hashable {
  var level: String
  var module: String
  var message: String
  /// The event's own fields, as text.
  var fields: [String: String]

  /// Nil for text that is no event.
  init?(_ line: some StringProtocol) {
    guard let values = try? Self.fields(String(line)) else { return nil }
    var texts: [String: String] = [:]
    for field in values { texts[field.key] = field.value.description }
    guard let level = texts["level"], let module = texts["module"] else { return nil }
    (self.level, self.module, message) = (level, module, texts["msg"] ?? "")
    for key in ["level", "module", "msg", "ts", "caller"] { texts[key] = nil }
    fields = texts
  }

  static func isEvent(_ line: some StringProtocol) -> Bool {
    line.hasPrefix("{") || line.hasPrefix("level=") || line.hasPrefix("module=")
  }

  /// The fields of a line in the order of its text.
  static func fields(_ line: String) throws -> [LogValue.Field] {
    line.hasPrefix("{") ? try members(JSONValue(parsing: Array(line.utf8))) : try pairs(line)
  }

  private static func members(_ value: JSONValue) throws -> [LogValue.Field] {
    guard let object = value.object else { throw GoldenError("not an object") }
    return object.reversed().map { LogValue.Field($0.key, convert($0.value)) }
  }

  private static func convert(_ value: JSONValue) -> LogValue {
    switch value {
    case .null: .null
    case .bool(let bool): .bool(bool)
    case .number(let text): .number(text)
    case .string(let text): .text(text)
    case .array(let values): .list(values.map(convert))
    case .object(let members): .object(members.map { LogValue.Field($0.key, convert($0.value)) })
    }
  }

  /// The `key=value` pairs of a logfmt line; quoted values are JSON strings.
  private static func pairs(_ line: String) throws -> [LogValue.Field] {
    var fields: [LogValue.Field] = []
    var rest = Array(line.utf8)[...]
    while !rest.isEmpty {
      let key = rest.prefix { $0 != UInt8(ascii: "=") }
      rest = rest.dropFirst(key.count + 1)
      var value: ArraySlice<UInt8>
      if rest.first == UInt8(ascii: "\"") {
        var end = rest.startIndex + 1
        while end < rest.endIndex, rest[end] != UInt8(ascii: "\"") { end += rest[end] == UInt8(ascii: "\\") ? 2 : 1 }
        guard end < rest.endIndex else { throw GoldenError("a quote is not closed") }
        let text = try JSONValue(parsing: Array(rest[...end])).string ?? ""
        fields.append(LogValue.Field(String(decoding: key, as: UTF8.self), .text(text)))
        rest = rest[(end + 1)...].dropFirst()
        continue
      }
      value = rest.prefix { $0 != UInt8(ascii: " ") }
      rest = rest.dropFirst(value.count + 1)
      fields.append(LogValue.Field(String(decoding: key, as: UTF8.self), .text(String(decoding: value, as: UTF8.self))))
    }
    return fields
  }
}
