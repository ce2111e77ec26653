internal import Bytes
public import CBOR
public import JSONText

extension Bool: WireKey {
  public var isEmpty: Bool { !self }
  public func encode(to writer: inout CBORWriter) { writer.write(bool: self) }
  public init(from reader: inout CBORReader) throws(CBORError) { self = try reader.readBool() }
  public func encode(to writer: inout JSONWriter) { writer.write(bool: self) }
  public init(json: JSONValue) throws(JSONError) {
    guard case .bool(let value) = json else { throw .mismatch("bool", json) }
    self = value
  }
  public var jsonKey: String { self ? "true" : "false" }
  public init(jsonKey: String) throws(JSONError) {
    guard jsonKey == "true" || jsonKey == "false" else { throw JSONError("bad bool \(jsonKey)") }
    self = jsonKey == "true"
  }
  public static func random(using random: inout WireRandom) -> Bool { random.next() & 1 == 0 }
}

/// An integer that travels.
public protocol WireInteger: WireKey, FixedWidthInteger {}

extension WireInteger {
  public var isEmpty: Bool { self == 0 }
  public init(from reader: inout CBORReader) throws(CBORError) { self = try reader.readInteger() }
  public func encode(to writer: inout JSONWriter) { writer.write(integer: self) }
  public init(json: JSONValue) throws(JSONError) {
    guard case .number(let text) = json else { throw .mismatch("integer", json) }
    guard let value = Self(text) else { throw JSONError("\(text) is not an integer of type \(Self.self)") }
    self = value
  }
  public var jsonKey: String { String(self) }
  public init(jsonKey: String) throws(JSONError) {
    guard let value = Self(jsonKey) else { throw JSONError("\(jsonKey) is not an integer of type \(Self.self)") }
    self = value
  }
  public static func random(using random: inout WireRandom) -> Self { random.integer() }
}

extension WireInteger where Self: UnsignedInteger {
  public func encode(to writer: inout CBORWriter) { writer.write(unsigned: UInt64(self)) }
}
extension WireInteger where Self: SignedInteger {
  public func encode(to writer: inout CBORWriter) { writer.write(signed: Int64(self)) }
}

extension UInt16: WireInteger {}
extension UInt32: WireInteger {}
extension UInt64: WireInteger {}
extension UInt: WireInteger {}
extension Int8: WireInteger {}
extension Int16: WireInteger {}
extension Int32: WireInteger {}
extension Int64: WireInteger {}
extension Int: WireInteger {}

/// A list of bytes is a byte string in CBOR and base64 in JSON.
extension UInt8: WireInteger {
  public static func encodeList(_ list: [UInt8], to writer: inout CBORWriter) { writer.write(byteString: list) }
  public static func decodeList(from reader: inout CBORReader) throws(CBORError) -> [UInt8] { try reader.readBytes() }
  public static func encodeList(_ list: [UInt8], to writer: inout JSONWriter) { writer.write(plainText: list.base64Text()) }
  public static func updateList(_ list: inout [UInt8], json: JSONValue) throws(JSONError) {
    switch json {
    case .string(let text):
      guard let bytes = [UInt8](base64: text) else { throw JSONError("not valid base64") }
      list = bytes
    case .array(let elements):
      list = []
      for element in elements { list.append(element.isNull ? 0 : try UInt8(json: element)) }
    default: throw .mismatch("base64 text", json)
    }
  }
}

extension String: WireKey {
  public func encode(to writer: inout CBORWriter) { writer.write(text: self) }
  public init(from reader: inout CBORReader) throws(CBORError) { self = try reader.readText() }
  public func encode(to writer: inout JSONWriter) { writer.write(string: self) }
  public init(json: JSONValue) throws(JSONError) {
    guard case .string(let text) = json else { throw .mismatch("string", json) }
    self = text
  }
  public var jsonKey: String { self }
  public init(jsonKey: String) throws(JSONError) { self = jsonKey }
  public static func random(using random: inout WireRandom) -> String { random.text() }
}
