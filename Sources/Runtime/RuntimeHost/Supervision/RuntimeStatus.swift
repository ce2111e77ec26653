internal import AsyncValues
public import OasisTypes
public import RuntimeProtocol
public import Telemetry

/// What happened to a hosted runtime (07 B.1).
public enum RuntimeEvent: Sendable, Hashable {
  /// It is connected and ready.
  case started(version: Version)
  /// It could not be started; the reason.
  case failedToStart(String)
  /// It ended.
  case stopped
  /// Another version is going to follow, or no longer.
  case configurationUpdated
}

/// How a hosted runtime is doing, for an operator.
public struct RuntimeStatus: Sendable, Hashable {
  /// Where it is in its life.
  public enum State: String, Sendable, Hashable {
    /// Not wanted.
    case stopped
    /// Being started.
    case starting
    /// Connected and ready.
    case running
    /// Failed; waits for the next attempt.
    case failing
    /// Failed for a day; not tried again.
    case givenUp = "given up"
  }

  /// Where it is in its life.
  public var state = State.stopped
  /// Starts after the first one.
  public var restarts = 0
  /// Why it last failed or ended; stays while it runs again.
  public var lastFailure: String?
  /// When it is tried again; nil unless it waits for that.
  public var nextAttempt: LogTime?
  /// Its process, or its sandbox's.
  public var processID: Int32?
  /// What it said about itself, while it runs.
  public var information: RuntimeInfoResponse?
}

extension RuntimeEvent {
  /// For all who listen; a listener that is slow loses the oldest events.
  static func broadcast() -> Broadcast<RuntimeEvent> { Broadcast(.bufferingNewest(64), replaysLatest: false) }
}
