internal import CUV

extension IO {
  /// Waits on the loop's timer; throws ``IOError/cancelled`` when the task is cancelled. Works also when the process has no descriptor left.
  @IO public static func sleep(for duration: Duration) async throws(IOError) {
    let timer = IOTimer()
    let finished = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if Task.isCancelled { return continuation.resume(returning: false) }
        timer.onCancel = { continuation.resume(returning: false) }
        timer.start(after: duration) { continuation.resume(returning: true) }
      }
    } onCancel: {
      Task { @IO in timer.cancel() }
    }
    if !finished { throw .cancelled }
  }

  /// Runs `body` and cancels it when `duration` passes first; then throws ``IOError/timedOut``.
  public static nonisolated func withTimeout<Value: Sendable>(
    _ duration: Duration, _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask { try await body() }
      group.addTask {
        try await IO.sleep(for: duration)
        return nil
      }
      defer { group.cancelAll() }
      guard let first = try await group.next(), let value = first else { throw IOError.timedOut }
      return value
    }
  }
}

/// A timer that fires once; made, started and cancelled on the loop.
@IO public final class IOTimer {
  private let core = TimerCore()
  var onCancel: (@IO () -> Void)?

  public init() {}

  deinit {
    let core = self.core
    Task { @IO in core.close() }
  }

  /// Calls `action` on the loop once `duration` has passed; a timer that runs already is set anew. Milliseconds are rounded up.
  public func start(after duration: Duration, _ action: @escaping @IO @Sendable () -> Void) {
    core.start(milliseconds(duration)) { [weak self] in
      self?.onCancel = nil
      action()
    }
  }

  /// Stops the timer: its action is not called.
  public func cancel() {
    core.stop()
    let told = onCancel
    onCancel = nil
    told?()
  }

  private func milliseconds(_ duration: Duration) -> UInt64 {
    let (seconds, attoseconds) = duration.components
    if seconds < 0 || attoseconds < 0 { return 0 }
    let part = UInt64((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1000)
    return overflow ? .max / 2 : min(whole, .max / 2) + part
  }
}

@IO private final class TimerCore {
  private let handle: UnsafeMutablePointer<uv_timer_t> = .allocate(capacity: 1)
  private var action: (@IO () -> Void)?
  private var isClosed = false

  nonisolated init() {}

  private var isInitialized = false

  func start(_ milliseconds: UInt64, _ action: @escaping @IO () -> Void) {
    if isClosed { return }
    if !isInitialized {
      uv_timer_init(IO.loop.loop, handle)
      handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
      isInitialized = true
    }
    self.action = action
    uv_update_time(IO.loop.loop)
    uv_timer_start(
      handle,
      { handle in
        guard let data = handle?.pointee.data else { return }
        let core = Unmanaged<TimerCore>.fromOpaque(data).takeUnretainedValue()
        IO.assumeIsolated { core.fire() }
        IO.loop.drain()
      }, milliseconds, 0)
  }

  private func fire() {
    let due = action
    action = nil
    due?()
  }

  func stop() {
    action = nil
    if isInitialized, !isClosed { uv_timer_stop(handle) }
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    action = nil
    guard isInitialized else { return handle.deallocate() }
    uv_close(handle.cast()) { handle in
      guard let handle else { return }
      if let data = handle.pointee.data { Unmanaged<TimerCore>.fromOpaque(data).release() }
      UnsafeMutableRawPointer(handle).deallocate()
    }
  }
}
