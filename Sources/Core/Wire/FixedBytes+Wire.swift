public import Bytes
public import CBOR
public import JSONText

/// Fixed bytes that travel: a byte string of exact length in CBOR, a text in JSON, base64 unless the type says otherwise.
///
/// Conform with `extension Hash: WireBytes {}` and, for another text form, declare `wireText` and `init(wireText:)`.
public protocol WireBytes: WireKey, FixedByteValue {
  /// The text in JSON, and as a key of a JSON map.
  var wireText: String { get }
  init(wireText: String) throws(JSONError)
}

extension WireBytes {
  public var isEmpty: Bool { false }
  public var wireText: String { base64 }
  public init(wireText: String) throws(JSONError) {
    guard let bytes = [UInt8](base64: wireText) else { throw JSONError("not valid base64") }
    guard let value = Self(bytes) else { throw JSONError("\(Self.self) needs \(Self.byteCount) bytes, found \(bytes.count)") }
    self = value
  }

  // Inlinable, so that each type gets its own code without generic calls.
  @inlinable public func encode(to writer: inout CBORWriter) { withUnsafeBytes { writer.write(byteString: $0) } }
  @inlinable public init(from reader: inout CBORReader) throws(CBORError) { self = try reader.readFixed(Self.self) }
  public func encode(to writer: inout JSONWriter) { writer.write(string: wireText) }
  public init(json: JSONValue) throws(JSONError) {
    guard case .string(let text) = json else { throw .mismatch("text", json) }
    try self.init(wireText: text)
  }
  public var jsonKey: String { wireText }
  public init(jsonKey: String) throws(JSONError) { try self.init(wireText: jsonKey) }
  public static func random(using random: inout WireRandom) -> Self { Self(random.bytes(byteCount)) ?? Self() }
}

extension FixedBytes: WireBytes {}

/// A fixed array of bytes without a type of its own (48-byte TDX measurements): in CBOR a byte string that is padded or cut to length,
/// in JSON an array of numbers (sheet 01 §1.5 item 8, §14.2).
public struct PlainBytes<let count: Int>: FixedByteWrapper, WireKey {
  public var storage = FixedBytes<count>()
  public init() {}

  public var isEmpty: Bool { false }
  public func encode(to writer: inout CBORWriter) { withUnsafeBytes { writer.write(byteString: $0) } }
  public init(from reader: inout CBORReader) throws(CBORError) { self = try reader.readFixed(Self.self, exact: false) }
  public func encode(to writer: inout JSONWriter) {
    writer.beginArray()
    for byte in bytes { writer.write(integer: byte) }
    writer.endArray()
  }
  public init(json: JSONValue) throws(JSONError) {
    self.init()
    try update(json: json)
  }
  public mutating func update(json: JSONValue) throws(JSONError) {
    if json.isNull { return }
    guard case .array(let elements) = json else { throw .mismatch("array of numbers", json) }
    var bytes = bytes
    for index in bytes.indices {
      if index < elements.count { try bytes[index].update(json: elements[index]) } else { bytes[index] = 0 }
    }
    if let value = Self(bytes) { self = value }
  }
  public var jsonKey: String { hex }
  public init(jsonKey: String) throws(JSONError) { throw JSONError("plain bytes cannot be a key in JSON") }
  public static func random(using random: inout WireRandom) -> Self { Self(random.bytes(count)) ?? Self() }
}
