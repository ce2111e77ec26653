import CommandLineTool
import Foundation
import Synchronization
import Testing

/// Keeps what a command prints.
final class Captured: Sendable {
  let texts = Mutex((out: "", err: ""))

  var console: Console {
    Console(print: { text in self.texts.withLock { $0.out += text } }, printError: { text in self.texts.withLock { $0.err += text } })
  }
}

/// A part of the reference's tree, without examples, so that its help is the recorded one.
enum Reference {
  static let address = Flag("address", short: "a", default: "unix:internal.sock", "remote gRPC address")
  static let wait = Flag("wait", default: false, "wait for gRPC address to become available")
  static let height = Flag("height", default: Int64(0), "block height")
  static let list = Flag("entity", default: [String](), "path to entity registration file")

  static let client: [AnyFlag] = [
    address.any, .toggle("insecure", short: "k", "allows non-TLS connection to loopback addresses"), wait.any,
    .toggle("grpc.log.debug", hidden: true, "x"),
  ]

  static func leaf(_ name: String, _ summary: String) -> Command {
    Command(name, summary) { $0.console.print("\(name) \($0[address]) \($0[height]) \($0.words)\n") }
  }

  static let control = Command(
    "control", "node control interface utilities", sharedFlags: client,
    subcommands: [
      leaf("status", "show node status"), leaf("is-synced", "exit with 0 if the node completed initial syncing, 1 if not"),
      leaf("wait-sync", "wait for the node to complete initial syncing"),
      leaf("clear-deregister", "clear the forced node deregistration flag"),
      Command(
        "shutdown", "request node shutdown on next epoch transition",
        flags: [.toggle("wait", short: "w", "wait for the node to finish shutdown")]
      ) { _ in throw CommandFailure.message("gone", exit: 128) },
      Command(
        "upgrade-binary", "submit an upgrade descriptor to the node and request shutdown", wordsHelp: "<upgrade-descriptor>",
        words: .exactly(1)
      ) { _ in throw CommandFailure.usage("wrong") }, leaf("cancel-upgrade", "cancel a pending upgrade unless it is already in progress"),
      leaf("add-bundle", "adds runtime components from the bundle"),
      Command("runtime-stats", "old", deprecated: "use the `oasis` CLI instead.") { $0.console.print("stats\n") },
    ])

  static let reset = Command(
    "unsafe-reset", "reset the node state (UNSAFE)",
    flags: [
      .text("datadir", "data directory"), .toggle("dry_run", short: "n", "don't actually do anything, just show what will be done"),
      .toggle("force", "force"), .toggle("preserve.local_storage", default: true, "preserve per-runtime untrusted local storage"),
      .toggle("preserve.mkvs_database", default: true, "preserve per-runtime MKVS database"),
    ]
  ) { _ in }

  static let genesis = Command(
    "genesis", "genesis block utilities",
    subcommands: [
      leaf("check", "sanity check the genesis file"), leaf("init", "initialize the genesis file"),
      leaf("migrate", "migrate a genesis document from a previous release"),
      Command("dump", "dump state into genesis file", flags: [height.any, list.any]) { $0.console.print("\($0[height]) \($0[list])\n") },
    ])

  static let registry = Command(
    "registry", "registry backend utilities", subcommands: [Command("list", "x", deprecated: "x.") { _ in }],
    deprecated: "use the `oasis` CLI instead.")

  static let root = Command(
    "oasis-node", "Oasis Node",
    flags: [
      .text("signer.backend", short: "s", default: "file", "signer backend [file, plugin, remote, composite]"),
      .text("signer.composite.backends", "composite signer backends"), .text("signer.plugin.config", "plugin signer configuration"),
      .text("signer.plugin.name", "plugin signer backend name"), .text("signer.plugin.path", "plugin signer binary path"),
      .text("signer.remote.address", "remote signer server address"),
      .text("signer.remote.client.certificate", "remote signer client certificate path"),
      .text("signer.remote.client.key", "remote signer client certificate key path"),
      .text("signer.remote.server.certificate", "remote signer server certificate path"),
    ], sharedFlags: [.text("config", "config file")],
    subcommands: [
      control, reset, genesis, registry, Command("completion", "Generate the autocompletion script for the specified shell") { _ in },
      Command("ias", "IAS related utilities") { _ in }, Command("identity", "identity interface utilities") { _ in },
      Command("storage", "storage node utilities") { _ in },
    ]
  ) { _ in }

  static func run(_ arguments: [String]) async -> (code: Int32, out: String, err: String) {
    let captured = Captured()
    let version = "Software version: 26.1"
    let code = await CommandLineTool(root, version: version, console: captured.console).run(arguments)
    return captured.texts.withLock { (code, $0.out, $0.err) }
  }
}

@Suite("Recorded command lines") struct RecordedTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    var name: String
    var args: [String]
    var stdout: String
    var stderr: String
    var testDescription: String { name }
  }

  static let names: Set<String> = [
    "help", "unknown-command", "unknown-flag", "group-alone", "group-unknown-word", "help-control", "help-genesis", "help-registry",
    "help-unsafe-reset",
    "help-control-status", "help-control-shutdown", "control-upgrade-binary-no-arg",
  ]

  static let cases: [Case] = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    guard let text = try? String(contentsOf: root.appendingPathComponent("Data/cli/oasis-node.jsonl"), encoding: .utf8) else { return [] }
    return text.split(separator: "\n").compactMap { try? JSONDecoder().decode(Case.self, from: Data($0.utf8)) }.filter {
      names.contains($0.name)
    }
  }()

  @Test func allAreThere() { #expect(Set(Self.cases.map(\.name)) == Self.names) }

  @Test(arguments: cases) func printsAsRecorded(_ recorded: Case) async {
    let ours = await Reference.run(recorded.args)
    #expect(ours.out == recorded.stdout)
    #expect(ours.err == recorded.stderr)
    #expect(ours.code == (recorded.stderr.hasPrefix("Error:") ? 1 : 0))
  }
}

@Suite("Command lines") struct CommandLineTests {
  @Test(arguments: [
    (["control", "status"], "status unix:internal.sock 0 []\n"), (["-a", "unix:S", "control", "status"], "status unix:S 0 []\n"),
    (["--address=x", "control", "--wait", "status", "surplus"], "status x 0 [\"surplus\"]\n"),
    (["control", "-ax", "--wait=false", "status", "--", "-k"], "status x 0 [\"-k\"]\n"),
    (["control", "-ka", "y", "status"], "status y 0 []\n"),
    (["genesis", "dump", "--height", "-5", "--entity", "a,b", "--entity", "c"], "-5 [\"a\", \"b\", \"c\"]\n"),
    (["-v"], "Software version: 26.1\n"),
    (["--wait", "control", "status"], "status unix:internal.sock 0 []\n"),
  ]) func runs(_ arguments: [String], _ out: String) async {
    #expect(await Reference.run(arguments) == (0, out, ""))
  }

  @Test(arguments: [
    (["control", "status", "-x"], "Error: unknown shorthand flag: 'x' in -x\n"),
    (["control", "status", "-a"], "Error: flag needs an argument: 'a' in -a\n"),
    (["--config"], "Error: flag needs an argument: --config\n"),
    (
      ["genesis", "dump", "--height", "x"],
      "Error: invalid argument \"x\" for \"--height\" flag: strconv.ParseInt: parsing \"x\": invalid syntax\n"
    ),
    (
      ["genesis", "dump", "--height", "99999999999999999999"],
      "Error: invalid argument \"99999999999999999999\" for \"--height\" flag: strconv.ParseInt: parsing"
    ),
    (
      ["unsafe-reset", "-n=maybe"],
      "Error: invalid argument \"maybe\" for \"-n, --dry_run\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax\n"
    ),
    (["control", "upgrade-binary", "a"], "Error: wrong\nUsage:\n  oasis-node control upgrade-binary <upgrade-descriptor> [flags]\n"),
    (
      ["contro"],
      "Error: unknown command \"contro\" for \"oasis-node\"\n\nDid you mean this?\n\tcontrol\n\nRun 'oasis-node --help' for usage.\n"
    ),
  ]) func refuses(_ arguments: [String], _ err: String) async {
    let ours = await Reference.run(arguments)
    #expect(ours.code == 1)
    #expect(ours.out == "")
    #expect(ours.err.hasPrefix(err), "\(ours.err)")
  }

  @Test func failuresAndDeprecation() async {
    #expect(await Reference.run(["control", "shutdown", "-w"]) == (128, "", "gone\n"))
    let old = await Reference.run(["control", "runtime-stats"])
    #expect(old == (0, "stats\n", "Command \"runtime-stats\" is deprecated, use the `oasis` CLI instead.\n"))
    #expect(await Reference.run(["help", "control", "status"]).out == Reference.run(["control", "status", "-h"]).out)
  }

  @Test func examplesAreShownAndMissed() async {
    let command = Command("t", "s", example: "t --x\nt --y") { _ in }
    let captured = Captured()
    #expect(await CommandLineTool(command, console: captured.console).run(["-h"]) == 0)
    #expect(
      captured.texts.withLock { $0.out } == "s\n\nUsage:\n  t [flags]\n\nExamples:\n  t --x\n  t --y\n\nFlags:\n  -h, --help   help for t\n"
    )
    #expect(command.commandsWithoutExample().isEmpty)
    #expect(Reference.registry.commandsWithoutExample() == ["registry list"])
  }

  @Test(arguments: [("1m30s", Duration.seconds(90)), ("250ms", .milliseconds(250)), ("1.5h", .seconds(5400)), ("0", .zero)])
  func durations(_ text: String, _ value: Duration) throws {
    #expect(try Duration.parse(text, after: nil) == value)
    #expect(throws: FlagSyntaxError.self) { try Duration.parse("5", after: nil) }
    #expect(
      Duration.seconds(90).standardText == "1m30s" && Duration.milliseconds(1500).standardText == "1.5s"
        && Duration.seconds(3600).standardText == "1h0m0s")
  }
}
