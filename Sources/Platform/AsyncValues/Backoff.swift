/// How long to wait before what failed is tried again: each wait is longer than the one before, up to a longest one.
public struct Backoff: Sendable, Hashable {
  /// The first wait.
  public let initial: Duration
  /// No wait is longer.
  public let longest: Duration
  private let factor: Factor
  private var upcoming: Duration

  /// By how much a wait is longer than the one before.
  public enum Factor: Sendable {
    case double
    /// One and a half times.
    case half
  }

  /// Waits from `initial` to `longest`.
  public init(from initial: Duration, to longest: Duration, growing factor: Factor = .double) {
    (self.initial, self.longest, self.factor, upcoming) = (initial, longest, factor, min(initial, longest))
  }

  /// The wait before the next attempt.
  public mutating func next() -> Duration {
    let wait = upcoming
    upcoming = min(factor == .double ? wait * 2 : wait * 3 / 2, longest)
    return wait
  }

  /// Begins anew, after a success.
  public mutating func reset() { upcoming = min(initial, longest) }
}
