internal import Bytes
public import OasisTypes
public import Telemetry

/// What is measured of an executor (sheet 08 §C4), by runtime.
public struct ExecutorMetrics: Sendable {
  private let runtime: String
  private let events: Counter, discrepancies: Counter, aborted: Counter
  private let storage: Summary, batch: Summary, call: Summary, size: Summary

  /// The metrics of a runtime's executor.
  public init(_ registry: MetricsRegistry, runtimeID: Namespace) {
    runtime = runtimeID.hex
    let labels = ["runtime"]
    events = registry.counter("oasis_worker_processed_event_count", help: "Number of processed roothash events.", labels: labels)
    discrepancies = registry.counter(
      "oasis_worker_execution_discrepancy_detected_count", help: "Number of detected execute discrepancies.", labels: labels)
    aborted = registry.counter("oasis_worker_aborted_batch_count", help: "Number of aborted batches.", labels: labels)
    storage = registry.summary(
      "oasis_worker_storage_commit_latency", help: "Latency of storage commit calls (state + outputs) (seconds).", labels: labels)
    batch = registry.summary(
      "oasis_worker_batch_processing_time", help: "Time it takes for a batch to finalize (seconds).", labels: labels)
    call = registry.summary(
      "oasis_worker_batch_runtime_processing_time", help: "Time it takes for a batch to be processed by the runtime (seconds).",
      labels: labels)
    size = registry.summary("oasis_worker_batch_size", help: "Number of transactions in a batch.", labels: labels)
  }

  func processedEvents(_ count: Int) { if count > 0 { events.increment(by: Double(count), runtime) } }
  func detectedDiscrepancy() { discrepancies.increment(runtime) }
  func abortedBatch() { aborted.increment(runtime) }
  func stored(after time: Duration) { storage.observe(time.inSeconds, runtime) }
  func called(after time: Duration) { call.observe(time.inSeconds, runtime) }
  func finalized(after time: Duration) { batch.observe(time.inSeconds, runtime) }
  func committed(_ count: Int) { size.observe(Double(count), runtime) }
}

extension Duration {
  var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
