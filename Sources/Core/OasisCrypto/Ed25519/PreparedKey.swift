internal import Bytes

/// A public key with multiples of its point worked out, so that each further signature costs a quarter of the usual doublings.
///
/// Odd multiples below 16 of 2^(32j)·A for j < 8: 64 points in 8 KB. Pays for itself at the third signature.
final class PreparedKey: @unchecked Sendable {
  // Written in the initializer and never afterwards.
  private let entries: UnsafeMutablePointer<AffineAddend>
  private let bytes: PublicKey

  /// Nil if no valid signature can be made under the key.
  init?(_ key: PublicKey) {
    let point = key.withUnsafeBytes { Ed25519.isSmallOrderEncoding($0) ? nil : EdwardsPoint(encoding: $0) }
    guard var start = point else { return nil }
    var points: [EdwardsPoint] = []
    points.reserveCapacity(64)
    for _ in 0..<8 {
      var twice = start
      twice.double()
      let step = ProjectiveAddend(twice)
      var current = start
      for _ in 0..<8 {
        points.append(current)
        current.add(step)
      }
      for _ in 0..<31 { start.double(needsT: false) }
      start.double()
    }
    entries = .allocate(capacity: points.count)
    AffineAddend.write(points, to: entries)
    bytes = key
  }

  deinit { entries.deallocate() }

  /// The same verdict as `Ed25519.verify`: P = S·B - k·A is compared with R, first by encoding, then up to torsion.
  func verify(_ signature: Signature, message: UnsafeRawBufferPointer) -> Bool {
    signature.withUnsafeBytes { signature in
      let r = UnsafeRawBufferPointer(rebasing: signature[..<32])
      guard let s = Scalar(canonical: UnsafeRawBufferPointer(rebasing: signature[32...])), !Ed25519.isSmallOrderEncoding(r) else {
        return false
      }
      let k = bytes.withUnsafeBytes { Ed25519.challenge(r: r, a: $0, message: message) }
      var difference = commitment(s: s, k: k)
      let isSame = withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { encoding in
        difference.write(to: encoding)
        return encoding.elementsEqual(r)
      }
      if isSame { return true }
      guard let point = EdwardsPoint(encoding: r) else { return false }
      difference.subtract(ProjectiveAddend(point))
      return difference.isSmallOrder
    }
  }

  /// S·B - k·A with 33 doublings: both scalars in eight pieces of 32 bits.
  private func commitment(s: Scalar, k: Scalar) -> EdwardsPoint {
    let base = BaseTable.shared
    return withUnsafeTemporaryAllocation(of: Int8.self, capacity: 16 * 40) { digits in
      let sWords = (s.w0, s.w1, s.w2, s.w3)
      let kWords = (k.w0, k.w1, k.w2, k.w3)
      PreparedKey.writePieces(sWords, width: 8, to: UnsafeMutableBufferPointer(rebasing: digits[..<320]))
      PreparedKey.writePieces(kWords, width: 5, to: UnsafeMutableBufferPointer(rebasing: digits[320...]))
      var sum = EdwardsPoint.identity
      for position in stride(from: 32, through: 0, by: -1) {
        sum.double()
        for piece in 0..<8 {
          let digit = digits[40 &* piece &+ position]
          if digit != 0 { base.add(digit, split: piece, to: &sum) }
          let keyDigit = digits[320 &+ 40 &* piece &+ position]
          if keyDigit > 0 {
            sum.subtract(entries[8 &* piece &+ Int(keyDigit) &>> 1])
          } else if keyDigit < 0 {
            sum.add(entries[8 &* piece &+ Int(-keyDigit) &>> 1])
          }
        }
      }
      return sum
    }
  }

  /// The non-adjacent forms of the eight 32-bit pieces, 40 digits for each.
  private static func writePieces(
    _ words: (UInt64, UInt64, UInt64, UInt64), width: Int, to digits: UnsafeMutableBufferPointer<Int8>
  ) {
    func write(_ word: UInt64, _ index: Int) {
      let low = UnsafeMutableBufferPointer(rebasing: digits[(80 * index)..<(80 * index + 40)])
      let high = UnsafeMutableBufferPointer(rebasing: digits[(80 * index + 40)..<(80 * index + 80)])
      Scalar.writeNAF((word & 0xffff_ffff, 0, 0, 0), width: width, to: low)
      Scalar.writeNAF((word >> 32, 0, 0, 0), width: width, to: high)
    }
    write(words.0, 0)
    write(words.1, 1)
    write(words.2, 2)
    write(words.3, 3)
  }
}
