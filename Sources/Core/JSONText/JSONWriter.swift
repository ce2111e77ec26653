/// Writes JSON as Go's `encoding/json` does: compact or indented, `<`, `>`, `&`, U+2028 and U+2029 escaped (sheet 01 §14.6).
public struct JSONWriter {
  private var bytes: [UInt8] = []
  private let indent: [UInt8]?
  /// For each open container, whether it has no element yet.
  private var isFirst: [Bool] = []
  private var afterKey = false
  /// The first value that JSON cannot express (an enum number without a word), if any: the reference refuses to write such a value.
  public private(set) var failure: JSONError?

  /// - Parameter indent: the text of one level, such as two spaces; nil for compact text.
  public init(indent: String? = nil) { self.indent = indent.map { [UInt8]($0.utf8) } }

  /// What was written so far.
  public var utf8: [UInt8] { bytes }
  /// What was written so far, as a string.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Notes that a value cannot be expressed, and writes null in its place.
  public mutating func fail(_ reason: String) {
    if failure == nil { failure = JSONError(reason) }
    writeNull()
  }

  private mutating func newLine() {
    guard let indent else { return }
    bytes.append(0x0a)
    for _ in isFirst { bytes.append(contentsOf: indent) }
  }

  private mutating func beginValue() {
    if afterKey {
      afterKey = false
      return
    }
    guard let last = isFirst.indices.last else { return }
    if !isFirst[last] { bytes.append(UInt8(ascii: ",")) }
    isFirst[last] = false
    newLine()
  }

  private mutating func begin(_ bracket: UInt8) {
    beginValue()
    bytes.append(bracket)
    isFirst.append(true)
  }

  private mutating func end(_ bracket: UInt8) {
    let wasEmpty = isFirst.popLast() ?? true
    if !wasEmpty { newLine() }
    bytes.append(bracket)
  }

  /// Begins an object; keys and values follow in turn.
  public mutating func beginObject() { begin(UInt8(ascii: "{")) }
  /// Ends what `beginObject` began.
  public mutating func endObject() { end(UInt8(ascii: "}")) }
  /// Begins an array; its elements follow.
  public mutating func beginArray() { begin(UInt8(ascii: "[")) }
  /// Ends what `beginArray` began.
  public mutating func endArray() { end(UInt8(ascii: "]")) }

  /// The key of the value that follows.
  public mutating func write(key: String) {
    beginValue()
    quote(key)
    bytes.append(UInt8(ascii: ":"))
    if indent != nil { bytes.append(0x20) }
    afterKey = true
  }

  /// Writes null, with the comma that its place needs.
  public mutating func writeNull() { write(verbatim: "null") }
  /// Writes true or false, with the comma that its place needs.
  public mutating func write(bool value: Bool) { write(verbatim: value ? "true" : "false") }
  /// Writes a number, with the comma that its place needs.
  public mutating func write(integer value: some FixedWidthInteger) { write(verbatim: String(value)) }
  /// Writes a text with Go's escapes, HTML's characters among them.
  public mutating func write(string value: String) {
    beginValue()
    quote(value)
  }
  /// Text that is one JSON value already.
  public mutating func write(verbatim text: String) {
    beginValue()
    bytes.append(contentsOf: text.utf8)
  }
  /// ASCII characters that need no escapes, such as base64, in quotes.
  public mutating func write(plainText text: [UInt8]) {
    beginValue()
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: text)
    bytes.append(UInt8(ascii: "\""))
  }

  /// Writes a whole value; objects keep the order of their members.
  public mutating func write(_ value: JSONValue) {
    switch value {
    case .null: writeNull()
    case .bool(let value): write(bool: value)
    case .number(let text): write(verbatim: text)
    case .string(let text): write(string: text)
    case .array(let elements):
      beginArray()
      for element in elements { write(element) }
      endArray()
    case .object(let members):
      beginObject()
      for member in members {
        write(key: member.key)
        write(member.value)
      }
      endObject()
    }
  }

  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { utf8 in
      var start = 0
      var index = 0
      while index < utf8.count {
        let byte = utf8[index]
        if byte == 0xe2, index + 2 < utf8.count, utf8[index + 1] == 0x80, utf8[index + 2] & 0xfe == 0xa8 {
          bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<index]))
          bytes.append(contentsOf: utf8[index + 2] == 0xa8 ? "\\u2028".utf8 : "\\u2029".utf8)
          index += 3
          start = index
          continue
        }
        if let escaped = Self.escapes[Int(byte)] {
          bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<index]))
          bytes.append(contentsOf: escaped)
          start = index + 1
        }
        index += 1
      }
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<utf8.count]))
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static let escapes: [[UInt8]?] = {
    var table = [[UInt8]?](repeating: nil, count: 256)
    let digits = [UInt8]("0123456789abcdef".utf8)
    for byte in 0..<0x20 { table[byte] = [UInt8]("\\u00".utf8) + [digits[byte >> 4], digits[byte & 15]] }
    for byte in [UInt8]("<>&".utf8) { table[Int(byte)] = [UInt8]("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    for (byte, escape) in [(0x22, "\\\""), (0x5c, "\\\\"), (0x0a, "\\n"), (0x0d, "\\r"), (0x09, "\\t"), (0x08, "\\b"), (0x0c, "\\f")] {
      table[byte] = [UInt8](escape.utf8)
    }
    return table
  }()
}

extension JSONValue {
  /// The text of the value; indented by `indent` per level if given.
  public func text(indent: String? = nil) -> String {
    var writer = JSONWriter(indent: indent)
    writer.write(self)
    return writer.text
  }
}
