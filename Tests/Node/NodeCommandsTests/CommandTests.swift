import CommandLineTool
import Foundation
import NodeCommands
import NodeConfiguration
import Synchronization
import Testing

@Suite("oasis-node") struct CommandTests {
  /// Runs a command line: what it printed, and its exit code.
  private func run(_ arguments: String...) async -> (out: String, errors: String, code: Int32) { await run(arguments) }

  private func run(_ arguments: [String]) async -> (out: String, errors: String, code: Int32) {
    let (out, errors) = (Printed(), Printed())
    let console = Console(print: { out.add($0) }, printError: { errors.add($0) })
    let code = await NodeCommands.tool(console: console).run(arguments)
    return (out.text, errors.text, code)
  }

  @Test func everyCommandHasAnExample() {
    #expect(NodeCommands.tool().root.commandsWithoutExample() == [])
  }

  // MARK: The whole tree

  /// Every command by its words, groups too.
  static let all: [[String]] = {
    func below(_ command: Command, _ path: [String]) -> [[String]] {
      [path] + command.subcommands.flatMap { below($0, path + [$0.name]) }
    }
    return below(NodeCommands.tool().root, [])
  }()

  static func command(_ path: [String]) -> Command? {
    var command: Command? = NodeCommands.tool().root
    for name in path { command = command?.subcommands.first { $0.name == name } }
    return command
  }

  /// Those that ask a node, which upgrade descriptors and bundles are for too.
  static let asking: [[String]] = all.filter { path in
    var command: Command? = NodeCommands.tool().root
    var flags: [String] = []
    for name in path {
      command = command?.subcommands.first { $0.name == name }
      flags += (command?.flags ?? []).map(\.name) + (command?.sharedFlags ?? []).map(\.name)
    }
    return command?.action != nil && flags.contains("address") && !["clear-deregister", "is-registered"].contains(path.last)
  }

  @Test(arguments: all) func hasHelpWithAnExample(_ path: [String]) async throws {
    let command = try #require(Self.command(path))
    let result = await run(path + ["--help"])
    #expect(result.code == 0)
    #expect(result.out.contains("Usage:\n"))
    #expect(result.out.contains("-h, --help"))
    #expect(result.errors.isEmpty || result.errors.contains("is deprecated, use"))
    guard command.action != nil else { return }
    #expect(result.out.contains("Examples:\n"))
    // The example is a command line of this very command, and its flags are right.
    for line in command.example.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      #expect(words.first == "oasis-node")
      #expect(NodeCommands.tool().route(Array(words.dropFirst())).commands == path, "\(line)")
      let shown = await run(Array(words.dropFirst()) + ["--help"])
      #expect(shown.code == 0, "\(line): \(shown.errors)")
    }
  }

  @Test(arguments: all) func refusesAnUnknownFlagOnStandardError(_ path: [String]) async throws {
    let result = await run(path + ["--nosuch"])
    #expect(result.code == 1)
    #expect(result.out == "")
    #expect(result.errors.contains("Error: unknown flag: --nosuch\n"))
    #expect(result.errors.contains("Usage:\n"), "says how to call it")
  }

  /// What failed, and what to do.
  @Test(arguments: asking) func saysThatNoNodeAnswers(_ path: [String]) async throws {
    let file = NSTemporaryDirectory() + "upgrade-\(UUID().uuidString).json"
    try """
    {"v": 1, "handler": "empty-upgrade", "target": {"consensus_protocol": {"major": 7}, "runtime_host_protocol": {"major": 5, "minor": 1},
    "runtime_committee_protocol": {"major": 5}}, "epoch": 5000}
    """.write(toFile: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: file) }
    let result = await run(path + [file, "-a", "unix:/nonexistent/internal.sock"])
    #expect(path.last == "set-epoch" ? result.code == 0 : result.code != 0)
    #expect(result.out.contains("level=error"))
    #expect(result.out.contains("hint=\"no node answers at 'unix:/nonexistent/internal.sock': start it"), "\(result.out)")
  }

  @Test func replaysARecordedChain() async {
    let folder = String(#filePath.dropLast("Node/NodeCommandsTests/CommandTests.swift".count)) + "Data/chains/basic"
    let result = await run("debug", "replay", folder, "--to", "20")
    #expect(result.code == 0)
    #expect(result.out.hasPrefix("20 blocks up to height 20, "))
    #expect(result.errors == "")
  }

  @Test func spellsOutWhatIsMissing() async {
    let result = await run("debug", "replay", "/nonexistent")
    #expect(result.code == 1)
    #expect(result.errors.contains("/nonexistent/genesis.json: no such file"))
  }

  @Test func refusesTLSByName() async {
    let result = await run("control", "status", "-a", "example.com:443")
    #expect(result.code == 1)
    #expect(result.out.contains("connections over TLS are not part of this version"))
  }

  @Test func leavesADirectoryInUseAlone() async throws {
    let folder = NSTemporaryDirectory() + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let directory = DataDirectory(folder)
    try directory.prepare()
    let lock = try directory.lock()
    let result = await run("identity", "init", "--datadir", folder)
    #expect(result.code == 1)
    #expect((result.out + result.errors).contains("data directory '\(folder)' is in use by process \(getpid())"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["lock"])
    withExtendedLifetime(lock) {}
  }

  @Test func neverOverwritesAnEntityKey() async throws {
    let folder = NSTemporaryDirectory() + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(await run("registry", "entity", "init", "--signer.dir", folder).code == 0)
    let key = try Data(contentsOf: URL(fileURLWithPath: folder + "/entity.pem"))
    #expect(await run("registry", "entity", "init", "--signer.dir", folder, "--force").code == 1)
    #expect(await run("registry", "entity", "init", "--signer.dir", folder, "--force", "--entity.reuse_signer").code == 0)
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder + "/entity.pem")) == key)
  }
}

final class Printed: Sendable {
  private let stored = Mutex("")
  var text: String { stored.withLock { $0 } }
  func add(_ text: String) { stored.withLock { $0 += text } }
}
