internal import Foundation
internal import GoldenSupport
internal import JSONText

/// Compares what a command printed with what the reference's did: exit codes are compared elsewhere.
struct CommandOutput {
  private let recorded: RecordedCommand
  /// Whether it tells of a network: ours is another one, so only the shape can be equal.
  private let isOfNetwork: Bool
  init(_ recorded: RecordedCommand, isOfNetwork: Bool) { (self.recorded, self.isOfNetwork) = (recorded, isOfNetwork) }

  /// A command's standard output and standard error.
  func compare(_ output: String, _ errors: String) throws {
    if recorded.stdout.contains("Usage:\n") {
      try compareHelp(output, recorded.stdout)
    } else if recorded.stdout.hasPrefix("Software version") {
      try expectEqual(output.split(separator: "\n").dropLast(), recorded.stdout.split(separator: "\n").dropLast(), "stdout")
    } else {
      try comparePrinted(output)
    }
    try compareErrors(errors)
  }

  /// A node's log on standard output and what else went to the terminal.
  func compareNode(_ output: String, _ errors: String) throws {
    if recorded.stdout.contains("panic:") { return }  // the reference crashed: any clean refusal is better
    let ours = output.split(separator: "\n").compactMap { LogLine($0) }
    let theirs = recorded.stdout.split(separator: "\n").compactMap { LogLine($0) }
    for line in LogContract.expected(of: theirs) {
      do { try LogContract.check(line, in: ours) } catch { throw GoldenError("\(line.module): \(line.message): \(error)") }
    }
    try compareErrors(errors)
  }

  /// Whether a node has logged all that the recorded one did.
  func hasLog(_ output: String) -> Bool {
    let ours = output.split(separator: "\n").compactMap { LogLine($0) }
    let theirs = recorded.stdout.split(separator: "\n").compactMap { LogLine($0) }
    return LogContract.expected(of: theirs).allSatisfy { line in (try? LogContract.check(line, in: ours)) != nil }
  }

  // MARK: Standard output

  /// Log lines by level, module, message and error; texts as they are, or, where a network was asked, by their shape.
  private func comparePrinted(_ output: String) throws {
    let (ours, theirs) = (Printed(output), Printed(recorded.stdout))
    try expectEqual(ours.log.map(\.title).joined(separator: "\n"), theirs.log.map(\.title).joined(separator: "\n"), "log lines")
    for (our, their) in zip(ours.log, theirs.log) where our.module != "grpc/client" {
      let (ourError, theirError) = (our.fields["err"] ?? "", their.fields["err"] ?? "")
      guard isOfNetwork || theirError.hasPrefix("rpc error") || Agreement.holds(ourError, theirError) else {
        throw GoldenError("err: ours \(ourError), theirs \(theirError)")
      }
    }
    guard isOfNetwork else { return try expectEqual(ours.text, theirs.text, "stdout") }
    if theirs.documents.isEmpty {
      try expectEqual(Shape.lines(ours.text), Shape.lines(theirs.text), "shape of stdout")
    } else {
      try Shape.compare(ours.documents, theirs.documents)
    }
  }

  // MARK: Standard error

  private func compareErrors(_ errors: String) throws {
    let (ours, theirs) = (errors.split(separator: "\n"), recorded.stderr.split(separator: "\n"))
    guard let first = theirs.first else { return try expectEqual(errors, "", "stderr") }
    let head = "failed to load config file '"
    if first.hasPrefix(head), let end = first.range(of: "': ")?.upperBound, ours.first?.hasPrefix(first[..<end]) == true {
      // The rest is Go's decoder's; where it names lines, ours are the same.
      let places = Self.places(theirs)
      return places.isEmpty ? () : try expectEqual(Self.places(ours), places, "lines that stderr names")
    }
    guard let our = ours.first, Agreement.holds(our, first) else { throw GoldenError("stderr: ours \(errors), theirs \(recorded.stderr)") }
    if recorded.stderr.contains("Usage:\n") { return try compareHelp(errors, recorded.stderr) }
    if first == "Diff:" { try expectEqual(ours.prefix(3), theirs.prefix(3), "head of the differences") }
  }

  /// The numbers after `line `, of those lines that begin with it.
  private static func places(_ lines: [Substring]) -> [String] {
    lines.compactMap { $0.firstMatch(of: /^  line ([0-9]+):/).map { String($0.1) } }
  }

  // MARK: Help

  /// Commands that only ours has.
  private static let ownCommands = ["replay"]

  /// Our help has fewer commands and flags, and examples: every other line is one of theirs.
  private func compareHelp(_ ours: String, _ theirs: String) throws {
    func words(_ line: Substring) -> String { line.split(separator: " ").joined(separator: " ") }
    let known = Set(theirs.split(separator: "\n").map(words))
    var inExamples = false
    for line in ours.split(separator: "\n", omittingEmptySubsequences: false) {
      if line == "Examples:" { inExamples = true } else if line.isEmpty || !line.hasPrefix(" ") { inExamples = false }
      let text = words(line)
      guard !inExamples, line != "Examples:", !text.isEmpty, !Self.ownCommands.contains(where: text.hasPrefix) else { continue }
      guard known.contains(text) || line.hasPrefix("Error: ") else { throw GoldenError("help has the line '\(text)', theirs has not") }
    }
  }
}

/// What a command printed, taken apart.
private struct Printed {
  var log: [LogLine] = []
  var text = ""
  var documents: [JSONValue] = []

  init(_ output: String) {
    var document = ""
    for line in output.split(separator: "\n", omittingEmptySubsequences: false) {
      if line == "{" || !document.isEmpty {
        document += line + "\n"
        guard line == "}", let value = try? JSONValue(parsing: Array(document.utf8)) else { continue }
        documents.append(value)
        document = ""
      } else if LogLine.isEvent(line), let event = LogLine(line) {
        log.append(event)
      } else {
        text += line + "\n"
      }
    }
    text += document
  }
}

extension LogLine {
  fileprivate var title: String { "\(level) \(module) \(message)" }
}

/// What two networks' answers have in common.
private enum Shape {
  /// The distinct kinds of lines: keys, hashes, addresses and numbers by their form.
  static func lines(_ text: String) -> Set<String> {
    Set(
      text.split(separator: "\n").map { line -> String in
        String(line).replacing(/oasis1[0-9a-z]{40}/, with: "ADDRESS").replacing(/[0-9a-fA-F]{40,64}/, with: "HASH")
          .replacing(/[A-Za-z0-9+\/]{43}=/, with: "KEY").replacing(/[0-9]+/, with: "N")
      })
  }

  /// Our keys are theirs, in their order; the first document has all of the outermost ones.
  static func compare(_ ours: [JSONValue], _ theirs: [JSONValue]) throws {
    guard !ours.isEmpty else { throw GoldenError("no JSON") }
    var known: [String: [String]] = [:]
    for document in theirs { collect(document, "", &known) }
    for document in ours { try check(document, "", known) }
    let missing = Set(theirs.first?.object?.map(\.key) ?? []).subtracting(ours.first?.object?.map(\.key) ?? [])
    try expectEqual(missing.sorted(), [], "keys that ours lacks")
  }

  /// Keys that name things of the network, not fields.
  private static func isName(_ key: String) -> Bool {
    key.contains("/") || key.count >= 40 || key.allSatisfy(\.isNumber)
  }

  /// Parts of a status that depend on what the node is for.
  private static let parts = ["runtimes", "keymanager", "pending_upgrades"]

  private static func collect(_ value: JSONValue, _ path: String, _ known: inout [String: [String]]) {
    for item in value.array ?? [] { collect(item, path + "[]", &known) }
    var keys = known[path] ?? []
    var place = 0
    for member in value.object ?? [] {
      let (key, inner) = (member.key, member.value)
      let name = isName(key) ? "*" : key
      if let index = keys.firstIndex(of: name) { place = index + 1 } else { keys.insert(name, at: min(place, keys.count)); place += 1 }
      collect(inner, "\(path).\(name)", &known)
    }
    if value.object != nil { known[path] = keys }
  }

  private static func check(_ value: JSONValue, _ path: String, _ known: [String: [String]]) throws {
    for item in value.array ?? [] { try check(item, path + "[]", known) }
    var last = -1
    // An object that theirs left empty, or that only ours has, tells nothing.
    guard let keys = known[path], !keys.isEmpty else { return }
    for member in value.object ?? [] {
      let (key, inner) = (member.key, member.value)
      let name = isName(key) ? "*" : key
      if path.isEmpty, parts.contains(key) { continue }
      guard let index = keys.firstIndex(of: name) else { throw GoldenError("\(path).\(key) is not among theirs: \(keys)") }
      guard index > last || name == "*" else { throw GoldenError("\(path).\(key) stands elsewhere in theirs") }
      last = index
      try check(inner, "\(path).\(name)", known)
    }
  }
}
