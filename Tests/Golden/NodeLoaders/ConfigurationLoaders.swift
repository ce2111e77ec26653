internal import GoldenSupport
internal import JSONText
internal import NodeConfiguration

/// `rpc/status/*.config.yml`: configurations that the reference's nodes ran with; ours loads each.
enum RecordedConfigurationLoader: GoldenLoader {
  static let patterns = ["rpc/status/*.config.yml", "chains/**/config.yaml"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    let text = String(decoding: try file.contents(), as: UTF8.self)
    report.check("load") { _ = try NodeConfiguration.parse(text, file: file.path) }
  }
}

/// `cli/oasis-node.jsonl`: command lines, run in order; of those that start a node, whether the configuration file is refused with the
/// reference's words, or read.
enum CommandLineLoader: GoldenLoader {
  static let patterns = ["cli/oasis-node.jsonl"]

  /// What the reference says in Go's words of its decoder, and ours with file, line and key path.
  private static let ownWords: Set<String> = [
    "start-unknown-key", "start-unknown-nested-key", "start-wrong-type", "start-wrong-type-number", "start-wrong-type-duration",
    "start-bad-runtime-id", "start-bad-component",
  ]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    let commands = try CommandCases()
    for (_, value) in try file.lines() {
      let name = value["name"]?.string ?? "?"
      guard name.hasPrefix("start-"), let text = value["config"]?.string else {
        let arguments = (value["args"]?.array ?? []).compactMap(\.string)
        if let reason = CommandCases.reasonToSkip(name, arguments) {
          try commands.place(value["files"])
          report.skip(reason)
        } else {
          report.check(name) { try commands.run(name, arguments, value) }
        }
        continue
      }
      let stderr = value["stderr"]?.string ?? ""
      report.check(name) {
        do {
          let configuration = try NodeConfiguration.parse(text, file: "/node/config.yml")
          // What stands on standard error otherwise is about the data directory.
          if !stderr.isEmpty, !stderr.hasPrefix("common/Mkdir") { throw GoldenError("accepted; theirs \(stderr)") }
          _ = configuration
        } catch let error as ConfigurationError {
          if name == "start-bad-prune-strategy" { return }  // the reference crashes on it
          let ours = "\(error)\n"
          if ownWords.contains(name) {
            let head = "failed to load config file '/node/config.yml': "
            guard ours.hasPrefix(head), stderr.hasPrefix(head), line(ours) == line(stderr) || line(stderr) == nil else {
              throw GoldenError("ours \(ours), theirs \(stderr)")
            }
          } else {
            try expectEqual(ours, stderr, "stderr")
          }
        }
      }
    }
  }

  /// The number after `line `.
  private static func line(_ text: String) -> Substring? {
    text.firstRange(of: "line ").map { text[$0.upperBound...].prefix { $0.isNumber } }
  }
}
