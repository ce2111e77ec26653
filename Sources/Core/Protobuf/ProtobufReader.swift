/// Reads protobuf values from bytes; nested messages narrow the range, nothing is copied but byte strings.
public struct ProtobufReader: Sendable {
  private let bytes: [UInt8]
  /// Offset of the next byte.
  public private(set) var offset: Int
  private var end: Int

  public init(_ bytes: [UInt8]) { (self.bytes, offset, end) = (bytes, 0, bytes.count) }

  /// Whether all bytes of this message are read.
  public var isAtEnd: Bool { offset >= end }

  /// The bytes that are left in the current message.
  public var remaining: Int { end - offset }

  func error(_ reason: ProtobufError.Reason) -> ProtobufError { ProtobufError(reason, offset: offset) }

  /// Reads an unsigned LEB128 number of at most ten bytes; bits above 64 are lost.
  public mutating func varint() throws(ProtobufError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while shift < 64 {
      guard offset < end else { throw error(.truncated) }
      let byte = bytes[offset]
      offset += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw error(.integerOverflow)
  }

  /// Reads eight bytes, least significant first.
  public mutating func fixed64() throws(ProtobufError) -> UInt64 {
    guard remaining >= 8 else { throw error(.truncated) }
    var value: UInt64 = 0
    for index in 0..<8 { value |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
    offset += 8
    return value
  }

  /// Reads a length and gives the range of that many bytes.
  private mutating func block() throws(ProtobufError) -> Range<Int> {
    let length = try varint()
    guard length <= UInt64(Int64.max) else { throw error(.negativeLength) }
    guard length <= UInt64(remaining) else { throw error(.truncated) }
    let start = offset
    offset += Int(length)  // fits: at most what is left
    return start..<offset
  }

  /// Reads a length-delimited byte string.
  public mutating func byteString() throws(ProtobufError) -> [UInt8] {
    let range = try block()
    return [UInt8](bytes[range])
  }

  /// Lets `body` read a length-delimited part; what it leaves unread is skipped.
  public mutating func delimited(_ body: (inout ProtobufReader) throws(ProtobufError) -> Void) throws(ProtobufError) {
    let range = try block()
    let outer = end
    (offset, end) = (range.lowerBound, range.upperBound)
    try body(&self)
    (offset, end) = (range.upperBound, outer)
  }

  /// Reads a tag: field number (1 … 2^31 − 1) and raw wire type.
  public mutating func tag() throws(ProtobufError) -> (number: Int, type: UInt8) {
    let value = try varint()
    let number = Int32(truncatingIfNeeded: value >> 3)
    let type = UInt8(truncatingIfNeeded: value & 7)
    guard type != ProtobufWireType.endGroup.rawValue else { throw error(.unexpectedEndGroup) }
    guard number > 0 else { throw error(.illegalTag) }
    return (Int(number), type)
  }

  /// Skips the value of an unknown field, groups included.
  public mutating func skip(_ type: UInt8) throws(ProtobufError) {
    var type = type
    var depth = 0
    while true {
      switch ProtobufWireType(rawValue: type) {
      case .varint: _ = try varint()
      case .fixed64: try advance(8)
      case .bytes: _ = try block()
      case .startGroup: depth += 1
      case .endGroup:
        guard depth > 0 else { throw error(.unexpectedEndGroup) }
        depth -= 1
      case .fixed32: try advance(4)
      case nil: throw error(.wireType(type))
      }
      if depth == 0 { return }
      type = UInt8(truncatingIfNeeded: try varint() & 7)
    }
  }

  private mutating func advance(_ count: Int) throws(ProtobufError) {
    guard remaining >= count else { throw error(.truncated) }
    offset += count
  }
}
