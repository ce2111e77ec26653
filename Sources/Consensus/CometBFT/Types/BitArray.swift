public import Protobuf

/// A fixed number of bits, in words of 64.
public struct BitArray: ProtobufMessage, Hashable {
  /// Number of bits, as received; `validateBasic` bounds it.
  public private(set) var bits: Int64 = 0
  public private(set) var elements: [UInt64] = []

  public init() {}
  public init(count: Int) {
    bits = Int64(count)
    elements = Array(repeating: 0, count: (count + 63) / 64)
  }

  public static let fields: [ProtobufField<Self>] = [.init(1, "bits", \.bits), .packed(2, "elems", \.elements)]

  /// How many bits there are.
  public var count: Int { Int(bits) }

  /// Bits outside of the array are false and cannot be set.
  public subscript(index: Int) -> Bool {
    get { index >= 0 && index < count && index / 64 < elements.count && elements[index / 64] >> UInt64(index % 64) & 1 == 1 }
    set {
      guard index >= 0, index < count, index / 64 < elements.count else { return }
      let mask = UInt64(1) << UInt64(index % 64)
      if newValue { elements[index / 64] |= mask } else { elements[index / 64] &= ~mask }
    }
  }

  /// Checks that the words fit the number of bits and that there are at most `limit` bits.
  public func validateBasic(limit: Int) throws(ValidationError) {
    guard bits >= 0, bits <= limit else { throw ValidationError("bit array: \(bits) bits, at most \(limit) allowed") }
    guard elements.count == (Int(bits) + 63) / 64 else { throw ValidationError("bit array: \(elements.count) words for \(bits) bits") }
  }

  public var isEmpty: Bool { elements.allSatisfy { $0 == 0 } }
  /// Whether all bits are set.
  public var isFull: Bool { (0..<count).allSatisfy { self[$0] } }

  /// `x` for a set bit, `_` for an unset one.
  public var text: String { String((0..<count).map { self[$0] ? "x" : "_" }) }
}
