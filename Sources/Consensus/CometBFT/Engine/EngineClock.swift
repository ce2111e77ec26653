internal import Glibc

/// Time as the engine uses it.
public protocol EngineClock: Sendable {
  func now() -> Timestamp
  /// Returns after `duration`, or throws when the task is cancelled. At once for durations of 0 and below.
  func sleep(for duration: Nanoseconds) async throws
}

/// The machine's own clock.
public struct SystemEngineClock: EngineClock {
  public init() {}

  public func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(truncatingIfNeeded: time.tv_nsec))
  }

  public func sleep(for duration: Nanoseconds) async throws {
    if duration.rawValue > 0 { try await Task.sleep(for: duration.duration) }
  }
}
