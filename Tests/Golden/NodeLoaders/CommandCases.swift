internal import CommandLineTool
internal import Foundation
internal import GoldenSupport
internal import JSONText
internal import NodeCommands
internal import Synchronization

/// Runs recorded command lines in a folder of its own that stands for `/node`, in order: keys that the reference made are put in its place.
/// `/net` is a private network of one node, which stands for every node of the recorded one.
final class CommandCases {
  private let folder: String
  private var network: (files: PrivateNetwork, node: RunningProgram)?
  /// Files that tell of the network.
  private var networkFiles: Set<String> = []
  private var file: FileManager { .default }

  init() throws {
    folder = "\(NSTemporaryDirectory())cli-\(UUID().uuidString.prefix(8))"
    for name in ["", "/data", "/emptydir", "/broken", "/entity"] {
      try file.createDirectory(atPath: folder + name, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
    try file.createDirectory(atPath: folder + "/opendir", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
  }

  deinit {
    _ = network?.node.stop(limit: 15)
    try? FileManager.default.removeItem(atPath: folder)
  }

  // MARK: Running

  /// A command.
  func run(_ recorded: RecordedCommand) throws {
    if recorded.needsNetwork { try startNetwork() }
    let arguments = try prepare(recorded)
    let isOfNetwork = recorded.needsNetwork || arguments.contains { networkFiles.contains($0) }
    if recorded.needsNetwork { networkFiles.formUnion(arguments.filter { $0.hasPrefix("/node/") }) }
    let (out, errors) = (Kept(""), Kept(""))
    let console = Console(print: { text in out.update { $0 += text } }, printError: { text in errors.update { $0 += text } })
    let words = arguments.map(inOurs)
    let code = try Blocking.wait { await NodeCommands.tool(console: console).run(words) }
    let (output, problems) = (inTheirs(out.value), inTheirs(errors.value))
    try expectEqual(Int(code), recorded.exit ?? -1, "exit code (\(output.prefix(600))\(problems.prefix(600)))")
    try CommandOutput(recorded, isOfNetwork: isOfNetwork).compare(output, problems)
    try files(recorded)
    try restore(recorded)
  }

  /// A node: one that does not start ends with the recorded code; one that starts is asked to stop once it is ready.
  func runNode(_ recorded: RecordedCommand) throws {
    let arguments = try prepare(recorded)
    let program = try RunningProgram(try ReleasePrograms.path("oasis-node"), arguments.map(inOurs), in: folder)
    var code = program.wait(limit: 120) { program.outputText.contains("initialization complete: ready to serve") }
    if recorded.exit == nil {
      _ = program.wait(limit: 30) { CommandOutput(recorded, isOfNetwork: false).hasLog(program.outputText) }
      if let code { throw GoldenError("the node ended with \(code): \(program.outputText.suffix(800))\(program.errorText)") }
      guard let stopped = program.stop() else { throw GoldenError("the node does not stop") }
      try expectEqual(stopped, 0, "exit code of a node that was asked to stop")
    } else {
      if code == nil {
        code = program.stop()
        throw GoldenError("the node starts: \(program.outputText.suffix(800))")
      }
      try expectEqual(Int(code ?? -1), recorded.exit ?? -1, "exit code (\(program.outputText.suffix(800))\(program.errorText))")
    }
    try CommandOutput(recorded, isOfNetwork: false).compareNode(inTheirs(program.outputText), inTheirs(program.errorText))
    try restore(recorded)
  }

  private func startNetwork() throws {
    if let network, network.node.isRunning { return }
    let files = try PrivateNetwork()
    let node = try files.start()
    let socket = "\(files.folder)/node/internal.sock"
    network = (files, node)
    let silent = Console(print: { _ in }, printError: { _ in })
    let end = Date(timeIntervalSinceNow: 120)
    while Date() < end, node.isRunning {
      if file.fileExists(atPath: socket) {
        let code = try Blocking.wait { await NodeCommands.tool(console: silent).run(["control", "is-synced", "-a", "unix:\(socket)"]) }
        if code == 0 { return }
      }
      usleep(200_000)
    }
    throw GoldenError("our network's node does not come up: \(node.outputText.suffix(800))\(node.errorText)")
  }

  // MARK: Paths

  private func inOurs(_ text: String) -> String {
    // Each path is replaced once: our network's folder may hold a folder `node` of its own.
    text.replacing(/\/net\/[a-z0-9-]+(?=[\/\s]|$)|\/net\/genesis\.json|\/node(?=\/)/) { match in
      let path = match.output
      if path == "/node" { return folder }
      let network = network?.files.folder ?? "/net"
      return path.hasSuffix("genesis.json") ? "\(network)/genesis.json" : "\(network)/node"
    }
  }

  private func inTheirs(_ text: String) -> String {
    var text = text
    if let network { text = text.replacingOccurrences(of: "\(network.files.folder)/node", with: "/net/validator-0") }
    return text.replacingOccurrences(of: folder, with: "/node")
  }

  // MARK: What the recorder did before and after

  /// Writes the files that a case needs; returns its arguments.
  private func prepare(_ recorded: RecordedCommand) throws -> [String] {
    if let config = recorded.config { try write(inOurs(config), "config.yml") }
    for argument in recorded.arguments where argument.hasPrefix("/node/") {
      let name = String(argument.dropFirst("/node/".count))
      if recorded.note.hasPrefix("file: "), !name.hasSuffix(".yml") { try write(String(recorded.note.dropFirst(6)), name) }
      try derive(name)
    }
    if let (name, mode) = Self.mode(in: recorded.note) { try setMode(try path(name, recorded), mode) }
    if recorded.arguments.contains("/node/broken") { try write("no key\n", "broken/identity.pem") }
    if let config = recorded.config, config.contains("/node/g-bad.json") { try derive("g-bad.json") }
    return recorded.arguments
  }

  private func restore(_ recorded: RecordedCommand) throws {
    if let (name, _) = Self.mode(in: recorded.note), name.hasSuffix(".pem") { try setMode(try path(name, recorded), 0o600) }
  }

  /// `identity.pem mode 0644`, as notes say it.
  private static func mode(in note: String) -> (name: String, mode: Int)? {
    guard let match = note.firstMatch(of: /^(\S+) mode 0?([0-7]{3})$/), let mode = Int(match.2, radix: 8) else { return nil }
    return (String(match.1), mode)
  }

  private func path(_ name: String, _ recorded: RecordedCommand) throws -> String {
    let directory = zip(recorded.arguments, recorded.arguments.dropFirst()).first { $0.0 == "--datadir" }?.1
    let configured = recorded.config?.firstMatch(of: /data_dir: (\S+)/).map { String($0.1) }
    guard let place = directory ?? configured else { throw GoldenError("no data directory for the note's \(name)") }
    let folder = inOurs(place + "/").dropLast()
    return name.hasSuffix(".pem") ? "\(folder)/\(name)" : String(folder)
  }

  /// Documents that the recorder made from the network's genesis document, by their names.
  private func derive(_ name: String) throws {
    switch name {
    case "g-oneline.json": try change(name) { $0.split(separator: "\n").joined(separator: " ") }
    case "g-sorted.json": try change(name) { $0.replacingOccurrences(of: "\n  ", with: "\n    ") }
    case "g-bad.json": try change(name) { String($0.prefix($0.count / 2)) }
    case "g-unknown.json":
      try change(name) {
        $0.replacingOccurrences(of: "\"extra_data\": null\n", with: "\"extra_data\": null,\n  \"nosuch_key\": 1\n")
          .trimmingCharacters(in: .newlines)
      }
    case "g-h.json": try change(name) { $0.replacingOccurrences(of: "\"height\": 1,", with: "\"height\": -1,") }
    case "g-s.json": try change(name) { $0.replacing(/"total_supply": "[0-9]+"/, with: "\"total_supply\": \"77\"") }
    case "g-c.json": try change(name) { $0.replacing(/"chain_id": "[^"]*"/, with: "\"chain_id\": \"\"") }
    case "up-bad.json": try write("{bad", name)
    default: break
    }
  }

  private func write(_ text: String, _ name: String, mode: Int = 0o600) throws {
    try? file.removeItem(atPath: "\(folder)/\(name)")
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    try setMode("\(folder)/\(name)", mode)
  }

  private func setMode(_ path: String, _ mode: Int) throws { try file.setAttributes([.posixPermissions: mode], ofItemAtPath: path) }

  private func change(_ name: String, _ body: (String) -> String) throws {
    let genesis = "\(folder)/genesis.json"
    guard file.fileExists(atPath: genesis) else { return }
    try write(body(try String(contentsOfFile: genesis, encoding: .utf8)), name)
  }

  // MARK: Files that a command wrote

  /// Whether a path of the recording is there.
  func has(_ path: String) -> Bool { file.fileExists(atPath: path.replacing("/node/", with: "\(folder)/", maxReplacements: 1)) }

  /// Puts recorded files in their place, without running what made them.
  func place(_ files: JSONValue?) throws {
    for (path, entry) in entries(files) {
      guard let text = entry["text"]?.string else { continue }
      let parent = ("\(folder)/\(path)" as NSString).deletingLastPathComponent
      try file.createDirectory(atPath: parent, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      try write(text, path, mode: mode(entry))
    }
  }

  private func entries(_ files: JSONValue?) -> [(String, JSONValue)] {
    guard case .object(let members)? = files else { return [] }
    return members.map { ($0.key, $0.value) }
  }

  private func mode(_ entry: JSONValue) -> Int { Int((entry["mode"]?.string ?? "0o600").dropFirst(2), radix: 8) ?? 0o600 }

  /// Files that follow from keys are equal to the byte; keys that the command made are replaced by the recorded ones.
  private func files(_ recorded: RecordedCommand) throws {
    for (path, entry) in entries(recorded.files) {
      let location = "\(folder)/\(path)"
      guard file.fileExists(atPath: location) else { throw GoldenError("\(path) was not written") }
      let ours = try file.attributesOfItem(atPath: location)[.posixPermissions] as? Int ?? 0
      try expectEqual(String(ours, radix: 8), String(mode(entry), radix: 8), "mode of \(path)")
      guard !recorded.makesKeys, let text = entry["text"]?.string else { continue }
      let written = try String(contentsOfFile: location, encoding: .utf8)
      let isTimed = recorded.tellsTime
      try expectEqual(isTimed ? Self.withoutTime(written) : written, isTimed ? Self.withoutTime(text) : text, path)
    }
    if recorded.makesKeys || recorded.tellsTime { try place(recorded.files) }
  }

  private static func withoutTime(_ text: String) -> String { text.replacing(/"genesis_time": "[^"]*"/, with: "") }
}

/// A value that closures of several threads change.
private final class Kept<Value: Sendable>: Sendable {
  private let stored: Mutex<Value>
  init(_ value: Value) { stored = Mutex(value) }
  var value: Value { stored.withLock { $0 } }
  func update(_ body: (inout Value) -> Void) { stored.withLock { body(&$0) } }
}
