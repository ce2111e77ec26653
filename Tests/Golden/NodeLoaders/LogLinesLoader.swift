internal import Foundation
internal import GoldenSupport
internal import JSONText
internal import Telemetry

/// `cli/logs/*.jsonl`: lines of the reference's nodes. Each is taken apart into its fields and printed again by our formats.
enum LogLinesLoader: GoldenLoader {
  static let patterns = ["cli/logs/*.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (number, value) in try file.lines() {
      guard let line = value["line"]?.string else {
        // The last entry of some files: exit code and terminal text of the node.
        report.skip("not a line of the log")
        continue
      }
      let isJSON = line.hasPrefix("{")
      guard isJSON || line.hasPrefix("level=") || line.hasPrefix("module=") else {
        report.skip("text that is no event")
        continue
      }
      report.check("line \(number)") {
        let fields = isJSON ? try members(JSONValue(parsing: Array(line.utf8))) : try pairs(line)
        try expectEqual((isJSON ? LogFormat.json : .logfmt).line(fields), line, "line")
      }
    }
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
