internal import Bytes
internal import CometBFT
internal import CommitteeWorker
internal import ConsensusApp
internal import ConsensusService
internal import OasisCrypto
internal import OasisTypes
internal import Protobuf
internal import RuntimeHistory
internal import Telemetry

/// What the node as a whole measures; queues, calls of runtimes and the like measure themselves. Names: sheet 09 §7.2.
struct NodeMetrics: Sendable {
  private let proposed: Counter, signed: Counter
  private let entities: Gauge, nodes: Gauge, runtimes: Gauge
  private let registered: Gauge, eligible: Gauge, frozen: Gauge, faults: Gauge, suspended: Gauge
  private let stateSize: Gauge
  private let engine: EngineMetrics
  private let runtime: RuntimeFollowerMetrics

  init(_ registry: MetricsRegistry) {
    proposed = registry.counter("oasis_consensus_proposed_blocks", help: "Number of blocks proposed by the node.", labels: ["backend"])
    signed = registry.counter("oasis_consensus_signed_blocks", help: "Number of blocks signed by the node.", labels: ["backend"])
    entities = registry.gauge("oasis_registry_entities", help: "Number of registry entities.")
    nodes = registry.gauge("oasis_registry_nodes", help: "Number of registry nodes.")
    runtimes = registry.gauge("oasis_registry_runtimes", help: "Number of registry runtimes.")
    registered = registry.gauge("oasis_worker_node_registered", help: "Is oasis node registered (binary).")
    eligible = registry.gauge(
      "oasis_worker_node_registration_eligible", help: "Is oasis node eligible for registration (binary).")
    frozen = registry.gauge("oasis_worker_node_status_frozen", help: "Is oasis node frozen (binary).")
    faults = registry.gauge(
      "oasis_worker_node_status_runtime_faults", help: "Number of runtime faults.", labels: ["runtime"])
    suspended = registry.gauge(
      "oasis_worker_node_status_runtime_suspended", help: "Runtime node suspension status (binary).", labels: ["runtime"])
    stateSize = registry.gauge("oasis_abci_db_size", help: "Total size of the ABCI database (MiB).")
    engine = EngineMetrics(registry)
    runtime = RuntimeFollowerMetrics(registry)
  }

  /// Follows the consensus layer until the task is cancelled.
  func followConsensus(_ service: ConsensusService, consensusKey: PublicKey) async {
    let address = ValidatorAddress.of(consensusKey)
    var isFirst = true
    for await update in service.updates() {
      if update.header.proposerAddress == address { proposed.increment("cometbft") }
      if let block = try? await service.block(at: update.height) {
        let isOurs = { (signature: CommitSignature) in signature.validatorAddress == address && signature.flag == .commit }
        if block.lastCommit?.signatures.contains(where: isOurs) == true { signed.increment("cometbft") }
        await engine.took(block, of: service)
      }
      runtime.finalized(update.events(RootHash.FinalizedEvent.self).count)
      guard update.isEpochChange || isFirst else { continue }
      isFirst = false
      let counts = try? await service.query(at: update.height) { tree in
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
  func follow(_ committee: CommitteeWorker, _ history: RuntimeHistory) async { await runtime.follow(committee, history) }

  /// The node's standing in the registry, as of the latest block.
  func measureStanding(_ id: PublicKey, _ service: ConsensusService) async {
    let found = try? await service.query(at: 0) { tree in
      (
        epoch: try BeaconState(tree).epoch().epoch, node: try RegistryState(tree).node(id),
        status: try? RegistryQueries(tree).nodeStatus(id)
      )
    }
    guard let found else { return }
    registered.set(found.node.map { !$0.isExpired(at: found.epoch) } == true ? 1 : 0)
    guard let status = found.status else { return }
    eligible.set(status.isEligibleForElection(at: found.epoch) ? 1 : 0)
    frozen.set(status.isFrozen ? 1 : 0)
    for entry in (found.node?.runtimes ?? []).compactMap(\.self) {
      faults.set(Double(status.faults[entry.id]?.failures ?? 0), entry.id.description)
      suspended.set(status.isSuspended(runtime: entry.id, at: found.epoch) ? 1 : 0, entry.id.description)
    }
  }

  /// - Parameters:
  ///   - bytes: of the database of consensus states.
  func noteStateSize(_ bytes: UInt64) { stateSize.set(Double(bytes) / 1_048_576) }
}

/// CometBFT's own metrics, those that a node without peers has.
private struct EngineMetrics: Sendable {
  private let height: Gauge, transactions: Gauge, totalTransactions: Gauge, size: Gauge, validators: Gauge, power: Gauge, pool: Gauge

  init(_ registry: MetricsRegistry) {
    func gauge(_ name: String, _ help: String) -> Gauge { registry.gauge("cometbft_\(name)", help: help, labels: ["chain_id"]) }
    height = gauge("consensus_height", "Height of the chain.")
    transactions = gauge("consensus_num_txs", "Number of transactions.")
    totalTransactions = gauge("consensus_total_txs", "Total number of transactions.")
    size = gauge("consensus_block_size_bytes", "Size of the block.")
    validators = gauge("consensus_validators", "Number of validators.")
    power = gauge("consensus_validators_power", "Total power of all validators.")
    pool = gauge("mempool_size", "Size of the mempool (number of uncommitted transactions).")
  }

  func took(_ block: CometBFT.Block, of service: ConsensusService) async {
    let chain = block.header.chainID
    height.set(Double(block.header.height), chain)
    transactions.set(Double(block.data.transactions.count), chain)
    totalTransactions.add(Double(block.data.transactions.count), chain)
    size.set(Double(block.protobuf().count), chain)
    pool.set(Double(await service.engine.pool.count), chain)
    guard let set = try? service.engine.chain.validators(at: block.header.height) else { return }
    validators.set(Double(set.count), chain)
    power.set(Double(set.totalVotingPower), chain)
  }
}
