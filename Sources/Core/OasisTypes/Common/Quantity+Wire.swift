public import CBOR
public import JSONText
public import Wire

/// A byte string, big-endian and minimal, in CBOR; a decimal text in JSON.
extension Quantity: WireValue {
  public var isEmpty: Bool { isZero }
  public var isEmptyInJSON: Bool { false }

  public func encode(to writer: inout CBORWriter) { withBigEndianBytes { writer.write(byteString: $0) } }

  /// Leading zeros are accepted, and so is a map without a meaning. (Sheet 01 §1.5 item 14.)
  public init(from reader: inout CBORReader) throws(CBORError) {
    switch reader.kind {
    case .byteString: self = try reader.withByteString { Quantity(bigEndianBytes: $0) }
    case .map where !reader.mode.isStrict:
      try reader.readEmptyStruct()
      self.init()
    default:
      guard !reader.mode.isStrict, reader.readNull() else { throw reader.mismatch("byte string") }
      self.init()
    }
  }

  public func encode(to writer: inout JSONWriter) { writer.write(string: description) }

  public init(json: JSONValue) throws(JSONError) {
    guard case .string(let text) = json else { throw .mismatch("text with a number", json) }
    guard let value = Quantity(text: text) else { throw JSONError("invalid quantity \(text)") }
    self = value
  }

  public static func random(using random: inout WireRandom) -> Quantity {
    Quantity(bigEndianBytes: random.bytes(Int(random.next() % 20)))
  }
}
