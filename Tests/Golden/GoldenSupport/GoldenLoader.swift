/// Reads one kind of recorded file and checks every case in it.
public protocol GoldenLoader: SendableMetatype {
  /// Paths under the root that this loader reads; `*` stands for any characters but `/`, `**` for any.
  static var patterns: [String] { get }
  /// Paths that this loader reads beside those of `patterns`, so that they are not reported as not covered.
  static var companions: [String] { get }
  /// Checks the file and counts its cases in `report`; throws only where the file itself cannot be read.
  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws
}

extension GoldenLoader {
  public static var companions: [String] { [] }
}

/// What the cases of one file came to.
public struct GoldenReport: Sendable {
  public private(set) var passed = 0, failed = 0, skipped = 0
  /// The first failures, at most `kept`, as `case: reason`.
  public private(set) var failures: [String] = []
  /// Why cases were skipped: reason and count, in order of appearance.
  public private(set) var skips: [(reason: String, count: Int)] = []
  private let kept = 10

  public init() {}

  public mutating func pass(_ count: Int = 1) { passed += count }

  public mutating func fail(_ name: String, _ reason: String) {
    failed += 1
    if failures.count < kept { failures.append("\(name): \(reason)") }
  }

  public mutating func skip(_ reason: String) {
    skipped += 1
    if let index = skips.firstIndex(where: { $0.reason == reason }) { skips[index].count += 1 } else { skips.append((reason, 1)) }
  }

  /// One case: passes when `body` returns, fails with what it throws.
  public mutating func check(_ name: String, _ body: () throws -> Void) {
    do {
      try body()
      pass()
    } catch { fail(name, "\(error)") }
  }
}

/// Fails a case with both values unless they are equal.
public func expectEqual<T: Equatable>(_ ours: T, _ theirs: T, _ what: String) throws(GoldenError) {
  guard ours == theirs else { throw GoldenError("\(what): \(difference("\(ours)", "\(theirs)"))") }
}

/// Both texts, long ones from shortly before the first difference.
private func difference(_ ours: String, _ theirs: String) -> String {
  let shown = 500
  guard ours.count > shown || theirs.count > shown else { return "ours \(ours), theirs \(theirs)" }
  let common = zip(ours, theirs).prefix { $0 == $1 }.count
  let start = max(common - 60, 0)
  return "from character \(start): ours \(ours.dropFirst(start).prefix(shown)), theirs \(theirs.dropFirst(start).prefix(shown))"
}
