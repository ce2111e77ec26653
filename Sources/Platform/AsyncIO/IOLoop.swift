internal import CUV
internal import Glibc
internal import Synchronization

/// The event loop: a libuv loop on a thread of its own that also executes the jobs of the ``IO`` actor and of tasks that prefer it.
///
/// Jobs from the loop's thread go to a plain list; jobs from elsewhere to a locked inbox with one wake-up a batch. Both are run before
/// the loop sleeps and after each callback.
public final class IOLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {  // all state but the inbox belongs to the thread
  private struct Inbox {
    var jobs: [UnownedJob] = []
    var signalled = false
  }

  let loop: UnsafeMutablePointer<uv_loop_t>
  /// Where libuv puts what it reads, before it is copied to its stream.
  let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: IOLoop.scratchSize, alignment: 16)
  static let scratchSize = 64 * 1024

  private let inbox = Mutex(Inbox())
  private let wakeUp: UnsafeMutablePointer<uv_async_t>
  private let prepare: UnsafeMutablePointer<uv_prepare_t>
  private let idle: UnsafeMutablePointer<uv_idle_t>
  private var local: [UnownedJob] = []
  private var spare: [UnownedJob] = []
  private var isDraining = false
  private var isIdling = false
  private let thread = Atomic<UInt>(0)

  init() {
    loop = .allocate(capacity: 1)
    (wakeUp, prepare, idle) = (.allocate(capacity: 1), .allocate(capacity: 1), .allocate(capacity: 1))
    // libuv's writes raise SIGPIPE where a peer is gone.
    signal(SIGPIPE, SIG_IGN)
    // Inherited from a parent that ignores it, children would vanish without their status.
    signal(SIGCHLD, SIG_DFL)
    guard uv_loop_init(loop) == 0, uv_async_init(loop, wakeUp, { IOLoop.of($0)?.drain() }) == 0, uv_prepare_init(loop, prepare) == 0,
      uv_idle_init(loop, idle) == 0
    else { fatalError("the event loop cannot start: out of descriptors or memory") }
    let me = Unmanaged.passRetained(self).toOpaque()  // the loop lives as long as the process
    (wakeUp.pointee.data, prepare.pointee.data, idle.pointee.data) = (me, me, me)
    uv_prepare_start(prepare) { IOLoop.of($0)?.drain() }
    uv_unref(UnsafeMutableRawPointer(prepare).assumingMemoryBound(to: uv_handle_t.self))
    var handle = pthread_t()
    let status = pthread_create(
      &handle, nil,
      { argument in
        guard let argument else { return nil }
        let loop = Unmanaged<IOLoop>.fromOpaque(argument).takeUnretainedValue()
        loop.thread.store(UInt(pthread_self()), ordering: .sequentiallyConsistent)
        while true { uv_run(loop.loop, UV_RUN_DEFAULT) }
      }, me)
    guard status == 0 else { fatalError("the event loop's thread cannot start: \(status)") }
  }

  private static func of<Handle>(_ handle: UnsafeMutablePointer<Handle>?) -> IOLoop? {
    guard let handle else { return nil }
    let data = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self).pointee.data
    return data.map { Unmanaged<IOLoop>.fromOpaque($0).takeUnretainedValue() }
  }

  var isOnThread: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

  /// Runs a job in the loop's next turn, from any thread.
  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if isOnThread {
      local.append(job)
      return
    }
    let wake = inbox.withLock { inbox in
      inbox.jobs.append(job)
      defer { inbox.signalled = true }
      return !inbox.signalled
    }
    if wake { uv_async_send(wakeUp) }
  }

  /// Traps on any thread but the loop's.
  public func checkIsolated() {
    precondition(isOnThread, "not on the event loop's thread")
  }

  /// Whether the caller is on the loop's thread.
  public func isIsolatingCurrentContext() -> Bool? { isOnThread }

  /// The loop as an executor; it lives as long as the process.
  public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

  /// Runs what is queued, at most 16 rounds, so that jobs which make jobs do not starve the sockets; the rest follows in the next turn.
  func drain() {
    guard !isDraining else { return }
    isDraining = true
    var round = 0
    while round < 16, runRound() { round += 1 }
    isDraining = false
    keepTurning(!local.isEmpty)
  }

  /// One round: everything queued so far. False when there was nothing.
  @inline(never)  // see swift-notes: a loop body of its own avoids a compiler leak
  private func runRound() -> Bool {
    inbox.withLock { inbox in
      inbox.signalled = false
      if !inbox.jobs.isEmpty {
        local.append(contentsOf: inbox.jobs)
        inbox.jobs.removeAll(keepingCapacity: true)
      }
    }
    if local.isEmpty { return false }
    swap(&local, &spare)
    let serial = asUnownedSerialExecutor()
    let task = asUnownedTaskExecutor()
    for job in spare { job.runSynchronously(isolatedTo: serial, taskExecutor: task) }
    spare.removeAll(keepingCapacity: true)
    return true
  }

  /// An active idle handle makes the loop poll without sleeping.
  private func keepTurning(_ wanted: Bool) {
    guard wanted != isIdling else { return }
    isIdling = wanted
    if wanted { uv_idle_start(idle) { _ in } } else { uv_idle_stop(idle) }
  }
}

extension UnsafeMutablePointer {
  /// The same libuv object seen as one of its base types.
  func cast<Other>(to _: Other.Type = Other.self) -> UnsafeMutablePointer<Other> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: Other.self)
  }
}
