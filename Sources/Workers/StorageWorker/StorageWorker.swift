internal import AsyncValues
internal import Bytes
internal import MKVS
public import MKVSDatabase
internal import OasisCrypto
public import OasisTypes
public import RegistrationWorker
public import RuntimeHistory
public import Telemetry

/// Keeps the state and I/O trees of one runtime: every round that consensus finalized is finalized here. Rule: sheet 08 §C5.
public actor StorageWorker {
  /// What it does, as `control status` prints it.
  public enum Phase: String, Sendable {
    case initializing, starting, stopping
    case initializingGenesis = "initializing genesis"
    case syncStartCheck = "sync start check"
    case syncingCheckpoints = "syncing checkpoints"
    case syncingRounds = "syncing rounds"
  }

  /// Why storage cannot go on.
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  private let history: RuntimeHistory
  private let database: NodeDatabase
  private let providers: [RoleProvider]
  private let log: Log
  public private(set) var phase = Phase.initializing
  /// The last round whose trees are finalized here; nil before the first.
  public private(set) var lastFinalized: RootHash.Block?
  private var isAvailable = false
  private let initialized = Gate()

  /// - Parameter providers: the roles that are available while storage is close to the chain's head.
  public init(history: RuntimeHistory, database: NodeDatabase, providers: [RoleProvider], log: Log) {
    (self.history, self.database, self.providers) = (history, database, providers)
    self.log = log.module("worker/storage/committee").with(["runtime_id": history.runtimeID.description])
  }

  /// Returns once it follows the chain; throws `CancellationError` if ``run(genesis:)`` ends before.
  public nonisolated func waitInitialized() async throws { try await initialized.wait() }

  /// Works until the task is cancelled; throws what makes the node stop.
  public func run(genesis: @Sendable () async throws -> RootHash.Block) async throws {
    defer { initialized.abandon() }
    phase = .starting
    let genesis = try await genesis()
    try await start(genesis.header)
    phase = .syncingRounds
    initialized.open()
    for await committed in await history.committedBlocks() {
      guard let block = committed.block else { continue }
      try await catchUp(to: block.header.round, genesis: genesis.header)
      updateAvailability(latest: block.header.round)
    }
  }

  /// Finds the round from which to go on.
  private func start(_ genesis: RootHash.Header) async throws {
    if let version = database.latestVersion, version >= genesis.round {
      // After a crash the history may be behind the trees: the indexer reads the missing rounds from the consensus layer again.
      for await committed in await history.committedBlocks() where (committed.block?.header.round ?? 0) >= version { break }
      guard let known = try await history.committedBlock(round: version).block else {
        throw Failure(description: "round \(version) is stored, but the history has no block of it")
      }
      try await setFinalized(known)
      return
    }
    phase = .initializingGenesis
    let state = root(of: genesis, type: .state)
    guard try state.hash == .empty || database.hasRoot(state) else {
      throw Failure(
        description:
          "existing state is incompatible with runtime genesis state: root \(genesis.stateRoot) of round \(genesis.round) is not in the database; this version cannot fetch it from peers"
      )
    }
    phase = .syncStartCheck
  }

  private func catchUp(to round: UInt64, genesis: RootHash.Header) async throws {
    let last = lastFinalized?.header.round
    guard last.map({ $0 < round }) ?? (genesis.round <= round) else { return }
    // A closed range: a runtime may begin with the largest round that there is.
    for next in (last.map { $0 + 1 } ?? genesis.round)...round {
      try Task.checkCancellation()
      guard let block = try await history.committedBlock(round: next).block else {
        throw Failure(description: "round \(next) is not in the history")
      }
      try apply(block.header)
      if database.latestVersion.map({ $0 < next }) ?? true {
        try database.finalize([root(of: block.header, type: .io), root(of: block.header, type: .state)])
      }
      try await setFinalized(block)
    }
  }

  private func root(of header: RootHash.Header, type: RootType) -> Root {
    Root(namespace: header.namespace, version: header.round, type: type, hash: type == .io ? header.ioRoot : header.stateRoot)
  }

  /// Makes both trees of a round present. What this node did not compute itself would come from peers.
  private func apply(_ header: RootHash.Header) throws {
    let previous = lastFinalized?.header.stateRoot ?? .empty
    for type in [RootType.io, .state] {
      let root = root(of: header, type: type)
      if try database.hasRoot(root) { continue }
      let start = type == .io ? Hash.empty : previous
      guard start == root.hash else {
        throw Failure(
          description:
            "\(type) root \(root.hash) of round \(header.round) is not in the database, and this version cannot fetch it from peers")
      }
      var request = ApplyRequest()
      (request.namespace, request.rootType) = (header.namespace, type)
      (request.sourceRoot, request.destinationRoot) = (start, root.hash)
      (request.sourceRound, request.destinationRound) = (
        type == .io || lastFinalized == nil ? header.round : header.round - 1, header.round
      )
      request.writeLog = []
      try database.apply(request)
    }
  }

  private func setFinalized(_ block: RootHash.Block) async throws {
    lastFinalized = block
    try await history.storageSynced(round: block.header.round)
    log.debug("finalized round", ["round": block.header.round])
  }

  /// Available while fewer than 10 rounds behind, unavailable beyond 15. Rule: sheet 08 §C5.5.
  private func updateAvailability(latest: UInt64) {
    guard let synced = lastFinalized?.header.round else { return }
    let gap = latest >= synced ? latest - synced : 0
    if gap < 10, !isAvailable {
      isAvailable = true
      for provider in providers { provider.setAvailable() }
    } else if gap > 15, isAvailable {
      isAvailable = false
      for provider in providers { provider.setUnavailable() }
    }
  }
}
