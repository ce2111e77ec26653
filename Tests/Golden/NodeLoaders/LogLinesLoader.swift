internal import Foundation
internal import GoldenSupport
internal import JSONText
internal import Telemetry

/// `cli/logs/*.jsonl`: lines of the reference's nodes. Each is taken apart into its fields and printed again by our formats; then our node
/// does what the recorded one did, and its log must have the recorded lines of the parts that exist.
enum LogLinesLoader: GoldenLoader {
  static let patterns = ["cli/logs/*.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    var lines: [LogLine] = []
    var end: JSONValue?
    var isJSON = false
    for (number, value) in try file.lines() {
      guard let line = value["line"]?.string else {
        end = value
        continue
      }
      guard LogLine.isEvent(line) else {
        report.skip("text that is no event")
        continue
      }
      report.check("line \(number)") {
        let fields = try LogLine.fields(line)
        isJSON = line.hasPrefix("{")
        try expectEqual((isJSON ? LogFormat.json : .logfmt).line(fields), line, "line")
      }
      if let line = LogLine(line) { lines.append(line) }
    }
    try compare(file, lines, end, isJSON, &report)
  }

  /// Our node's log of the same doings beside the recorded one.
  private static func compare(
    _ file: GoldenFile, _ lines: [LogLine], _ end: JSONValue?, _ isJSON: Bool, _ report: inout GoldenReport
  ) throws {
    switch LogScenario.of(file) {
    case nil: report.skip("not known what the node did")
    case .failure(let skip): report.skip(skip.reason)
    case .success where ReleasePrograms.folder == nil || geteuid() != 0:
      report.skip(ReleasePrograms.folder == nil ? ReleasePrograms.missing : "recorded as root")
    case .success(let scenario):
      let result: (log: String, exit: Int32, console: String)
      do { result = try scenario.run(json: isJSON) } catch { return report.fail("our node", "\(error)") }
      let ours = result.log.split(separator: "\n").compactMap { LogLine($0) }
      for line in LogContract.expected(of: lines) {
        report.check("\(line.module): \(line.message)") { try LogContract.check(line, in: ours) }
      }
      if let end {
        report.check("end") {
          try expectEqual(Int(result.exit), end["exit"]?.integer() ?? 0, "exit code")
          try expectEqual(result.console, end["console"]?.string ?? "", "on the terminal")
        }
      }
      if scenario.runsUntil?.text == "runtime host protocol initialized" {
        report.check("a stop that was asked for logs no error") {
          let errors = ours.filter { $0.level == "error" }.map { "\($0.module): \($0.message) \($0.fields)" }
          try expectEqual(errors.joined(separator: "; "), "", "errors")
        }
      }
    }
  }
}
