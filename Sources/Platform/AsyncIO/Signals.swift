internal import CUV
internal import Glibc
internal import Synchronization

/// A bit for each signal that came before anyone watched.
private let early = Atomic<UInt64>(0)

/// Signals of the process as values.
public enum Signals {
  /// The signals that ask a node to stop.
  public static let termination: [Int32] = [SIGINT, SIGTERM]

  /// Keeps signals that come from now on for the first ``events(_:)`` of them, instead of their default effect: a process that has just
  /// begun to start can be asked to stop.
  public static func hold(_ signals: [Int32] = termination) {
    _ = early.load(ordering: .relaxed)  // made here: a handler may not make it
    for number in signals { signal(number) { early.bitwiseOr(1 << UInt64($0 & 63), ordering: .relaxed) } }
  }

  /// The listed signals as they arrive, those held back first; they no longer have their default effect while the sequence lives.
  public static func events(_ signals: [Int32] = termination) -> AsyncStream<Int32> {
    let (stream, continuation) = AsyncStream.makeStream(of: Int32.self, bufferingPolicy: .bufferingNewest(16))
    Task { @IO in
      let watchers = signals.map { SignalWatcher($0, continuation) }
      continuation.onTermination = { _ in
        Task { @IO in
          for watcher in watchers { watcher.close() }
        }
      }
    }
    return stream
  }
}

@IO private final class SignalWatcher {
  private let handle: UnsafeMutablePointer<uv_signal_t> = .allocate(capacity: 1)
  private let continuation: AsyncStream<Int32>.Continuation
  private var isClosed = false

  init(_ signal: Int32, _ continuation: AsyncStream<Int32>.Continuation) {
    self.continuation = continuation
    uv_signal_init(IO.loop.loop, handle)
    handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    uv_signal_start(
      handle,
      { handle, number in
        guard let data = handle?.pointee.data else { return }
        let watcher = Unmanaged<SignalWatcher>.fromOpaque(data).takeUnretainedValue()
        IO.assumeIsolated { _ = watcher.continuation.yield(number) }
        IO.loop.drain()
      }, signal)
    let bit: UInt64 = 1 << UInt64(signal & 63)
    if early.bitwiseAnd(~bit, ordering: .relaxed).oldValue & bit != 0 { continuation.yield(signal) }
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    uv_close(handle.cast()) { handle in
      guard let handle else { return }
      if let data = handle.pointee.data { Unmanaged<SignalWatcher>.fromOpaque(data).release() }
      UnsafeMutableRawPointer(handle).deallocate()
    }
  }
}
