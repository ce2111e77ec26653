internal import CommandLineTool
internal import Dispatch
internal import Foundation
internal import GoldenSupport
internal import JSONText
internal import NodeCommands
internal import Synchronization

/// Runs recorded command lines in a folder of its own that stands for `/node`, in order: keys that the reference made are put in its place.
final class CommandCases {
  private let folder: String
  private var file: FileManager { .default }

  init() throws {
    folder = "\(NSTemporaryDirectory())oasis-cli-\(UUID().uuidString)"
    for name in ["", "/data", "/emptydir", "/broken", "/entity"] {
      try file.createDirectory(atPath: folder + name, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
    try file.createDirectory(atPath: folder + "/opendir", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// Why a case is not run; nil for those that are.
  static func reasonToSkip(_ name: String, _ arguments: [String]) -> String? {
    if arguments.contains(where: { $0.contains("/net/") }) { return "needs a running network" }
    let built = [
      "version", "help", "unknown-command", "unknown-flag", "group-", "identity-", "registry-entity-", "registry-node-init",
      "genesis-check-", "genesis-init",
      "control-is-synced", "control-wait-sync", "control-status", "control-shutdown", "control-upgrade-binary", "control-cancel-upgrade",
      "control-add-bundle",
    ]
    let others = [
      "help-storage", "help-stake", "help-consensus", "help-governance", "help-keymanager", "help-unsafe-reset", "help-signer", "help-ias",
      "genesis-check-dump",
    ]
    let isBuilt = built.contains { name.hasPrefix($0) } && !others.contains { name.hasPrefix($0) }
    return isBuilt ? nil : "the command is not part of this version"
  }

  func run(_ name: String, _ arguments: [String], _ value: JSONValue) throws {
    if let config = value["config"]?.string { try write(here(config), "config.yml") }
    try prepare(name)
    let (out, errors) = (Kept(""), Kept(""))
    let console = Console(print: { text in out.update { $0 += text } }, printError: { text in errors.update { $0 += text } })
    let words = arguments.map(here)
    let code = Self.wait { await NodeCommands.tool(console: console).run(words) }
    let (output, problems) = (there(out.value), there(errors.value))
    try expectEqual(code, value["exit"]?.integer() ?? -1, "exit code (\(output)\(problems))")
    try compare(name, output, value["stdout"]?.string ?? "", "stdout")
    try compare(name, problems, value["stderr"]?.string ?? "", "stderr")
    try files(name, value["files"])
    try restore(name)
  }

  private func here(_ text: String) -> String { text.replacingOccurrences(of: "/node/", with: folder + "/") }
  private func there(_ text: String) -> String { text.replacingOccurrences(of: folder, with: "/node") }

  private static func wait(_ body: @escaping @Sendable () async -> Int32) -> Int32 {
    let (done, result) = (DispatchSemaphore(value: 0), Kept<Int32>(-1))
    Task.detached {
      let code = await body()
      result.update { $0 = code }
      done.signal()
    }
    done.wait()
    return result.value
  }

  // MARK: What the recorder did before and after

  private func write(_ text: String, _ name: String, mode: Int = 0o600) throws {
    try? file.removeItem(atPath: "\(folder)/\(name)")
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    try file.setAttributes([.posixPermissions: mode], ofItemAtPath: "\(folder)/\(name)")
  }

  private func setMode(_ name: String, _ mode: Int) throws {
    try file.setAttributes([.posixPermissions: mode], ofItemAtPath: "\(folder)/\(name)")
  }

  private func prepare(_ name: String) throws {
    switch name {
    case "identity-show-key-permissions": try setMode("data/identity.pem", 0o644)
    case "identity-show-broken-key": try write("no key\n", "broken/identity.pem")
    case "genesis-check-one-line": try change("g-oneline.json") { $0.split(separator: "\n").joined(separator: " ") }
    case "genesis-check-not-canonical": try change("g-sorted.json") { $0.replacingOccurrences(of: "\n  ", with: "\n    ") }
    case "genesis-check-truncated": try change("g-bad.json") { String($0.prefix($0.count / 2)) }
    case "genesis-check-unknown-key":
      try change("g-unknown.json") {
        $0.replacingOccurrences(of: "\"extra_data\": null\n", with: "\"extra_data\": null,\n  \"nosuch_key\": 1\n")
          .trimmingCharacters(in: .newlines)
      }
    case "genesis-check-negative-height": try change("g-h.json") { $0.replacingOccurrences(of: "\"height\": 1,", with: "\"height\": -1,") }
    case "genesis-check-wrong-supply": try change("g-s.json") { $0.replacing(/"total_supply": "[0-9]+"/, with: "\"total_supply\": \"77\"") }
    case "genesis-check-empty-chain-id": try change("g-c.json") { $0.replacingOccurrences(of: "\"golden cli\"", with: "\"\"") }
    case "control-upgrade-binary-malformed": try write("{bad", "up-bad.json")
    default: break
    }
  }

  private func restore(_ name: String) throws { if name == "identity-show-key-permissions" { try setMode("data/identity.pem", 0o600) } }

  private func change(_ name: String, _ body: (String) -> String) throws {
    try write(body(try String(contentsOfFile: "\(folder)/genesis.json", encoding: .utf8)), name)
  }

  /// Puts recorded files in their place, without running what made them.
  func place(_ files: JSONValue?) throws {
    for (path, entry) in entries(files) { if let text = entry["text"]?.string { try write(text, path, mode: mode(entry)) } }
  }

  // MARK: Comparing

  private func entries(_ files: JSONValue?) -> [(String, JSONValue)] {
    guard case .object(let members)? = files else { return [] }
    return members.map { ($0.key, $0.value) }
  }

  private func mode(_ entry: JSONValue) -> Int { Int((entry["mode"]?.string ?? "0o600").dropFirst(2), radix: 8) ?? 0o600 }

  /// Files that follow from keys are equal to the byte; keys that the command made are replaced by the recorded ones.
  private func files(_ name: String, _ recorded: JSONValue?) throws {
    let makesKeys = ["identity-init", "registry-entity-init"].contains(name)
    let isTimed = name == "genesis-init"  // its document tells when it was made
    for (path, entry) in entries(recorded) {
      let location = "\(folder)/\(path)"
      guard file.fileExists(atPath: location) else { throw GoldenError("\(path) was not written") }
      let ours = try file.attributesOfItem(atPath: location)[.posixPermissions] as? Int ?? 0
      try expectEqual(String(ours, radix: 8), String(mode(entry), radix: 8), "mode of \(path)")
      guard !makesKeys, let text = entry["text"]?.string else { continue }
      let written = try String(contentsOfFile: location, encoding: .utf8)
      try expectEqual(isTimed ? Self.withoutTime(written) : written, isTimed ? Self.withoutTime(text) : text, path)
    }
    if makesKeys || isTimed { try place(recorded) }
  }

  private static func withoutTime(_ text: String) -> String { text.replacing(/"genesis_time": "[^"]*"/, with: "") }

  /// Cases whose words on standard error are ours, not Go's: there only has to be something.
  private static let ownWords: Set<String> = [
    "identity-show-tls-empty-dir", "identity-show-key-permissions", "identity-show-broken-key", "control-upgrade-binary-no-arg",
    "unknown-flag",
    "genesis-check-one-line", "genesis-check-not-canonical",
  ]

  private func compare(_ name: String, _ ours: String, _ theirs: String, _ stream: String) throws {
    if theirs.contains("Usage:\n"), stream == "stdout" { return try compareHelp(ours, theirs) }
    if name.hasPrefix("version") {
      return try expectEqual(ours.split(separator: "\n").dropLast(), theirs.split(separator: "\n").dropLast(), stream)
    }
    if Self.ownWords.contains(name), stream == "stderr" {
      return try expectEqual(
        ours.split(separator: "\n").prefix(name.hasPrefix("genesis") ? 3 : 0).count, min(theirs.count, name.hasPrefix("genesis") ? 3 : 0),
        stream)
    }
    let (left, right) = (ours.split(separator: "\n").map(Self.essence), theirs.split(separator: "\n").map(Self.essence))
    try expectEqual(left.joined(separator: "\n"), right.joined(separator: "\n"), stream)
  }

  /// Of a log line its level, module and message; any other line whole.
  private static func essence(_ line: Substring) -> String {
    guard line.hasPrefix("level=") else { return String(line) }
    let message = line.firstMatch(of: /msg=("(?:[^"\\]|\\.)*"|\S+)/).map { String($0.output.1) } ?? ""
    let parts = line.split(separator: " ")
    return "\(parts.first ?? "") \(parts.first { $0.hasPrefix("module=") } ?? "") \(message)"
  }

  /// Commands that only ours has.
  private static let ownCommands = ["replay"]

  /// Our help has fewer commands and flags, and examples: every other line is one of theirs.
  private func compareHelp(_ ours: String, _ theirs: String) throws {
    func lines(_ text: String) -> [String] {
      text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    }
    let known = Set(lines(theirs))
    var inExamples = false
    for line in ours.split(separator: "\n", omittingEmptySubsequences: false) {
      if line == "Examples:" { inExamples = true } else if line.isEmpty || !line.hasPrefix(" ") { inExamples = false }
      let text = line.split(separator: " ").joined(separator: " ")
      guard !inExamples, line != "Examples:", !text.isEmpty, !Self.ownCommands.contains(where: text.hasPrefix) else { continue }
      guard known.contains(text) else { throw GoldenError("help has the line '\(text)', theirs has not") }
    }
  }
}

/// A value that closures of several threads change.
private final class Kept<Value: Sendable>: Sendable {
  private let stored: Mutex<Value>
  init(_ value: Value) { stored = Mutex(value) }
  var value: Value { stored.withLock { $0 } }
  func update(_ body: (inout Value) -> Void) { stored.withLock { body(&$0) } }
}
