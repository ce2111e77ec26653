internal import CommandLineTool
internal import Foundation
internal import GoldenSupport
internal import JSONText
internal import NodeCommands

/// `cli/oasis-node.jsonl`: command lines, run in order. Commands run within this process; a command line that starts a node starts the
/// program; those that ask a node ask one of ours.
enum CommandLineLoader: GoldenLoader {
  static let patterns = ["cli/oasis-node.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    let commands = try CommandCases()
    var unwritten: Set<String> = []  // what commands that were left out would have written
    for (number, value) in try file.lines() {
      let name = value["name"]?.string ?? "line \(number)"
      let recorded = RecordedCommand(value)
      if let reason = recorded.reasonToSkip {
        try commands.place(recorded.files)
        report.skip(reason)
        if recorded.arguments.contains("dump") { unwritten.formUnion(recorded.arguments.filter { $0.hasPrefix("/node/") }) }
      } else if recorded.exit == 0, recorded.files == nil,
        recorded.arguments.contains(where: { unwritten.contains($0) && !commands.has($0) })
      {
        report.skip("reads what a command that was left out would have written")
      } else {
        report.check(name) { try recorded.startsNode ? commands.runNode(recorded) : commands.run(recorded) }
      }
    }
  }
}

/// A recorded command line and what came of it.
struct RecordedCommand {
  let arguments: [String]
  let config: String?
  let stdout: String, stderr: String
  /// Nil where the command went on.
  let exit: Int?
  let note: String
  let files: JSONValue?
  private let isCommand: Bool

  init(_ value: JSONValue) {
    arguments = (value["args"]?.array ?? []).compactMap(\.string)
    isCommand = value["args"] != nil
    (config, exit, note) = (value["config"]?.string, value["exit"]?.integer(), value["note"]?.string ?? "")
    (stdout, stderr, files) = (value["stdout"]?.string ?? "", value["stderr"]?.string ?? "", value["files"])
  }

  private var route: (commands: [String], next: String?) { NodeCommands.tool().route(arguments) }

  /// Whether the node itself is started: there is no command.
  var startsNode: Bool {
    let asks = ["--help", "-h", "--version", "-v"].contains { arguments.contains($0) }
    return route.commands.isEmpty && route.next == nil && !asks && (arguments.isEmpty || arguments.contains("--config"))
  }

  /// Whether a node of a network is asked.
  var needsNetwork: Bool { arguments.contains { $0.contains("/net/") } }

  /// Makes new keys: what follows from them cannot be equal.
  var makesKeys: Bool { ["identity init", "registry entity init"].contains(route.commands.joined(separator: " ")) && !reusesKeys }
  private var reusesKeys: Bool { arguments.contains("--entity.reuse_signer") }
  /// Writes when it was run.
  var tellsTime: Bool { route.commands == ["genesis", "init"] }

  /// Why a case is not run; nil for those that are.
  var reasonToSkip: String? {
    guard isCommand, files == nil || startsNode || !route.commands.isEmpty else { return "what another command left" }
    if startsNode || needsNetwork {
      if let reason = reasonNotBuilt { return reason }
      if ReleasePrograms.folder == nil { return ReleasePrograms.missing }
      return startsNode && geteuid() != 0 && stdout.contains("elevated privileges") ? "recorded as root" : nil
    }
    return reasonNotBuilt
  }

  private var reasonNotBuilt: String? {
    let (commands, next) = route
    guard let next, command(commands)?.action == nil || commands.isEmpty else {
      return commands == ["control", "add-bundle"] && needsNetwork ? "bundles are added to a running node in a later issue" : nil
    }
    // A word that the reference does not know either, or whose group it answers with help.
    if stderr.contains("unknown command") || stdout.contains("oasis-node \((commands + ["[command]"]).joined(separator: " "))\n") {
      return nil
    }
    return "'\((commands + [next]).joined(separator: " "))' comes with a later issue"
  }

  private func command(_ path: [String]) -> Command? {
    var command: Command? = NodeCommands.tool().root
    for name in path { command = command?.subcommands.first { $0.name == name } }
    return command
  }
}
