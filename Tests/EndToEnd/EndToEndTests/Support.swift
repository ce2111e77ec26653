import AsyncIO
import Foundation
import NetRunner
import NodeAPI
import OasisTypes
import Testing

/// Where the release programs are.
enum ReleasePrograms {
  static let folder = ProcessInfo.processInfo.environment["OASIS_BIN"]
  static var programs: Programs { Programs(folder: folder ?? "") }
  static let isGiven = folder?.isEmpty == false
  static let howTo: Comment =
    "needs the release programs: 'make test', or 'make build && OASIS_BIN=$PWD/build/bin swift test --filter EndToEnd'"
}

/// A folder that is gone after the test. Its name is short: it holds sockets.
struct TemporaryFolder: ~Copyable {
  let path: String
  init() throws {
    path = "/tmp/e2e-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }
  deinit { if ProcessInfo.processInfo.environment["E2E_KEEP"] == nil { try? FileManager.default.removeItem(atPath: path) } }
}

/// A program with its output in files.
struct Running: Sendable {
  let child: ChildProcess
  let output: String
  let errors: String

  static func start(_ program: String, _ arguments: [String], in folder: String, name: String = UUID().uuidString) async throws -> Running {
    let (output, errors) = ("\(folder)/\(name).out", "\(folder)/\(name).err")
    let flags = O_WRONLY | O_CREAT | O_APPEND
    let environment = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }
    let child = try await ChildProcess.spawn(
      ChildConfiguration(
        executable: program, arguments: arguments, environment: environment,
        descriptors: [
          .init(try Descriptor.open(output, flags: flags), as: 1), .init(try Descriptor.open(errors, flags: flags), as: 2),
        ]))
    return Running(child: child, output: output, errors: errors)
  }

  /// Waits until it has printed a text.
  func wait(forOutput text: String) async throws {
    while !outputText.contains(text) {
      if let exit = await child.exit { throw TestFailure("waiting for '\(text)': the program ended (\(exit)): \(errorText)") }
      try await IO.sleep(for: .milliseconds(20))
    }
  }

  var outputText: String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }
  var errorText: String { (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "" }
}

/// What a program printed, and how it ended.
struct Finished {
  var exit: ChildExit
  var output: String
  var errors: String
}

/// Runs a program to its end; one that takes longer than `limit` is killed.
func run(_ program: String, _ arguments: [String], in folder: String, limit: Duration = .seconds(60)) async throws -> Finished {
  let running = try await Running.start(program, arguments, in: folder)
  let timer = Task {
    if (try? await IO.sleep(for: limit)) != nil {
      Issue.record("\(program) \(arguments.joined(separator: " ")) takes longer than \(limit)")
      await running.child.kill()
    }
  }
  let exit = await running.child.wait()
  timer.cancel()
  return Finished(exit: exit, output: running.outputText, errors: running.errorText)
}

/// The network's node, started without the runner.
struct TestNode: Sendable {
  let running: Running
  let directory: DemoDirectory
  let client: DemoClient

  static func start(_ directory: DemoDirectory, in folder: String) async throws -> TestNode {
    let running = try await Running.start(
      ReleasePrograms.programs.node,
      ["--config", directory.configuration, "--debug.dont_blame_oasis", "--debug.allow_test_keys"], in: folder, name: "node")
    return TestNode(running: running, directory: directory, client: DemoClient(socket: directory.socket))
  }

  /// Waits until the status satisfies `condition`.
  @discardableResult
  func wait(for what: String, limit: Duration = .seconds(90), _ condition: @Sendable (Control.Status) -> Bool) async throws
    -> Control.Status
  {
    let end = ContinuousClock.now + limit
    var last = "the node never answered"
    while ContinuousClock.now < end {
      if let exit = await running.child.exit { throw TestFailure("waiting for \(what): the node ended (\(exit)): \(tail)") }
      do {
        let status = try await client.status()
        if condition(status) { return status }
        last = summary(status)
      } catch { last = "\(error)" }
      try await IO.sleep(for: .milliseconds(100))
    }
    throw TestFailure("waiting for \(what): \(last): \(tail)")
  }

  /// Waits until the node is its committee's worker.
  @discardableResult
  func awaitCommittee() async throws -> Control.Status {
    try await wait(for: "the committee") { status in
      let runtime = status.runtimes[DemoGenesis.runtimeID]
      return runtime?.committee?.status == .ready && runtime?.committee?.executorRoles?.contains(.worker) == true
        && runtime?.executor?.status == .ready
    }
  }

  /// Asks the node to stop, and returns how it ended and how long that took.
  func stop() async throws -> (exit: ChildExit, duration: Duration) {
    let start = ContinuousClock.now
    await running.child.signal(SIGTERM)
    let timer = Task {
      if (try? await IO.sleep(for: .seconds(30))) != nil { await running.child.kill() }
    }
    let exit = await running.child.wait()
    timer.cancel()
    return (exit, start.duration(to: .now))
  }

  private func summary(_ status: Control.Status) -> String {
    let runtime = status.runtimes[DemoGenesis.runtimeID]
    return
      "height \(status.consensus?.latestHeight ?? 0), epoch \(status.consensus?.latestEpoch ?? 0), round \(runtime?.latestRound ?? 0), "
      + "committee \(runtime?.committee?.status.rawValue ?? 255), registration \(status.registration?.lastAttemptError ?? "")"
  }

  /// The last lines that it printed.
  var tail: String {
    (running.outputText + running.errorText).split(separator: "\n").suffix(15).joined(separator: "\n")
  }
}

struct TestFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
