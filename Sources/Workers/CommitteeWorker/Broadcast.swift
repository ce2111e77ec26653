internal import Synchronization

/// Hands values to all who listen; a new listener first gets the latest one.
final class Broadcast<Value: Sendable>: Sendable {
  private struct Listeners {
    var latest: Value?
    var next = 0
    var all: [Int: AsyncStream<Value>.Continuation] = [:]
  }
  private let listeners = Mutex(Listeners())
  private let policy: AsyncStream<Value>.Continuation.BufferingPolicy

  /// - Parameter policy: what a listener that is behind loses.
  init(_ policy: AsyncStream<Value>.Continuation.BufferingPolicy) { self.policy = policy }

  func subscribe() -> AsyncStream<Value> {
    let (stream, continuation) = AsyncStream.makeStream(of: Value.self, bufferingPolicy: policy)
    let (number, latest) = listeners.withLock { listeners in
      listeners.next += 1
      listeners.all[listeners.next] = continuation
      return (listeners.next, listeners.latest)
    }
    if let latest { continuation.yield(latest) }
    continuation.onTermination = { [weak self] _ in self?.listeners.withLock { $0.all[number] = nil } }
    return stream
  }

  func send(_ value: Value) {
    let all = listeners.withLock { listeners in
      listeners.latest = value
      return Array(listeners.all.values)
    }
    for continuation in all { continuation.yield(value) }
  }
}
