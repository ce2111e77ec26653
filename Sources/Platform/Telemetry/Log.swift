/// The fields of an event, in print order.
public typealias LogFields = KeyValuePairs<String, any CustomStringConvertible & Sendable>

/// A logger of one module: a value to copy and to narrow (`module`, `with`). Rule: sheet 09 §6.
///
/// Events below the module's level cost one comparison: message and fields are not evaluated.
public struct Log: Sendable {
  /// The module's name as operators filter on it, such as `worker/registration`.
  public let name: String
  /// Fields that every event of this logger carries, between `module` and `msg`.
  public let context: [LogValue.Field]
  private let output: LogOutput?
  private let threshold: LogLevel

  public init(_ output: LogOutput, module: String) {
    self.init(output: output, name: module, context: [])
  }

  /// A logger that prints nothing.
  public static let silent = Log(output: nil, name: "", context: [])

  private init(output: LogOutput?, name: String, context: [LogValue.Field]) {
    (self.output, self.name, self.context) = (output, name, context)
    threshold = output?.levels.threshold(of: name) ?? .error
  }

  /// A logger of another module with the same output and context.
  public func module(_ name: String) -> Log { Log(output: output, name: name, context: context) }

  /// The same logger with further context fields.
  public func with(_ fields: LogFields) -> Log {
    Log(output: output, name: name, context: context + fields.map { .init($0.key, LogValue($0.value)) })
  }

  /// Whether an event of `level` would be printed.
  public func isEnabled(_ level: LogLevel) -> Bool { output != nil && level >= threshold }

  /// For those who look for a fault. Arguments are evaluated only if the line is wanted.
  public func debug(
    _ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:], file: StaticString = #fileID, line: UInt = #line
  ) {
    if isEnabled(.debug) { emit(.debug, message(), fields(), file, line) }
  }

  /// What an operator wants to see of a node that does well.
  public func info(
    _ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:], file: StaticString = #fileID, line: UInt = #line
  ) {
    if isEnabled(.info) { emit(.info, message(), fields(), file, line) }
  }

  /// Something is not as it should be; the node goes on.
  public func warn(
    _ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:], file: StaticString = #fileID, line: UInt = #line
  ) {
    if isEnabled(.warn) { emit(.warn, message(), fields(), file, line) }
  }

  /// Something failed.
  public func error(
    _ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:], file: StaticString = #fileID, line: UInt = #line
  ) {
    if isEnabled(.error) { emit(.error, message(), fields(), file, line) }
  }

  /// Prints a line that a guest runtime wrote, as the reference does: module and level first, module again with the context, then the
  /// guest's own fields (`msg` and `ts` among them) in the order given. Rule: sheet 09 §6.1, sheet 07 C5.
  public func forward(_ level: LogLevel, _ fields: [LogValue.Field]) {
    guard isEnabled(level), let output else { return }
    let module = LogValue.Field("module", .text(name))
    output.write([module, .init("level", .text(level.description)), module] + context + fields)
  }

  private func emit(_ level: LogLevel, _ message: String, _ fields: LogFields, _ file: StaticString, _ line: UInt) {
    guard let output else { return }
    var all: [LogValue.Field] = [
      .init("level", .text(level.description)), .init("ts", .text(output.clock().description)),
      .init("caller", .text("\(baseName(file)):\(line)")), .init("module", .text(name)),
    ]
    all += context
    all.append(.init("msg", .text(message)))
    all += fields.map { .init($0.key, LogValue($0.value)) }
    output.write(all)
  }

  private func baseName(_ file: StaticString) -> Substring {
    let path = file.description
    return path.suffix(from: path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)
  }
}
