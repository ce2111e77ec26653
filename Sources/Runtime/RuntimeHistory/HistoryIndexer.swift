internal import AsyncValues
internal import Bytes
public import OasisTypes
public import Telemetry

/// What the indexer needs of the consensus layer.
public protocol RuntimeBlockSource: Sendable {
  /// Blocks of the runtime as consensus finalizes them, with their heights; the latest one comes first.
  func blocks(of runtime: Namespace) async throws -> AsyncStream<RootHash.AnnotatedBlock>
  /// The runtime's last block in the state after a height, with the height that made it; nil where that state is pruned or the runtime
  /// is not there.
  func lastBlock(of runtime: Namespace, at height: Int64) async throws -> RootHash.AnnotatedBlock?
  /// The oldest consensus height whose state is still there.
  func lastRetainedHeight() async throws -> Int64
}

/// Fills a runtime's history from the consensus layer: first the heights it has missed, then each new block (08 C7).
public actor HistoryIndexer {
  /// What the indexer does.
  public enum Phase: String, Sendable, Hashable {
    /// Not running.
    case stopped
    /// Waits for the first block.
    case started
    /// Reads missed heights.
    case reindexing
    /// Follows new blocks.
    case indexing
  }

  /// How far it is, for an operator.
  public struct Status: Sendable, Hashable {
    /// What it does.
    public var phase = Phase.stopped
    /// The last round in the history.
    public var lastRound: UInt64 = 0
    /// The heights that are read again; nil when none are.
    public var reindex: Reindex?
    /// Heights in one batch.
    public var batchSize = 0

    /// A status that is composed by hand, as tests do.
    public init(phase: Phase = .stopped, lastRound: UInt64 = 0, reindex: Reindex? = nil, batchSize: Int = 0) {
      (self.phase, self.lastRound, self.reindex, self.batchSize) = (phase, lastRound, reindex, batchSize)
    }
  }

  /// Reading of missed heights, as far as it is.
  public struct Reindex: Sendable, Hashable {
    /// The first height.
    public var start: Int64
    /// The last height.
    public var end: Int64
    /// The last height done; before `start` when none is.
    public var last: Int64
    /// When it began.
    public var began: ContinuousClock.Instant

    /// A state that is composed by hand, as tests do.
    public init(start: Int64, end: Int64, last: Int64, began: ContinuousClock.Instant) {
      (self.start, self.end, self.last, self.began) = (start, end, last, began)
    }
  }

  /// Blocks that may wait while the history cannot be written.
  private static let mostPending = 10
  /// How often a write is tried before the next block is waited for.
  private static let attempts = 5

  private let history: RuntimeHistory
  private let source: any RuntimeBlockSource
  private let batchSize: Int64
  private let sleep: @Sendable (Duration) async throws -> Void
  private let log: Log
  private var state = Status()

  /// An indexer. `batchSize` heights are read at once; `sleep` waits before a failed step is tried again.
  public init(
    history: RuntimeHistory, source: any RuntimeBlockSource, batchSize: UInt16 = 1000, log: Log,
    sleep: @escaping @Sendable (Duration) async throws -> Void
  ) {
    (self.history, self.source, self.batchSize, self.sleep) = (history, source, Int64(max(batchSize, 1)), sleep)
    self.log = log.module("runtime/history/indexer").with(["runtime_id": history.runtimeID.description])
    state.batchSize = Int(self.batchSize)
  }

  /// How far it is.
  public var status: Status { state }

  /// Runs until the task is cancelled, or until the history cannot be written any more.
  public func run() async throws {
    log.info("starting")
    state.phase = .started
    defer {
      state.phase = .stopped
      log.info("stopping")
    }
    log.info("reindexing", ["log_event": "roothash/history_reindexing"])
    let blocks = try await source.blocks(of: history.runtimeID)
    var pending: [RootHash.AnnotatedBlock] = []
    var isCaughtUp = false
    for await block in blocks {
      if !isCaughtUp {
        try await reindex(to: block)
        isCaughtUp = true
        continue
      }
      pending.append(block)
      try await index(&pending)
    }
  }

  /// Reads all heights that the history has missed, up to the block's.
  private func reindex(to block: RootHash.AnnotatedBlock) async throws {
    let known = await history.lastHeight
    if known > block.height {
      log.warn(
        "the history is ahead of the consensus layer, waiting until that has caught up; if the consensus state was removed to begin a "
          + "new network, remove the runtime's folders history.rocksdb.db and mkvs_storage.rocksdb.db too",
        ["history_height": known, "consensus_height": block.height])
    }
    state.phase = .reindexing
    var backoff = Backoff(from: .milliseconds(200), to: .seconds(10))
    while true {
      do {
        try await read(to: block.height)
        // A node that got its state from a checkpoint has no state at the block's own height.
        if await history.lastHeight < block.height { try await history.commit([block]) }
        try await history.setInitialized()
        break
      } catch is CancellationError { throw CancellationError() } catch {
        log.error("failed to reindex", ["err": "\(error)"])
        try await sleep(backoff.next())
      }
    }
    state.reindex = nil
    state.lastRound = await history.lastRound ?? 0
    log.info("reindex completed")
    log.info("indexing")
    state.phase = .indexing
  }

  private func read(to end: Int64) async throws {
    let known = await history.lastHeight
    let start = max(known + 1, try await source.lastRetainedHeight())
    if state.phase == .reindexing {
      // A repeated attempt goes on: its start and its time stay.
      let first = state.reindex ?? Reindex(start: start, end: end, last: known, began: .now)
      state.reindex = Reindex(start: first.start, end: end, last: max(first.last, known), began: first.began)
    }
    var height = start
    while height <= end {
      let last = min(height + batchSize - 1, end)
      var batch: [RootHash.AnnotatedBlock] = []
      for height in height...last {
        try Task.checkCancellation()
        if let block = try await source.lastBlock(of: history.runtimeID, at: height), block.height == height { batch.append(block) }
      }
      try await history.commit(batch)
      state.reindex?.last = last
      state.lastRound = await history.lastRound ?? 0
      height = last + 1
    }
  }

  /// Reads what lies between the history and blocks that do not follow it: a listener that falls behind loses blocks, and storage
  /// needs every round.
  private func readMissed(before blocks: [RootHash.AnnotatedBlock]) async throws {
    guard var last = await history.lastRound else { return }
    for block in blocks {
      guard let round = block.block?.header.round, round > last else { continue }
      if round - last > 1 {
        log.warn("blocks were missed, reading them", ["after_round": last, "round": round])
        try await read(to: block.height)
      }
      last = round
    }
  }

  /// Adds new blocks. What cannot be written is tried again a few times, and then together with the next block; with too many waiting
  /// it is given up. Rule: sheet 08 §C7.
  private func index(_ pending: inout [RootHash.AnnotatedBlock]) async throws {
    var backoff = Backoff(from: .milliseconds(200), to: .seconds(10))
    for attempt in 1...Self.attempts {
      do {
        try await readMissed(before: pending)
        let (lastHeight, lastRound) = (await history.lastHeight, await history.lastRound)
        // Blocks that reindexing has already seen come again.
        pending.removeAll { block in
          lastHeight > block.height || (block.height == lastHeight && (block.block?.header.round ?? 0) <= (lastRound ?? 0))
        }
        try await history.commit(pending)
        pending = []
        state.lastRound = await history.lastRound ?? 0
        return
      } catch is CancellationError { throw CancellationError() } catch {
        log.error("failed to index", ["err": "\(error)", "pending_blocks": pending.count])
        guard pending.count <= Self.mostPending else { throw error }
        if attempt < Self.attempts { try await sleep(backoff.next()) }
      }
    }
  }
}
