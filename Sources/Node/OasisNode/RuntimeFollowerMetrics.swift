internal import Bytes
internal import CommitteeWorker
internal import OasisCrypto
internal import OasisTypes
internal import RuntimeHistory
internal import Telemetry

/// What is seen of ParaTimes by following their blocks; executors measure themselves. Names: sheet 09 §7.2.
struct RuntimeFollowerMetrics: Sendable {
  private let finalizedRounds: Counter
  private let blocks: Counter, failedRounds: Counter, transitions: Counter
  private let interval: Summary, syncLatency: Summary
  private let epoch: Gauge, isWorker: Gauge, isBackup: Gauge, committeePeers: Gauge
  private let totalRounds: Gauge, liveRounds: Gauge, liveRatio: Gauge
  private let fullRound: Gauge, syncedRound: Gauge, pendingRound: Gauge

  init(_ registry: MetricsRegistry) {
    func counter(_ name: String, _ help: String) -> Counter { registry.counter("oasis_worker_\(name)", help: help, labels: ["runtime"]) }
    func gauge(_ name: String, _ help: String) -> Gauge { registry.gauge("oasis_worker_\(name)", help: help, labels: ["runtime"]) }
    finalizedRounds = registry.counter("oasis_finalized_rounds", help: "Number of finalized rounds.")
    blocks = counter("processed_block_count", "Number of processed roothash blocks.")
    failedRounds = counter("failed_round_count", "Number of failed roothash rounds.")
    transitions = counter("committee_transition_count", "Number of committee transitions.")
    interval = registry.summary("oasis_roothash_block_interval", help: "Time between roothash blocks (seconds).", labels: ["runtime"])
    syncLatency = registry.summary(
      "oasis_worker_storage_round_sync_latency", help: "Storage round sync latency (seconds).", labels: ["runtime"])
    epoch = gauge("epoch_number", "Current epoch number as seen by the worker.")
    isWorker = gauge("executor_is_worker", "1 if worker is currently an executor worker, 0 otherwise.")
    isBackup = gauge("executor_is_backup_worker", "1 if worker is currently an executor backup worker, 0 otherwise.")
    committeePeers = gauge("executor_committee_p2p_peers", "Number of executor committee P2P peers.")
    totalRounds = gauge("executor_liveness_total_rounds", "Number of total rounds in last epoch.")
    liveRounds = gauge("executor_liveness_live_rounds", "Number of live rounds in last epoch.")
    liveRatio = gauge(
      "executor_liveness_live_ratio",
      "Ratio between live and total rounds. Reports 1 if node is not in committee.")
    fullRound = gauge("storage_full_round", "The last round that was fully synced and finalized.")
    syncedRound = gauge("storage_synced_round", "The last round that was synced but not yet finalized.")
    pendingRound = gauge("storage_pending_round", "The last round that is in-flight for syncing.")
  }

  func finalized(_ rounds: Int) { finalizedRounds.increment(by: Double(rounds)) }

  /// Follows one runtime until the task is cancelled.
  func follow(_ committee: CommitteeWorker, _ history: RuntimeHistory) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.followDispatches(committee) }
      group.addTask { await self.followStorage(history) }
    }
  }

  private func followDispatches(_ committee: CommitteeWorker) async {
    let name = committee.runtimeID.description
    var last: Dispatch?
    var lastArrival: ContinuousClock.Instant?
    committeePeers.set(0, name)  // there are no peers in this version
    for await dispatch in committee.dispatches() {
      blocks.increment(name)
      if let lastArrival { interval.observe((.now - lastArrival).inSeconds, name) }
      lastArrival = .now
      if dispatch.block.header.type == .roundFailed { failedRounds.increment(name) }
      if dispatch.committee?.validFor != last?.committee?.validFor {
        transitions.increment(name)
        if let last { noteLiveness(last, committee.nodeID, name) }
      }
      epoch.set(Double(dispatch.epoch), name)
      isWorker.set(dispatch.committee?.isWorker(committee.nodeID) == true ? 1 : 0, name)
      isBackup.set(dispatch.committee?.isBackupWorker(committee.nodeID) == true ? 1 : 0, name)
      last = dispatch
    }
  }

  /// How the node did in the epoch that has ended.
  private func noteLiveness(_ last: Dispatch, _ node: PublicKey, _ name: String) {
    guard let committee = last.committee, committee.contains(node), let statistics = last.state.livenessStatistics else {
      return liveRatio.set(1, name)
    }
    var live: UInt64 = 0
    for (index, member) in (committee.members ?? []).enumerated() where member.publicKey == node {
      if let rounds = statistics.goodRounds, index < rounds.count { live &+= rounds[index] }  // &+: at most all rounds, twice
    }
    totalRounds.set(Double(statistics.totalRounds), name)
    liveRounds.set(Double(live), name)
    liveRatio.set(statistics.totalRounds == 0 ? 1 : Double(live) / Double(statistics.totalRounds), name)
  }

  private func followStorage(_ history: RuntimeHistory) async {
    let name = history.runtimeID.description
    let arrivals = Arrivals()
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for await block in await history.committedBlocks() {
          guard let round = block.block?.header.round else { continue }
          await arrivals.note(round)
          pendingRound.set(Double(round), name)
        }
      }
      group.addTask {
        for await block in await history.syncedBlocks() {
          guard let round = block.block?.header.round else { continue }
          if let time = await arrivals.take(round) { syncLatency.observe(time.inSeconds, name) }
          syncedRound.set(Double(round), name)
          fullRound.set(Double(round), name)
        }
      }
    }
  }

  /// When rounds were heard of.
  private actor Arrivals {
    private var times: [UInt64: ContinuousClock.Instant] = [:]
    func note(_ round: UInt64) { if times.count < 1000 { times[round] = .now } }
    /// Since the round was heard of; earlier rounds are forgotten.
    func take(_ round: UInt64) -> Duration? {
      defer { times = times.filter { $0.key > round } }
      return times[round].map { .now - $0 }
    }
  }
}
