internal import Synchronization

/// Hands values to all who listen. One owner sends: values sent at the same time from two tasks have no order.
public final class Broadcast<Value: Sendable>: Sendable {
  private struct Listeners {
    var latest: Value?
    var next: UInt64 = 0
    var all: [UInt64: AsyncStream<Value>.Continuation] = [:]
    var isFinished = false
  }
  private let listeners = Mutex(Listeners())
  private let policy: AsyncStream<Value>.Continuation.BufferingPolicy
  private let replaysLatest: Bool

  /// - Parameters:
  ///   - policy: how far a listener may lag behind, and what it loses then.
  ///   - replaysLatest: whether a new listener gets the latest value first.
  public init(_ policy: AsyncStream<Value>.Continuation.BufferingPolicy, replaysLatest: Bool) {
    (self.policy, self.replaysLatest) = (policy, replaysLatest)
  }

  /// The values from now on; ends with ``finish()``, and at once after it.
  public func subscribe() -> AsyncStream<Value> {
    let (stream, continuation) = AsyncStream.makeStream(of: Value.self, bufferingPolicy: policy)
    let number = listeners.withLock { listeners -> UInt64? in
      if listeners.isFinished { return nil }
      listeners.next &+= 1  // &+: 2^64 listeners do not happen
      listeners.all[listeners.next] = continuation
      // Under the lock, so that no newer value comes before it; nobody waits for this stream yet.
      if let latest = listeners.latest { continuation.yield(latest) }
      return listeners.next
    }
    guard let number else {
      continuation.finish()
      return stream
    }
    continuation.onTermination = { [weak self] _ in self?.listeners.withLock { $0.all[number] = nil } }
    return stream
  }

  /// Hands `value` to everyone who listens now; who lags loses what its policy says.
  public func send(_ value: Value) {
    let all = listeners.withLock { listeners in
      if replaysLatest { listeners.latest = value }
      return Array(listeners.all.values)
    }
    // Outside the lock: cancelling a listener takes its task's own lock first and then ours.
    for continuation in all { continuation.yield(value) }
  }

  /// There will be no further values.
  public func finish() {
    let all = listeners.withLock { listeners in
      (listeners.isFinished, listeners.latest) = (true, nil)
      defer { listeners.all = [:] }
      return Array(listeners.all.values)
    }
    for continuation in all { continuation.finish() }
  }
}
