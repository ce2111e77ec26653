/// Two scalars of half the size whose quotient is a given scalar: the sign ± and (c0, c1) with c0 = ±c1·k modulo L.
///
/// Both stay below 2^127 and c1 is not zero. Found by Euclid's algorithm on (L, k), stopped half way
/// (Antipa et al., "Accelerated Verification of ECDSA Signatures", 2005).
struct HalfSizeQuotient {
  let c0: UInt128
  let c1: UInt128
  let isNegative: Bool

  @inline(never)
  init(of k: Scalar) {
    var larger = UInt256(Scalar.order)
    var smaller = UInt256((k.w0, k.w1, k.w2, k.w3))
    var largerFactor: UInt128 = 0
    var smallerFactor: UInt128 = 1
    var negative = false
    while smaller.bitCount > 127 {
      // The factors of neighbouring remainders have opposite signs, so subtracting adds their sizes.
      while larger >= smaller {
        var shift = larger.bitCount - smaller.bitCount
        var multiple = smaller << shift
        if multiple > larger {
          shift -= 1
          multiple = smaller << shift
        }
        larger = larger - multiple
        largerFactor &+= smallerFactor &<< UInt128(truncatingIfNeeded: shift)
      }
      swap(&larger, &smaller)
      swap(&largerFactor, &smallerFactor)
      negative.toggle()
    }
    c0 = smaller.low
    c1 = smallerFactor
    isNegative = negative
  }
}

/// Just enough 256-bit arithmetic for Euclid's steps.
private struct UInt256 {
  var low: UInt128
  var high: UInt128

  init(_ words: (UInt64, UInt64, UInt64, UInt64)) {
    low = UInt128(words.0) | UInt128(words.1) << 64
    high = UInt128(words.2) | UInt128(words.3) << 64
  }

  @inline(__always)
  init(low: UInt128, high: UInt128) { (self.low, self.high) = (low, high) }

  @inline(__always)
  var bitCount: Int { high != 0 ? 256 - high.leadingZeroBitCount : 128 - low.leadingZeroBitCount }

  @inline(__always)
  static func >= (a: UInt256, b: UInt256) -> Bool { a.high != b.high ? a.high > b.high : a.low >= b.low }

  @inline(__always)
  static func > (a: UInt256, b: UInt256) -> Bool { a.high != b.high ? a.high > b.high : a.low > b.low }

  @inline(__always)
  static func - (a: UInt256, b: UInt256) -> UInt256 {
    let (low, borrow) = a.low.subtractingReportingOverflow(b.low)
    return UInt256(low: low, high: a.high &- b.high &- (borrow ? 1 : 0))
  }

  /// Shifts by less than 256 bits; what leaves at the top is lost.
  @inline(__always)
  static func << (a: UInt256, bits: Int) -> UInt256 {
    guard bits > 0 else { return a }
    return UInt256(low: a.low << bits, high: a.high << bits | (bits < 128 ? a.low >> (128 - bits) : a.low << (bits - 128)))
  }
}
