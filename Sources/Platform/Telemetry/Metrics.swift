internal import Synchronization

/// All metrics of a process, by name. Passed in where metrics are made; there is no global one. Rule: sheet 09 §7.
public final class MetricsRegistry: Sendable {
  private let families = Mutex<[String: MetricFamily]>([:])

  public init() {}

  /// The counter `name` with the given label names; the same one when asked again.
  public func counter(_ name: String, help: String, labels: [String] = []) -> Counter {
    Counter(family: family(name, help, labels, .counter))
  }

  /// The gauge `name` with the given label names; the same one when asked again.
  public func gauge(_ name: String, help: String, labels: [String] = []) -> Gauge {
    Gauge(family: family(name, help, labels, .gauge))
  }

  /// A summary without quantiles: sum and count only, as all summaries of the reference are.
  public func summary(_ name: String, help: String, labels: [String] = []) -> Summary {
    Summary(family: family(name, help, labels, .summary))
  }

  /// A histogram with upper bounds in ascending order; the infinite one is added.
  public func histogram(_ name: String, help: String, labels: [String] = [], buckets: [Double]) -> Histogram {
    Histogram(family: family(name, help, labels, .histogram(buckets)))
  }

  /// The Prometheus text exposition, version 0.0.4: families by name, series by label values.
  public func exposition() -> String {
    let all = families.withLock { $0.values.sorted { $0.name < $1.name } }
    return all.map { $0.exposition() }.joined()
  }

  private func family(_ name: String, _ help: String, _ labels: [String], _ kind: MetricFamily.Kind) -> MetricFamily {
    families.withLock { families in
      if let known = families[name] {
        precondition(known.kind == kind && known.labels == labels, "metric \(name) is declared twice, differently")
        return known
      }
      let made = MetricFamily(name: name, help: help, labels: labels, kind: kind)
      families[name] = made
      return made
    }
  }
}

/// A value that only grows.
public struct Counter: Sendable {
  let family: MetricFamily

  /// Adds `amount`, which must not be negative, to the series with these label values.
  public func increment(by amount: Double = 1, _ labels: String...) {
    precondition(amount >= 0, "a counter only grows")
    family.change(labels) { $0.sum += amount }
  }

  /// Takes over a total that is counted elsewhere; a smaller one than before changes nothing.
  public func raise(to total: Double, _ labels: String...) { family.change(labels) { $0.sum = max($0.sum, total) } }
}

/// A value that goes up and down.
public struct Gauge: Sendable {
  let family: MetricFamily

  /// Sets the series with these label values.
  public func set(_ value: Double, _ labels: String...) { family.change(labels) { $0.sum = value } }

  /// Changes the series with these label values by `amount`, which may be negative.
  public func add(_ amount: Double, _ labels: String...) { family.change(labels) { $0.sum += amount } }
}

/// Sum and count of what was observed (seconds for times, bytes for sizes).
public struct Summary: Sendable {
  let family: MetricFamily

  /// Counts `value` in the series with these label values.
  public func observe(_ value: Double, _ labels: String...) {
    family.change(labels) { ($0.sum, $0.count) = ($0.sum + value, $0.count &+ 1) }  // &+: a count of events, 2^64 is out of reach
  }
}

/// Observations counted by upper bound.
public struct Histogram: Sendable {
  let family: MetricFamily

  /// Counts `value` in the series with these label values.
  public func observe(_ value: Double, _ labels: String...) {
    guard case .histogram(let bounds) = family.kind else { return }
    let bucket = bounds.firstIndex { value <= $0 }
    family.change(labels) { series in
      (series.sum, series.count) = (series.sum + value, series.count &+ 1)  // &+: a count of events
      if series.buckets.isEmpty { series.buckets = Array(repeating: 0, count: bounds.count) }
      if let bucket { series.buckets[bucket] &+= 1 }
    }
  }
}

/// One name with its series.
final class MetricFamily: Sendable {
  enum Kind: Hashable, Sendable {
    case counter, gauge, summary, histogram([Double])

    var word: String {
      switch self {
      case .counter: "counter"
      case .gauge: "gauge"
      case .summary: "summary"
      case .histogram: "histogram"
      }
    }
  }

  struct Series {
    var sum = 0.0
    var count: UInt64 = 0
    var buckets: [UInt64] = []
  }

  let name: String
  let help: String
  let labels: [String]
  let kind: Kind
  private let series: Mutex<[[String]: Series]>

  init(name: String, help: String, labels: [String], kind: Kind) {
    (self.name, self.help, self.labels, self.kind) = (name, help, labels, kind)
    // Without labels there is one series, shown from the start.
    series = Mutex(labels.isEmpty ? [[]: Series()] : [:])
  }

  func change(_ values: [String], _ body: (inout Series) -> Void) {
    precondition(values.count == labels.count, "metric \(name) has labels \(labels)")
    series.withLock { body(&$0[values, default: Series()]) }
  }

  func exposition() -> String {
    let all = series.withLock { $0.sorted { $0.key.lexicographicallyPrecedes($1.key) } }
    guard !all.isEmpty else { return "" }
    var out = "# HELP \(name) \(escape(help, quotes: false))\n# TYPE \(name) \(kind.word)\n"
    for (values, series) in all {
      switch kind {
      case .counter, .gauge: out += "\(name)\(text(values)) \(goNumber(series.sum, limit: 6))\n"
      case .summary: break
      case .histogram(let bounds):
        var total: UInt64 = 0
        for (bound, count) in zip(bounds, series.buckets.isEmpty ? bounds.map { _ in 0 } : series.buckets) {
          total &+= count
          out += "\(name)_bucket\(text(values, ("le", goNumber(bound, limit: 6)))) \(total)\n"
        }
        out += "\(name)_bucket\(text(values, ("le", "+Inf"))) \(series.count)\n"
      }
      switch kind {
      case .counter, .gauge: break
      case .summary, .histogram:
        out += "\(name)_sum\(text(values)) \(goNumber(series.sum, limit: 6))\n\(name)_count\(text(values)) \(series.count)\n"
      }
    }
    return out
  }

  private func text(_ values: [String], _ extra: (String, String)? = nil) -> String {
    var pairs = zip(labels, values).map { "\($0)=\"\(escape($1, quotes: true))\"" }
    if let extra { pairs.append("\(extra.0)=\"\(extra.1)\"") }
    return pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}"
  }

  private func escape(_ text: String, quotes: Bool) -> String {
    var out = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\"" where quotes: out += "\\\""
      default: out.unicodeScalars.append(character)
      }
    }
    return out
  }
}
