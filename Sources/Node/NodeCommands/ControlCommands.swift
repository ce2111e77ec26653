internal import CommandLineTool
internal import NodeAPI
internal import OasisTypes
internal import Wire

extension NodeCommands {
  private static let module = "cmd/control"
  private static let shutdownWait = Flag("wait", short: "w", default: false, "wait for the node to finish shutdown")

  /// `control`: asks and steers a running node. Rule: sheet 09 §3.3.
  static let control = Command(
    "control", "node control interface utilities", sharedFlags: Flags.client,
    subcommands: [isSynced, waitSync, status, shutdown, upgradeBinary, cancelUpgrade, addBundle, clearDeregister])

  private static let isSynced = Command(
    "is-synced", "exit with 0 if the node completed initial syncing, 1 if not",
    example: "oasis-node control is-synced -a unix:/node/data/internal.sock"
  ) { call in
    let environment = try CommandEnvironment(call, module: module)
    let synced = try await environment.ask("NodeController/IsSynced", failing: "failed to query synced status", exit: 128) {
      try await $0.isSynced()
    }
    call.console.print(synced ? "node completed initial syncing\n" : "node has not completed initial syncing\n")
    if !synced { throw CommandFailure.exit(1) }
  }

  private static let waitSync = Command(
    "wait-sync", "wait for the node to complete initial syncing",
    example: "oasis-node control wait-sync -a unix:/node/data/internal.sock"
  ) { call in
    let environment = try CommandEnvironment(call, module: module)
    try await environment.ask("NodeController/WaitSync", failing: "failed to wait for sync status") { try await $0.waitSync() }
  }

  private static let status = Command(
    "status", "show node status", example: "oasis-node control status -a unix:/node/data/internal.sock"
  ) { call in
    let environment = try CommandEnvironment(call, module: module)
    let status = try await nodeStatus(environment)
    call.console.print(status.jsonText(indent: "  ") + "\n")
  }

  /// The status of the node that a command asks.
  static func nodeStatus(_ environment: CommandEnvironment) async throws -> Control.Status {
    try await environment.ask("NodeController/GetStatus", failing: "failed to query status", exit: 128) { try await $0.status() }
  }

  private static let shutdown = Command(
    "shutdown", "request node shutdown on next epoch transition",
    example: "oasis-node control shutdown --wait -a unix:/node/data/internal.sock", flags: [shutdownWait.any]
  ) { call in
    let environment = try CommandEnvironment(call, module: module)
    try await environment.ask("NodeController/RequestShutdown", failing: "failed to send shutdown request", waits: false) {
      try await $0.requestShutdown(wait: call[shutdownWait])
    }
  }

  // MARK: Upgrades and bundles

  private static let upgradeBinary = Command(
    "upgrade-binary", "submit an upgrade descriptor to the node and request shutdown",
    example: "oasis-node control upgrade-binary -a unix:/node/data/internal.sock upgrade.json", wordsHelp: "<upgrade-descriptor>",
    words: .exactly(1)
  ) { call in
    let environment = try CommandEnvironment(call, module: module)
    let descriptor = try descriptor(environment)
    if let violation = descriptor.violation {
      throw environment.failure("submitted upgrade descriptor is not valid", ["err": violation])
    }
    try await environment.ask("NodeController/UpgradeBinary", failing: "error while sending upgrade descriptor to the node") {
      try await $0.run("NodeController/UpgradeBinary", descriptor)
    }
  }

  private static let cancelUpgrade = Command(
    "cancel-upgrade", "cancel a pending upgrade unless it is already in progress",
    example: "oasis-node control cancel-upgrade -a unix:/node/data/internal.sock upgrade.json", wordsHelp: "<upgrade-descriptor>"
  ) { call in
    let environment = try CommandEnvironment(call, module: module)
    guard !call.words.isEmpty else { throw environment.failure("expected descriptor path") }
    let descriptor = try descriptor(environment)
    try await environment.ask("NodeController/CancelUpgrade", failing: "error while sending upgrade cancellation request to the node") {
      try await $0.run("NodeController/CancelUpgrade", descriptor)
    }
  }

  private static func descriptor(_ environment: CommandEnvironment) throws -> Upgrade.Descriptor {
    let text: [UInt8]
    do { text = try CommandEnvironment.read(environment.call.words[0], limit: 1 << 20) } catch {
      throw environment.failure("failed to read upgrade descriptor", ["err": "\(error)"])
    }
    do { return try Upgrade.Descriptor.decode(json: text) } catch {
      throw environment.failure("can't parse upgrade descriptor", ["err": "\(error)"])
    }
  }

  private static let addBundle = Command(
    "add-bundle", "adds runtime components from the bundle",
    example: "oasis-node control add-bundle -a unix:/node/data/internal.sock /node/bundles/app.orc", wordsHelp: "<path-to-bundle>"
  ) { call in
    let environment = try CommandEnvironment(call, module: module)
    guard let path = call.words.first else { throw CommandFailure.usage("accepts 1 arg(s), received 0") }
    try await environment.ask("NodeController/AddBundle", failing: "failed to add bundle") {
      try await $0.run("NodeController/AddBundle", path)
    }
  }
}
