/// An integer modulo p = 2^255 - 19 in five limbs of 51 bits.
///
/// Limbs may exceed 51 bits between operations. A *tight* element (what products and `reduced` give) has limbs below
/// 2^51 + 2^13; a sum of two tight ones stays below 2^53; a difference needs its subtrahend below 2^53 - 76 and stays below
/// 2^54 when the minuend is below 2^53; products take limbs below 2^54. No operation branches on values.
struct FieldElement: Sendable {
  var l0: UInt64
  var l1: UInt64
  var l2: UInt64
  var l3: UInt64
  var l4: UInt64

  @inline(__always)
  init(_ l0: UInt64, _ l1: UInt64, _ l2: UInt64, _ l3: UInt64, _ l4: UInt64) {
    (self.l0, self.l1, self.l2, self.l3, self.l4) = (l0, l1, l2, l3, l4)
  }

  static var zero: FieldElement { FieldElement(0, 0, 0, 0, 0) }
  static var one: FieldElement { FieldElement(1, 0, 0, 0, 0) }

  private static var mask: UInt64 { 1 << 51 - 1 }

  @inline(__always)
  static func + (a: FieldElement, b: FieldElement) -> FieldElement {
    FieldElement(a.l0 &+ b.l0, a.l1 &+ b.l1, a.l2 &+ b.l2, a.l3 &+ b.l3, a.l4 &+ b.l4)
  }

  /// Adds 4p before subtracting, so that no limb goes below zero.
  @inline(__always)
  static func - (a: FieldElement, b: FieldElement) -> FieldElement {
    let low: UInt64 = 0x1f_ffff_ffff_ffb4
    let high: UInt64 = 0x1f_ffff_ffff_fffc
    return FieldElement(
      a.l0 &+ low &- b.l0, a.l1 &+ high &- b.l1, a.l2 &+ high &- b.l2, a.l3 &+ high &- b.l3, a.l4 &+ high &- b.l4)
  }

  @inline(__always)
  static prefix func - (a: FieldElement) -> FieldElement { (FieldElement.zero - a).reduced }

  /// The same value with tight limbs.
  @inline(__always)
  var reduced: FieldElement {
    let mask = FieldElement.mask
    return FieldElement(
      (l0 & mask) &+ 19 &* (l4 &>> 51), (l1 & mask) &+ (l0 &>> 51), (l2 & mask) &+ (l1 &>> 51), (l3 & mask) &+ (l2 &>> 51),
      (l4 & mask) &+ (l3 &>> 51))
  }

  @inline(__always)
  private static func wide(_ a: UInt64, _ b: UInt64) -> UInt128 {
    UInt128(truncatingIfNeeded: a) &* UInt128(truncatingIfNeeded: b)
  }

  /// Carries five double-width limbs into a tight element.
  @inline(__always)
  private static func carried(_ r0: UInt128, _ r1: UInt128, _ r2: UInt128, _ r3: UInt128, _ r4: UInt128) -> FieldElement {
    let s1 = r1 &+ (r0 &>> 51)
    let s2 = r2 &+ (s1 &>> 51)
    let s3 = r3 &+ (s2 &>> 51)
    let s4 = r4 &+ (s3 &>> 51)
    let low0 = UInt64(truncatingIfNeeded: r0) & mask
    let low1 = UInt64(truncatingIfNeeded: s1) & mask
    let carry = UInt64(truncatingIfNeeded: s4 &>> 51)
    let first = low0 &+ 19 &* carry
    return FieldElement(
      first & mask, low1 &+ (first &>> 51), UInt64(truncatingIfNeeded: s2) & mask, UInt64(truncatingIfNeeded: s3) & mask,
      UInt64(truncatingIfNeeded: s4) & mask)
  }

  @inline(__always)
  static func * (a: FieldElement, b: FieldElement) -> FieldElement {
    let b1 = 19 &* b.l1
    let b2 = 19 &* b.l2
    let b3 = 19 &* b.l3
    let b4 = 19 &* b.l4
    let r0 = wide(a.l0, b.l0) &+ wide(a.l1, b4) &+ wide(a.l2, b3) &+ wide(a.l3, b2) &+ wide(a.l4, b1)
    let r1 = wide(a.l0, b.l1) &+ wide(a.l1, b.l0) &+ wide(a.l2, b4) &+ wide(a.l3, b3) &+ wide(a.l4, b2)
    let r2 = wide(a.l0, b.l2) &+ wide(a.l1, b.l1) &+ wide(a.l2, b.l0) &+ wide(a.l3, b4) &+ wide(a.l4, b3)
    let r3 = wide(a.l0, b.l3) &+ wide(a.l1, b.l2) &+ wide(a.l2, b.l1) &+ wide(a.l3, b.l0) &+ wide(a.l4, b4)
    let r4 = wide(a.l0, b.l4) &+ wide(a.l1, b.l3) &+ wide(a.l2, b.l2) &+ wide(a.l3, b.l1) &+ wide(a.l4, b.l0)
    return carried(r0, r1, r2, r3, r4)
  }

  @inline(__always)
  var squared: FieldElement {
    let a3 = 19 &* l3
    let a4 = 19 &* l4
    let d0 = l0 &+ l0
    let d1 = l1 &+ l1
    let d2 = l2 &+ l2
    let r0 = FieldElement.wide(l0, l0) &+ FieldElement.wide(d1, a4) &+ FieldElement.wide(d2, a3)
    let r1 = FieldElement.wide(d0, l1) &+ FieldElement.wide(d2, a4) &+ FieldElement.wide(l3, a3)
    let r2 = FieldElement.wide(d0, l2) &+ FieldElement.wide(l1, l1) &+ FieldElement.wide(l3 &+ l3, a4)
    let r3 = FieldElement.wide(d0, l3) &+ FieldElement.wide(d1, l2) &+ FieldElement.wide(l4, a4)
    let r4 = FieldElement.wide(d0, l4) &+ FieldElement.wide(d1, l3) &+ FieldElement.wide(l2, l2)
    return FieldElement.carried(r0, r1, r2, r3, r4)
  }

  /// Squares `count` times.
  @inline(never)
  func squared(times count: Int) -> FieldElement {
    var result = self
    for _ in 0..<count { result = result.squared }
    return result
  }
}

// MARK: - Encodings and comparisons

extension FieldElement {
  /// The low 255 bits of 32 little-endian bytes; values of p and more are taken modulo p.
  init(littleEndian bytes: UnsafeRawBufferPointer) {
    precondition(bytes.count >= 32)
    func word(_ offset: Int) -> UInt64 { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
    let (w0, w1, w2, w3) = (word(0), word(8), word(16), word(24))
    let mask = FieldElement.mask
    self.init(
      w0 & mask, (w0 &>> 51 | w1 &<< 13) & mask, (w1 &>> 38 | w2 &<< 26) & mask, (w2 &>> 25 | w3 &<< 39) & mask,
      (w3 &>> 12) & mask)
  }

  /// The four 64-bit words of the canonical value.
  var words: (UInt64, UInt64, UInt64, UInt64) {
    let mask = FieldElement.mask
    let tight = reduced.reduced
    // Adding 19 carries out of bit 255 exactly when the value is at least p.
    var carry = (tight.l0 &+ 19) &>> 51
    carry = (tight.l1 &+ carry) &>> 51
    carry = (tight.l2 &+ carry) &>> 51
    carry = (tight.l3 &+ carry) &>> 51
    carry = (tight.l4 &+ carry) &>> 51
    let c0 = tight.l0 &+ 19 &* carry
    let c1 = tight.l1 &+ (c0 &>> 51)
    let c2 = tight.l2 &+ (c1 &>> 51)
    let c3 = tight.l3 &+ (c2 &>> 51)
    let c4 = tight.l4 &+ (c3 &>> 51)
    let (m0, m1, m2, m3, m4) = (c0 & mask, c1 & mask, c2 & mask, c3 & mask, c4 & mask)
    return (m0 | m1 &<< 51, m1 &>> 13 | m2 &<< 38, m2 &>> 26 | m3 &<< 25, m3 &>> 39 | m4 &<< 12)
  }

  /// Writes the canonical 32 bytes.
  func write(to bytes: UnsafeMutableRawBufferPointer) {
    let (w0, w1, w2, w3) = words
    bytes.storeBytes(of: w0.littleEndian, toByteOffset: 0, as: UInt64.self)
    bytes.storeBytes(of: w1.littleEndian, toByteOffset: 8, as: UInt64.self)
    bytes.storeBytes(of: w2.littleEndian, toByteOffset: 16, as: UInt64.self)
    bytes.storeBytes(of: w3.littleEndian, toByteOffset: 24, as: UInt64.self)
  }

  /// Whether the value is 0 modulo p.
  var isZero: Bool {
    let (w0, w1, w2, w3) = words
    return w0 | w1 | w2 | w3 == 0
  }

  /// The lowest bit of the canonical value: the sign of RFC 8032 and RFC 9380.
  var isOdd: Bool { words.0 & 1 == 1 }

  func equals(_ other: FieldElement) -> Bool { (self - other.reduced).isZero }

  /// `other` where the condition holds, else the value itself, without a branch.
  @inline(__always)
  mutating func replace(by other: FieldElement, if condition: Bool) {
    let mask = 0 &- UInt64(condition ? 1 : 0)
    l0 ^= mask & (l0 ^ other.l0)
    l1 ^= mask & (l1 ^ other.l1)
    l2 ^= mask & (l2 ^ other.l2)
    l3 ^= mask & (l3 ^ other.l3)
    l4 ^= mask & (l4 ^ other.l4)
  }
}

// MARK: - Powers

extension FieldElement {
  /// (self^(2^250 - 1), self^11): the common part of both power chains.
  private var chain: (FieldElement, FieldElement) {
    let t0 = squared
    let t1 = t0.squared(times: 2) * self
    let t2 = t0 * t1
    let t3 = t2.squared * t1
    let t4 = t3.squared(times: 5) * t3
    let t5 = t4.squared(times: 10) * t4
    let t6 = t5.squared(times: 20) * t5
    let t7 = t6.squared(times: 10) * t4
    let t8 = t7.squared(times: 50) * t7
    let t9 = t8.squared(times: 100) * t8
    return (t9.squared(times: 50) * t7, t2)
  }

  /// 1/self, and 0 for 0.
  var inverted: FieldElement {
    let (power, eleven) = chain
    return power.squared(times: 5) * eleven
  }

  /// self^((p - 5) / 8) = self^(2^252 - 3).
  var powerOfPMinus5Over8: FieldElement { chain.0.squared(times: 2) * self }

  /// A square root of u/v, if there is one; of two roots an unspecified one.
  static func squareRoot(_ u: FieldElement, over v: FieldElement) -> FieldElement? {
    let v3 = v.squared * v
    let root = (u * (v3.squared * v)).powerOfPMinus5Over8 * (u * v3)
    let check = v * root.squared
    if check.equals(u) { return root }
    return check.equals((-u)) ? root * .squareRootOfMinusOne : nil
  }

  /// The even square root of -1.
  static var squareRootOfMinusOne: FieldElement {
    FieldElement(0x61b27_4a0e_a0b0, 0xd5a5_fc8f_189d, 0x7ef5e_9cbd_0c60, 0x78595_a680_4c9e, 0x2b832_4804_fc1d)
  }

  /// d = -121665/121666 of the curve equation -x^2 + y^2 = 1 + d x^2 y^2.
  static var d: FieldElement {
    FieldElement(0x34dca_1359_78a3, 0x1a828_3b15_6ebd, 0x5e7a2_6001_c029, 0x739c6_63a0_3cbb, 0x52036_cee2_b6ff)
  }

  /// 2d.
  static var d2: FieldElement {
    FieldElement(0x69b94_26b2_f159, 0x35050_762a_dd7a, 0x3cf44_c003_8052, 0x6738c_c740_7977, 0x2406d_9dc5_6dff)
  }
}
