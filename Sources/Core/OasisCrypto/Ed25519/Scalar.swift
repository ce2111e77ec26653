/// An integer modulo the order L = 2^252 + 27742317777372353535851937790883648493 of the base point, in four 64-bit words.
///
/// Values are always below L. No operation branches on values.
struct Scalar: Sendable, Equatable {
  private(set) var w0: UInt64
  private(set) var w1: UInt64
  private(set) var w2: UInt64
  private(set) var w3: UInt64

  private init(_ w0: UInt64, _ w1: UInt64, _ w2: UInt64, _ w3: UInt64) {
    (self.w0, self.w1, self.w2, self.w3) = (w0, w1, w2, w3)
  }

  static var zero: Scalar { Scalar(0, 0, 0, 0) }

  /// The words of L.
  static var order: (UInt64, UInt64, UInt64, UInt64) { (0x5812_631a_5cf5_d3ed, 0x14de_f9de_a2f7_9cd6, 0, 0x1000_0000_0000_0000) }

  /// L - 2^252.
  private static var c: (UInt64, UInt64) { (0x5812_631a_5cf5_d3ed, 0x14de_f9de_a2f7_9cd6) }

  init(_ value: UInt128) {
    self.init(UInt64(truncatingIfNeeded: value), UInt64(truncatingIfNeeded: value >> 64), 0, 0)
  }

  /// 32 little-endian bytes, refused unless strictly below L.
  init?(canonical bytes: UnsafeRawBufferPointer) {
    precondition(bytes.count == 32)
    func word(_ index: Int) -> UInt64 { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)) }
    self.init(word(0), word(1), word(2), word(3))
    let order = Scalar.order
    var borrow = w0.subtractingReportingOverflow(order.0).overflow
    borrow = Scalar.subtract(w1, order.1, borrow).1
    borrow = Scalar.subtract(w2, order.2, borrow).1
    borrow = Scalar.subtract(w3, order.3, borrow).1
    guard borrow else { return nil }
  }

  /// 64 little-endian bytes modulo L.
  init(wide bytes: UnsafeRawBufferPointer) {
    precondition(bytes.count == 64)
    func word(_ index: Int) -> UInt64 { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)) }
    self = Scalar.reduce(word(0), word(1), word(2), word(3), word(4), word(5), word(6), word(7))
  }

  /// 32 little-endian bytes of any value modulo L.
  init(reducing bytes: UnsafeRawBufferPointer) {
    precondition(bytes.count == 32)
    func word(_ index: Int) -> UInt64 { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)) }
    self = Scalar.reduce(word(0), word(1), word(2), word(3), 0, 0, 0, 0)
  }

  var isZero: Bool { w0 | w1 | w2 | w3 == 0 }

  /// 32 little-endian bytes.
  var bytes: [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(32)
    for word in [w0, w1, w2, w3] {
      for shift in stride(from: UInt64(0), to: 64, by: 8) { result.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    return result
  }
}

// MARK: - Arithmetic

extension Scalar {
  static func * (a: Scalar, b: Scalar) -> Scalar {
    let x = [a.w0, a.w1, a.w2, a.w3]
    let y = [b.w0, b.w1, b.w2, b.w3]
    return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 8) { product in
      product.initialize(repeating: 0)
      for i in 0..<4 {
        var carry: UInt64 = 0
        for j in 0..<4 {
          let sum = UInt128(x[i]) &* UInt128(y[j]) &+ UInt128(product[i + j]) &+ UInt128(carry)
          product[i + j] = UInt64(truncatingIfNeeded: sum)
          carry = UInt64(truncatingIfNeeded: sum >> 64)
        }
        product[i + 4] = carry
      }
      return reduce(product[0], product[1], product[2], product[3], product[4], product[5], product[6], product[7])
    }
  }

  static func + (a: Scalar, b: Scalar) -> Scalar {
    let (s0, c0) = add(a.w0, b.w0, false)
    let (s1, c1) = add(a.w1, b.w1, c0)
    let (s2, c2) = add(a.w2, b.w2, c1)
    let (s3, _) = add(a.w3, b.w3, c2)
    return Scalar(s0, s1, s2, s3).minusOrder()
  }

  static prefix func - (a: Scalar) -> Scalar {
    let order = Scalar.order
    let (d0, b0) = subtract(order.0, a.w0, false)
    let (d1, b1) = subtract(order.1, a.w1, b0)
    let (d2, b2) = subtract(order.2, a.w2, b1)
    let (d3, _) = subtract(order.3, a.w3, b2)
    return Scalar(d0, d1, d2, d3).minusOrder()
  }

  @inline(__always)
  private static func add(_ a: UInt64, _ b: UInt64, _ carry: Bool) -> (UInt64, Bool) {
    let (sum, first) = a.addingReportingOverflow(b)
    let (total, second) = sum.addingReportingOverflow(carry ? 1 : 0)
    return (total, first != second)
  }

  @inline(__always)
  private static func subtract(_ a: UInt64, _ b: UInt64, _ borrow: Bool) -> (UInt64, Bool) {
    let (difference, first) = a.subtractingReportingOverflow(b)
    let (total, second) = difference.subtractingReportingOverflow(borrow ? 1 : 0)
    return (total, first != second)
  }

  /// The value less L where it is at least L.
  private func minusOrder() -> Scalar {
    let order = Scalar.order
    let (d0, b0) = Scalar.subtract(w0, order.0, false)
    let (d1, b1) = Scalar.subtract(w1, order.1, b0)
    let (d2, b2) = Scalar.subtract(w2, order.2, b1)
    let (d3, b3) = Scalar.subtract(w3, order.3, b2)
    let keep = 0 &- UInt64(b3 ? 1 : 0)
    return Scalar(
      d0 ^ keep & (d0 ^ w0), d1 ^ keep & (d1 ^ w1), d2 ^ keep & (d2 ^ w2), d3 ^ keep & (d3 ^ w3))
  }

  /// High part (of at most 5 words) times c, as 8 words.
  private static func timesC(_ h: (UInt64, UInt64, UInt64, UInt64, UInt64)) -> InlineArray<8, UInt64> {
    var result = InlineArray<8, UInt64>(repeating: 0)
    let high: InlineArray<5, UInt64> = [h.0, h.1, h.2, h.3, h.4]
    let factors: InlineArray<2, UInt64> = [c.0, c.1]
    for i in 0..<2 {
      var carry: UInt64 = 0
      for j in 0..<5 {
        let sum = UInt128(factors[i]) &* UInt128(high[j]) &+ UInt128(result[i + j]) &+ UInt128(carry)
        result[i + j] = UInt64(truncatingIfNeeded: sum)
        carry = UInt64(truncatingIfNeeded: sum >> 64)
      }
      result[i + 5] = carry
    }
    return result
  }

  /// Splits eight words at bit 252.
  private static func split(_ x: InlineArray<8, UInt64>) -> (low: Scalar, high: (UInt64, UInt64, UInt64, UInt64, UInt64)) {
    let low = Scalar(x[0], x[1], x[2], x[3] & (1 << 60 - 1))
    return (
      low,
      (
        x[3] >> 60 | x[4] << 4, x[4] >> 60 | x[5] << 4, x[5] >> 60 | x[6] << 4, x[6] >> 60 | x[7] << 4, x[7] >> 60
      )
    )
  }

  /// 512 bits modulo L. With x = low + 2^252 high and 2^252 = -c modulo L, three folds leave
  /// low0 - low1 + low2 - c·high2, whose terms are all below L.
  private static func reduce(
    _ x0: UInt64, _ x1: UInt64, _ x2: UInt64, _ x3: UInt64, _ x4: UInt64, _ x5: UInt64, _ x6: UInt64, _ x7: UInt64
  ) -> Scalar {
    let (low0, high0) = split([x0, x1, x2, x3, x4, x5, x6, x7])
    let (low1, high1) = split(timesC(high0))
    let (low2, high2) = split(timesC(high1))
    let rest = timesC(high2)
    let last = Scalar(rest[0], rest[1], rest[2], rest[3])
    return low0 + -low1 + low2 + -last
  }
}

// MARK: - Digits

extension Scalar {
  /// Writes the width-`width` non-adjacent form: odd digits below 2^(width-1) in size, least significant first.
  ///
  /// `digits` takes 257 of them and is filled with zeros beyond the last.
  func writeNAF(width: Int, to digits: UnsafeMutableBufferPointer<Int8>) {
    Scalar.writeNAF((w0, w1, w2, w3), width: width, to: digits)
  }

  static func writeNAF(_ words: (UInt64, UInt64, UInt64, UInt64), width: Int, to digits: UnsafeMutableBufferPointer<Int8>) {
    digits.update(repeating: 0)
    let x: InlineArray<5, UInt64> = [words.0, words.1, words.2, words.3, 0]
    let window = UInt64(1) << UInt64(width)
    var carry: UInt64 = 0
    var position = 0
    while position < digits.count {
      let word = position &>> 6
      guard word < 5 else { break }
      let bit = UInt64(truncatingIfNeeded: position & 63)
      var bits = x[word] &>> bit
      if Int(bit) + width > 64, word + 1 < 5 { bits |= x[word + 1] &<< (64 &- bit) }
      let digit = carry &+ (bits & (window &- 1))
      if digit & 1 == 0 {
        position += 1
        continue
      }
      if digit < window &>> 1 {
        carry = 0
        digits[position] = Int8(truncatingIfNeeded: digit)
      } else {
        carry = 1
        digits[position] = Int8(truncatingIfNeeded: Int64(truncatingIfNeeded: digit) &- Int64(truncatingIfNeeded: window))
      }
      position += width
    }
  }
}
