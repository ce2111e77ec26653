extension NodeAddress {
  /// Networks that no public node lives in (IANA special registries; sheet 04 §19.2): prefix bytes and bits.
  private static let reservedV4: [(prefix: [UInt8], bits: Int)] = [
    ([0, 0, 0, 0], 8), ([10, 0, 0, 0], 8), ([100, 64, 0, 0], 10), ([127, 0, 0, 0], 8), ([169, 254, 0, 0], 16), ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24), ([192, 0, 2, 0], 24), ([192, 168, 0, 0], 16), ([198, 18, 0, 0], 15), ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24), ([240, 0, 0, 0], 4),
  ]

  private static let reservedV6: [(prefix: [UInt8], bits: Int)] = [
    ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 128), ([UInt8](repeating: 0, count: 16), 128),
    ([0x00, 0x64, 0xff, 0x9b, 0x00, 0x01], 48), ([0x01, 0x00, 0, 0, 0, 0, 0, 0], 64), ([0x20, 0x01, 0x00, 0x02, 0, 0], 48),
    ([0x20, 0x01, 0x0d, 0xb8], 32), ([0xfe, 0x80], 10), ([0x20, 0x01, 0x00], 23), ([0xfc], 7),
  ]

  /// True unless the IP lies in a reserved range; an IP of another length than 4 or 16 lies in none.
  public var isProbablyGloballyReachable: Bool {
    guard let ip else { return true }
    if let v4 = Self.ipv4(ip) { return !Self.reservedV4.contains { Self.matches(v4, $0.prefix, $0.bits) } }
    guard ip.count == 16 else { return true }
    return !Self.reservedV6.contains { Self.matches(ip, $0.prefix, $0.bits) }
  }

  /// True for 4 or 16 bytes that are not broadcast, unspecified, loopback, multicast or link-local.
  public var isGlobalUnicast: Bool {
    guard let ip else { return false }
    if let v4 = Self.ipv4(ip) {
      return v4 != [255, 255, 255, 255] && v4 != [0, 0, 0, 0] && v4[0] != 127 && v4[0] & 0xf0 != 0xe0 && !(v4[0] == 169 && v4[1] == 254)
    }
    guard ip.count == 16 else { return false }
    let head = ip.dropLast().allSatisfy { $0 == 0 }
    let isLinkLocal = ip[0] == 0xfe && ip[1] & 0xc0 == 0x80
    return !(head && ip[15] <= 1) && ip[0] != 0xff && !isLinkLocal
  }

  /// The rule of registration: a global unicast address outside the reserved ranges.
  public var isRoutable: Bool { isGlobalUnicast && isProbablyGloballyReachable }

  private static func matches(_ ip: [UInt8], _ prefix: [UInt8], _ bits: Int) -> Bool {
    for index in 0..<(bits + 7) / 8 {
      let used = min(8, bits - 8 * index)
      let mask = UInt8(truncatingIfNeeded: 0xff00 >> used)
      if ip[index] & mask != (index < prefix.count ? prefix[index] : 0) & mask { return false }
    }
    return true
  }
}
