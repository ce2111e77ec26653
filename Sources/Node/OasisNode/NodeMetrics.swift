internal import Bytes
internal import CometBFT
internal import CommitteeWorker
internal import ConsensusApp
internal import ConsensusService
internal import Foundation
internal import OasisCrypto
internal import OasisTypes
internal import RegistrationWorker
internal import Telemetry

/// What the node as a whole measures; queues, calls of runtimes and the like measure themselves. Names: sheet 09 §7.2.
struct NodeMetrics: Sendable {
  private let registry: MetricsRegistry
  private let proposed: Counter, signed: Counter, finalized: Counter
  private let entities: Gauge, nodes: Gauge, runtimes: Gauge
  private let blocks: Counter, failedRounds: Counter, transitions: Counter
  private let epoch: Gauge, isWorker: Gauge, isBackup: Gauge
  private let registered: Gauge
  private let user: Gauge, system: Gauge, memory: Gauge, disk: Gauge

  init(_ registry: MetricsRegistry) {
    self.registry = registry
    proposed = registry.counter("oasis_consensus_proposed_blocks", help: "Number of blocks proposed by the node.", labels: ["backend"])
    signed = registry.counter("oasis_consensus_signed_blocks", help: "Number of blocks signed by the node.", labels: ["backend"])
    finalized = registry.counter("oasis_finalized_rounds", help: "Number of finalized rounds.")
    entities = registry.gauge("oasis_registry_entities", help: "Number of registry entities.")
    nodes = registry.gauge("oasis_registry_nodes", help: "Number of registry nodes.")
    runtimes = registry.gauge("oasis_registry_runtimes", help: "Number of registry runtimes.")
    blocks = registry.counter("oasis_worker_processed_block_count", help: "Number of processed roothash blocks.", labels: ["runtime"])
    failedRounds = registry.counter("oasis_worker_failed_round_count", help: "Number of failed roothash rounds.", labels: ["runtime"])
    transitions = registry.counter(
      "oasis_worker_committee_transition_count", help: "Number of committee transitions.", labels: ["runtime"])
    epoch = registry.gauge("oasis_worker_epoch_number", help: "Current epoch number as seen by the worker.", labels: ["runtime"])
    isWorker = registry.gauge(
      "oasis_worker_executor_is_worker", help: "1 if worker is currently an executor worker, 0 otherwise.", labels: ["runtime"])
    isBackup = registry.gauge(
      "oasis_worker_executor_is_backup_worker", help: "1 if worker is currently an executor backup worker, 0 otherwise.",
      labels: ["runtime"])
    registered = registry.gauge("oasis_worker_node_registered", help: "Is oasis node registered (binary).")
    user = registry.gauge("oasis_node_cpu_utime_seconds", help: "CPU user time spent by worker as reported by /proc/<PID>/stat (seconds).")
    system = registry.gauge(
      "oasis_node_cpu_stime_seconds", help: "CPU system time spent by worker as reported by /proc/<PID>/stat (seconds).")
    memory = registry.gauge(
      "oasis_node_mem_rss_anon_bytes", help: "Size of resident anonymous memory of worker as reported by /proc/<PID>/status (bytes).")
    disk = registry.gauge("oasis_node_disk_usage_bytes", help: "Size of datadir of the worker (bytes).")
  }

  /// Follows the consensus layer until the task is cancelled.
  func followConsensus(_ backend: any ConsensusBackend, consensusKey: PublicKey) async {
    let address = ValidatorAddress.of(consensusKey)
    var isFirst = true
    for await update in await backend.updates() {
      if update.header.proposerAddress == address { proposed.increment("cometbft") }
      if let commit = try? await backend.block(at: update.height).lastCommit,
        commit.signatures.contains(where: { $0.validatorAddress == address && $0.flag == .commit })
      {
        signed.increment("cometbft")
      }
      finalized.increment(by: Double(update.events(RootHash.FinalizedEvent.self).count))
      guard update.isEpochChange || isFirst else { continue }
      isFirst = false
      let counts = try? await backend.query(at: update.height) { tree in
        let registry = RegistryState(tree)
        return (try registry.signedEntities().count, try registry.signedNodes().count, try RegistryState.runtimes.entries(tree).count)
      }
      guard let counts else { continue }
      entities.set(Double(counts.0))
      nodes.set(Double(counts.1))
      runtimes.set(Double(counts.2))
    }
  }

  /// Follows a runtime until the task is cancelled.
  func follow(_ committee: CommitteeWorker) async {
    let name = committee.runtimeID.description
    var validFor: Epoch?
    for await dispatch in committee.dispatches() {
      blocks.increment(name)
      if dispatch.block.header.type == .roundFailed { failedRounds.increment(name) }
      if dispatch.committee?.validFor != validFor {
        validFor = dispatch.committee?.validFor
        transitions.increment(name)
      }
      epoch.set(Double(dispatch.epoch), name)
      isWorker.set(dispatch.committee?.isWorker(committee.nodeID) == true ? 1 : 0, name)
      isBackup.set(dispatch.committee?.isBackupWorker(committee.nodeID) == true ? 1 : 0, name)
    }
  }

  /// The page, with what is read at this moment.
  func page(dataDirectory: String, registration: RegistrationWorker?) async -> String {
    if let registration { registered.set(await registration.status.lastAttemptSuccessful ? 1 : 0) }
    let fields = Self.text("/proc/self/stat").split(separator: ")").last.map { $0.split(separator: " ") } ?? []
    if fields.count > 12, let ticksUser = Double(fields[11]), let ticksSystem = Double(fields[12]) {
      user.set(ticksUser / 100)
      system.set(ticksSystem / 100)
    }
    if let line = Self.text("/proc/self/status").split(separator: "\n").first(where: { $0.hasPrefix("RssAnon:") }),
      let kilobytes = Double(line.split(separator: " ").dropFirst().first ?? "")
    {
      memory.set(kilobytes * 1024)
    }
    disk.set(Double(Self.size(of: dataDirectory)))
    return registry.exposition()
  }

  private static func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

  private static func size(of folder: String) -> UInt64 {
    var total: UInt64 = 0
    let keys: Set<URLResourceKey> = [.fileSizeKey]
    let files = FileManager.default.enumerator(at: URL(fileURLWithPath: folder), includingPropertiesForKeys: Array(keys))
    for case let file as URL in files ?? .init() { total += UInt64((try? file.resourceValues(forKeys: keys).fileSize) ?? 0) }
    return total
  }
}
