internal import JSONText
internal import Telemetry

/// Turns what a runtime prints into log lines of the node (07 E.1). One instance takes the output of one process, stdout and stderr alike.
struct RuntimeLog: Sendable {
  /// A line as it goes to the logs.
  struct Line: Equatable, Sendable {
    var level: LogLevel
    var module: String
    var fields: [LogValue.Field]

    /// The text of a line that was no JSON.
    var plainText: String? {
      guard fields.count == 2, fields[0].key == "ts", case .text(let text) = fields[1].value else { return nil }
      return text
    }
  }

  /// Bytes without a line end that are kept at most.
  static let longestLine = 10_000

  private var buffer: [UInt8] = []
  /// Within a line that was dropped: its rest is dropped too.
  private var isSkipping = false
  private let clock: @Sendable () -> LogTime

  init(clock: @escaping @Sendable () -> LogTime = { .now }) { self.clock = clock }

  /// The lines that end in `bytes`; warnings about what had to be dropped come as lines too.
  mutating func lines(adding bytes: [UInt8]) -> [Line] {
    var lines: [Line] = []
    buffer += bytes
    var start = 0
    while let end = buffer[start...].firstIndex(of: UInt8(ascii: "\n")) {
      if isSkipping { isSkipping = false } else if let line = line(buffer[start..<end], &lines) { lines.append(line) }
      start = end + 1
    }
    buffer.removeFirst(start)
    if isSkipping { buffer = [] }
    if buffer.count > Self.longestLine {
      lines.append(plain("runtime log line of more than \(Self.longestLine) bytes dropped"))
      (buffer, isSkipping) = ([], true)
    }
    return lines
  }

  /// The unfinished line, at the end of the output.
  mutating func finish() -> [Line] { buffer.isEmpty ? [] : lines(adding: [UInt8(ascii: "\n")]) }

  private func plain(_ text: String) -> Line {
    Line(level: .warn, module: "runtime", fields: [.init("ts", .text(clock().description)), .init("msg", .text(text))])
  }

  private func line(_ bytes: ArraySlice<UInt8>, _ warnings: inout [Line]) -> Line? {
    let trimmed = Self.trimmed(bytes)
    guard case .object(let pairs)? = try? JSONParser.parse(Array(trimmed)) else { return plain(String(decoding: trimmed, as: UTF8.self)) }
    var module = "", level = LogLevel.info, message = ""
    var rest: [LogValue.Field] = []
    for member in pairs {
      let value = member.value
      switch member.key {
      case "msg":
        guard case .string(let text) = value else {
          warnings.append(plain("malformed runtime log line: msg is not a string"))
          return nil
        }
        message = text
      case "module":
        if case .string(let text) = value { module = Self.module(text) }
      case "level":
        guard case .string(let text) = value, let known = Self.level(text) else {
          warnings.append(plain("unknown log level in runtime log line"))
          continue
        }
        level = known
      default: rest.append(.init(member.key, LogValue(json: value)))
      }
    }
    return Line(level: level, module: module, fields: [.init("msg", .text(message))] + rest)
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0d).contains($0) }
    guard let first = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) }) else { return [] }
    return bytes[first...last]
  }

  private static func module(_ name: String) -> String {
    name.isEmpty || name == "runtime" ? "runtime" : name.hasPrefix("runtime/") ? name : "runtime/\(name)"
  }

  private static func level(_ word: String) -> LogLevel? {
    switch word {
    case "DEBG": .debug
    case "INFO": .info
    case "WARN": .warn
    case "ERRO": .error
    default: nil
    }
  }
}

extension LogValue {
  /// A JSON value as a log value.
  init(json value: JSONValue) {
    switch value {
    case .null: self = .null
    case .bool(let flag): self = .bool(flag)
    case .number(let text): self = .number(text)
    case .string(let text): self = .text(text)
    case .array(let values): self = .list(values.map { LogValue(json: $0) })
    case .object(let pairs): self = .object(pairs.map { Field($0.key, LogValue(json: $0.value)) })
    }
  }
}
