/// A command in its place: with its ancestors, whose shared flags it has too.
struct PlacedCommand: Sendable {
  let command: Command
  /// From the root to the parent.
  let ancestors: [Command]
  let version: String?

  var path: String { (ancestors + [command]).map(\.name).joined(separator: " ") }

  /// Own flags by name, `--help` among them.
  var localFlags: [AnyFlag] {
    var flags = command.flags + command.sharedFlags
    if !flags.contains(where: { $0.name == "help" }) { flags.append(.toggle("help", short: "h", "help for \(command.name)")) }
    if ancestors.isEmpty, version != nil { flags.append(.toggle("version", short: "v", "version for \(command.name)")) }
    return flags.sorted { $0.name < $1.name }
  }

  /// Shared flags of the ancestors that no nearer flag hides.
  var inheritedFlags: [AnyFlag] {
    var known = Set(localFlags.map(\.name))
    var out: [AnyFlag] = []
    for flag in ancestors.reversed().flatMap(\.sharedFlags) where known.insert(flag.name).inserted { out.append(flag) }
    return out.sorted { $0.name < $1.name }
  }

  /// Subcommands by name, with `help` at the root.
  var subcommands: [Command] {
    var all = command.subcommands
    if ancestors.isEmpty, !all.isEmpty, !all.contains(where: { $0.name == "help" }) { all.append(Self.helpCommand) }
    return all.sorted { $0.name < $1.name }
  }

  static let helpCommand = Command("help", "Help about any command", wordsHelp: "[command]") { _ in }

  // MARK: Text

  var help: String {
    let text = command.details.isEmpty ? command.summary : command.details
    return (text.isEmpty ? "" : "\(text)\n\n") + usage
  }

  var usage: String {
    var out = "Usage:"
    if command.action != nil { out += "\n  \(usageLine)" }
    let available = subcommands.filter(\.isAvailable)
    let hasCommands = available.contains { $0.name != "help" }
    if hasCommands { out += "\n  \(path) [command]" }
    if !command.example.isEmpty {
      let lines = command.example.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }
      out += "\n\nExamples:\n\(lines.joined(separator: "\n"))"
    }
    if hasCommands {
      // All names count for the width, also those not shown.
      let width = max(11, subcommands.map(\.name.count).max() ?? 0)
      out += "\n\nAvailable Commands:"
      for command in available { out += "\n  \(padded(command.name, width)) \(command.summary)" }
    }
    out += section("Flags", localFlags) + section("Global Flags", inheritedFlags)
    if hasCommands { out += "\n\nUse \"\(path) [command] --help\" for more information about a command." }
    return out + "\n"
  }

  private var usageLine: String {
    "\(path)\(command.wordsHelp.isEmpty ? "" : " \(command.wordsHelp)")\(localFlags.contains { !$0.isHidden } ? " [flags]" : "")"
  }

  private func section(_ title: String, _ flags: [AnyFlag]) -> String {
    let shown = flags.filter { !$0.isHidden }
    if shown.isEmpty { return "" }
    let heads = shown.map { flag in
      (flag.short.map { "  -\($0), --" } ?? "      --") + flag.name + (flag.typeName.isEmpty ? "" : " \(flag.typeName)")
    }
    let width = heads.map(\.count).max() ?? 0
    let lines = zip(heads, shown).map { head, flag in
      "\(padded(head, width))   \(flag.help)\(flag.standardText.map { " (default \($0))" } ?? "")"
    }
    return "\n\n\(title):\n\(lines.joined(separator: "\n"))"
  }

  private func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
}
