internal import Bytes
internal import Glibc
internal import JSONText

/// Writes a runtime's log: one JSON object a line on standard error, as a host reads it (sheet 07 E.1).
public struct GuestLog: Sendable {
  /// How much a line matters.
  public enum Level: String, Sendable, Comparable {
    case trace = "TRCE"
    case debug = "DEBG"
    case info = "INFO"
    case warn = "WARN"
    case error = "ERRO"

    private var rank: Int { [.trace: 0, .debug: 1, .info: 2, .warn: 3, .error: 4][self] ?? 2 }
    public static func < (a: Level, b: Level) -> Bool { a.rank < b.rank }
  }

  /// Which part of the runtime speaks, such as `runtime/dispatcher`.
  public var module: String
  /// What is less than this is not written.
  public var level: Level

  public init(module: String = "runtime", level: Level = .info) {
    self.module = module
    self.level = level
  }

  /// The same log under another module's name.
  public func module(_ name: String) -> GuestLog { GuestLog(module: name, level: level) }

  /// For those who look for a fault.
  public func debug(_ message: String, _ fields: KeyValuePairs<String, String> = [:]) { write(.debug, message, fields) }
  /// What an operator wants to see.
  public func info(_ message: String, _ fields: KeyValuePairs<String, String> = [:]) { write(.info, message, fields) }
  /// Something is not as it should be.
  public func warn(_ message: String, _ fields: KeyValuePairs<String, String> = [:]) { write(.warn, message, fields) }
  /// Something failed.
  public func error(_ message: String, _ fields: KeyValuePairs<String, String> = [:]) { write(.error, message, fields) }

  private func write(_ level: Level, _ message: String, _ fields: KeyValuePairs<String, String>) {
    guard level >= self.level else { return }
    var writer = JSONWriter(indent: nil)
    writer.beginObject()
    for (key, value) in [("msg", message), ("level", level.rawValue), ("ts", Self.now()), ("module", module)] + fields.map({ $0 }) {
      writer.write(key: key)
      writer.write(string: value)
    }
    writer.endObject()
    let line = Array(writer.text.utf8) + [UInt8(ascii: "\n")]
    // One write a line, so that lines of several threads do not mix.
    _ = line.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
  }

  /// The present time in UTC, as RFC 3339 has it.
  static func now() -> String {
    var time = timespec(), parts = tm()
    clock_gettime(CLOCK_REALTIME, &time)
    gmtime_r(&time.tv_sec, &parts)
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let millis = time.tv_nsec / 1_000_000
    let fraction = String("000\(millis)".suffix(3))
    return
      "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)).\(fraction)Z"
  }
}
