internal import Bytes

/// Ed25519 with the reference's acceptance rules (sheet 01 §3.2), on raw bytes: no contexts, no blacklist.
///
/// A signature is accepted if S is below L, A and R decode (leniently) to points that are not of small order, and
/// [8](S·B - k·A - R) is the identity. The rule is the same for one signature and for many.
enum Ed25519 {
  /// Whether the signature (R || S) on the message is the key's.
  static func verify(publicKey: PublicKey, message: UnsafeRawBufferPointer, signature: Signature) -> Bool {
    SignatureClaim(publicKey: publicKey, message: message, signature: signature)?.isValid ?? false
  }

  /// k = SHA-512(R || A || M) modulo L, over the bytes as received.
  static func challenge(r: UnsafeRawBufferPointer, a: UnsafeRawBufferPointer, message: UnsafeRawBufferPointer) -> Scalar {
    var hash = SHA512()
    hash.update(r)
    hash.update(a)
    hash.update(message)
    return hash.finish().withUnsafeBytes { Scalar(wide: $0) }
  }

  /// Whether the low 255 bits encode one of the points of order 1, 2, 4 or 8, canonically or not.
  static func isSmallOrderEncoding(_ bytes: UnsafeRawBufferPointer) -> Bool {
    func word(_ index: Int) -> UInt64 { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)) }
    let (w0, w1, w2, w3) = (word(0), word(1), word(2), word(3) & 0x7fff_ffff_ffff_ffff)
    switch w3 {
    case 0: return w2 == 0 && w1 == 0 && w0 <= 1
    case 0x7fff_ffff_ffff_ffff: return w2 == .max && w1 == .max && w0 >= 0xffff_ffff_ffff_ffec && w0 <= 0xffff_ffff_ffff_ffee
    case 0x7a03_ac92_77fd_c74e, 0x05fc_536d_8802_38b1: break
    default: return false
    }
    // The two y of order 8; the comparison above only screened them.
    return EdwardsPoint(encoding: bytes)?.isSmallOrder ?? false
  }

  /// The cofactored equation, by scalars of half size: with c0 = ±c1·k, [8](c1·S·B - c1·R ∓ c0·A) is the identity exactly
  /// when [8](S·B - k·A - R) is, since c1 is not 0 modulo L and 8 clears the torsion.
  static func isValid(s: Scalar, k: Scalar, a: EdwardsPoint, r: EdwardsPoint) -> Bool {
    let table = BaseTable.shared
    let quotient = HalfSizeQuotient(of: k)
    let b = Scalar(quotient.c1) * s
    let aMultiples = OddMultiples(quotient.isNegative ? a : -a)
    let rMultiples = OddMultiples(-r)
    return withUnsafeTemporaryAllocation(of: Int8.self, capacity: 4 * 130) { digits in
      let lowDigits = UnsafeMutableBufferPointer(rebasing: digits[0..<130])
      let highDigits = UnsafeMutableBufferPointer(rebasing: digits[130..<260])
      let aDigits = UnsafeMutableBufferPointer(rebasing: digits[260..<390])
      let rDigits = UnsafeMutableBufferPointer(rebasing: digits[390..<520])
      Scalar.writeNAF((b.w0, b.w1, 0, 0), width: 8, to: lowDigits)
      Scalar.writeNAF((b.w2, b.w3, 0, 0), width: 8, to: highDigits)
      Scalar(quotient.c0).writeNAF(width: 5, to: aDigits)
      Scalar(quotient.c1).writeNAF(width: 5, to: rDigits)
      var sum = EdwardsPoint.identity
      for position in stride(from: 129, through: 0, by: -1) {
        let digit = aDigits[position] | rDigits[position] | lowDigits[position] | highDigits[position]
        sum.double(needsT: digit != 0)
        if aDigits[position] != 0 { aMultiples.add(aDigits[position], to: &sum) }
        if rDigits[position] != 0 { rMultiples.add(rDigits[position], to: &sum) }
        if lowDigits[position] != 0 { table.add(lowDigits[position], split: 0, to: &sum) }
        if highDigits[position] != 0 { table.add(highDigits[position], split: 4, to: &sum) }
      }
      return sum.timesCofactor.isIdentity
    }
  }
}
