internal import AsyncValues
internal import Bytes
public import KeyValueStore
internal import OasisCrypto
public import OasisTypes
internal import Synchronization
public import Telemetry

/// The blocks of one runtime, as far as consensus committed them and as far as the node has their state (08 C7).
public actor RuntimeHistory {
  /// The runtime.
  public nonisolated let runtimeID: Namespace
  /// Whether a block counts as ready only once its state is stored.
  public nonisolated let honoursStorage: Bool

  private var database: HistoryDatabase
  private var syncedRound: UInt64?
  private var isInitialized = false
  private let committed = Broadcast<RootHash.AnnotatedBlock>(.bufferingNewest(longestLag), replaysLatest: true)
  private let synced = Broadcast<RootHash.AnnotatedBlock>(.bufferingNewest(longestLag), replaysLatest: true)
  /// Blocks that a slow listener may lag behind; later it loses the oldest, which it can still read from the history.
  private static let longestLag = 1024
  private let log: Log
  private let indexed = Atomic<Int64>(0)

  /// Opens the history. `honoursStorage` holds where the node keeps the runtime's state and is no archive.
  public init(store: any KeyValueStore, runtimeID: Namespace, honoursStorage: Bool, log: Log) throws {
    (self.runtimeID, self.honoursStorage) = (runtimeID, honoursStorage)
    self.log = log.module("runtime/history").with(["runtime_id": runtimeID.hex])
    database = try HistoryDatabase(store: store, runtimeID: runtimeID)
    indexed.store(database.metadata.lastHeight, ordering: .relaxed)
  }

  /// The same as ``lastHeight``, for those who cannot wait: states of the consensus layer above it are still needed.
  public nonisolated var indexedHeight: Int64 { indexed.load(ordering: .relaxed) }

  /// The last consensus height that was looked at; 0 before the first.
  public var lastHeight: Int64 { database.metadata.lastHeight }

  /// The last round that was committed; nil before the first.
  public var lastRound: UInt64? { database.metadata.lastHeight == 0 ? nil : database.metadata.lastRound }

  /// The last round whose state is stored, where that counts; else the last committed round.
  public var lastSyncedRound: UInt64? { honoursStorage ? syncedRound.flatMap { synced in lastRound.map { min(synced, $0) } } : lastRound }

  /// Adds blocks that consensus committed, all or none. Once initialized, those who watch are told.
  public func commit(_ blocks: [RootHash.AnnotatedBlock]) throws {
    guard !blocks.isEmpty else { return }
    try database.commit(blocks)
    indexed.store(database.metadata.lastHeight, ordering: .relaxed)
    guard isInitialized else { return }
    for block in blocks {
      committed.send(block)
      if !honoursStorage { synced.send(block) }
    }
  }

  /// The indexer has caught up: from now on blocks are told; the last one at once.
  public func setInitialized() throws {
    guard !isInitialized else { return }
    isInitialized = true
    guard let round = lastRound, let block = try database.block(round: round) else { return }
    committed.send(block)
    if !honoursStorage { synced.send(block) }
  }

  /// The state of a round is stored. Rounds never fall; a repeated one changes nothing. Ignored where storage does not count.
  public func storageSynced(round: UInt64) throws {
    guard honoursStorage else { return }
    if let syncedRound {
      guard round >= syncedRound else { throw HistoryError.syncedRoundFell(from: syncedRound, to: round) }
      if round == syncedRound { return }
    }
    guard let block = try database.block(round: round) else { throw RootHash.Failure(.notFound) }
    syncedRound = round
    synced.send(block)
  }
}

extension RuntimeHistory {
  func prunable(upTo round: UInt64) throws -> [UInt64] { try database.rounds(upTo: round, limit: Self.mostPruned) }
  func forget(_ rounds: [UInt64]) throws { try database.delete(rounds) }
  func tell(_ error: any Error) { log.debug("rounds were not pruned", ["err": "\(error)"]) }
}

// MARK: Reading

extension RuntimeHistory {
  /// The block of a round as consensus committed it, whether or not its state is there.
  public func committedBlock(round: UInt64) throws -> RootHash.AnnotatedBlock {
    guard let block = try database.block(round: round) else { throw RootHash.Failure(.notFound) }
    return block
  }

  /// The oldest block; nil before the first.
  public func earliestBlock() throws -> RootHash.AnnotatedBlock? {
    guard let round = try database.rounds(upTo: .max, limit: 1).first else { return nil }
    return try database.block(round: round)
  }

  /// The block of a round whose state is there.
  public func block(round: UInt64) throws -> RootHash.AnnotatedBlock {
    guard let last = lastSyncedRound, round <= last else { throw RootHash.Failure(.notFound) }
    return try committedBlock(round: round)
  }

  /// The latest block whose state is there.
  public func latestBlock() throws -> RootHash.AnnotatedBlock {
    guard let last = lastSyncedRound else { throw RootHash.Failure(.notFound) }
    return try committedBlock(round: last)
  }

  /// Blocks as consensus commits them; the last one comes first.
  public func committedBlocks() -> AsyncStream<RootHash.AnnotatedBlock> { committed.subscribe() }

  /// Blocks as their state is there; the last one comes first.
  public func syncedBlocks() -> AsyncStream<RootHash.AnnotatedBlock> { synced.subscribe() }

  /// Returns once the state of a round, or of a later one, is there.
  public func waitSynced(round: UInt64) async throws {
    if let last = lastSyncedRound, last >= round { return }
    for await block in syncedBlocks() where block.block.map({ $0.header.round >= round }) ?? false { return }
    throw CancellationError()
  }
}
