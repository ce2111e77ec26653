public import CBOR
public import JSONText

/// A value that travels: in CBOR between nodes and into hashes, in JSON to and from people.
///
/// Structs conform through ``WireMap`` or ``WireArray`` and list their fields; the rest (amounts, keys, versioned descriptors) is written by hand.
/// Rules: sheet 01 §1.2 to §1.5 and §14.2.
public protocol WireValue: Sendable {
  /// The zero value: what a missing or null item stands for.
  init()

  func encode(to writer: inout CBORWriter)
  init(from reader: inout CBORReader) throws(CBORError)
  /// Whether an omittable field with this value is left out of CBOR.
  var isEmpty: Bool { get }

  /// Whether there is no value at all: true for nil only.
  var isAbsent: Bool { get }

  func encode(to writer: inout JSONWriter)
  init(json: JSONValue) throws(JSONError)
  /// Reads `json` over the present value: objects and maps merge, null leaves most types as they are.
  mutating func update(json: JSONValue) throws(JSONError)
  /// Whether an omittable field with this value is left out of JSON.
  var isEmptyInJSON: Bool { get }

  /// A value for tests, of any shape the type allows.
  static func random(using random: inout WireRandom) -> Self

  /// Whether the type is a list, map or raw item: its optional form is empty also when present without elements.
  static var isCollection: Bool { get }
  /// Whether a struct without this field is refused by the Rust codec (types without a default there).
  static var isMandatoryForGuest: Bool { get }

  // Lists of some element types have a form of their own (bytes; enums of 8 bits).
  static func encodeList(_ list: [Self], to writer: inout CBORWriter)
  static func decodeList(from reader: inout CBORReader) throws(CBORError) -> [Self]
  static func encodeList(_ list: [Self], to writer: inout JSONWriter)
  static func updateList(_ list: inout [Self], json: JSONValue) throws(JSONError)
}

extension WireValue {
  public var isEmptyInJSON: Bool { isEmpty }
  public var isAbsent: Bool { false }
  public static var isCollection: Bool { false }
  public static var isMandatoryForGuest: Bool { false }
  public mutating func update(json: JSONValue) throws(JSONError) {
    if json.isNull { return }
    self = try Self(json: json)
  }
  public static func random(using random: inout WireRandom) -> Self { Self() }

  public static func encodeList(_ list: [Self], to writer: inout CBORWriter) {
    writer.writeArrayHead(list.count)
    for element in list { element.encode(to: &writer) }
  }

  public static func decodeList(from reader: inout CBORReader) throws(CBORError) -> [Self] {
    if !reader.mode.isStrict, reader.readNull() { return [] }
    var container = try reader.beginArray()
    let count = container.count ?? 0
    try reader.charge(count.multipliedReportingOverflow(by: MemoryLayout<Self>.stride).partialValue)
    var list: [Self] = []
    list.reserveCapacity(count)
    while try reader.next(&container) {
      do throws(CBORError) { list.append(try Self(from: &reader)) } catch { throw error.inside("[\(list.count)]") }
    }
    return list
  }

  public static func encodeList(_ list: [Self], to writer: inout JSONWriter) {
    writer.beginArray()
    for element in list { element.encode(to: &writer) }
    writer.endArray()
  }

  public static func updateList(_ list: inout [Self], json: JSONValue) throws(JSONError) {
    guard case .array(let elements) = json else { throw .mismatch("array", json) }
    // A list that a second key of the same name reads again keeps what its elements had, as in Go.
    list.removeLast(max(list.count - elements.count, 0))
    for (index, element) in elements.enumerated() {
      if index == list.count { list.append(Self()) }
      do throws(JSONError) { try list[index].update(json: element) } catch { throw error.inside("[\(index)]") }
    }
  }
}

// MARK: Encoding and decoding

extension WireValue {
  /// The canonical encoding.
  public func cbor() -> [UInt8] {
    var writer = CBORWriter(capacity: 128)
    encode(to: &writer)
    return writer.bytes
  }

  /// The value of the first item in `bytes`; bytes after it are ignored unless the mode is strict.
  public static func decode(cbor bytes: [UInt8], mode: DecodingMode = .untrusted) throws(CBORError) -> Self {
    var reader = try CBORReader(bytes, mode: mode)
    if mode.isStrict, !acceptsNullFromGuest, !isMandatoryForGuest, reader.readNull() { return Self() }
    return try Self(from: &reader)
  }

  /// The same, where an absent input (Go's nil) is the zero value.
  public static func decode(cborOrAbsent bytes: [UInt8]?, mode: DecodingMode = .untrusted) throws(CBORError) -> Self {
    guard let bytes else { return Self() }
    return try decode(cbor: bytes, mode: mode)
  }

  /// The encoding as a raw item.
  public func raw() -> RawCBOR { RawCBOR(cbor()) }

  /// JSON text as Go prints it: compact, or indented by `indent` a level. A value that JSON cannot express prints as null.
  public func jsonText(indent: String? = nil) -> String {
    var writer = JSONWriter(indent: indent)
    encode(to: &writer)
    return writer.text
  }

  /// JSON text, or the error that the reference would report for a value that JSON cannot express.
  public func checkedJSONText(indent: String? = nil) throws(JSONError) -> String {
    var writer = JSONWriter(indent: indent)
    encode(to: &writer)
    if let failure = writer.failure { throw failure }
    return writer.text
  }

  /// The value as a JSON tree.
  public func json() -> JSONValue { (try? JSONParser.parse(jsonText())) ?? .null }

  /// The value of a JSON text.
  public static func decode(json text: String, limits: JSONParser.Limits = .init()) throws(JSONError) -> Self {
    try decode(json: [UInt8](text.utf8), limits: limits)
  }
  public static func decode(json text: [UInt8], limits: JSONParser.Limits = .init()) throws(JSONError) -> Self {
    try decode(json: try JSONParser.parse(text, limits: limits))
  }
  /// Reads a value from a parsed text, from the zero value on.
  public static func decode(json value: JSONValue) throws(JSONError) -> Self {
    var decoded = Self()
    try decoded.update(json: value)
    return decoded
  }
}

/// A value that can be the key of a map: any form in CBOR, a text in JSON.
public protocol WireKey: WireValue, Hashable {
  var jsonKey: String { get }
  init(jsonKey: String) throws(JSONError)
}

extension FrameAssembler {
  /// The next message as a value; nil until it is whole. A message that is not exactly one item is malformed.
  public mutating func next<Value: WireValue>(
    _ type: Value.Type = Value.self, mode: DecodingMode = .rpc
  ) throws(FrameError) -> Value? {
    guard let message = try next() else { return nil }
    do throws(CBORError) {
      var reader = try CBORReader(message, mode: mode)
      let value = try Value(from: &reader)
      guard reader.offset == message.count else { throw CBORError(.trailingBytes, offset: reader.offset) }
      return value
    } catch { throw .malformed(error) }
  }
}
