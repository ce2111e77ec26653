internal import Synchronization

/// A queue of bounded length between tasks: many send, one receives; senders wait while it is full, so that a slow receiver slows them
/// down instead of filling the memory.
public final class Mailbox<Value: Sendable>: Sendable {
  private struct State {
    var values: [Value] = []
    var receiver: CheckedContinuation<Value?, Never>?
    var senders: [(number: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
    var next: UInt64 = 0
    var isClosed = false
  }
  private enum Sent { case handedOver(CheckedContinuation<Value?, Never>), kept, full, closed }

  private let state = Mutex(State())
  private let capacity: Int

  /// - Parameter capacity: values that wait at most; at least 1.
  public init(capacity: Int) { self.capacity = max(capacity, 1) }

  /// Values that wait.
  public var count: Int { state.withLock { $0.values.count } }

  /// Puts a value in, waiting while there is no room; false if it was closed or the task cancelled first.
  @discardableResult
  public func send(_ value: Value) async -> Bool {
    while true {
      switch put(value) {
      case .handedOver(let receiver):
        receiver.resume(returning: value)
        return true
      case .kept: return true
      case .closed: return false
      case .full: guard await waitForRoom() else { return false }
      }
    }
  }

  private func put(_ value: Value) -> Sent {
    state.withLock { state in
      if state.isClosed { return .closed }
      if let receiver = state.receiver {
        state.receiver = nil
        return .handedOver(receiver)
      }
      guard state.values.count < capacity else { return .full }
      state.values.append(value)
      return .kept
    }
  }

  private func waitForRoom() async -> Bool {
    let number = state.withLock { state in
      state.next &+= 1  // &+: 2^64 waits do not happen
      return state.next
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let outcome = state.withLock { state -> Bool? in
          if state.isClosed || Task.isCancelled { return false }
          if state.values.count < capacity || state.receiver != nil { return true }
          state.senders.append((number, continuation))
          return nil
        }
        if let outcome { continuation.resume(returning: outcome) }
      }
    } onCancel: {
      let continuation = state.withLock { state in
        state.senders.firstIndex { $0.number == number }.map { state.senders.remove(at: $0).continuation }
      }
      continuation?.resume(returning: false)
    }
  }

  /// The next value, waited for; nil if it was closed and is empty, or the task is cancelled. For one receiver.
  public func next() async -> Value? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Value?, Never>) in
        let (value, sender, isDecided) = state.withLock { state -> (Value?, CheckedContinuation<Bool, Never>?, Bool) in
          if Task.isCancelled { return (nil, nil, true) }
          if !state.values.isEmpty {
            return (state.values.removeFirst(), state.senders.isEmpty ? nil : state.senders.removeFirst().continuation, true)
          }
          if state.isClosed { return (nil, nil, true) }
          state.receiver = continuation
          return (nil, nil, false)
        }
        if isDecided { continuation.resume(returning: value) }
        sender?.resume(returning: true)
      }
    } onCancel: {
      state.withLock { state in
        defer { state.receiver = nil }
        return state.receiver
      }?.resume(returning: nil)
    }
  }

  /// Takes no more values: senders get false, the receiver what is there and then nil.
  public func close() {
    let (receiver, senders) = state.withLock { state in
      state.isClosed = true
      defer { (state.receiver, state.senders) = (nil, []) }
      return (state.receiver, state.senders)
    }
    receiver?.resume(returning: nil)
    for sender in senders { sender.continuation.resume(returning: false) }
  }
}
