/// A command of a program: a leaf with an action, or a group of others. Rule: sheet 09 §3.1.
public struct Command: Sendable {
  /// What a command does; it throws ``CommandFailure`` to choose message and exit code.
  public typealias Action = @Sendable (Invocation) async throws -> Void

  /// How many words a command takes besides flags.
  public enum Words: Sendable, Hashable {
    /// Any number; what is too much is ignored, as the reference's commands do.
    case any
    case exactly(Int)
    case atLeast(Int)
  }

  public var name: String
  /// What follows the name in the usage line, such as `<upgrade-descriptor>`.
  public var wordsHelp: String
  /// One line for lists.
  public var summary: String
  /// What help begins with; the summary where it is empty.
  public var details: String
  /// One command line, or several, as a user types them.
  public var example: String
  public var words: Words
  public var flags: [AnyFlag]
  /// Flags of this command and all below.
  public var sharedFlags: [AnyFlag]
  public var subcommands: [Command]
  /// What to use instead; the command still works.
  public var deprecated: String?
  public var isHidden: Bool
  public var action: Action?

  public init(
    _ name: String, _ summary: String, details: String = "", example: String = "", wordsHelp: String = "", words: Words = .any,
    flags: [AnyFlag] = [], sharedFlags: [AnyFlag] = [], subcommands: [Command] = [], deprecated: String? = nil, hidden: Bool = false,
    action: Action? = nil
  ) {
    (self.name, self.summary, self.details, self.example, self.wordsHelp, self.words) = (name, summary, details, example, wordsHelp, words)
    (self.flags, self.sharedFlags, self.subcommands, self.deprecated) = (flags, sharedFlags, subcommands, deprecated)
    (isHidden, self.action) = (hidden, action)
  }

  /// Commands with an action but without an example, by path: a program's tests keep this empty.
  public func commandsWithoutExample(_ path: String = "") -> [String] {
    let own = path.isEmpty ? name : "\(path) \(name)"
    return (action != nil && example.isEmpty ? [own] : []) + subcommands.flatMap { $0.commandsWithoutExample(own) }
  }

  var isAvailable: Bool { !isHidden && deprecated == nil && (action != nil || subcommands.contains { $0.isAvailable }) }
}

/// What a command was called with.
public struct Invocation: Sendable {
  /// The words besides flags.
  public let words: [String]
  /// Prints result text to standard output.
  public let console: Console
  let values: [String: any Sendable]

  /// The flag's value, or its default.
  public subscript<Value: FlagValue>(flag: Flag<Value>) -> Value { values[flag.name] as? Value ?? flag.standard }

  /// Whether a flag of this name was given.
  public func isSet(_ name: String) -> Bool { values[name] != nil }

  /// Whether the flag was given.
  public func isSet<Value>(_ flag: Flag<Value>) -> Bool { values[flag.name] != nil }
}

/// How a command says that it failed.
public enum CommandFailure: Error, Hashable, Sendable {
  /// Wrong use: `Error: TEXT` and the usage on standard error, exit 1.
  case usage(String)
  /// The text alone on standard error.
  case message(String, exit: Int32 = 1)
  /// Everything is said already.
  case exit(Int32)
}
