/// Bit strings as the tree's labels use them: packed, most significant bit first, unused low bits of the last byte zero
/// (sheet 02 §1.2).
public enum BitString {
  /// The bytes that `bits` bits take.
  @inlinable
  public static func byteCount(_ bits: Int) -> Int { (bits + 7) >> 3 }

  /// Cuts a bit string of `count` bits at `point`.
  public static func split(_ bytes: [UInt8], at point: Int, count: Int) -> (prefix: [UInt8], suffix: [UInt8]) {
    let count = min(max(count, 0), bytes.count * 8), point = min(max(point, 0), count)
    if point == 0 { return ([], Array(bytes.prefix(byteCount(count)))) }
    return (slice(bytes, from: 0, count: point), slice(bytes, from: point, count: count - point))
  }

  /// Joins two bit strings.
  public static func merge(_ a: [UInt8], _ aBits: Int, _ b: [UInt8], _ bBits: Int) -> [UInt8] {
    let aBits = min(max(aBits, 0), a.count * 8), bBits = min(max(bBits, 0), b.count * 8)
    var result = slice(a, from: 0, count: aBits) + [UInt8](repeating: 0, count: byteCount(aBits + bBits) - byteCount(aBits))
    b.withUnsafeBufferPointer { b in
      if let source = b.baseAddress { writeBits(source, bBits, to: &result, at: aBits) }
    }
    return result
  }

  /// Sets bit `bits` of a string and clears nothing after it.
  public static func appendBit(_ bytes: [UInt8], _ bits: Int, _ value: Bool) -> [UInt8] {
    var result = bytes
    while result.count <= bits >> 3 { result.append(0) }
    let mask: UInt8 = 0x80 >> UInt8(bits & 7)
    if value { result[bits >> 3] |= mask } else { result[bits >> 3] &= ~mask }
    return result
  }

  /// The length in bits of the longest common prefix, at most the shorter string.
  public static func commonPrefix(_ a: [UInt8], _ aBits: Int, _ b: [UInt8], _ bBits: Int) -> Int {
    let aBits = min(max(aBits, 0), a.count * 8), bBits = min(max(bBits, 0), b.count * 8)
    return a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        guard let a = a.baseAddress, let b = b.baseAddress else { return 0 }
        return MKVS.commonPrefix(a, 0, aBits, b, 0, bBits)
      }
    }
  }

  static func slice(_ bytes: [UInt8], from: Int, count: Int) -> [UInt8] {
    guard count > 0 else { return [] }
    return bytes.withUnsafeBufferPointer { source in
      [UInt8](unsafeUninitializedCapacity: byteCount(count)) { target, length in
        if let source = source.baseAddress, let target = target.baseAddress { copyBits(source, from, count, to: target) }
        length = byteCount(count)
      }
    }
  }
}

/// The bit of a packed string; bit 0 is the most significant of byte 0.
@inline(__always)
func bit(_ bytes: UnsafePointer<UInt8>, _ index: Int) -> Bool {
  bytes[index >> 3] & (0x80 >> UInt8(truncatingIfNeeded: index & 7)) != 0
}

/// Up to 64 bits from bit `offset`, left-aligned; bits from `end` on are unspecified but their bytes are not read.
@inline(__always)
private func bits64(_ bytes: UnsafePointer<UInt8>, _ offset: Int, _ end: Int) -> UInt64 {
  let first = offset >> 3, shift = UInt64(truncatingIfNeeded: offset & 7)
  let available = BitString.byteCount(end) - first
  if available >= 9 {
    let high = UnsafeRawPointer(bytes + first).loadUnaligned(as: UInt64.self).bigEndian
    return shift == 0 ? high : (high << shift) | (UInt64(bytes[first + 8]) >> (8 - shift))
  }
  var word: UInt64 = 0
  var i = 0
  while i < 8 {
    word = (word << 8) | (i < available ? UInt64(bytes[first + i]) : 0)
    i += 1
  }
  return word << shift
}

/// The common prefix in bits of `a[aFrom..<aEnd]` and `b[bFrom..<bEnd]`.
@inline(__always)
func commonPrefix(
  _ a: UnsafePointer<UInt8>, _ aFrom: Int, _ aEnd: Int, _ b: UnsafePointer<UInt8>, _ bFrom: Int, _ bEnd: Int
) -> Int {
  let limit = min(aEnd - aFrom, bEnd - bFrom)
  var done = 0
  while done < limit {
    let difference = bits64(a, aFrom + done, aEnd) ^ bits64(b, bFrom + done, bEnd)
    // A word read near the end of its bytes holds at least 57 valid bits.
    if difference != 0 {
      let equal = difference.leadingZeroBitCount
      if equal < 57 || done + equal >= limit { return min(done + equal, limit) }
    }
    done += 56
  }
  return limit
}

/// Copies `count` bits from bit `from`, packs them into `target` and clears the unused bits of its last byte.
func copyBits(_ source: UnsafePointer<UInt8>, _ from: Int, _ count: Int, to target: UnsafeMutablePointer<UInt8>) {
  let bytes = BitString.byteCount(count), end = from + count
  let first = from >> 3, shift = UInt8(truncatingIfNeeded: from & 7), available = BitString.byteCount(end) - first
  if shift == 0 {
    target.update(from: source + first, count: bytes)
  } else {
    var i = 0
    while i < bytes {
      let next: UInt8 = i + 1 < available ? source[first + i + 1] >> (8 - shift) : 0
      target[i] = (source[first + i] << shift) | next
      i += 1
    }
  }
  let unused = UInt8(truncatingIfNeeded: bytes * 8 - count)
  if bytes > 0 { target[bytes - 1] &= 0xff << unused }
}

/// Writes `count` bits of a packed string at bit `offset` of `target`, leaving the bits before `offset` alone.
func writeBits(_ source: UnsafePointer<UInt8>, _ count: Int, to target: inout [UInt8], at offset: Int) {
  let end = BitString.byteCount(offset + count)
  while target.count < end { target.append(0) }
  var i = 0
  while i < count {
    let position = offset + i, mask: UInt8 = 0x80 >> UInt8(truncatingIfNeeded: position & 7)
    if bit(source, i) { target[position >> 3] |= mask } else { target[position >> 3] &= ~mask }
    i += 1
  }
}
