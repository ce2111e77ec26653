/// How a field's value is laid out on the wire.
public enum ProtobufWireType: UInt8, Sendable {
  case varint = 0, fixed64 = 1, bytes = 2, startGroup = 3, endGroup = 4, fixed32 = 5
}

/// Appends protobuf values to a growing array.
public struct ProtobufWriter: Sendable {
  /// What was written so far.
  public private(set) var bytes: [UInt8] = []

  public init() {}

  /// Writes an unsigned LEB128 number.
  @inlinable public mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }

  @usableFromInline mutating func append(_ byte: UInt8) { bytes.append(byte) }

  /// Appends bytes as they are.
  public mutating func raw(_ value: [UInt8]) { bytes += value }

  /// Appends bytes as they are.
  public mutating func raw(_ value: ArraySlice<UInt8>) { bytes += value }

  /// Writes a field's tag.
  public mutating func tag(_ number: Int, _ type: ProtobufWireType) {
    varint(UInt64(truncatingIfNeeded: number) << 3 | UInt64(type.rawValue))
  }

  /// Writes eight bytes, least significant first.
  public mutating func fixed64(_ value: UInt64) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
  }

  /// Writes what `body` writes, with its length in front.
  public mutating func delimited(_ body: (inout ProtobufWriter) -> Void) {
    let start = bytes.count
    bytes.append(0)
    body(&self)
    let length = UInt64(bytes.count - start - 1)
    if length < 0x80 {
      bytes[start] = UInt8(length)
      return
    }
    var prefix = ProtobufWriter()
    prefix.varint(length)
    bytes.replaceSubrange(start...start, with: prefix.bytes)
  }
}
