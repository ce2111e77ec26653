internal import Glibc

/// A program with its commands: finds the one that was called, checks its flags and runs it. Rule: sheet 09 §3.1.
public struct CommandLineTool: Sendable {
  public let root: Command
  /// What `--version` prints, without the last newline.
  public let version: String?
  private let console: Console

  public init(_ root: Command, version: String? = nil, console: Console = .standard) {
    (self.root, self.version, self.console) = (root, version, console)
  }

  /// Runs the command line after the program's name and returns the exit code.
  public func run(_ arguments: [String]) async -> Int32 {
    let (place, rest) = find(arguments)
    if place.ancestors.isEmpty, root.subcommands.contains(where: { !$0.isHidden }), let word = firstWord(rest, in: place) {
      return unknownCommand(word)
    }
    if place.command.name == "help", place.ancestors.count == 1, !root.subcommands.contains(where: { $0.name == "help" }) {
      return helpAbout(rest)
    }
    if let instead = place.command.deprecated { console.printError("Command \"\(place.command.name)\" is deprecated, \(instead)\n") }
    let flags = place.localFlags + place.inheritedFlags
    let invocation: Invocation
    do throws(FlagSyntaxError) {
      let parsed = try FlagParser(rest, flags)
      invocation = Invocation(words: parsed.words, console: console, values: try parsed.values(flags))
    } catch { return usageError(error.reason, place) }
    return await run(place, invocation)
  }

  /// Runs the command line and ends the process. The libraries are not taken down first: other threads still use them, and libuv aborts
  /// a process whose loop meets what is left of it.
  public func runAndExit(_ arguments: [String]) async -> Never {
    let code = await run(arguments)
    fflush(nil)
    _exit(code)
  }

  private func run(_ place: PlacedCommand, _ invocation: Invocation) async -> Int32 {
    if invocation.values["help"] as? Bool == true {
      console.print(place.help)
      return 0
    }
    if place.ancestors.isEmpty, let version, invocation.values["version"] as? Bool == true {
      console.print(version + "\n")
      return 0
    }
    guard let action = place.command.action else {
      console.print(place.help)
      return 0
    }
    let count = invocation.words.count
    switch place.command.words {
    case .exactly(let wanted) where count != wanted: return usageError("accepts \(wanted) arg(s), received \(count)", place)
    case .atLeast(let wanted) where count < wanted: return usageError("requires at least \(wanted) arg(s), only received \(count)", place)
    default: break
    }
    do {
      try await action(invocation)
      return 0
    } catch let failure as CommandFailure {
      switch failure {
      case .usage(let text): return usageError(text, place)
      case .message(let text, let code):
        console.printError("\(text)\n")
        return code
      case .exit(let code): return code
      }
    } catch {
      console.printError("\(error)\n")
      return 1
    }
  }

  // MARK: Finding the command

  /// The names of the commands that a command line leads to, and the next word, which leads to none.
  public func route(_ arguments: [String]) -> (commands: [String], next: String?) {
    let (place, rest) = find(arguments)
    return ((place.ancestors + [place.command]).dropFirst().map(\.name), firstWord(rest, in: place))
  }

  /// The command that the words lead to, and the arguments without those words. Flags may stand between and before them.
  private func find(_ arguments: [String]) -> (PlacedCommand, [String]) {
    var place = PlacedCommand(command: root, ancestors: [], version: version)
    var rest = arguments
    while let index = firstWordIndex(rest, in: place), let next = place.subcommands.first(where: { $0.name == rest[index] }) {
      rest.remove(at: index)
      place = PlacedCommand(command: next, ancestors: place.ancestors + [place.command], version: version)
    }
    return (place, rest)
  }

  private func firstWord(_ arguments: [String], in place: PlacedCommand) -> String? {
    firstWordIndex(arguments, in: place).map { arguments[$0] }
  }

  /// The first argument that is neither a flag nor a flag's value. A flag that the command does not know may belong to a later one:
  /// it is looked up there; one that nobody knows is taken to have a value.
  private func firstWordIndex(_ arguments: [String], in place: PlacedCommand) -> Int? {
    let flags = place.localFlags + place.inheritedFlags + below(place.command)
    var index = 0
    while index < arguments.count {
      let argument = arguments[index]
      if argument == "--" { return nil }
      guard argument.hasPrefix("-"), argument.count > 1 else { return index }
      if argument.hasPrefix("--") {
        let name = argument.dropFirst(2)
        if !name.contains("="), flags.first(where: { $0.name == name })?.isSwitch != true { index += 1 }
      } else if takesNextWord(argument.dropFirst(), flags) {
        index += 1
      }
      index += 1
    }
    return nil
  }

  /// Whether a group of letters ends in the first that needs a value.
  private func takesNextWord(_ letters: Substring, _ flags: [AnyFlag]) -> Bool {
    if letters.contains("=") { return false }
    let switches = letters.prefix { letter in flags.first { $0.short == letter }?.isSwitch == true }
    return switches.count == letters.count - 1
  }

  private func below(_ command: Command) -> [AnyFlag] {
    command.subcommands.flatMap { $0.flags + $0.sharedFlags + below($0) }
  }

  // MARK: Saying what is wrong

  private func usageError(_ text: String, _ place: PlacedCommand) -> Int32 {
    console.printError("Error: \(text)\n\(place.usage)\n")
    return 1
  }

  private func unknownCommand(_ word: String) -> Int32 {
    var text = "Error: unknown command \"\(word)\" for \"\(root.name)\"\n"
    let near = root.subcommands.filter { $0.isAvailable && ($0.name.hasPrefix(word.lowercased()) || distance($0.name, word) <= 2) }
    if !near.isEmpty { text += "\nDid you mean this?\n\(near.map { "\t\($0.name)\n" }.joined())\n" }
    console.printError(text + "Run '\(root.name) --help' for usage.\n")
    return 1
  }

  private func helpAbout(_ words: [String]) -> Int32 {
    let (place, rest) = find(words.filter { !$0.hasPrefix("-") })
    if !rest.isEmpty, place.ancestors.isEmpty {
      console.printError("Unknown help topic \"\(rest.joined(separator: " "))\"\n\(place.usage)")
      return 0
    }
    console.print(place.help)
    return 0
  }

  /// How many letters differ (Levenshtein).
  private func distance(_ left: String, _ right: String) -> Int {
    let (a, b) = (Array(left.lowercased()), Array(right.lowercased()))
    var row = Array(0...b.count)
    for (i, letter) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in b.enumerated() {
        let above = row[j + 1]
        row[j + 1] = min(above + 1, row[j] + 1, diagonal + (letter == other ? 0 : 1))
        diagonal = above
      }
    }
    return row[b.count]
  }
}
