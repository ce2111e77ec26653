internal import Foundation
internal import GoldenSupport
internal import Synchronization

/// The programs of this project, as they are shipped: in the folder that `OASIS_BIN` names, or beside the program that runs the loaders.
enum ReleasePrograms {
  static let folder: String? = {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let folders = [ProcessInfo.processInfo.environment["OASIS_BIN"] ?? "", (own as NSString).deletingLastPathComponent]
    return folders.first { !$0.isEmpty && FileManager.default.isExecutableFile(atPath: "\($0)/oasis-node") }
  }()

  /// Why cases that start a program are not run.
  static let missing = "needs the programs: 'make golden' builds them, OASIS_BIN names their folder"

  static func path(_ name: String) throws -> String {
    guard let folder, FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") else { throw GoldenError("\(name): \(missing)") }
    return "\(folder)/\(name)"
  }
}

/// A program that was started; its output goes to files. Killed with its last reference.
final class RunningProgram {
  private let process = Process()
  private let output: String, errors: String

  /// - Parameter folder: the working directory.
  init(_ program: String, _ arguments: [String], in folder: String, environment: [String: String] = [:]) throws {
    let name = "\(NSTemporaryDirectory())golden-run-\(UUID().uuidString)"
    (output, errors) = ("\(name).out", "\(name).err")
    for path in [output, errors] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: errors)
    process.standardInput = FileHandle.nullDevice
    try process.run()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    for path in [output, errors] { try? FileManager.default.removeItem(atPath: path) }
  }

  var outputText: String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }
  var errorText: String { (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "" }
  var isRunning: Bool { process.isRunning }

  /// The exit code; nil where it still runs after `limit` seconds or earlier, once `condition` holds.
  func wait(limit: Double, until condition: () -> Bool = { false }) -> Int32? {
    let end = Date(timeIntervalSinceNow: limit)
    while process.isRunning, Date() < end {
      if condition() { return nil }
      usleep(20_000)
    }
    return process.isRunning ? nil : status
  }

  /// Asks it to stop; nil where it does not within `limit` seconds.
  func stop(limit: Double = 30) -> Int32? {
    if process.isRunning { process.terminate() }
    return wait(limit: limit)
  }

  private var status: Int32 { process.terminationStatus + (process.terminationReason == .exit ? 0 : 128) }
}

/// A private network of one node with a ParaTime, made once by `oasis-net-runner` and copied for whoever needs one.
final class PrivateNetwork {
  let folder: String
  private let node: String

  private static let template = Mutex<Result<String, GoldenError>?>(nil)

  /// A copy of the network; nothing runs in it.
  init() throws {
    let template = try Self.template.withLock { made in
      let result = made ?? Self.make()
      made = result
      return try result.get()
    }
    folder = "\(NSTemporaryDirectory())gn-\(UUID().uuidString.prefix(8))"
    node = try ReleasePrograms.path("oasis-node")
    try FileManager.default.copyItem(atPath: template, toPath: folder)
    let file = "\(folder)/config.yml"
    let text = try String(contentsOfFile: file, encoding: .utf8)
    try text.replacingOccurrences(of: template, with: folder).write(toFile: file, atomically: true, encoding: .utf8)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private static func make() -> Result<String, GoldenError> {
    do {
      let folder = "\(NSTemporaryDirectory())gt-\(UUID().uuidString.prefix(8))"
      let runner = try RunningProgram(
        try ReleasePrograms.path("oasis-net-runner"), ["demo", "--directory", folder, "--once"], in: NSTemporaryDirectory())
      templateFolder.withLock { $0 = folder }
      atexit { templateFolder.withLock { try? FileManager.default.removeItem(atPath: $0) } }
      guard let code = runner.wait(limit: 240) else { return .failure(GoldenError("oasis-net-runner demo does not end")) }
      guard code == 0 else {
        return .failure(GoldenError("oasis-net-runner demo: exit \(code): \(runner.errorText.suffix(500))\(runner.outputText.suffix(500))"))
      }
      return .success(folder)
    } catch { return .failure(GoldenError("\(error)")) }
  }

  var configuration: String {
    get throws { try String(contentsOfFile: "\(folder)/config.yml", encoding: .utf8) }
  }

  func setConfiguration(_ text: String) throws { try text.write(toFile: "\(folder)/config.yml", atomically: true, encoding: .utf8) }

  /// Starts the network's node.
  func start(_ flags: [String] = [], environment: [String: String] = [:]) throws -> RunningProgram {
    try RunningProgram(
      node, ["--config", "\(folder)/config.yml", "--debug.dont_blame_oasis", "--debug.allow_test_keys"] + flags, in: folder,
      environment: environment)
  }
}

private let templateFolder = Mutex("")
