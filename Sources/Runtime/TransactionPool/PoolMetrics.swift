public import OasisTypes
internal import Bytes
public import Telemetry

/// What is measured of a pool (08 C3): queue lengths and verdicts, by runtime.
public struct PoolMetrics: Sendable {
  private let runtime: String
  private let check: Gauge, schedule: Gauge, rim: Gauge
  private let accepted: Counter, rejected: Counter

  /// The metrics of a runtime's pool.
  public init(_ registry: MetricsRegistry, runtimeID: Namespace) {
    runtime = runtimeID.hex
    check = registry.gauge(
      "oasis_txpool_pending_check_size", help: "Size of the pending to be checked queue (number of entries).", labels: ["runtime"])
    schedule = registry.gauge(
      "oasis_txpool_pending_schedule_size", help: "Size of the main schedulable queue (number of entries).", labels: ["runtime"])
    rim = registry.gauge(
      "oasis_txpool_rim_queue_size", help: "Size of the roothash incoming message transactions schedulable queue (number of entries).",
      labels: ["runtime"])
    accepted = registry.counter(
      "oasis_txpool_accepted_transactions", help: "Number of accepted transactions (passing check tx).", labels: ["runtime"])
    rejected = registry.counter(
      "oasis_txpool_rejected_transactions", help: "Number of rejected transactions (failing check tx).", labels: ["runtime"])
  }

  func lengths(check: Int, schedule: Int, rim: Int) {
    self.check.set(Double(check), runtime)
    self.schedule.set(Double(schedule), runtime)
    self.rim.set(Double(rim), runtime)
  }

  func checked(accepted: Int, rejected: Int) {
    if accepted > 0 { self.accepted.increment(by: Double(accepted), runtime) }
    if rejected > 0 { self.rejected.increment(by: Double(rejected), runtime) }
  }
}
