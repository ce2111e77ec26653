import CommandLineTool
import Foundation
import OasisTypes
import RuntimeBundle
import Synchronization
import Testing

@testable import orc

@Suite("orc (11 D)") struct OrcTests {
  private func run(_ arguments: [String]) async -> (exit: Int32, out: String, err: String) {
    let holder = Holder()
    let tool = CommandLineTool(
      Orc.tool.root, version: "0.3.0",
      console: Console(
        print: { text in holder.texts.withLock { $0.out += text } }, printError: { text in holder.texts.withLock { $0.err += text } }))
    let exit = await tool.run(arguments)
    return holder.texts.withLock { (exit, $0.out, $0.err) }
  }

  private final class Holder: Sendable { let texts = Mutex((out: "", err: "")) }

  private let id = "80000000000000000000000000000000000000000000000000000000000000aa"

  @Test func packsAndShows() async throws {
    let folder = NSTemporaryDirectory() + "orc-\(UInt32.random(in: 0...UInt32.max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Data("this is a test".utf8).write(to: URL(fileURLWithPath: folder + "/program"))
    let path = folder + "/hello.orc"
    let made = await run([
      "init", "--custom", "--runtime-name", "hello", "--runtime-version", "1.2.3", "--runtime-id", id, "--output", path,
      folder + "/program",
    ])
    #expect(made.exit == 0, "\(made.err)")
    #expect(
      made.out
        == "Using runtime name: hello\nUsing runtime version: 1.2.3\nUsing MANUALLY OVERRIDEN runtime identifier: \(id)\n")
    let shown = await run(["show", path])
    #expect(shown.exit == 0)
    #expect(
      shown.out == """
        Bundle:         \(path)
        Name:           hello
        Runtime ID:     \(id)
        Version:        1.2.3
        Components:
        - ronl
          Executable:     ronl.elf
          TEE kind:       none
        Digests:
          ronl.elf => 6c53016ac6f75b6a86dbd56070cbed58a5880071fa3ae44f1211ec72958ae941

        """)
    let bundle = try RuntimeBundle(path: path)
    #expect(bundle.manifest.component(.ronl)?.version == Version(1, 2, 3))
  }

  @Test func refuses() async {
    #expect(await run(["show", "/no/such.orc"]).exit == 1)
    #expect(await run(["show", "/no/such.orc"]).err.contains("open /no/such.orc: no such file or directory"))
    #expect(await run(["init", "x"]).err.contains("--custom"))
    #expect(await run(["init", "x", "y"]).err.hasPrefix("Error: accepts at most 1 arg(s), received 2"))
    #expect(await run(["show"]).err.hasPrefix("Error: accepts 1 arg(s), received 0"))
    #expect(await run(["show", "a", "b"]).exit == 1)
    #expect(await run(["pack"]).exit == 1)
    #expect(await run(["init", "--colour"]).exit == 1)
    #expect(await run(["--version"]).exit == 0)
    let missing = await run([
      "init", "--custom", "--runtime-name", "a", "--runtime-version", "1.0.0", "--runtime-id", id, "--output", "/no/such/a.orc",
      "/no/such/elf",
    ])
    #expect(missing.exit == 1)
    #expect(missing.err.contains("/no/such/elf"))
    #expect(await run(["init", "--custom", "x"]).exit == 1)
    #expect(await run(["init", "--custom", "--runtime-name", "a", "--runtime-version", "x", "--runtime-id", id]).exit == 1)
    #expect(await run(["init", "--custom", "--runtime-name", "a", "--runtime-version", "1", "--runtime-id", "12"]).exit == 1)
  }

  /// Everything else that a bundle may hold: no component, SGX without signature, an identifier in base64, the name of the file.
  @Test func packsOtherKinds() async throws {
    let folder = NSTemporaryDirectory() + "orc-\(UInt32.random(in: 0...UInt32.max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let base = ["init", "--custom", "--runtime-name", "hello", "--runtime-version", "1.2.3"]
    let base64 = "gAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAKo="
    let empty = await run(base + ["--runtime-id", base64, "--output", folder + "/empty.orc"])
    #expect(empty.exit == 0, "\(empty.err)")
    #expect(empty.out.hasSuffix("identifier: \(id)\n"))
    #expect(try RuntimeBundle(path: folder + "/empty.orc").manifest.components.isEmpty)
    try Data("elf".utf8).write(to: URL(fileURLWithPath: folder + "/program"))
    let unreadable = await run(
      base + ["--runtime-id", id, "--output", folder + "/sgx.orc", "--sgx-executable", folder + "/none", folder + "/program"])
    #expect(unreadable.exit == 1)
    #expect(unreadable.err.contains(folder + "/none"))
    #expect(!FileManager.default.fileExists(atPath: folder + "/sgx.orc"))
    // A file is replaced, and a folder that cannot be written to is named.
    #expect(await run(base + ["--runtime-id", id, "--output", folder + "/empty.orc", folder + "/program"]).exit == 0)
    #expect(try RuntimeBundle(path: folder + "/empty.orc").manifest.components.count == 1)
    let nowhere = await run(base + ["--runtime-id", id, "--output", folder + "/no/x.orc"])
    #expect(nowhere.exit == 1)
    #expect(nowhere.err.contains(folder + "/no"))
  }

  @Test func everyCommandHasAnExample() { #expect(Orc.tool.root.commandsWithoutExample().isEmpty) }
}
