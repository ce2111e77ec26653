extension NodeAddress {
  /// `ip:port`, IPv6 in brackets with its zone; an absent IP is `<nil>` as the reference prints it.
  public var text: String {
    var host = Self.text(ip: ip ?? [])
    if !zone.isEmpty { host += "%\(zone)" }
    return host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  /// Parses `ip:port` or `[ip6%zone]:port`. IPv4 becomes the 16-byte mapped form; an empty host has no IP, an empty port is 0.
  public init?(text: String) {
    var host: Substring
    var port: Substring
    if text.hasPrefix("[") {
      guard let close = text.lastIndex(of: "]") else { return nil }
      host = text[text.index(after: text.startIndex)..<close]
      let rest = text[text.index(after: close)...]
      guard rest.hasPrefix(":") else { return nil }
      port = rest.dropFirst()
    } else {
      guard let colon = text.lastIndex(of: ":") else { return nil }
      host = text[..<colon]
      port = text[text.index(after: colon)...]
      guard !host.contains(":"), !host.contains("[") else { return nil }
    }
    var number: Int64 = 0
    if !port.isEmpty {
      guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let parsed = Int64(port), parsed <= 65535 else { return nil }
      number = parsed
    }
    guard !host.isEmpty else {
      self.init(ip: nil, port: number)
      return
    }
    var zone = ""
    if let percent = host.firstIndex(of: "%") {
      zone = String(host[host.index(after: percent)...])
      host = host[..<percent]
      guard !zone.isEmpty, host.contains(":") else { return nil }
    }
    guard let ip = Self.parse(ip: host) else { return nil }
    self.init(ip: ip, port: number, zone: zone)
  }

  // MARK: IP text

  /// Text of 4 or 16 bytes (a mapped IPv4 as IPv4; RFC 5952 otherwise); `<nil>` for none, `?` and hex for other lengths.
  static func text(ip: [UInt8]) -> String {
    if ip.isEmpty { return "<nil>" }
    if let v4 = ipv4(ip) { return v4.map(String.init).joined(separator: ".") }
    guard ip.count == 16 else {
      let digits = Array("0123456789abcdef")
      return "?" + String(ip.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
    let groups = (0..<8).map { UInt16(ip[2 * $0]) << 8 | UInt16(ip[2 * $0 + 1]) }
    var longest = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, groups[end] == 0 { end += 1 }
      if end - start > max(longest.count, 1) { longest = start..<end }
      start = max(end, start + 1)
    }
    func joined(_ range: Range<Int>) -> String { range.map { String(groups[$0], radix: 16) }.joined(separator: ":") }
    if longest.isEmpty { return joined(0..<8) }
    return joined(0..<longest.lowerBound) + "::" + joined(longest.upperBound..<8)
  }

  /// The four bytes of an IPv4 address in either form.
  static func ipv4(_ ip: [UInt8]) -> [UInt8]? {
    if ip.count == 4 { return ip }
    guard ip.count == 16, ip[0..<10].allSatisfy({ $0 == 0 }), ip[10] == 0xff, ip[11] == 0xff else { return nil }
    return Array(ip[12...])
  }

  /// 16 bytes of an IPv4 (mapped) or IPv6 text.
  static func parse(ip text: Substring) -> [UInt8]? {
    if !text.contains(":") {
      guard let v4 = parse(ipv4: text) else { return nil }
      return [UInt8](repeating: 0, count: 10) + [0xff, 0xff] + v4
    }
    var head: [UInt8] = []
    var tail: [UInt8]?
    var rest = text
    if rest.hasPrefix("::") {
      tail = []
      rest = rest.dropFirst(2)
    }
    while !rest.isEmpty {
      let end = rest.firstIndex(of: ":") ?? rest.endIndex
      let group = rest[..<end]
      let bytes: [UInt8]
      if end == rest.endIndex, group.contains(".") {
        guard let v4 = parse(ipv4: group) else { return nil }
        bytes = v4
      } else {
        guard (1...4).contains(group.utf8.count), group.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }), let value = UInt16(group, radix: 16)
        else {
          return nil
        }
        bytes = [UInt8(value >> 8), UInt8(value & 0xff)]
      }
      if tail == nil { head += bytes } else { tail? += bytes }
      guard head.count + (tail?.count ?? 0) <= 16 else { return nil }
      if end == rest.endIndex { break }
      rest = rest[rest.index(after: end)...]
      if rest.hasPrefix(":") {
        guard tail == nil else { return nil }
        tail = []
        rest = rest.dropFirst()
      } else if rest.isEmpty {
        return nil
      }
    }
    guard let tail else { return head.count == 16 ? head : nil }
    guard head.count + tail.count < 16 else { return nil }
    return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
  }

  private static func parse(ipv4 text: Substring) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), part == "0" || part.first != "0",
        let byte = UInt8(part)
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}
