internal import Glibc
internal import Synchronization

/// Where lines go.
public protocol LogSink: Sendable {
  /// Writes one line; the newline is the sink's to add. Never fails: a log that cannot be written must not stop the node.
  func write(line: String)
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

  func write(_ fields: [LogValue.Field]) { sink.write(line: format.line(fields)) }
}

/// Writes lines to a file descriptor, one `write` each, so that lines of several threads do not mix.
public final class DescriptorLogSink: LogSink {
  private let descriptor: Int32
  private let owned: Bool
  private let lock = Mutex(())

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
    var bytes = Array(line.utf8)
    bytes.append(UInt8(ascii: "\n"))
    lock.withLock { _ in
      var done = 0
      while done < bytes.count {
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done) }
        if count > 0 { done += count } else if count == 0 || errno != EINTR { return }
      }
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
