public import Telemetry

/// What is measured of calls to runtimes (07 E.2): only calls that the host makes.
public struct RuntimeMetrics: Sendable {
  private let latency: Summary
  private let successes: Counter, failures: Counter, timeouts: Counter
  private let size: Summary

  /// The metrics of a process.
  public init(_ registry: MetricsRegistry) {
    latency = registry.summary("oasis_rhp_latency", help: "Runtime Host call latency (seconds).", labels: ["call"])
    successes = registry.counter("oasis_rhp_successes", help: "Number of successful Runtime Host calls.", labels: ["call"])
    failures = registry.counter("oasis_rhp_failures", help: "Number of failed Runtime Host calls.", labels: ["call"])
    timeouts = registry.counter("oasis_rhp_timeouts", help: "Number of timed out Runtime Host calls.")
    size = registry.summary("oasis_codec_size", help: "CBOR codec message size (bytes).", labels: ["call", "module"])
  }

  /// A call has ended.
  func ended(_ name: String, after time: Duration, _ error: (any Error)?) {
    latency.observe(Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18, name)
    switch error {
    case nil: successes.increment(name)
    case let error?:
      failures.increment(name)
      if error is CancellationError || error as? ConnectionError == .timedOut { timeouts.increment() }
    }
  }

  /// A message was read or written.
  func transferred(_ bytes: Int, isRead: Bool) { size.observe(Double(bytes), isRead ? "read" : "write", "rhp/internal") }
}
