internal import Foundation
internal import GoldenSupport

/// What the node did while a log was recorded, done again by ours on a copy of a private network. Rule: `cli/README.md`.
struct LogScenario {
  /// Changes the node's configuration.
  var change: (_ text: String, _ network: PrivateNetwork) throws -> String = { text, _ in text }
  var environment: [String: String] = [:]
  /// The node runs until this many lines of this text are there; nil where it does not start.
  var runsUntil: (text: String, count: Int)? = ("runtime host protocol initialized", 1)

  /// The scenario of a file by its name without the format; a text says why it cannot be done.
  static func of(_ file: GoldenFile) -> Result<LogScenario, Skip>? {
    let name = file.path.split(separator: "/").last.map(String.init) ?? ""
    let kind = name.replacingOccurrences(of: ".jsonl", with: "").replacing(/-(json|logfmt)$/, with: "")
    let failures = (text: "failed to start runtime", count: 3)
    switch kind {
    case "client-start-stop", "bundle-none-configured", "start-compute": return .success(LogScenario())
    case "start-validator": return .success(LogScenario(change: validator, runsUntil: ("committed block", 2)))
    case "start-client": return .success(LogScenario(change: client))
    case "bwrap-missing": return .success(LogScenario(change: sandbox(nil), runsUntil: failures))
    case "bwrap-fails":
      let script = "echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1"
      return .success(LogScenario(change: sandbox(script), runsUntil: failures))
    case "bwrap-fails-silently": return .success(LogScenario(change: sandbox("exit 3"), runsUntil: failures))
    case "tmp-missing": return .success(LogScenario(environment: ["TMPDIR": "/no/such/dir"], runsUntil: failures))
    case "tmp-not-writable": return .success(LogScenario(environment: ["TMPDIR": "/proc/sys"], runsUntil: failures))
    case "runtime-id-without-bundle":
      let id = "80000000000000000000000000000000000000000000000000000000000000aa"
      return .success(LogScenario(change: { text, _ in text + "    - id: \"\(id)\"\n" }))
    case "bundle-missing": return .success(LogScenario(change: { text, _ in bundle(text, "/no/such.orc") }, runsUntil: nil))
    case "bundle-not-zip": return .success(LogScenario(change: damaged { _ in Data("no archive\n".utf8) }, runsUntil: nil))
    case "bundle-truncated": return .success(LogScenario(change: damaged { $0.prefix($0.count / 2) }, runsUntil: nil))
    case "bundle-wrong-digest":
      guard let wrong = file.neighbour("vectors/core/bundles/bad_digest-wrong.orc") else {
        return .failure(Skip("needs vectors/core/bundles/bad_digest-wrong.orc"))
      }
      return .success(LogScenario(change: { text, _ in bundle(text, wrong.location) }, runsUntil: nil))
    case "runtime-crash": return .failure(Skip("needs a runtime that panics; the tests of RuntimeHost crash one"))
    case "start-observer": return .failure(Skip("observers come with peers, in a later issue"))
    case "start-keymanager": return .failure(Skip("key managers come with a later issue"))
    case "start-seed": return .failure(Skip("seed nodes come with peers, in a later issue"))
    default: return nil
    }
  }

  /// Why a scenario cannot be done.
  struct Skip: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
  }

  /// Runs the node and returns its log, its exit code and what went to the terminal.
  func run(json: Bool) throws -> (log: String, exit: Int32, console: String) {
    let network = try PrivateNetwork()
    var text = try change(try network.configuration, network)
    text = text.replacing(/( *)format: \w+\n/) { "\($0.1)format: \(json ? "JSON" : "logfmt")\n\($0.1)file: node.log\n" }
    try network.setConfiguration(text)
    let node = try network.start(["--debug.allow_debug_enclaves"], environment: environment)
    let log = "\(network.folder)/node/node.log"
    func contents() -> String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }
    let early = node.wait(limit: 120) {
      guard let runsUntil else { return false }
      let found = contents().components(separatedBy: runsUntil.text).count - 1
      return found >= runsUntil.count && contents().contains("initialization complete")
    }
    if runsUntil != nil, let early { throw GoldenError("the node ended with \(early): \(contents().suffix(1000))\(node.errorText)") }
    guard let exit = early ?? node.stop() else { throw GoldenError("the node does not stop") }
    return (contents(), exit, node.outputText + node.errorText)
  }

  // MARK: Changes

  private static func validator(_ text: String, _ network: PrivateNetwork) -> String {
    text.replacingOccurrences(of: "mode: compute", with: "mode: validator")
  }

  private static func client(_ text: String, _ network: PrivateNetwork) -> String {
    text.replacingOccurrences(of: "mode: compute", with: "mode: client").replacingOccurrences(of: "  validator: true\n", with: "")
      .replacing(/registration:\n  entity_id: .*\n/, with: "")
  }

  private static func bundle(_ text: String, _ path: String) -> String {
    text.replacing(/paths:\n    - .*\n/, with: "paths:\n    - \"\(path)\"\n")
  }

  /// A sandbox program of our own; nil for one that is not there.
  private static func sandbox(_ script: String?) -> (String, PrivateNetwork) throws -> String {
    { text, network in
      let path = script == nil ? "/no/bwrap" : "\(network.folder)/bwrap"
      if let script {
        let whole = "#!/bin/sh\n[ \"$1\" = --version ] && { echo bubblewrap 0.8.0; exit 0; }\n\(script)\n"
        try whole.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
      }
      return text.replacing(/sandbox_binary: .*\n/, with: "sandbox_binary: \"\(path)\"\n")
    }
  }

  private static func damaged(_ change: @escaping (Data) -> Data) -> (String, PrivateNetwork) throws -> String {
    { text, network in
      let path = "\(network.folder)/damaged.orc"
      let whole = try Data(contentsOf: URL(fileURLWithPath: "\(network.folder)/simple-keyvalue.orc"))
      try change(whole).write(to: URL(fileURLWithPath: path))
      return bundle(text, path)
    }
  }
}
