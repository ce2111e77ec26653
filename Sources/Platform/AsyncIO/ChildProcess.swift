internal import CLinux
internal import CUV
internal import Glibc

/// What a child process gets from its parent: nothing that is not listed here.
public struct ChildConfiguration: Sendable {
  /// A descriptor of ours and the number it has in the child.
  public struct Inherited: Sendable {
    public var source: Descriptor
    public var target: Int32

    public init(_ source: Descriptor, as target: Int32) { (self.source, self.target) = (source, target) }
  }

  /// The program's path; it is not searched for.
  public var executable: String
  /// The arguments after the program's name.
  public var arguments: [String]
  /// The whole environment, `NAME=value` each.
  public var environment: [String]
  public var workingDirectory: String?
  /// Descriptors; 0, 1 and 2 are `/dev/null` where they are not given.
  public var descriptors: [Inherited]
  /// Whether the child leads a process group of its own, so that it can be killed with its children.
  public var ownProcessGroup: Bool
  /// Whether what is left of the child's own group is killed when the child ends by itself.
  public var endsGroup = false

  public init(
    executable: String, arguments: [String] = [], environment: [String] = [], workingDirectory: String? = nil,
    descriptors: [Inherited] = [], ownProcessGroup: Bool = true
  ) {
    (self.executable, self.arguments, self.environment) = (executable, arguments, environment)
    (self.workingDirectory, self.descriptors, self.ownProcessGroup) = (workingDirectory, descriptors, ownProcessGroup)
  }
}

/// How a child ended.
public enum ChildExit: Hashable, Sendable, CustomStringConvertible {
  case code(Int32)
  case signal(Int32)

  /// As the reference's runtime prints it.
  public var description: String {
    switch self {
    case .code(let code): "exit status \(code)"
    case .signal(let signal): "signal: " + (strsignal(signal).map { String(cString: $0).lowercased() } ?? "\(signal)")
    }
  }
}

/// A child process, followed by its process descriptor, so that a number used again can never be mistaken for it.
public final class ChildProcess: Sendable {
  public let processID: Int32
  private let handle: Descriptor
  private let ownGroup: Bool
  @IO private let watcher: ExitWatcher

  @IO private init(processID: Int32, handle: Descriptor, ownGroup: Bool, endsGroup: Bool) throws(IOError) {
    (self.processID, self.handle, self.ownGroup) = (processID, handle, ownGroup)
    watcher = try ExitWatcher(handle, group: ownGroup && endsGroup ? processID : nil)
  }

  /// Starts a child: empty signal mask, default signals, no descriptors but the given ones.
  @IO public static func spawn(_ configuration: ChildConfiguration) throws(IOError) -> ChildProcess {
    let processID = try start(configuration)
    do throws(IOError) {
      let raw = pidfd_open(processID, 0)
      guard raw >= 0 else { throw .system("pidfd_open", code: errno) }
      return try ChildProcess(
        processID: processID, handle: Descriptor(owning: raw), ownGroup: configuration.ownProcessGroup, endsGroup: configuration.endsGroup)
    } catch {
      // Nobody could watch it: it must not stay, neither running nor dead.
      _ = Glibc.kill(configuration.ownProcessGroup ? -processID : processID, SIGKILL)
      while waitpid(processID, nil, 0) < 0, errno == EINTR {}
      throw error
    }
  }

  /// Waits for the end; further calls return the same. Cancelling the task does not end the child.
  @IO public func wait() async -> ChildExit { await watcher.wait() }

  /// How it ended, if it did.
  @IO public var exit: ChildExit? { watcher.exit }

  /// Sends a signal to the child, and to its group when it leads one. Nothing happens once it has ended.
  @IO public func signal(_ signal: Int32) {
    guard watcher.exit == nil else { return }
    // Not reaped yet, so the number is still the child's.
    _ = ownGroup ? Glibc.kill(-processID, signal) : Glibc.kill(processID, signal)
  }

  /// Ends the child, and its group when it leads one, at once.
  @IO public func kill() { signal(SIGKILL) }

  private static func start(_ configuration: ChildConfiguration) throws(IOError) -> Int32 {
    var files = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&files)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&files)
      posix_spawnattr_destroy(&attributes)
    }
    let lifted = try place(configuration.descriptors, in: &files)
    defer { withExtendedLifetime(lifted) {} }
    if let directory = configuration.workingDirectory { posix_spawn_file_actions_addchdir_np(&files, directory) }

    var flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    if configuration.ownProcessGroup {
      flags |= Int32(POSIX_SPAWN_SETPGROUP)
      posix_spawnattr_setpgroup(&attributes, 0)
    }
    posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: flags))

    var processID: pid_t = 0
    let status = withCStrings([configuration.executable] + configuration.arguments) { arguments in
      withCStrings(configuration.environment) { environment in
        posix_spawn(&processID, configuration.executable, &files, &attributes, arguments, environment)
      }
    }
    guard status == 0 else { throw .system("fork/exec \(configuration.executable)", code: status) }
    return processID
  }

  /// File actions for the descriptors. Every source is lifted above all targets first, so that no move overwrites a source still needed.
  private static func place(
    _ descriptors: [ChildConfiguration.Inherited], in files: inout posix_spawn_file_actions_t
  ) throws(IOError) -> [Descriptor] {
    let targets = descriptors.map(\.target)
    let highest = max(targets.max() ?? 2, 2)
    guard targets.allSatisfy({ (0...1023).contains($0) }), Set(targets).count == targets.count else {
      throw .invalid("descriptor numbers of a child must differ and lie in 0...1023")
    }
    var lifted: [Descriptor] = []
    for item in descriptors {
      let copy = fcntl(item.source.raw, F_DUPFD_CLOEXEC, highest + 1)
      guard copy >= 0 else { throw .system("dup", code: errno) }
      lifted.append(Descriptor(owning: copy))
      posix_spawn_file_actions_adddup2(&files, copy, item.target)
    }
    for number in 0...highest where !targets.contains(number) {
      if number <= 2 {
        posix_spawn_file_actions_addopen(&files, number, "/dev/null", O_RDWR, 0)
      } else {
        posix_spawn_file_actions_addclose(&files, number)
      }
    }
    posix_spawn_file_actions_addclosefrom_np(&files, highest + 1)
    return lifted
  }
}

/// Calls `body` with a null-terminated list of C strings.
private func withCStrings<Value>(_ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value) -> Value {
  var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
  pointers.append(nil)
  defer { for pointer in pointers { free(pointer) } }
  return pointers.withUnsafeBufferPointer { list in
    guard let base = list.baseAddress else { preconditionFailure("the list has at least its end") }
    return body(base)
  }
}

/// Waits for a process descriptor to become readable, then reaps the child.
@IO private final class ExitWatcher {
  private let descriptor: Descriptor
  /// The group that is killed when its leader ends.
  private let group: Int32?
  private let poll: UnsafeMutablePointer<uv_poll_t> = .allocate(capacity: 1)
  private(set) var exit: ChildExit?
  private var waiters: [CheckedContinuation<ChildExit, Never>] = []

  init(_ descriptor: Descriptor, group: Int32?) throws(IOError) {
    (self.descriptor, self.group) = (descriptor, group)
    let status = uv_poll_init(IO.loop.loop, poll, descriptor.raw)
    guard status == 0 else {
      poll.deallocate()
      throw IOError("watch child", uv: status)
    }
    poll.pointee.data = Unmanaged.passRetained(self).toOpaque()  // until the child has ended
    uv_poll_start(poll, Int32(UV_READABLE.rawValue)) { handle, _, _ in
      guard let data = handle?.pointee.data else { return }
      let watcher = Unmanaged<ExitWatcher>.fromOpaque(data).takeUnretainedValue()
      IO.assumeIsolated { watcher.reap() }
      IO.loop.drain()
    }
  }

  private func reap() {
    guard exit == nil else { return }
    var info = siginfo_t()
    // The leader is looked at first and reaped after: as long as it is not, the group's number cannot be another's.
    if let group, waitid(P_PIDFD, id_t(descriptor.raw), &info, WEXITED | WNOHANG | WNOWAIT) == 0, clinux_child_pid(&info) != 0 {
      _ = Glibc.kill(-group, SIGKILL)
    }
    let ended: ChildExit
    if waitid(P_PIDFD, id_t(descriptor.raw), &info, WEXITED | WNOHANG) == 0 {
      guard clinux_child_pid(&info) != 0 else { return }
      let status = clinux_child_status(&info)
      ended = info.si_code == CLD_EXITED ? .code(status) : .signal(status)
    } else {
      if errno != ECHILD { return }
      ended = .code(-1)  // somebody else took its status: without an answer the loop would ask for ever
    }
    exit = ended
    uv_poll_stop(poll)
    uv_close(poll.cast()) { handle in
      guard let handle else { return }
      if let data = handle.pointee.data { Unmanaged<ExitWatcher>.fromOpaque(data).release() }
      UnsafeMutableRawPointer(handle).deallocate()
    }
    let all = waiters
    waiters = []
    for waiter in all { waiter.resume(returning: ended) }
  }

  func wait() async -> ChildExit {
    if let exit { return exit }
    return await withCheckedContinuation { continuation in
      // Entering this function may suspend: an end that came meanwhile has nobody to wake.
      if let exit { continuation.resume(returning: exit) } else { waiters.append(continuation) }
    }
  }
}
