public import CommandLineTool
internal import Glibc

/// The commands of `oasis-net-runner`. Without a command the reference's own command line (sheet 09 §10.1) has its place.
public enum NetRunnerTool {
  private static let directory = Flag(
    "directory", default: "", "directory of the network (default: that of 'make run', else ~/.oasis-net-runner)")
  private static let once = Flag("once", default: false, "end after the transactions; exit 0 only if each gave what it must")

  /// The program; `console` is where it prints.
  public static func tool(console: Console = .standard) -> CommandLineTool {
    CommandLineTool(root, version: "Software version: 26.1", console: console)
  }

  static let root = Command(
    "oasis-net-runner", "runs a private Oasis network on this machine", subcommands: [demo, transactions])

  private static let demo = Command(
    "demo", "runs one node with a ParaTime and sends it transactions",
    details: """
      Writes a network of one node into a directory (keys, genesis, configuration, runtime bundle), starts the node, waits for the
      ParaTime's first committee, sends transactions, and runs on until Ctrl-C. Where the output is no terminal, or with --once, it
      ends after the transactions. A second start on the same directory continues the chain.
      """,
    example: "oasis-net-runner demo --directory /tmp/net", words: .exactly(0), flags: [directory.any, once.any]
  ) { call in
    let demo = Demo(
      directory: try place(call), programs: try .besideThis(), once: call[once], console: call.console)
    let code = try await demo.run()
    if code != 0 { throw CommandFailure.exit(code) }
  }

  private static let transactions = Command(
    "tx", "sends a transaction to the demo's ParaTime", sharedFlags: [directory.any],
    subcommands: [
      Command(
        "insert", "stores a value under a key, and prints the value before", example: "oasis-net-runner tx insert colour green",
        wordsHelp: "KEY VALUE", words: .exactly(2)
      ) { call in try await send(.insert(key: call.words[0], value: call.words[1]), call) },
      Command("get", "prints the value of a key", example: "oasis-net-runner tx get colour", wordsHelp: "KEY", words: .exactly(1)) { call in
        try await send(.get(key: call.words[0]), call)
      },
      Command(
        "remove", "removes a key, and prints the value it had", example: "oasis-net-runner tx remove colour", wordsHelp: "KEY",
        words: .exactly(1)
      ) { call in try await send(.remove(key: call.words[0]), call) },
    ])

  private static func place(_ call: Invocation) throws(RunnerError) -> DemoDirectory {
    // What an unset variable of a shell leaves must not become another network.
    if call.isSet(directory), call[directory].isEmpty { throw RunnerError("--directory is empty: name a directory, or leave the flag out") }
    return call[directory].isEmpty ? try .standard(try .besideThis()) : try DemoDirectory(call[directory])
  }

  private static func absence(_ directory: DemoDirectory) -> String {
    "no network runs in \(directory.path): 'oasis-net-runner demo' starts one, --directory names another"
  }

  private static func send(_ transaction: KeyValueCall, _ call: Invocation) async throws {
    if let fault = transaction.fault { throw CommandFailure.message("\(transaction.method): \(fault)") }
    let directory = try place(call)
    guard access(directory.socket, F_OK) == 0 else {
      if errno == EACCES {
        throw CommandFailure.message("\(directory.socket): permission denied: use it as the user that runs the network")
      }
      throw CommandFailure.message("\(directory.socket): no such socket: \(absence(directory))")
    }
    let outcome: DemoClient.Outcome
    do { outcome = try await DemoClient(socket: directory.socket).submit(transaction) } catch {
      let hint = "\(error)".contains("connection refused") ? ": \(absence(directory))" : ""
      throw CommandFailure.message("\(transaction.method): \(error)\(hint)")
    }
    switch outcome.result {
    case .failure(let text): throw CommandFailure.message("\(transaction.method): refused by the ParaTime: \(text)")
    case .success(let value):
      call.console.print("\(value ?? "no value")\n")
      call.console.printError("final in round \(outcome.round)\n")
    }
  }
}
