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

    static func missing(_ what: String) -> Failure {
      Failure(
        description: "\(what), and this version cannot fetch it from peers: was the runtime's folder mkvs_storage.rocksdb.db removed or "
          + "replaced? Put a copy of the whole runtime folder back, or begin with a new data directory")
    }
  }

  /// Rounds that may lie between the state of an earlier network and the runtime's first round.
  private static let longestGap: UInt64 = 100_000

  let history: RuntimeHistory
  let database: NodeDatabase
  let log: Log
  private let providers: [RoleProvider]
  public private(set) var phase = Phase.initializing
  /// The last round whose trees are finalized here; nil before the first.
  public private(set) var lastFinalized: RootHash.Block?
  private var progress = StorageProgress()
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
    defer {
      phase = .stopping
      initialized.abandon()
    }
    phase = .starting
    let genesis = try await genesis().header
    try await start(genesis)
    phase = .syncingRounds
    initialized.open()
    try await follow(genesis)
  }

  /// Notes the chain's head at once, whatever is still to be done for the rounds before it.
  private func follow(_ genesis: RootHash.Header) async throws {
    let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let blocks = await history.committedBlocks()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for await committed in blocks {
          guard let round = committed.block?.header.round else { continue }
          await self.change(self.noteCommitted(round))
          wake.yield()
        }
        wake.finish()
      }
      group.addTask { for await _ in wakes { try await self.catchUp(genesis) } }
      defer { group.cancelAll() }
      // Not `waitForAll`: it would wait for the other too before it says that one has failed.
      while try await group.next() != nil {}
    }
  }

  private func noteCommitted(_ round: UInt64) -> StorageProgress.Change? { progress.committed(round) }

  private func change(_ change: StorageProgress.Change?) {
    switch change {
    case .available: for provider in providers { provider.setAvailable() }
    case .unavailable:
      log.warn("too far behind the chain, the node is not registered until it has caught up")
      for provider in providers { provider.setUnavailable() }
    case nil: break
    }
  }

  // MARK: - Start

  /// Finds the round from which to go on. Rule: sheet 08 §C5.2, without checkpoints.
  private func start(_ genesis: RootHash.Header) async throws {
    if let version = database.latestVersion, version >= genesis.round {
      try await setFinalized(try await block(of: version))
      return
    }
    phase = .initializingGenesis
    try adoptGenesis(genesis)
    phase = .syncStartCheck
    try await skipUnchangedRounds(genesis)
  }

  /// The block of the round that storage has reached. After a crash the history may be behind the trees: the indexer reads the missing
  /// rounds from the consensus layer again.
  private func block(of version: UInt64) async throws -> RootHash.Block {
    var isTold = false
    for await committed in await history.committedBlocks() {
      let reached = committed.block?.header.round ?? 0
      if reached >= version { break }
      if !isTold {
        log.warn("storage is ahead of the history, waiting for the consensus layer", ["stored_round": version, "history_round": reached])
        isTold = true
      }
    }
    try Task.checkCancellation()
    do {
      if let known = try await history.committedBlock(round: version).block { return known }
    } catch let error as RootHash.Failure { log.debug("no block of the stored round", ["err": "\(error)"]) }
    throw Failure(
      description: "round \(version) is stored, but the history has no block of it: the runtime's folders history.rocksdb.db and "
        + "mkvs_storage.rocksdb.db are of different times. Put copies of one time back, or begin with a new data directory")
  }

  /// Makes the runtime's first state the base. The trees of an earlier network (dump and restore) are taken over where they are the same.
  private func adoptGenesis(_ genesis: RootHash.Header) throws {
    let state = root(of: genesis, type: .state)
    if let latest = database.latestVersion {
      var old = state
      old.version = latest
      guard try state.hash == .empty || database.hasRoot(old) else {
        throw Failure.missing("existing state is incompatible with runtime genesis state: round \(latest) has no root \(state.hash)")
      }
      guard genesis.round - latest <= Self.longestGap else {
        throw Failure.missing("the runtime's genesis round is \(genesis.round), the last stored one \(latest)")
      }
      for round in latest + 1...genesis.round { try finalizeUnchanged(genesis, at: round, after: round - 1) }
      return
    }
    guard try state.hash == .empty || database.hasRoot(state) else {
      throw Failure.missing("the runtime's genesis state (root \(genesis.stateRoot) of round \(genesis.round)) is not in the database")
    }
  }

  /// A history that begins after the first round is enough where nothing has happened before it.
  private func skipUnchangedRounds(_ genesis: RootHash.Header) async throws {
    for await _ in await history.committedBlocks() { break }  // the history has caught up
    try Task.checkCancellation()
    guard let earliest = try await history.earliestBlock()?.block, earliest.header.round > genesis.round else { return }
    guard earliest.header.stateRoot == genesis.stateRoot, earliest.header.ioRoot == .empty else {
      throw Failure.missing("the history begins with round \(earliest.header.round), whose state is not in the database")
    }
    for round in genesis.round...earliest.header.round where database.latestVersion.map({ $0 < round }) ?? true {
      try Task.checkCancellation()
      try finalizeUnchanged(genesis, at: round, after: round == genesis.round ? round : round - 1)
    }
    try await setFinalized(earliest)
  }

  /// A round with the genesis state and without transactions.
  private func finalizeUnchanged(_ genesis: RootHash.Header, at round: UInt64, after source: UInt64) throws {
    var header = genesis
    (header.round, header.ioRoot) = (round, .empty)
    try apply(header, previous: genesis.stateRoot, sourceRound: source)
    try database.finalize([root(of: header, type: .io), root(of: header, type: .state)])
  }

  // MARK: - Rounds

  private func catchUp(_ genesis: RootHash.Header) async throws {
    while let latest = progress.latest {
      let last = lastFinalized?.header.round
      guard last.map({ $0 < latest }) ?? (genesis.round <= latest) else { return }
      let next = last.map { $0 + 1 } ?? genesis.round  // below `latest`, so this cannot overflow
      try Task.checkCancellation()
      let block: RootHash.Block
      do {
        guard let found = try await history.committedBlock(round: next).block else { throw RootHash.Failure(.notFound) }
        block = found
      } catch let error as RootHash.Failure {
        throw Failure.missing("round \(next) is not in the history (\(error))")
      }
      try apply(
        block.header, previous: lastFinalized?.header.stateRoot ?? .empty,
        sourceRound: lastFinalized == nil ? block.header.round : block.header.round - 1)
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
  private func apply(_ header: RootHash.Header, previous: Hash, sourceRound: UInt64) throws {
    for type in [RootType.io, .state] {
      let root = root(of: header, type: type)
      if try database.hasRoot(root) { continue }
      let start = type == .io ? Hash.empty : previous
      guard start == root.hash else {
        throw Failure.missing("the \(type) root \(root.hash) of round \(header.round) is not in the database")
      }
      var request = ApplyRequest()
      (request.namespace, request.rootType) = (header.namespace, type)
      (request.sourceRoot, request.destinationRoot) = (start, root.hash)
      (request.sourceRound, request.destinationRound) = (type == .io ? header.round : sourceRound, header.round)
      request.writeLog = []
      try database.apply(request)
    }
  }

  private func setFinalized(_ block: RootHash.Block) async throws {
    lastFinalized = block
    try await history.storageSynced(round: block.header.round)
    change(progress.finalized(block.header.round))
    log.debug("finalized round", ["round": block.header.round])
  }
}

// MARK: - Pruning

extension StorageWorker: PruneHandler {
  /// Rounds from the last stored one on are still needed; all are as long as nothing is stored. Rule: sheet 08 §C5.1.
  public func prune(_ rounds: [UInt64]) async throws {
    guard let last = lastFinalized?.header.round else { throw RoundIsNeeded(round: rounds.first ?? 0, synced: nil) }
    if let round = rounds.first(where: { $0 >= last }) { throw RoundIsNeeded(round: round, synced: last) }
  }

  /// A round whose trees are still to come cannot be forgotten.
  private struct RoundIsNeeded: Error, CustomStringConvertible {
    let round: UInt64, synced: UInt64?
    var description: String { "storage: tried to prune round \(round), last synced: \(synced.map { "\($0)" } ?? "none")" }
  }

  /// Drops the trees of rounds that the history has forgotten. Rule: sheet 08 §C5.6.
  public func pruneTrees() async throws {
    guard let earliest = try await history.earliestBlock()?.block?.header.round else { return }
    var count = 0
    while let latest = database.latestVersion, database.earliestVersion < min(earliest, latest) {
      try Task.checkCancellation()
      try database.prune(database.earliestVersion)
      count += 1
      await Task.yield()
    }
    if count > 0 { log.debug("pruned rounds from storage", ["count": count, "earliest": earliest]) }
  }
}
