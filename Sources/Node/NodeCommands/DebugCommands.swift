internal import Bytes
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
      Command("control", "debug control node during tests", sharedFlags: Flags.client, subcommands: [setEpoch, waitNodes, waitReady]),
      Command("beacon", "debug the random beacon", sharedFlags: Flags.client, subcommands: [beaconStatus]),
    ], hidden: true)

  private static let waitReady = Command(
    "wait-ready", "wait for node to become ready", example: "oasis-node debug control wait-ready -a unix:/node/data/internal.sock"
  ) { call in
    let environment = try CommandEnvironment(call, module: "cmd/debug/control")
    try await environment.ask("NodeController/WaitReady", failing: "failed to wait for node to become ready") { try await $0.waitReady() }
  }

  private static let epoch = Flag("epoch", short: "e", default: UInt64(0), "set mock epoch")

  /// A failure is only logged, as by the reference.
  private static let setEpoch = Command(
    "set-epoch", "set mock epoch", example: "oasis-node debug control set-epoch -e 10 -a unix:/node/data/internal.sock",
    flags: [epoch.any]
  ) { call in
    let environment = try CommandEnvironment(call, module: "cmd/debug/control")
    do {
      try await environment.ask("DebugController/SetEpoch", failing: "failed to set epoch") {
        try await $0.run("DebugController/SetEpoch", call[epoch])
      }
    } catch CommandFailure.exit {}
  }

  private static let beaconStatus = Command(
    "status", "show beacon status", example: "oasis-node debug beacon status -a unix:/node/data/internal.sock"
  ) { call in
    let environment = try CommandEnvironment(call, module: "cmd/debug/beacon")
    let beacon = try await environment.ask("Beacon/GetBeacon", failing: "failed to query beacon") {
      try await $0.call("Beacon/GetBeacon", Int64(0), as: [UInt8].self)
    }
    call.console.print("{\n  \"Beacon\": \"\(beacon.base64)\"\n}\n")
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
      throw error as? CommandFailure ?? CommandFailure.message("\(error)")
    }
  }
}
