internal import Synchronization

/// A gate that opens once. Who waits before is woken then; a waiting task that is cancelled is woken too, so that nothing waits on
/// after a service has ended.
public final class Gate: Sendable {
  private struct State {
    var isOpen = false
    var nextID: UInt64 = 0
    var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
  }

  private let state = Mutex(State())

  public init() {}

  public var isOpen: Bool { state.withLock { $0.isOpen } }

  /// Opens the gate; opening it again changes nothing.
  public func open() {
    let waiting = state.withLock { state in
      state.isOpen = true
      defer { state.waiting = [:] }
      return state.waiting.values.map { $0 }
    }
    for waiter in waiting { waiter.resume() }
  }

  /// Returns once the gate is open.
  ///
  /// - Throws: `CancellationError` where the task is cancelled first.
  public func wait() async throws {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // A handler that ran before this point found nothing to wake: so cancellation is looked for under the same lock.
        let isReady = state.withLock { state in
          if state.isOpen || Task.isCancelled { return true }
          state.waiting[id] = continuation
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
    }
    if !isOpen { throw CancellationError() }
  }
}
