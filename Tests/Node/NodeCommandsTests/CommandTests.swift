import CommandLineTool
import Foundation
import NodeCommands
import NodeConfiguration
import Synchronization
import Testing

@Suite("oasis-node") struct CommandTests {
  /// Runs a command line: what it printed, and its exit code.
  private func run(_ arguments: String...) async -> (out: String, errors: String, code: Int32) {
    let (out, errors) = (Printed(), Printed())
    let console = Console(print: { out.add($0) }, printError: { errors.add($0) })
    let code = await NodeCommands.tool(console: console).run(arguments)
    return (out.text, errors.text, code)
  }

  @Test func everyCommandHasAnExample() {
    #expect(NodeCommands.tool().root.commandsWithoutExample() == [])
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
