/// How scalars are spelled. Rule: sheet 09 §1.1.
enum Scalars {
  /// `true`, `false` and the words of YAML 1.1.
  static func bool(_ text: String) -> Bool? {
    switch text {
    case "true", "True", "TRUE", "y", "Y", "yes", "Yes", "YES", "on", "On", "ON": true
    case "false", "False", "FALSE", "n", "N", "no", "No", "NO", "off", "Off", "OFF": false
    default: nil
    }
  }

  /// An integer in decimal, `0x`, `0o` (or a leading zero) or `0b`, with `_` anywhere.
  static func integer<T: FixedWidthInteger>(_ text: String, _: T.Type = T.self) -> T? {
    var digits = Substring(text.filter { $0 != "_" })
    var sign = ""
    if let first = digits.first, first == "-" || first == "+" {
      if first == "-" { sign = "-" }
      digits = digits.dropFirst()
    }
    var radix = 10
    for (prefix, base) in [("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2)] where digits.hasPrefix(prefix) {
      radix = base
      digits = digits.dropFirst(2)
      break
    }
    if radix == 10, digits.hasPrefix("0"), digits.count > 1 { radix = 8 }
    guard let first = digits.first, first.isHexDigit else { return nil }  // a second sign would pass otherwise
    if let value = T(sign + digits, radix: radix) { return value }
    // A whole number in exponent form counts as an integer too.
    guard radix == 10, let value = Double(sign + digits), value == value.rounded(), value.magnitude < 9_007_199_254_740_992 else {
      return nil
    }
    return T(exactly: value)
  }

  /// A duration as `300ms`, `1.5s`, `1h30m`: numbers with units; nanoseconds within 64 bits.
  static func duration(_ text: String) -> Duration? {
    var rest = Substring(text)
    var negative = false
    if let first = rest.first, first == "-" || first == "+" {
      negative = first == "-"
      rest = rest.dropFirst()
    }
    if rest == "0" { return .zero }
    guard !rest.isEmpty else { return nil }
    var total: Int128 = 0
    while !rest.isEmpty {
      let number = rest.prefix { $0 == "." || ("0"..."9").contains($0) }
      rest = rest.dropFirst(number.count)
      let unit = rest.prefix { $0 != "." && !("0"..."9").contains($0) }
      rest = rest.dropFirst(unit.count)
      guard let scale = units[String(unit)], let value = nanoseconds(number, scale) else { return nil }
      total += value
      guard total <= Int128(Int64.max) else { return nil }
    }
    return .nanoseconds(Int64(negative ? -total : total))
  }

  private static let units: [String: Int128] = [
    "ns": 1, "us": 1000, "µs": 1000, "μs": 1000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000,
  ]

  private static func nanoseconds(_ number: Substring, _ scale: Int128) -> Int128? {
    let parts = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard number.contains(where: { $0 != "." }), parts.count <= 2, let first = parts.first, first.count <= 19 else { return nil }
    guard let whole = first.isEmpty ? 0 : Int128(first) else { return nil }
    var total = whole * scale  // at most 19 digits times 3.6e12: far below 2^127
    if parts.count == 2 {
      guard !parts[1].contains(".") else { return nil }
      var place = scale
      for digit in parts[1].prefix(18) {
        guard let value = digit.wholeNumberValue else { return nil }
        // Digit by digit in units of the tenth part; below a nanosecond nothing is left.
        total += Int128(value) * place / 10
        place /= 10
      }
    }
    return total
  }

  /// A size as `N`, `Nb`, `Nk`, `Nkb`, `Nm`, `Nmb`, `Ng`, `Ngb`, factor 1024, case-insensitive.
  static func size(_ text: String) -> UInt64? {
    let lower = text.lowercased()
    let digits = lower.prefix { ("0"..."9").contains($0) }
    guard let value = UInt64(digits) else { return nil }
    let factor: UInt64
    switch lower.dropFirst(digits.count).trimmingPrefix(" ") {
    case "", "b": factor = 1
    case "k", "kb": factor = 1 << 10
    case "m", "mb": factor = 1 << 20
    case "g", "gb": factor = 1 << 30
    default: return nil
    }
    let (size, overflow) = value.multipliedReportingOverflow(by: factor)
    return overflow ? nil : size
  }
}
