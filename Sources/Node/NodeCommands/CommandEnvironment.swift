internal import FileSystem
internal import CommandLineTool
internal import Foundation
internal import GRPC
internal import NodeAPI
internal import NodeConfiguration
internal import NodeIdentity
internal import OasisCrypto
internal import OasisTypes
internal import Telemetry

/// What a command has when it starts: its configuration, and the log, which goes to standard output. Rule: sheet 09 §3.1.
struct CommandEnvironment {
  let call: Invocation
  /// Nil without `--config`.
  let configuration: NodeConfiguration?
  private(set) var log: Log

  /// - Throws: a failure for standard error where there is no log yet.
  init(_ call: Invocation, module: String) throws {
    self.call = call
    var format = LogFormat.logfmt
    var levels = LogLevels(.warn)
    var sink: any LogSink = ConsoleLogSink(console: call.console)
    var loaded: NodeConfiguration?
    if call.isSet(Flags.config) {
      do {
        let read = try NodeConfiguration.load(path: call[Flags.config], environment: ProcessInfo.processInfo.environment)
        loaded = read
        let directory = read.common.dataDirectory
        if !directory.isEmpty { try DataDirectory(directory).prepare() }
        format = LogFormat(word: read.common.log.format) ?? .logfmt
        levels = LogLevels(
          read.common.log.level["default"].flatMap { LogLevel(word: $0) } ?? .warn,
          byPrefix: read.common.log.level.filter { $0.key != "default" }.compactMapValues { LogLevel(word: $0) })
        if let path = read.common.logPath { sink = try DescriptorLogSink.file(path) }
      } catch { throw CommandFailure.message("\(error)") }
    }
    configuration = loaded
    log = Log(LogOutput(format: format, levels: levels, sink: sink), module: module)
  }

  var debug: NodeCommands.DebugSwitches { .init(call) }
  /// Keys that no signature counts for.
  var blacklist: PublicKeyBlacklist { debug.allowTestKeys ? .reserved : .production }
  /// Whether the built-in test entity stands for the user's.
  var usesTestEntity: Bool { debug.dontBlameOasis && call[Flags.testEntity] }

  /// The same, with the log of another module.
  func named(_ module: String) -> CommandEnvironment {
    var other = self
    other.log = log.module(module)
    return other
  }

  /// Logs an error line; throw what it returns.
  func failure(
    _ message: String, _ fields: LogFields = [:], exit: Int32 = 1, file: StaticString = #fileID, line: UInt = #line
  ) -> CommandFailure {
    log.error(message, fields, file: file, line: line)
    return .exit(exit)
  }

  /// Keeps a node from a data directory while a command writes there. What else is wrong with the directory is for the writer to tell.
  ///
  /// - Throws: where a node uses it, an error with its process.
  func claim(_ folder: String) throws(DataDirectoryError) -> DataDirectoryLock? {
    guard FileManager.default.fileExists(atPath: folder) else { return nil }
    do { return try DataDirectory(folder).lock() } catch {
      guard error.owner == nil else { throw error }
      return nil
    }
  }

  // MARK: Asking a node

  /// Calls the node; a failure is logged twice, as by the reference: the call, and what it was for.
  ///
  /// - Parameters:
  ///   - method: such as `NodeController/GetStatus`.
  ///   - text: the log message where it fails.
  func ask<Answer>(
    _ method: String, failing text: String, exit: Int32 = 1, waits: Bool? = nil, _ body: (NodeClient) async throws -> Answer
  ) async throws -> Answer {
    let client = try client(waits: waits ?? call[Flags.waitForAddress])
    do { return try await body(client) } catch {
      log.module("grpc/client").error("request failed", ["method": "/oasis-core.\(method)", "req_seq": 1, "err": "\(error)"])
      guard (error as? GRPCStatus)?.code == .unavailable else { throw failure(text, ["err": "\(error)"], exit: exit) }
      let hint =
        "\(error)".contains("permission denied")
        ? "only the user that runs the node may use its socket '\(call[Flags.address])'"
        : "no node answers at '\(call[Flags.address])': start it, or name its socket with -a unix:PATH"
      throw failure(text, ["err": "\(error)", "hint": hint], exit: exit)
    }
  }

  private func client(waits: Bool) throws -> NodeClient {
    var address = call[Flags.address]
    if !address.contains(":"), FileManager.default.fileExists(atPath: address) {
      log.module("cmd/grpc").warn("'\(address)' is a file name. Assuming 'unix:\(address)'.")
      address = "unix:\(address)"
    }
    do { return NodeClient(try NodeClient.address(address, insecure: call[Flags.insecure]), waitForReady: waits) } catch {
      throw failure("failed to establish connection with node", ["err": "\(error)"])
    }
  }

  // MARK: Files

  /// A file's bytes, or what is wrong in the reference's words.
  static func read(_ path: String, limit: Int = 1 << 30) throws -> [UInt8] {
    if case .absent = try Files.kind(of: path) { throw FileProblem("open \(path): no such file or directory") }
    return try Files.read(path, limit: limit)
  }

  static func write(_ text: String, to path: String) throws {
    try Files.write(Array(text.utf8), to: path)
  }
}

/// What is wrong with a file.
struct FileProblem: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// Log lines among a command's results.
private struct ConsoleLogSink: LogSink {
  let console: Console
  func write(line: String) { console.print(line + "\n") }
}
