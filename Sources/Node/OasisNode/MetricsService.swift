internal import AsyncIO
internal import HTTP
internal import MKVSDatabase
internal import NodeConfiguration
internal import OasisCrypto
internal import Telemetry

/// Measures the node and serves what was measured, in the mode `pull`. Rule: sheet 09 §7.1.
struct MetricsService: Sendable {
  /// What is measured.
  struct Sources: Sendable {
    var consensus: ConsensusAssembly
    var runtimes: [RuntimeAssembly]
    var consensusKey: PublicKey
    var nodeID: PublicKey
    var dataDirectory: String
  }

  private let address: String
  private let interval: Duration
  private let sources: Sources
  private let registry: MetricsRegistry
  private let node: NodeMetrics
  private let process: ProcessMetrics
  private let log: Log

  /// Nil where the operator wants no metrics.
  init?(_ configuration: MetricsConfiguration, _ registry: MetricsRegistry, _ sources: Sources, log: Log) {
    guard configuration.mode == "pull" else { return nil }
    (address, interval) = (configuration.address, configuration.interval)
    (self.registry, self.sources, self.log) = (registry, sources, log)
    (node, process) = (NodeMetrics(registry), ProcessMetrics(registry))
  }

  /// Works until the task is cancelled.
  func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await node.followConsensus(sources.consensus.service, consensusKey: sources.consensusKey) }
      for runtime in sources.runtimes { group.addTask { await node.follow(runtime.committee, runtime.history) } }
      group.addTask { await measure() }
      group.addTask { await serve() }
      await group.waitForAll()
    }
  }

  /// Measures what nobody tells of: the process and the data directory (at most every 30 s), the registry's view of this node (every 60 s).
  private func measure() async {
    var (lastDisk, lastStanding): (ContinuousClock.Instant?, ContinuousClock.Instant?)
    func isDue(_ last: inout ContinuousClock.Instant?, _ pause: Duration) -> Bool {
      if let last, .now - last < pause { return false }
      last = .now
      return true
    }
    repeat {
      process.collect()
      if isDue(&lastDisk, .seconds(30)) {
        process.measureDisk(sources.dataDirectory)
        if let size = try? sources.consensus.state.size() { node.noteStateSize(size) }
      }
      if isDue(&lastStanding, .seconds(60)) { await node.measureStanding(sources.nodeID, sources.consensus.service) }
      // A shorter pause than a second would only measure the measuring.
    } while (try? await Task.sleep(for: max(interval, .seconds(1)))) != nil
  }

  private func serve() async {
    let server = HTTPServer { [registry] _ in HTTPResponse(text: registry.exposition()) }
    do { await server.serve(try await Self.listen(address)) } catch {
      log.error("metrics are not served", ["address": address, "err": "\(error)"])
    }
  }

  @IO private static func listen(_ address: String) throws -> StreamListener {
    guard let colon = address.lastIndex(of: ":"), let port = UInt16(address[address.index(after: colon)...]) else {
      throw StartError("metrics.address: '\(address)': expected IP:PORT")
    }
    return try StreamListener.listen(on: .tcp(host: String(address[..<colon]), port: port))
  }
}
