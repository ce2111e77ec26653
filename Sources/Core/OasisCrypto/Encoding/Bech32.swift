/// Bech32 text (BIP-173): a human-readable part, five-bit digits and a checksum.
public enum Bech32 {
  private static let digits = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)

  /// Encodes bytes, regrouped to five bits and zero-padded.
  public static func encode(prefix: String, _ bytes: [UInt8]) -> String {
    let values = regroup(bytes, from: 8, to: 5, pad: true) ?? []
    let check = polymod(expand(Array(prefix.utf8)) + values + [UInt8](repeating: 0, count: 6)) ^ 1
    let checksum = (0..<6).map { UInt8(truncatingIfNeeded: check >> UInt32(5 * (5 - $0)) & 31) }
    return prefix + "1" + String(decoding: (values + checksum).map { digits[Int($0)] }, as: UTF8.self)
  }

  /// Decodes a text of 8 to 90 characters in one case; nil for anything wrong: character, checksum, padding.
  public static func decode(_ text: String) -> (prefix: String, bytes: [UInt8])? {
    let original = Array(text.utf8)
    guard (8...90).contains(original.count), original.allSatisfy({ (33...126).contains($0) }) else { return nil }
    let hasLower = original.contains { (0x61...0x7a).contains($0) }
    let hasUpper = original.contains { (0x41...0x5a).contains($0) }
    guard !(hasLower && hasUpper) else { return nil }
    let lower = original.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
    guard let separator = lower.lastIndex(of: 0x31), separator >= 1, separator + 7 <= lower.count else { return nil }
    var values: [UInt8] = []
    for character in lower[(separator + 1)...] {
      guard let value = digits.firstIndex(of: character) else { return nil }
      values.append(UInt8(value))
    }
    guard polymod(expand(Array(lower[..<separator])) + values) == 1,
      let bytes = regroup(Array(values.dropLast(6)), from: 5, to: 8, pad: false)
    else { return nil }
    return (String(decoding: lower[..<separator], as: UTF8.self), bytes)
  }

  /// Regroups bits; without padding, leftover bits must be fewer than a group and zero.
  private static func regroup(_ values: [UInt8], from: UInt32, to: UInt32, pad: Bool) -> [UInt8]? {
    var result: [UInt8] = []
    var buffer: UInt32 = 0
    var bits: UInt32 = 0
    let mask = UInt32(1) << to - 1
    for value in values {
      buffer = (buffer << from | UInt32(value)) & 0xfff
      bits += from
      while bits >= to {
        bits -= to
        result.append(UInt8(truncatingIfNeeded: buffer >> bits & mask))
      }
    }
    if pad {
      if bits > 0 { result.append(UInt8(truncatingIfNeeded: buffer << (to - bits) & mask)) }
    } else if bits >= from || buffer << (to - bits) & mask != 0 {
      return nil
    }
    return result
  }

  private static func expand(_ prefix: [UInt8]) -> [UInt8] { prefix.map { $0 >> 5 } + [0] + prefix.map { $0 & 31 } }

  private static func polymod(_ values: [UInt8]) -> UInt32 {
    let generator: [UInt32] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]
    var check: UInt32 = 1
    for value in values {
      let top = check >> 25
      check = (check & 0x1ff_ffff) << 5 ^ UInt32(value)
      for index in 0..<5 where top >> UInt32(index) & 1 == 1 { check ^= generator[index] }
    }
    return check
  }
}
