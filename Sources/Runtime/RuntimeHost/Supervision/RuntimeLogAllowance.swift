/// How much a runtime may say: what exceeds it is dropped and counted, so that a runtime gone wild does not fill the node's disk.
struct RuntimeLogAllowance: Sendable {
  /// Lines, and bytes of them, that are taken within a second.
  static let lines = 1000
  static let bytes = 1 << 20

  private var end: ContinuousClock.Instant?
  private var lines = 0, bytes = 0
  private var dropped = 0

  /// Whether a line of about `size` bytes is taken at `now`; how many were dropped in the second that has passed, once.
  mutating func take(_ size: Int, at now: ContinuousClock.Instant) -> (isTaken: Bool, dropped: Int) {
    var reported = 0
    if end.map({ now >= $0 }) ?? true {
      reported = dropped
      (end, lines, bytes, dropped) = (now + .seconds(1), 0, 0, 0)
    }
    lines += 1
    bytes += size
    if lines <= Self.lines, bytes <= Self.bytes { return (true, reported) }
    dropped += 1
    return (false, reported)
  }

  /// What was dropped since the last report, at the end of the output.
  mutating func finish() -> Int {
    defer { dropped = 0 }
    return dropped
  }
}
