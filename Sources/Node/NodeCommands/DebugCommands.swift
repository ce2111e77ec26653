internal import ChainReplay
internal import CommandLineTool
internal import Glibc
internal import NodeAPI

extension NodeCommands {
  private static let lastHeight = Flag("to", default: Int64(0), "last height to replay; 0 for all")

  /// `debug`: for developers. Rule: sheet 09 §3.9.
  static let debug = Command(
    "debug", "debug utilities",
    subcommands: [
      replay,
      Command("control", "debug control node during tests", sharedFlags: Flags.client, subcommands: [waitReady, waitNodes]),
    ], hidden: true)

  private static let waitReady = Command(
    "wait-ready", "wait for node to become ready", example: "oasis-node debug control wait-ready -a unix:/node/data/internal.sock"
  ) { call in
    let environment = try CommandEnvironment(call, module: "cmd/debug/control")
    try await environment.ask("NodeController/WaitReady", failing: "failed to wait for node to become ready") { try await $0.waitReady() }
  }

  private static let nodeCount = Flag("nodes", short: "n", default: Int64(1), "number of nodes to wait for")

  private static let waitNodes = Command(
    "wait-nodes", "wait for the specified number of nodes to register",
    example: "oasis-node debug control wait-nodes -n 3 -a unix:/node/data/internal.sock", flags: [nodeCount.any]
  ) { call in
    let environment = try CommandEnvironment(call, module: "cmd/debug/control")
    try await environment.ask("DebugController/WaitNodesRegistered", failing: "failed to wait for nodes") {
      try await $0.run("DebugController/WaitNodesRegistered", call[nodeCount])
    }
  }

  private static let replay = Command(
    "replay", "replay a recorded chain and compare everything with what the reference computed",
    details:
      "Executes the blocks of a recorded chain from its genesis document, with its state on disk in a temporary directory (TMPDIR), and\n"
      + "compares state roots, results, events, validator updates and exported states with the recorded ones. Stops at the first\n"
      + "difference, says where it is, and exits with 1.",
    example: "oasis-node debug replay chains/basic --to 100", wordsHelp: "DIR", words: .exactly(1), flags: [lastHeight.any]
  ) { call in
    do { try Replay(call.console, showsProgress: isatty(STDERR_FILENO) == 1).run(call.words[0], to: call[lastHeight]) } catch {
      throw CommandFailure.message("\(error)")
    }
  }
}
