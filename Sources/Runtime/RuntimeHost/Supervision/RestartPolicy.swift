internal import AsyncValues

/// When a runtime that ended is started again (07 B.2): twice at once, then with growing delays that only a long stable run resets.
struct RestartPolicy: Sendable {
  /// The first delay.
  static let initial = Duration.milliseconds(500)
  /// Delays grow up to this.
  static let longest = Duration.seconds(3600)
  /// A fresh start is given up after this time of failures.
  static let patience = Duration.seconds(24 * 3600)
  /// A run of this length makes the next failure a first one.
  static let stableRun = Duration.seconds(15 * 60)

  private(set) var attempts = 0
  private var backoff = Backoff(from: initial, to: longest, growing: .half)
  private var waited = Duration.zero

  /// The delay before the next attempt, or nil to give up. `jitter` lies in 0..<1 and spreads the delay by half of it.
  mutating func next(jitter: Double) -> Duration? {
    attempts += 1
    if attempts <= 2 { return .zero }
    guard waited < Self.patience else { return nil }
    let delay = backoff.next() * (0.5 + jitter)
    waited += delay
    return delay
  }
}
