internal import GRPC
internal import Telemetry

/// Calls of the node's services, by full method name. Names: sheet 09 §7.2. Methods that do not exist are not counted: their names are the
/// caller's invention.
struct APIMetrics: Sendable {
  private let calls: Counter, writes: Counter
  private let latency: Summary

  init(_ registry: MetricsRegistry) {
    calls = registry.counter("oasis_grpc_server_calls", help: "Number of gRPC calls.", labels: ["call"])
    writes = registry.counter("oasis_grpc_server_stream_writes", help: "Number of gRPC stream writes.", labels: ["call"])
    latency = registry.summary("oasis_grpc_server_latency", help: "gRPC call latency (seconds).", labels: ["call"])
  }

  func started(_ path: String) { calls.increment(path) }
  func streamed(_ path: String) { writes.increment(path) }

  func finished(_ call: GRPCServer.Finished) {
    guard call.isKnown else { return }
    latency.observe(Double(call.duration.components.seconds) + Double(call.duration.components.attoseconds) / 1e18, call.path)
  }
}
