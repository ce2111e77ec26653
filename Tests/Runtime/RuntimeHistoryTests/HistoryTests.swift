import Bytes
import KeyValueStore
import OasisTypes
import RuntimeHistory
import Synchronization
import Telemetry
import Testing

private let runtime = Namespace([0x80] + [UInt8](repeating: 0, count: 31)) ?? Namespace()

private func block(_ round: UInt64, height: Int64, runtime: Namespace = runtime) -> RootHash.AnnotatedBlock {
  var block = RootHash.Block()
  block.header.namespace = runtime
  block.header.round = round
  return RootHash.AnnotatedBlock(height: height, block: block)
}

private func history(_ store: MemoryStore = MemoryStore(), storage: Bool = false) throws -> RuntimeHistory {
  try RuntimeHistory(store: store, runtimeID: runtime, honoursStorage: storage, log: .silent)
}

@Suite("Runtime history (08 C7)") struct HistoryTests {
  @Test func keepsBlocks() async throws {
    let store = MemoryStore()
    let first = try history(store)
    #expect(await first.lastRound == nil)
    try await first.commit([block(0, height: 10), block(1, height: 10), block(2, height: 12)])
    let again = try history(store)
    #expect(await again.lastRound == 2)
    #expect(await again.lastHeight == 12)
    #expect(try await again.committedBlock(round: 1) == block(1, height: 10))
    #expect(try await again.latestBlock() == block(2, height: 12))
    await #expect(throws: RootHash.Failure(.notFound)) { try await again.committedBlock(round: 3) }
  }

  @Test func refusesWhatDoesNotFollow() async throws {
    let history = try history()
    try await history.commit([block(5, height: 10)])
    await #expect(throws: HistoryError.self) { try await history.commit([block(5, height: 11)]) }
    await #expect(throws: HistoryError.self) { try await history.commit([block(6, height: 9)]) }
    await #expect(throws: HistoryError.wrongNamespace) { try await history.commit([block(6, height: 11, runtime: Namespace())]) }
    await #expect(throws: HistoryError.self) { try await history.commit([block(6, height: 11), block(6, height: 12)]) }
    #expect(await history.lastRound == 5)
    await #expect(throws: RootHash.Failure(.notFound)) { try await history.committedBlock(round: 6) }
  }

  @Test func refusesOtherStores() async throws {
    let store = MemoryStore()
    _ = try history(store)
    #expect(throws: HistoryError.self) { try RuntimeHistory(store: store, runtimeID: Namespace(), honoursStorage: false, log: .silent) }
    try store.put([1], [0xff])
    #expect(throws: HistoryError.self) { try history(store) }
  }

  @Test func storageDecidesWhatIsLatest() async throws {
    let history = try history(storage: true)
    try await history.commit([block(1, height: 1), block(2, height: 2), block(3, height: 3)])
    await #expect(throws: RootHash.Failure(.notFound)) { try await history.latestBlock() }
    try await history.storageSynced(round: 2)
    #expect(try await history.latestBlock() == block(2, height: 2))
    await #expect(throws: RootHash.Failure(.notFound)) { try await history.block(round: 3) }
    try await history.storageSynced(round: 2)
    await #expect(throws: HistoryError.syncedRoundFell(from: 2, to: 1)) { try await history.storageSynced(round: 1) }
    await #expect(throws: RootHash.Failure(.notFound)) { try await history.storageSynced(round: 4) }
  }

  @Test func tellsBlocks() async throws {
    let history = try history(storage: true)
    try await history.commit([block(1, height: 1)])
    try await history.setInitialized()
    var committed = await history.committedBlocks().makeAsyncIterator()
    #expect(await committed.next() == block(1, height: 1))
    var synced = await history.syncedBlocks().makeAsyncIterator()
    try await history.commit([block(2, height: 2)])
    #expect(await committed.next() == block(2, height: 2))
    async let waited: Void = history.waitSynced(round: 2)
    try await history.storageSynced(round: 2)
    #expect(await synced.next() == block(2, height: 2))
    try await waited
  }

  @Test func prunes() async throws {
    struct Refuses: PruneHandler {
      struct Needed: Error {}
      func prune(_ rounds: [UInt64]) async throws { throw Needed() }
    }
    let history = try history()
    try await history.commit((1...200).map { block($0, height: Int64($0)) })
    #expect(try await history.prune(.none, handlers: []) == 0)
    await #expect(throws: Refuses.Needed.self) { try await history.prune(.keepLast(50), handlers: [Refuses()]) }
    #expect(try await history.prune(.keepLast(50), handlers: []) == 64)
    await #expect(throws: RootHash.Failure(.notFound)) { try await history.committedBlock(round: 64) }
    #expect(try await history.committedBlock(round: 65).height == 65)
    #expect(try await history.prune(.keepLast(50), handlers: []) == 64)
    #expect(try await history.prune(.keepLast(50), handlers: []) == 22)
    #expect(try await history.prune(.keepLast(50), handlers: []) == 0)
    #expect(try await history.committedBlock(round: 151).height == 151)
  }
}

/// A chain on which the runtime makes one block at every second height.
private final class Chain: RuntimeBlockSource {
  struct Unreachable: Error {}
  let continuation: AsyncStream<RootHash.AnnotatedBlock>.Continuation
  let stream: AsyncStream<RootHash.AnnotatedBlock>
  let retained: Int64
  let failures: Mutex<Int>

  init(retained: Int64 = 1, failures: Int = 0) {
    (stream, continuation) = AsyncStream.makeStream()
    self.retained = retained
    self.failures = Mutex(failures)
  }

  func blocks(of runtime: Namespace) async throws -> AsyncStream<RootHash.AnnotatedBlock> { stream }
  func lastBlock(of runtime: Namespace, at height: Int64) async throws -> RootHash.AnnotatedBlock? {
    if failures.withLock({ left in
      left -= 1
      return left >= 0
    }) {
      throw Unreachable()
    }
    return height < 2 ? nil : block(UInt64(height / 2), height: height / 2 * 2)
  }
  func lastRetainedHeight() async throws -> Int64 { retained }
}

@Suite("Indexer (08 C7)") struct IndexerTests {
  private func run(_ chain: Chain, _ history: RuntimeHistory, _ body: (HistoryIndexer) async throws -> Void) async throws {
    let indexer = HistoryIndexer(history: history, source: chain, batchSize: 7, log: .silent) { _ in try Task.checkCancellation() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await indexer.run() }
      try await body(indexer)
      chain.continuation.finish()
      try await group.waitForAll()
    }
    #expect(await indexer.status.phase == .stopped)
  }

  @Test(arguments: [0, 5]) func readsMissedHeightsThenFollows(failures: Int) async throws {
    let history = try history()
    let chain = Chain(failures: failures)
    chain.continuation.yield(block(50, height: 100))
    try await run(chain, history) { indexer in
      try await history.waitSynced(round: 50)
      #expect(try await history.committedBlock(round: 1) == block(1, height: 2))
      chain.continuation.yield(block(50, height: 100))
      chain.continuation.yield(block(51, height: 102))
      try await history.waitSynced(round: 51)
    }
    #expect(await history.lastHeight == 102)
  }

  @Test func readsWhatTheStreamLost() async throws {
    let history = try history()
    let chain = Chain()
    chain.continuation.yield(block(50, height: 100))
    try await run(chain, history) { _ in
      try await history.waitSynced(round: 50)
      chain.continuation.yield(block(53, height: 106))
      try await history.waitSynced(round: 53)
    }
    for round in UInt64(51)...53 { #expect(try await history.committedBlock(round: round) == block(round, height: Int64(round) * 2)) }
  }

  @Test func endsWhereTooMuchCannotBeWritten() async throws {
    let history = try history()
    let chain = Chain()
    chain.continuation.yield(block(50, height: 100))
    await #expect(throws: Chain.Unreachable.self) {
      try await run(chain, history) { _ in
        try await history.waitSynced(round: 50)
        chain.failures.withLock { $0 = .max }
        for round in UInt64(53)...63 { chain.continuation.yield(block(round, height: Int64(round) * 2)) }
      }
    }
    #expect(await history.lastRound == 50)
  }

  @Test func writesWithALaterBlockWhatFailedBefore() async throws {
    let history = try history()
    let chain = Chain()
    chain.continuation.yield(block(50, height: 100))
    try await run(chain, history) { _ in
      try await history.waitSynced(round: 50)
      chain.failures.withLock { $0 = 12 }
      for round in UInt64(53)...55 { chain.continuation.yield(block(round, height: Int64(round) * 2)) }
      try await history.waitSynced(round: 55)
    }
    for round in UInt64(51)...55 { #expect(try await history.committedBlock(round: round) == block(round, height: Int64(round) * 2)) }
  }

  @Test func beginsWhereStateIsRetained() async throws {
    let history = try history()
    let chain = Chain(retained: 40)
    chain.continuation.yield(block(50, height: 100))
    try await run(chain, history) { _ in try await history.waitSynced(round: 50) }
    await #expect(throws: RootHash.Failure(.notFound)) { try await history.committedBlock(round: 19) }
    #expect(try await history.committedBlock(round: 20).height == 40)
  }

  @Test func commitsTheBlockItselfWithoutState() async throws {
    let history = try history()
    let chain = Chain(retained: 101)
    chain.continuation.yield(block(50, height: 100))
    try await run(chain, history) { _ in try await history.waitSynced(round: 50) }
    #expect(await history.lastRound == 50)
  }
}
