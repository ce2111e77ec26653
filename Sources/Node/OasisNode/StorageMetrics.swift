internal import MKVSDatabase
internal import Telemetry

/// Calls of the trees of ParaTimes. Names: sheet 09 §7.2.
struct StorageMetrics: Sendable {
  private let successes: Counter, failures: Counter
  private let latency: Summary, size: Summary

  init(_ registry: MetricsRegistry) {
    failures = registry.counter("oasis_storage_failures", help: "Number of storage failures.", labels: ["call"])
    successes = registry.counter("oasis_storage_successes", help: "Number of storage successes.", labels: ["call"])
    latency = registry.summary("oasis_storage_latency", help: "Storage call latency (seconds).", labels: ["call"])
    size = registry.summary("oasis_storage_value_size", help: "Storage call value size (bytes).", labels: ["call"])
  }

  func observe(_ call: StorageCall) {
    let name = call.name.rawValue
    latency.observe(call.duration.inSeconds, name)
    if call.name == .apply { size.observe(Double(call.bytes), name) }
    if call.hasSucceeded { successes.increment(name) } else { failures.increment(name) }
  }
}

extension Duration {
  /// Seconds with their fraction, as metrics have them.
  var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
