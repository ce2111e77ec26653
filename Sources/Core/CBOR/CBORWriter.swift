/// Appends CBOR items in canonical form: shortest heads, definite lengths (sheet 01 §1.1).
///
/// The caller writes map keys in canonical order (``canonicallyPrecedes(_:_:)``); `Wire` does so for field lists and dictionaries.
public struct CBORWriter: Sendable {
  /// What was written so far.
  public private(set) var bytes: [UInt8] = []

  @inlinable public init() {}
  public init(capacity: Int) { bytes.reserveCapacity(capacity) }

  /// Major type in the top three bits of the head.
  public enum Major: UInt8, Sendable {
    case unsigned = 0x00
    case negative = 0x20
    case byteString = 0x40
    case text = 0x60
    case array = 0x80
    case map = 0xa0
    case tag = 0xc0
  }

  /// The head of an item with its argument.
  public mutating func write(_ major: Major, _ argument: UInt64) {
    let major = major.rawValue
    switch argument {
    case 0..<24: bytes.append(major | UInt8(truncatingIfNeeded: argument))
    case 24...0xff:
      bytes.append(major | 24)
      bytes.append(UInt8(truncatingIfNeeded: argument))
    case 0x100...0xffff:
      bytes.append(major | 25)
      bytes.append(UInt8(truncatingIfNeeded: argument >> 8))
      bytes.append(UInt8(truncatingIfNeeded: argument))
    case 0x1_0000...0xffff_ffff:
      bytes.append(major | 26)
      withUnsafeBytes(of: UInt32(truncatingIfNeeded: argument).bigEndian) { bytes.append(contentsOf: $0) }
    default:
      bytes.append(major | 27)
      withUnsafeBytes(of: argument.bigEndian) { bytes.append(contentsOf: $0) }
    }
  }

  /// Appends an unsigned number in its shortest form.
  public mutating func write(unsigned value: UInt64) { write(.unsigned, value) }
  /// Appends a number in its shortest form, negative ones as major type 1.
  public mutating func write(signed value: Int64) {
    if value >= 0 { write(.unsigned, UInt64(value)) } else { write(.negative, UInt64(bitPattern: ~value)) }
  }
  /// Appends `f4` or `f5`.
  public mutating func write(bool value: Bool) { bytes.append(value ? 0xf5 : 0xf4) }
  /// Appends `f6`.
  public mutating func writeNull() { bytes.append(0xf6) }

  /// Appends a text in UTF-8, with its length.
  public mutating func write(text: String) {
    var text = text
    text.withUTF8 { utf8 in
      write(.text, UInt64(utf8.count))
      bytes.append(contentsOf: utf8)
    }
  }
  /// Appends a byte string, with its length.
  public mutating func write(byteString value: [UInt8]) {
    write(.byteString, UInt64(value.count))
    bytes.append(contentsOf: value)
  }
  /// Appends a byte string, with its length, from borrowed memory.
  public mutating func write(byteString value: UnsafeRawBufferPointer) {
    write(.byteString, UInt64(value.count))
    bytes.append(contentsOf: value)
  }
  /// Begins an array: `count` items must follow.
  public mutating func writeArrayHead(_ count: Int) { write(.array, UInt64(max(count, 0))) }
  /// Begins a map: `count` pairs must follow, keys in canonical order.
  public mutating func writeMapHead(_ count: Int) { write(.map, UInt64(max(count, 0))) }

  /// How many bytes were written so far.
  public var count: Int { bytes.count }
  /// Whether what was written from `offset` on is one empty map.
  public func isEmptyMap(at offset: Int) -> Bool { offset == bytes.count - 1 && bytes[offset] == 0xa0 }
  /// Forgets what was written after the first `count` bytes.
  public mutating func takeBack(to count: Int) { bytes.removeLast(max(bytes.count - count, 0)) }
  /// Sets the number of pairs in the one-byte head of a map written before; below 24.
  public mutating func setMapHead(at offset: Int, _ count: Int) {
    precondition(count < 24, "the head of a larger map takes more than a byte")
    bytes[offset] = 0xa0 | UInt8(truncatingIfNeeded: count)
  }

  /// Appends encoded bytes as they are.
  public mutating func write(verbatim encoded: [UInt8]) { bytes.append(contentsOf: encoded) }

  /// Appends encoded bytes as they are.
  public mutating func write(verbatim encoded: UnsafeBufferPointer<UInt8>) { bytes.append(contentsOf: encoded) }

  /// The smallest of half, single and double precision that keeps the value.
  public mutating func write(double value: Double) {
    if value.isNaN {
      bytes.append(contentsOf: [0xf9, 0x7e, 0x00])
      return
    }
    if let half = Half.bits(of: value) {
      bytes.append(contentsOf: [0xf9, UInt8(half >> 8), UInt8(half & 0xff)])
    } else if Double(Float(value)) == value {
      bytes.append(0xfa)
      withUnsafeBytes(of: Float(value).bitPattern.bigEndian) { bytes.append(contentsOf: $0) }
    } else {
      bytes.append(0xfb)
      withUnsafeBytes(of: value.bitPattern.bigEndian) { bytes.append(contentsOf: $0) }
    }
  }

  /// A map from text whose entries are already encoded; sorts them. For small, untyped maps.
  public mutating func write(map entries: [(key: [UInt8], value: [UInt8])]) {
    writeMapHead(entries.count)
    for entry in entries.sorted(by: { canonicallyPrecedes($0.key, $1.key) }) {
      bytes.append(contentsOf: entry.key)
      bytes.append(contentsOf: entry.value)
    }
  }
}

/// Whether encoded map key `a` sorts before `b`: shorter first, then bytewise (RFC 7049 section 3.9).
public func canonicallyPrecedes(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  a.count != b.count ? a.count < b.count : a.lexicographicallyPrecedes(b)
}

/// IEEE 754 half precision, which Swift lacks on some platforms.
enum Half {
  /// The bits of `value` where half precision holds it exactly.
  static func bits(of value: Double) -> UInt16? {
    let sign: UInt16 = value.sign == .minus ? 0x8000 : 0
    if value == 0 { return sign }
    if value.isInfinite { return sign | 0x7c00 }
    let magnitude = abs(value)
    guard magnitude <= 65504 else { return nil }
    if magnitude < 0x1p-14 {
      let scaled = magnitude * 0x1p24
      guard scaled == scaled.rounded(), scaled >= 1 else { return nil }
      return sign | UInt16(scaled)
    }
    let exponent = magnitude.exponent
    let fraction = (magnitude.significand - 1) * 1024
    guard fraction == fraction.rounded() else { return nil }
    return sign | UInt16(exponent + 15) << 10 | UInt16(fraction)
  }
  static func value(of bits: UInt16) -> Double {
    let sign: Double = bits & 0x8000 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 0x1f)
    let fraction = Double(bits & 0x3ff)
    switch exponent {
    case 0: return sign * fraction * 0x1p-24
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default: return sign * Double(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
    }
  }
}
