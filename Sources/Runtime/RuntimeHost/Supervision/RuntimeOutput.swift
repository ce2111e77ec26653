internal import FileSystem
internal import AsyncIO
internal import Glibc
internal import OasisTypes
internal import RuntimeBundle
internal import Synchronization
public import Telemetry

/// Sends what a runtime prints to the node's log and to the component's own (07 E.1).
final class RuntimeOutput: Sendable {
  private let log: Log
  private let component: Log?
  private let finished = Atomic(false)
  private let lastPlain = Mutex<String?>(nil)

  init(_ configuration: RuntimeConfiguration, log: Log) {
    self.log = log.module("runtime").with([
      "runtime_name": "", "component": configuration.component.id.display, "provisioner": "sandbox",
    ])
    component = configuration.componentLog.map { Log(LogOutput(format: .json, levels: LogLevels(.debug), sink: $0), module: "runtime") }
  }

  /// Whether the output has ended and everything was logged.
  var isFinished: Bool { finished.load(ordering: .acquiring) }

  /// The last line that was no JSON, cut to 300 characters; nil where there was none.
  var lastPlainLine: String? { lastPlain.withLock { $0 } }

  /// Logs until the stream ends.
  func forward(_ stream: ByteStream) async {
    var lines = RuntimeLog()
    var allowance = RuntimeLogAllowance()
    while let bytes = try? await stream.read(), !bytes.isEmpty { emit(lines.lines(adding: bytes), of: bytes.count, &allowance) }
    emit(lines.finish(), of: 0, &allowance)
    tell(dropped: allowance.finish())
    finished.store(true, ordering: .releasing)
  }

  private func tell(dropped: Int) {
    guard dropped > 0 else { return }
    log.warn(
      "runtime log lines dropped",
      ["count": dropped, "limit": "\(RuntimeLogAllowance.lines) lines or \(RuntimeLogAllowance.bytes) bytes a second"])
  }

  private func emit(_ lines: [RuntimeLog.Line], of size: Int, _ allowance: inout RuntimeLogAllowance) {
    for line in lines {
      let (isTaken, dropped) = allowance.take(size / lines.count, at: .now)
      tell(dropped: dropped)
      guard isTaken else { continue }
      if let text = line.plainText, !text.isEmpty { lastPlain.withLock { $0 = String(text.prefix(300)) } }
      log.module(line.module).forward(line.level, line.fields)
      component?.module(line.module).forward(line.level, line.fields)
    }
  }
}

/// A component's log file: lines until the limit, then a new file (07 E.1). Readers with an open handle can finish.
public final class RotatingLogFile: LogSink {
  private struct State: ~Copyable {
    var file: OpenFile
    var size = 0
  }

  private let path: String
  private let limit: Int
  private let state: Mutex<State>

  /// Opens the file with mode 0644, emptied. `limit` is in bytes.
  public init(path: String, limit: Int) throws {
    (self.path, self.limit) = (path, limit)
    state = Mutex(State(file: try OpenFile(emptying: path, mode: 0o644)))
  }

  /// Writes a line; one that alone is longer than the limit is dropped, as is what the disk does not take.
  public func write(line: String) {
    let bytes = Array(line.utf8) + [UInt8(ascii: "\n")]
    guard bytes.count <= limit else { return }
    state.withLock { state in
      if state.size + bytes.count > limit {
        unlink(path)
        guard let file = try? OpenFile(emptying: path, mode: 0o644) else { return }
        state = State(file: file)
      }
      if (try? state.file.write(bytes)) != nil { state.size += bytes.count }
    }
  }
}
