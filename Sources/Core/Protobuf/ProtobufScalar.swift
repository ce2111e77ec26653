/// A value that takes one field without being a message. Its zero is left out of the encoding.
public protocol ProtobufScalar: Sendable {
  static var wireType: ProtobufWireType { get }
  /// The value of an absent field.
  init()
  /// True for the value that is left out.
  var isProtobufDefault: Bool { get }
  func write(to writer: inout ProtobufWriter)
  init(from reader: inout ProtobufReader) throws(ProtobufError)
  /// The value for messages to people and for tests.
  var protobufValue: ProtobufValue { get }
}

extension ProtobufScalar where Self: FixedWidthInteger {
  public static var wireType: ProtobufWireType { .varint }
  public var isProtobufDefault: Bool { self == 0 }
  /// Signed numbers are written sign-extended to 64 bits: a negative one takes ten bytes.
  public func write(to writer: inout ProtobufWriter) { writer.varint(UInt64(truncatingIfNeeded: Int64(truncatingIfNeeded: self))) }
  /// Bits that the type has no room for are lost.
  public init(from reader: inout ProtobufReader) throws(ProtobufError) { self = Self(truncatingIfNeeded: try reader.varint()) }
  public var protobufValue: ProtobufValue { .number(String(self)) }
}

extension Int64: ProtobufScalar {}
extension UInt64: ProtobufScalar {}
extension Int32: ProtobufScalar {}
extension UInt32: ProtobufScalar {
  public func write(to writer: inout ProtobufWriter) { writer.varint(UInt64(self)) }
}

extension Bool: ProtobufScalar {
  public static var wireType: ProtobufWireType { .varint }
  public var isProtobufDefault: Bool { !self }
  public func write(to writer: inout ProtobufWriter) { writer.varint(self ? 1 : 0) }
  public init(from reader: inout ProtobufReader) throws(ProtobufError) { self = try reader.varint() != 0 }
  public var protobufValue: ProtobufValue { .bool(self) }
}

extension String: ProtobufScalar {
  public static var wireType: ProtobufWireType { .bytes }
  public var isProtobufDefault: Bool { isEmpty }
  public func write(to writer: inout ProtobufWriter) {
    writer.varint(UInt64(utf8.count))
    writer.raw([UInt8](utf8))
  }
  /// Text that is not UTF-8 is repaired, not refused: the reference does not look.
  public init(from reader: inout ProtobufReader) throws(ProtobufError) { self = String(decoding: try reader.byteString(), as: UTF8.self) }
  public var protobufValue: ProtobufValue { .string(self) }
}

extension [UInt8]: ProtobufScalar {
  public static var wireType: ProtobufWireType { .bytes }
  public var isProtobufDefault: Bool { isEmpty }
  public func write(to writer: inout ProtobufWriter) {
    writer.varint(UInt64(count))
    writer.raw(self)
  }
  public init(from reader: inout ProtobufReader) throws(ProtobufError) { self = try reader.byteString() }
  public var protobufValue: ProtobufValue { .bytes(self) }
}

/// An enumeration of 32-bit numbers. Numbers without a name survive decoding and encoding.
public protocol ProtobufEnum: ProtobufScalar, RawRepresentable, Hashable where RawValue == Int32 {
  init(rawValue: Int32)
}

extension ProtobufEnum {
  public static var wireType: ProtobufWireType { .varint }
  public init() { self.init(rawValue: 0) }
  public var isProtobufDefault: Bool { rawValue == 0 }
  public func write(to writer: inout ProtobufWriter) { rawValue.write(to: &writer) }
  public init(from reader: inout ProtobufReader) throws(ProtobufError) { self.init(rawValue: try Int32(from: &reader)) }
  public var protobufValue: ProtobufValue { rawValue.protobufValue }
}
