internal import Bytes
internal import CommandLineTool
internal import NodeAPI
internal import NodeConfiguration
internal import NodeIdentity
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// What the registry of a running node's network holds. Rule: sheet 09 §3.8.
extension NodeCommands {
  private static let instead = "use the `oasis` CLI instead."
  private static let includeSuspended = Flag("include_suspended", default: false, "Use to include suspended runtimes")

  static let entityList = list("entity", "list registered entities", module: "cmd/registry/entity", "Registry/GetEntities") {
    client, _ in
    try await client.call("Registry/GetEntities", Int64(0), as: [Entity]?.self) ?? []
  } id: {
    $0.id.bytes.base64
  }

  static let nodeList = list("node", "list registered nodes", module: "cmd/registry/node", "Registry/GetNodes") { client, _ in
    try await client.call("Registry/GetNodes", Int64(0), as: [Node]?.self) ?? []
  } id: {
    $0.id.bytes.base64
  }

  static let runtimeList = list(
    "runtime", "list registered runtimes", module: "cmd/registry/runtime", "Registry/GetRuntimes", flags: [includeSuspended.any]
  ) { client, call in
    let query = Registry.GetRuntimesQuery(height: 0, includeSuspended: call[includeSuspended])
    return try await client.call("Registry/GetRuntimes", query, as: [Registry.Runtime]?.self) ?? []
  } id: {
    $0.id.hex
  }

  /// Prints what a call answers: identifiers, or with `-v` the whole as JSON.
  private static func list<Item: WireValue>(
    _ kind: String, _ summary: String, module: String, _ method: String, flags: [AnyFlag] = [],
    _ fetch: @escaping @Sendable (NodeClient, Invocation) async throws -> [Item], id: @escaping @Sendable (Item) -> String
  ) -> Command {
    Command(
      "list", summary, example: "oasis-node registry \(kind) list -v -a unix:/node/data/internal.sock",
      flags: Flags.client + [Flags.verbose.any] + flags, deprecated: instead
    ) { call in
      let environment = try CommandEnvironment(call, module: module)
      let items = try await environment.ask(method, failing: "failed to query \(kind == "entity" ? "entities" : "\(kind)s")") {
        try await fetch($0, call)
      }
      for item in items { call.console.print((call[Flags.verbose] ? item.jsonText(indent: "  ") : id(item)) + "\n") }
    }
  }

  static let nodeIsRegistered = Command(
    "is-registered", "check whether the node is registered",
    example: "oasis-node registry node is-registered --config /node/etc/config.yml -a unix:/node/data/internal.sock",
    flags: Flags.client, deprecated: instead
  ) { call in
    let environment = try CommandEnvironment(call, module: "cmd/registry/node")
    let directory = environment.configuration?.common.dataDirectory ?? ""
    let key: PublicKey
    do { key = try NodeIdentity.publicKey(folder: directory.isEmpty ? "." : directory, name: "identity") } catch {
      throw environment.failure("failed to load node identity", ["err": "\(error)"])
    }
    let nodes = try await environment.ask("Registry/GetNodes", failing: "failed to query nodes") {
      try await $0.call("Registry/GetNodes", Int64(0), as: [Node]?.self) ?? []
    }
    guard nodes.contains(where: { $0.id == key }) else {
      call.console.print("node is not registered\n")
      throw CommandFailure.exit(1)
    }
    call.console.print("node is registered\n")
  }
}
