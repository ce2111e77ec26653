/// How an event becomes a line. Rule: sheet 09 §6.1; data `cli/logs`.
public enum LogFormat: Sendable, Hashable, CaseIterable {
  case logfmt, json

  /// The format named by the configuration (case does not matter); nil for any other word.
  public init?(word: String) {
    switch word.lowercased() {
    case "logfmt": self = .logfmt
    case "json": self = .json
    default: return nil
    }
  }

  /// The line for `fields` in print order, without the newline.
  public func line(_ fields: [LogValue.Field]) -> String {
    var out = ""
    switch self {
    case .logfmt:
      for field in fields {
        if !out.isEmpty { out += " " }
        out.unicodeScalars.append(contentsOf: field.key.unicodeScalars.filter { !needsQuotes($0) })
        out += "="
        appendLogfmt(field.value, to: &out)
      }
    case .json: appendJSON(.object(sortedByKey(fields)), to: &out)
    }
    return out
  }

  /// Keys in alphabetical order; of a repeated key the last value stays.
  private func sortedByKey(_ fields: [LogValue.Field]) -> [LogValue.Field] {
    var byKey: [String: LogValue] = [:]
    for field in fields { byKey[field.key] = field.value }
    return byKey.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { .init($0.key, $0.value) }
  }

  private func appendLogfmt(_ value: LogValue, to out: inout String) {
    let text = value.description
    if text.unicodeScalars.contains(where: needsQuotes) { appendQuoted(text, json: false, to: &out) } else { out += text }
  }

  private func needsQuotes(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value <= 0x20 || scalar == "=" || scalar == "\"" || scalar == "\u{FFFD}"
  }

  private func appendJSON(_ value: LogValue, to out: inout String) {
    switch value {
    case .null, .bool, .number: out += value.description
    case .text(let text): appendQuoted(text, json: true, to: &out)
    case .bytes(let bytes): out += "\"\(base64(bytes))\""
    case .list(let values):
      out += "["
      for (index, value) in values.enumerated() {
        if index > 0 { out += "," }
        appendJSON(value, to: &out)
      }
      out += "]"
    case .object(let fields):
      out += "{"
      for (index, field) in fields.enumerated() {
        if index > 0 { out += "," }
        appendQuoted(field.key, json: true, to: &out)
        out += ":"
        appendJSON(field.value, to: &out)
      }
      out += "}"
    }
  }

  /// A JSON string as the reference's encoders write it: no HTML escapes; logfmt has no short form for backspace and form feed.
  private func appendQuoted(_ text: String, json: Bool, to out: inout String) {
    out += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case "\u{8}" where json: out += "\\b"
      case "\u{C}" where json: out += "\\f"
      case "\u{FFFD}" where !json: out += "\\ufffd"
      case "\u{2028}": out += "\\u2028"
      case "\u{2029}": out += "\\u2029"
      case _ where scalar.value < 0x20:
        out += scalar.value < 0x10 ? "\\u000" : "\\u00"
        out += String(scalar.value, radix: 16)
      default: out.unicodeScalars.append(scalar)
      }
    }
    out += "\""
  }
}

private func base64(_ bytes: [UInt8]) -> String {
  let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  var out = ""
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let part = bytes[start..<min(start + 3, bytes.count)]
    var word: UInt32 = 0
    for (index, byte) in part.enumerated() { word |= UInt32(byte) << UInt32(16 - 8 * index) }
    for index in 0..<4 { out.append(index <= part.count ? digits[Int(word >> UInt32(18 - 6 * index)) & 63] : "=") }
  }
  return out
}
