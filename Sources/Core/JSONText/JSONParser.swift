/// Reads one JSON text (RFC 8259) with Go's leniency: invalid UTF-8 and lone surrogates become U+FFFD, duplicate keys are kept.
public struct JSONParser {
  /// Bounds on what is read.
  public struct Limits: Sendable {
    /// Bytes of text.
    public var size = 1 << 30
    /// Levels of arrays and objects.
    public var depth = 512
    public init() {}
    public init(size: Int, depth: Int = 512) { (self.size, self.depth) = (size, depth) }
  }

  private let text: [UInt8]
  private let limits: Limits
  private var offset = 0

  private init(_ text: [UInt8], _ limits: Limits) { (self.text, self.limits) = (text, limits) }

  /// The value of a text; anything but white space after it is an error.
  public static func parse(_ text: [UInt8], limits: Limits = Limits()) throws(JSONError) -> JSONValue {
    guard text.count <= limits.size else { throw JSONError("text of \(text.count) bytes is too large") }
    var parser = JSONParser(text, limits)
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.offset == text.count else { throw parser.error("unexpected character after the value") }
    return value
  }

  /// Reads one value that is the whole text but for white space.
  public static func parse(_ text: String, limits: Limits = Limits()) throws(JSONError) -> JSONValue {
    try parse([UInt8](text.utf8), limits: limits)
  }

  private func error(_ reason: String) -> JSONError {
    let before = text[..<min(offset, text.count)]
    let line = before.count { $0 == 0x0a } + 1
    let column = offset - (before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0) + 1
    return JSONError(offset >= text.count ? "unexpected end of input" : reason, line: line, column: column)
  }

  private var current: UInt8? { offset < text.count ? text[offset] : nil }

  private mutating func skipSpace() {
    while offset < text.count {
      switch text[offset] {
      case 0x20, 0x09, 0x0a, 0x0d: offset += 1
      default: return
      }
    }
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    skipSpace()
    switch current {
    case UInt8(ascii: "{"): return try object(depth: depth + 1)
    case UInt8(ascii: "["): return try array(depth: depth + 1)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"): return .number(try number())
    case let digit? where digit >= 0x30 && digit <= 0x39: return .number(try number())
    default: throw error("unexpected character")
    }
  }

  private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    for index in 0..<word.utf8CodeUnitCount {
      guard current == word.utf8Start[index] else { throw error("unexpected character in a word") }
      offset += 1
    }
    return value
  }

  private mutating func number() throws(JSONError) -> String {
    let start = offset
    if current == UInt8(ascii: "-") { offset += 1 }
    if current == UInt8(ascii: "0") { offset += 1 } else { try digits() }
    if current == UInt8(ascii: ".") {
      offset += 1
      try digits()
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      offset += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { offset += 1 }
      try digits()
    }
    return String(decoding: text[start..<offset], as: UTF8.self)
  }

  private mutating func digits() throws(JSONError) {
    let start = offset
    while let digit = current, digit >= 0x30, digit <= 0x39 { offset += 1 }
    guard offset > start else { throw error("expected a digit") }
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
    guard depth <= limits.depth else { throw error("nested deeper than \(limits.depth) levels") }
    offset += 1
    skipSpace()
    var elements: [JSONValue] = []
    if current == UInt8(ascii: "]") {
      offset += 1
      return .array(elements)
    }
    while true {
      elements.append(try value(depth: depth))
      skipSpace()
      guard try separator(end: UInt8(ascii: "]")) else { return .array(elements) }
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
    guard depth <= limits.depth else { throw error("nested deeper than \(limits.depth) levels") }
    offset += 1
    skipSpace()
    var members: [JSONMember] = []
    if current == UInt8(ascii: "}") {
      offset += 1
      return .object(members)
    }
    while true {
      skipSpace()
      guard current == UInt8(ascii: "\"") else { throw error("expected a key") }
      let key = try string()
      skipSpace()
      guard current == UInt8(ascii: ":") else { throw error("expected a colon") }
      offset += 1
      members.append(JSONMember(key: key, value: try value(depth: depth)))
      skipSpace()
      guard try separator(end: UInt8(ascii: "}")) else { return .object(members) }
    }
  }

  /// Whether another element follows.
  private mutating func separator(end: UInt8) throws(JSONError) -> Bool {
    guard let character = current, character == end || character == UInt8(ascii: ",") else {
      throw error("expected a comma or the end")
    }
    offset += 1
    return character != end
  }

  private mutating func string() throws(JSONError) -> String {
    offset += 1
    let start = offset
    while let byte = current, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { offset += 1 }
    if current == UInt8(ascii: "\"") {  // the usual case: nothing escaped
      defer { offset += 1 }
      return String(decoding: text[start..<offset], as: UTF8.self).replacingInvalid(text[start..<offset])
    }
    var bytes = [UInt8](text[start..<offset])
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        offset += 1
        return String(decoding: bytes, as: UTF8.self).replacingInvalid(bytes[...])
      case UInt8(ascii: "\\"):
        offset += 1
        try escape(into: &bytes)
      case 0..<0x20: throw error("control character in a string")
      default:
        bytes.append(byte)
        offset += 1
      }
    }
    throw error("unexpected end of input")
  }

  private mutating func escape(into bytes: inout [UInt8]) throws(JSONError) {
    guard let kind = current else { throw error("unexpected end of input") }
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(kind)
    case UInt8(ascii: "b"): bytes.append(0x08)
    case UInt8(ascii: "f"): bytes.append(0x0c)
    case UInt8(ascii: "n"): bytes.append(0x0a)
    case UInt8(ascii: "r"): bytes.append(0x0d)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "u"):
      offset += 1
      var unit = try hexUnit()
      if unit & 0xfc00 == 0xd800 {
        let afterFirst = offset
        if current == UInt8(ascii: "\\"), offset + 1 < text.count, text[offset + 1] == UInt8(ascii: "u") {
          offset += 2
          let low = try hexUnit()
          if low & 0xfc00 == 0xdc00 { unit = 0x10000 + (unit & 0x3ff) << 10 + (low & 0x3ff) } else { offset = afterFirst }
        }
      }
      bytes.append(contentsOf: String(Unicode.Scalar(unit) ?? "\u{FFFD}").utf8)
      return
    default: throw error("unknown escape")
    }
    offset += 1
  }

  private mutating func hexUnit() throws(JSONError) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = current, let value = Character(Unicode.Scalar(digit)).hexDigitValue else { throw error("expected a hex digit") }
      unit = unit << 4 | UInt32(value)
      offset += 1
    }
    return unit
  }
}

extension String {
  /// Go replaces each byte of a broken sequence by one U+FFFD, Swift each maximal part of one; the repaired text enters hashes.
  fileprivate func replacingInvalid(_ bytes: ArraySlice<UInt8>) -> String {
    if utf8.count == bytes.count { return self }
    var text = ""
    var rest = bytes
    while let first = rest.first {
      let length =
        switch first {
        case 0..<0x80: 1
        case 0xc2...0xdf: 2
        case 0xe0...0xef: 3
        case 0xf0...0xf4: 4
        default: 0
        }
      if length > 0, rest.count >= length, let part = String(validating: rest.prefix(length), as: UTF8.self) {
        text += part
        rest = rest.dropFirst(length)
      } else {
        text += "\u{FFFD}"
        rest = rest.dropFirst()
      }
    }
    return text
  }
}

extension JSONValue {
  /// The value of a JSON text.
  public init(parsing text: [UInt8], limits: JSONParser.Limits = .init()) throws(JSONError) {
    self = try JSONParser.parse(text, limits: limits)
  }
  public init(parsing text: String, limits: JSONParser.Limits = .init()) throws(JSONError) {
    self = try JSONParser.parse(text, limits: limits)
  }
}
