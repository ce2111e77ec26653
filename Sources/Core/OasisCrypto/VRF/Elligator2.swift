/// Hashing to edwards25519 by Elligator 2: the suite edwards25519_XMD:SHA-512_ELL2_NU_ of RFC 9380. For public inputs.
enum Elligator2 {
  /// A point of the prime-order group for a message under a domain separation tag.
  static func encodeToCurve(_ message: [UInt8], domain: [UInt8]) -> EdwardsPoint {
    let uniform = expand(message, domain: domain, count: 48)
    return map(fieldElement(bigEndian: uniform)).timesCofactor
  }

  /// expand_message_xmd with SHA-512 (RFC 9380 §5.3.1), for at most 64 bytes.
  private static func expand(_ message: [UInt8], domain: [UInt8], count: Int) -> [UInt8] {
    precondition(count <= 64 && domain.count < 256)
    let tag = domain + [UInt8(domain.count)]
    let first = SHA512.digest([UInt8](repeating: 0, count: 128) + message + [0, UInt8(count), 0] + tag)
    return Array(SHA512.digest(first + [1] + tag).prefix(count))
  }

  /// 48 big-endian bytes modulo p.
  private static func fieldElement(bigEndian bytes: [UInt8]) -> FieldElement {
    // low + 2^192 · high, each part within 32 bytes.
    func part(_ slice: ArraySlice<UInt8>) -> FieldElement {
      let padded = Array(slice.reversed()) + [UInt8](repeating: 0, count: 32 - slice.count)
      return padded.withUnsafeBytes { FieldElement(littleEndian: $0) }
    }
    let shift = FieldElement(0, 0, 0, 1 << 39, 0)
    return (part(bytes[..<24]) * shift + part(bytes[24...])).reduced
  }

  /// map_to_curve_elligator2_edwards25519 (RFC 9380 appendix G.2.2).
  private static func map(_ u: FieldElement) -> EdwardsPoint {
    let (xMn, xMd, yMn, yMd) = mapToMontgomery(u)
    let rootOfMinus486664 = FieldElement(
      0x604aa_ff45_7e06, 0x2296f_a350_598d, 0x7f13d_fb16_874f, 0x35de9_3d84_6e01, 0x0f26e_df46_0a00)
    let xn = xMn * yMd * rootOfMinus486664
    let xd = xMd * yMn
    let yn = xMn - xMd
    let yd = xMn + xMd
    guard !(xd * yd).isZero else { return .identity }
    return EdwardsPoint(x: xn * yd, y: yn * xd, z: xd * yd, t: xn * yn)
  }

  /// map_to_curve_elligator2_curve25519 (RFC 9380 appendix G.2.1): x = xn/xd, y = yn/yd.
  private static func mapToMontgomery(
    _ u: FieldElement
  ) -> (xn: FieldElement, xd: FieldElement, yn: FieldElement, yd: FieldElement) {
    let j = FieldElement(486662, 0, 0, 0, 0)
    let rootOfMinusOne = FieldElement.squareRootOfMinusOne
    // 2^((p + 3) / 8)
    let c2 = FieldElement(0x61b27_4a0e_a0b1, 0xd5a5_fc8f_189d, 0x7ef5e_9cbd_0c60, 0x78595_a680_4c9e, 0x2b832_4804_fc1d)
    let square = u.squared
    let tv1 = (square + square).reduced
    let xd = (tv1 + .one).reduced
    let x1n = -j
    let xd2 = xd.squared
    let gxd = xd2 * xd
    let gx1 = ((j * tv1 * x1n) + xd2).reduced * x1n
    let gxd2 = gxd.squared
    let gxd3gx1 = gxd2 * gxd * gx1
    let y11 = (gxd2.squared * gxd3gx1).powerOfPMinus5Over8 * gxd3gx1
    let y1 = (y11.squared * gxd).equals(gx1) ? y11 : y11 * rootOfMinusOne
    let x2n = x1n * tv1
    let y21 = y11 * u * c2
    let gx2 = gx1 * tv1
    let y2 = (y21.squared * gxd).equals(gx2) ? y21 : y21 * rootOfMinusOne
    let isFirst = (y1.squared * gxd).equals(gx1)
    let y = isFirst ? y1 : y2
    return (isFirst ? x1n : x2n, xd, isFirst != y.isOdd ? -y : y, .one)
  }
}
