public import Bytes

/// A VRF proof: Gamma (32) || c (16) || s (32), written as base64.
public struct VRFProof: FixedByteWrapper {
  public var storage = FixedBytes<80>()

  /// All zeros.
  public init() {}

  /// Base64, as the reference prints proofs.
  public var description: String { base64 }
}

/// ECVRF-EDWARDS25519-SHA512-ELL2 (RFC 9381, suite 4) with the reference's acceptance rules. (Sheet 01 §4.)
public enum VRF {
  private static let suite: UInt8 = 4

  /// The proof for alpha under the Ed25519 key with this seed.
  static func prove(seed: [UInt8], publicKey: PublicKey, alpha: [UInt8]) -> VRFProof {
    var expanded = SHA512.digest(seed)
    expanded[0] &= 0xf8
    expanded[31] = expanded[31] & 0x7f | 0x40
    let x = expanded[..<32].withUnsafeBytes { Scalar(reducing: $0) }
    let h = hashToCurve(publicKey: publicKey, alpha: alpha)
    let hBytes = h.encoding
    var nonce = SHA512()
    nonce.update(expanded[32...])
    nonce.update(hBytes)
    let k = nonce.finish().withUnsafeBytes { Scalar(wide: $0) }
    let gamma = EdwardsPoint.secretMultiple(x, of: h).encoding
    let c = challenge([
      publicKey.bytes, hBytes, gamma, EdwardsPoint.secretMultiple(k, of: .base).encoding,
      EdwardsPoint.secretMultiple(k, of: h).encoding,
    ])
    let s = k + scalar(c) * x
    return VRFProof(gamma + c + s.bytes) ?? VRFProof()
  }

  /// The 64-byte output that the proof shows for alpha under the key; nil if the proof is wrong or the key blacklisted.
  public static func verify(
    _ proof: VRFProof, publicKey: PublicKey, alpha: [UInt8], blacklist: PublicKeyBlacklist = .production
  ) -> [UInt8]? {
    guard !blacklist.contains(publicKey), let y = publicKey.withUnsafeBytes({ EdwardsPoint(canonical: $0) }), !y.isSmallOrder,
      let (gamma, c, s) = decode(proof)
    else { return nil }
    let h = hashToCurve(publicKey: publicKey, alpha: alpha)
    // The points are negated and not the scalar: with a torsion part, -c modulo L is another multiple.
    let u = EdwardsPoint.publicSum(base: s, scalar(c), of: -y)
    let v = EdwardsPoint.publicSum(s, of: h, scalar(c), of: -gamma)
    let encodings = EdwardsPoint.encodings([h, u, v])
    let gammaBytes = proof.withUnsafeBytes { Array($0[..<32]) }
    let expected = challenge([publicKey.bytes, encodings[0], gammaBytes, encodings[1], encodings[2]])
    guard expected == c else { return nil }
    return output(gamma)
  }

  /// The 64-byte output a proof stands for, without checking it; nil if it does not decode.
  public static func output(of proof: VRFProof) -> [UInt8]? {
    decode(proof).map { output($0.gamma) }
  }

  private static func output(_ gamma: EdwardsPoint) -> [UInt8] {
    SHA512.digest([suite, 3] + gamma.timesCofactor.encoding + [0])
  }

  private static func decode(_ proof: VRFProof) -> (gamma: EdwardsPoint, c: [UInt8], s: Scalar)? {
    proof.withUnsafeBytes { bytes in
      guard let gamma = EdwardsPoint(canonical: UnsafeRawBufferPointer(rebasing: bytes[..<32])),
        let s = Scalar(canonical: UnsafeRawBufferPointer(rebasing: bytes[48...]))
      else { return nil }
      return (gamma, Array(bytes[32..<48]), s)
    }
  }

  /// The first 16 bytes of the hash of the points.
  private static func challenge(_ points: [[UInt8]]) -> [UInt8] {
    var hash = SHA512()
    hash.update([suite, 2])
    for point in points { hash.update(point) }
    hash.update(byte: 0)
    return Array(hash.finish().prefix(16))
  }

  private static func scalar(_ challenge: [UInt8]) -> Scalar {
    Scalar(challenge.reversed().reduce(UInt128(0)) { $0 << 8 | UInt128($1) })
  }

  /// The curve point of a key's input: encode_to_curve of RFC 9381 §5.4.1.2.
  static func hashToCurve(publicKey: PublicKey, alpha: [UInt8]) -> EdwardsPoint {
    Elligator2.encodeToCurve(publicKey.bytes + alpha, domain: Array("ECVRF_edwards25519_XMD:SHA-512_ELL2_NU_".utf8) + [suite])
  }
}
