internal import Bytes
internal import ConsensusApp
public import ConsensusService
public import GRPC
internal import OasisTypes
public import Telemetry
internal import Wire

/// Status and control of the node. Rule: sheet 09 §4, §4.5.
public struct NodeControllerAPI: APIService {
  /// Who answers for the parts of the status; what is nil is left out, as such nodes do.
  public struct Sources: Sendable {
    /// `client`, `validator`, `compute`, …
    public var mode: String
    /// Only with `--debug.dont_blame_oasis`.
    public var debug: Control.DebugStatus?
    public var identity: Control.IdentityStatus
    public var runtimes: [any RuntimeStatusSource] = []
    /// A node without registration has an empty status in its place.
    public var registration: (any RegistrationStatusSource)?
    public var keyManager: (any KeyManagerStatusSource)?
    public var p2p: (any P2PStatusSource)?
    public var upgrades: (any UpgradeControl)?

    public init(mode: String, identity: Control.IdentityStatus) { (self.mode, self.identity) = (mode, identity) }
  }

  private let consensus: any ConsensusBackend
  private let consensusStatus: ConsensusStatusReader
  private let sources: Sources
  private let node: any NodeLifecycle
  private let log: Log

  public init(
    consensus: any ConsensusBackend, consensusStatus: ConsensusStatusReader, sources: Sources, node: any NodeLifecycle, log: Log
  ) {
    (self.consensus, self.consensusStatus, self.sources, self.node) = (consensus, consensusStatus, sources, node)
    self.log = log.module("node/controller")
  }

  public var methods: [GRPCMethod] {
    let (table, consensus, node) = (MethodTable("NodeController"), consensus, node)
    @Sendable func upgrades() throws -> any UpgradeControl {
      guard let upgrades = sources.upgrades else { throw Control.notImplemented }
      return upgrades
    }
    return [
      table.tell("GetStatus") { try await status() },
      table.tell("IsSynced") { await consensus.isSynced() },
      table.run("WaitSync") { try await consensus.waitSynced() },
      table.tell("IsReady") {
        guard await consensus.isSynced() else { return false }
        return await node.workersAreReady()
      },
      table.run("WaitReady") {
        try await consensus.waitSynced()
        try await node.waitWorkersReady()
      },
      table.take("RequestShutdown") { (wait: Bool) in try await node.requestShutdown(wait: wait) },
      table.take("AddBundle") { (path: String) in try await node.addBundle(path: path) },
      table.take("UpgradeBinary") { (descriptor: Upgrade.Descriptor) in try await upgrades().submit(descriptor) },
      table.take("CancelUpgrade") { (descriptor: Upgrade.Descriptor) in try await upgrades().cancel(descriptor) },
    ]
  }

  /// The node's status now.
  public func status() async throws -> Control.Status {
    var status = Control.Status()
    (status.mode, status.debug, status.identity) = (sources.mode, sources.debug, sources.identity)
    status.consensus = try await consensusStatus.read()
    for source in sources.runtimes { status.runtimes[source.runtimeID] = await runtime(source) }
    status.registration = try await registration()
    status.keyManager = await sources.keyManager?.keyManagerStatus()
    status.pendingUpgrades = try await sources.upgrades?.pendingUpgrades() ?? []
    status.lightClient = Control.LightClientStatus()
    if let p2p = sources.p2p {
      status.p2p = await p2p.p2pStatus()
      status.lightClient?.peerIDs = await p2p.lightClientPeers().nilIfEmpty
    }
    return status
  }

  /// What fails about a runtime is only logged; before the first block there is no descriptor.
  private func runtime(_ source: any RuntimeStatusSource) async -> Control.RuntimeStatus {
    var status = await source.runtimeStatus()
    let id = source.runtimeID
    do {
      status.descriptor = try await consensus.read(0) { try RegistryState($0).anyRuntime(id) }
    } catch let error as CodedError where error.isSame(as: .noCommittedBlocks) {
    } catch { log.error("failed to fetch runtime descriptor", ["runtime_id": id.hex, "err": "\(error)"]) }
    return status
  }

  /// A failing look-up of the node's status fails the whole answer, as the reference's.
  private func registration() async throws -> Control.RegistrationStatus {
    guard let source = sources.registration else { return Control.RegistrationStatus() }
    var status = await source.registrationStatus()
    if let id = status.descriptor?.id {
      status.nodeStatus = try await consensus.read(0) { try RegistryQueries($0).nodeStatus(id) }
    }
    return status
  }
}

/// A seed node's controller: a status, a shutdown, and nothing else. Rule: sheet 09 §4.5.
public struct SeedControllerAPI: APIService {
  private let status: @Sendable () async throws -> Control.Status
  private let shutdown: @Sendable () async throws -> Void

  /// The controller of a node that knows no more than its status and how to end.
  public init(status: @escaping @Sendable () async throws -> Control.Status, shutdown: @escaping @Sendable () async throws -> Void) {
    (self.status, self.shutdown) = (status, shutdown)
  }

  public var methods: [GRPCMethod] {
    let (table, shutdown) = (MethodTable("NodeController"), shutdown)
    let refused = ["IsSynced", "WaitSync", "IsReady", "WaitReady", "UpgradeBinary", "CancelUpgrade", "AddBundle"]
    return [
      table.tell("GetStatus", status), table.take("RequestShutdown") { (_: Bool) in try await shutdown() },
    ] + refused.map { table.run($0) { throw Control.notImplemented } }
  }
}
