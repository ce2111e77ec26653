internal import Glibc
internal import Synchronization

/// Where lines go.
public protocol LogSink: Sendable {
  /// Writes one line; the newline is the sink's to add. Never fails: a log that cannot be written must not stop the node.
  func write(line: String)
  /// How many lines were dropped since the last question, where lines are taken again; nil for none.
  func takeLost() -> Int?
}

extension LogSink {
  /// A sink that drops nothing.
  public func takeLost() -> Int? { nil }
}

/// What all loggers of a process share: format, levels, sink and clock.
public final class LogOutput: Sendable {
  public let format: LogFormat
  public let levels: LogLevels
  let clock: @Sendable () -> LogTime
  private let sink: any LogSink

  public init(
    format: LogFormat, levels: LogLevels, sink: any LogSink, clock: @escaping @Sendable () -> LogTime = { .now }
  ) {
    (self.format, self.levels, self.sink, self.clock) = (format, levels, sink, clock)
  }

  func write(_ fields: [LogValue.Field]) {
    if let lost = sink.takeLost() {
      let notice: [LogValue.Field] = [
        .init("level", .text(LogLevel.warn.description)), .init("ts", .text(clock().description)), .init("module", .text("log")),
        .init("msg", .text("log lines were dropped while nobody read the log")), .init("lines", .number("\(lost)")),
      ]
      sink.write(line: format.line(notice))
    }
    sink.write(line: format.line(fields))
  }
}

/// Writes lines to a file descriptor, so that lines of several threads do not mix.
///
/// A pipe that nobody reads holds nobody up: after a short wait its lines are dropped, and counted, until it is read again.
public final class DescriptorLogSink: LogSink {
  private struct State {
    /// Lines dropped since the last notice.
    var lost = 0
    /// The reader did not read in time: no waiting until it does.
    var isStalled = false
    /// The last line was cut off within.
    var isWithinLine = false
  }

  private let descriptor: Int32
  private let owned: Bool
  private let state = Mutex(State())
  /// A pipe that is ready for writing takes this many bytes without blocking (`PIPE_BUF`).
  private static let piece = 4096
  /// How long a reader is waited for, in milliseconds.
  private static let patience: Int32 = 200

  private init(descriptor: Int32, owned: Bool) { (self.descriptor, self.owned) = (descriptor, owned) }

  deinit { if owned { close(descriptor) } }

  public static let standardOutput = DescriptorLogSink(descriptor: STDOUT_FILENO, owned: false)
  public static let standardError = DescriptorLogSink(descriptor: STDERR_FILENO, owned: false)

  /// Appends to the file at `path`, which is created with mode 0600. Rule: sheet 09 §1.4 (`log.file`).
  public static func file(_ path: String) throws(LogFileError) -> DescriptorLogSink {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw LogFileError(path: path, reason: String(cString: strerror(errno))) }
    return DescriptorLogSink(descriptor: descriptor, owned: true)
  }

  public func write(line: String) {
    state.withLock { state in
      let bytes = (state.isWithinLine ? [UInt8(ascii: "\n")] : []) + Array(line.utf8) + [UInt8(ascii: "\n")]
      var done = 0
      while done < bytes.count {
        guard isReady(within: state.isStalled ? 0 : Self.patience) else {
          state.lost += 1
          (state.isStalled, state.isWithinLine) = (true, state.isWithinLine || done > 0)
          return
        }
        let count = bytes.withUnsafeBytes {
          Glibc.write(descriptor, $0.baseAddress?.advanced(by: done), min($0.count - done, Self.piece))
        }
        if count > 0 { done += count } else if count == 0 || (errno != EINTR && errno != EAGAIN) { return }
      }
      (state.isStalled, state.isWithinLine) = (false, false)
    }
  }

  public func takeLost() -> Int? {
    state.withLock { state in
      guard state.lost > 0, isReady(within: 0) else { return nil }
      defer { state.lost = 0 }
      return state.lost
    }
  }

  /// Whether a write would not block: for files always, also where they cannot be asked.
  private func isReady(within milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    while true {
      let found = poll(&entry, 1, milliseconds)
      if found >= 0 || errno != EINTR { return found != 0 }
    }
  }
}

/// A log file that cannot be opened.
public struct LogFileError: Error, Hashable, Sendable, CustomStringConvertible {
  public let path: String
  public let reason: String

  public var description: String { "open \(path): \(reason.lowercased())" }
}

/// Keeps lines in memory: for tests, and for whoever shows the last lines.
public final class MemoryLogSink: LogSink {
  private let kept = Mutex<[String]>([])
  private let limit: Int

  /// Keeps the last `limit` lines.
  public init(limit: Int = 10_000) { self.limit = limit }

  /// The lines kept, oldest first.
  public var lines: [String] { kept.withLock { $0 } }

  public func write(line: String) {
    kept.withLock { lines in
      lines.append(line)
      if lines.count > limit { lines.removeFirst(lines.count - limit) }
    }
  }
}
