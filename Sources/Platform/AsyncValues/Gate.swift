internal import Synchronization

/// A gate that opens once, for any number of waiting tasks: "has caught up", "is initialized", "is gone".
///
/// Waiting ends when the gate opens, when its owner gives it up, and when the waiting task is cancelled; so nobody who waits for a part
/// that failed keeps the others from stopping.
public final class Gate: Sendable {
  private struct State {
    /// True: open; false: given up; nil: not decided.
    var outcome: Bool?
    var next: UInt64 = 0
    var waiting: [UInt64: CheckedContinuation<Bool, Never>] = [:]
  }
  private let state = Mutex(State())

  /// A closed gate.
  public init() {}

  /// Whether it has opened.
  public var isOpen: Bool { state.withLock { $0.outcome == true } }

  /// Lets all pass, now and later. Nothing happens if it was given up before.
  public func open() { decide(true) }

  /// It will never open: those who wait, now or later, get a `CancellationError`. Nothing happens if it is open.
  public func abandon() { decide(false) }

  private func decide(_ outcome: Bool) {
    let waiting = state.withLock { state in
      guard state.outcome == nil else { return [CheckedContinuation<Bool, Never>]() }
      state.outcome = outcome
      defer { state.waiting = [:] }
      return Array(state.waiting.values)
    }
    // Outside the lock: cancelling a task takes the task's own lock first and then ours.
    for continuation in waiting { continuation.resume(returning: outcome) }
  }

  /// Returns once it is open.
  ///
  /// - Throws: `CancellationError` if it was given up or the task is cancelled.
  public func wait() async throws {
    let number = state.withLock { state in
      state.next &+= 1  // &+: 2^64 waits do not happen
      return state.next
    }
    let isOpen = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
        let outcome = state.withLock { state -> Bool? in
          if let outcome = state.outcome { return outcome }
          if Task.isCancelled { return false }
          state.waiting[number] = continuation
          return nil
        }
        if let outcome { continuation.resume(returning: outcome) }
      }
    } onCancel: {
      state.withLock { $0.waiting.removeValue(forKey: number) }?.resume(returning: false)
    }
    guard isOpen else { throw CancellationError() }
  }
}
