/// The `grpc-timeout` header: up to eight digits and a unit.
enum GRPCTimeout {
  static func parse(_ text: String) -> Duration? {
    let digits = text.dropLast()
    guard (1...8).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int64(digits) else {
      return nil
    }
    switch text.last {
    case "H": return .seconds(value * 3600)  // eight digits at most: no overflow
    case "M": return .seconds(value * 60)
    case "S": return .seconds(value)
    case "m": return .milliseconds(value)
    case "u": return .microseconds(value)
    case "n": return .nanoseconds(value)
    default: return nil
    }
  }

  /// In the finest unit that holds it, rounded up.
  static func text(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    if seconds < 0 || (seconds == 0 && attoseconds <= 0) { return "1n" }
    let limit: Int64 = 99_999_999
    if seconds < 99 { return "\(seconds * 1_000_000 + (attoseconds + 999_999_999_999) / 1_000_000_000_000)u" }
    if seconds < 99_999 { return "\(seconds * 1000 + 1)m" }
    if seconds < limit { return "\(seconds + 1)S" }
    return "\(min(seconds / 3600 + 1, limit))H"
  }
}
