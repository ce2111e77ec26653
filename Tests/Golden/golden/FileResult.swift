import GoldenSupport

/// What the cases of a file came to, as one process tells another.
struct FileResult: Sendable {
  var passed = 0, failed = 0, skipped = 0
  /// Reasons with their counts.
  var skips: [String] = []
  var failures: [String] = []

  init() {}

  init(_ report: GoldenReport) {
    (passed, failed, skipped) = (report.passed, report.failed, report.skipped)
    skips = report.skips.map { "\($0.count) skipped: \(Self.oneLine($0.reason))" }
    failures = report.failures.map { Self.oneLine(String($0.prefix(2000))) }
  }

  /// A file whose process did not end well.
  init(crash: String) {
    failed = 1
    failures = [crash]
  }

  /// Reads what another process printed; nil unless it is whole.
  init?(text: String) {
    var isWhole = false
    for line in text.split(separator: "\n") {
      guard let tab = line.firstIndex(of: "\t") else { continue }
      let value = String(line[line.index(after: tab)...])
      switch line[..<tab] {
      case "skip": skips.append(value)
      case "failure": failures.append(value)
      case "counts":
        let counts = value.split(separator: " ").compactMap { Int($0) }
        guard counts.count == 3 else { return nil }
        (passed, failed, skipped, isWhole) = (counts[0], counts[1], counts[2], true)
      default: break
      }
    }
    guard isWhole else { return nil }
  }

  var text: String {
    (skips.map { "skip\t\($0)\n" } + failures.map { "failure\t\($0)\n" }).joined() + "counts\t\(passed) \(failed) \(skipped)\n"
  }

  var summary: String {
    "\(passed + failed + skipped) cases, \(passed) passed, \(failed) failed, \(skipped) skipped" + skips.map { " (\($0))" }.joined()
  }

  mutating func add(_ other: FileResult) {
    passed += other.passed
    failed += other.failed
    skipped += other.skipped
  }

  private static func oneLine(_ text: String) -> String { text.split(separator: "\n").joined(separator: " | ") }
}
