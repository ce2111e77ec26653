import Bytes
import KeyValueStore
import MKVS
import MKVSDatabase
import OasisCrypto
import OasisTypes
import RegistrationWorker
import RuntimeHistory
import Synchronization
import Telemetry
import Testing
import WorkerTestSupport

@testable import StorageWorker

@Suite("Storage worker (08 C5)", .serialized, .timeLimit(.minutes(5))) struct StorageWorkerTests {
  private func worker(_ bench: WorkerBench) -> StorageWorker {
    StorageWorker(history: bench.history, database: bench.database, providers: [], log: bench.log)
  }

  private func run(_ worker: StorageWorker, _ bench: WorkerBench) -> @Sendable () async throws -> Void {
    { try await worker.run { bench.chain.now.runtime?.genesisBlock ?? RootHash.Block() } }
  }

  @Test func finalizesEveryRound() async throws {
    let bench = try WorkerBench()
    let worker = worker(bench)
    bench.chain.advance { $0.runtime = bench.genesis() }
    try await bench.running([run(worker, bench)]) {
      try await worker.waitInitialized()
      for _ in 0..<30 { bench.chain.addRuntimeBlock() }
      try await bench.eventually { await worker.lastFinalized?.header.round == 30 }
      #expect(bench.database.latestVersion == 30)
      #expect(await bench.history.lastSyncedRound == 30)
      #expect(await worker.phase == .syncingRounds)
    }
  }

  @Test func aRoundThatIsNowhereEndsTheNodeWithARemedy() async throws {
    let bench = try WorkerBench()
    let worker = worker(bench)
    bench.chain.advance { $0.runtime = bench.genesis() }
    let failure = Mutex("")
    try await bench.running([
      { do { try await run(worker, bench)() } catch let error as StorageWorker.Failure { failure.withLock { $0 = error.description } } }
    ]) {
      try await worker.waitInitialized()
      bench.chain.addRuntimeBlock { $0.stateRoot = Hash.digest([1]) }
      try await bench.eventually { failure.withLock { !$0.isEmpty } }
    }
    let text = failure.withLock { $0 }
    #expect(text.contains("round 1 is not in the database") && text.contains("mkvs_storage.rocksdb.db") && text.contains("copy"))
  }

  @Test func anUnknownGenesisStateIsRefused() async throws {
    let bench = try WorkerBench()
    let worker = worker(bench)
    var state = bench.genesis()
    state.genesisBlock?.header.stateRoot = Hash.digest([9])
    let genesis = state
    bench.chain.advance { $0.runtime = genesis }
    await #expect(throws: StorageWorker.Failure.self) { try await run(worker, bench)() }
    await #expect(throws: CancellationError.self) { try await worker.waitInitialized() }
  }

  @Test func theLargestGenesisRoundIsRefusedNotATrap() async throws {
    let bench = try WorkerBench()
    let worker = worker(bench)
    bench.chain.advance { $0.runtime = bench.genesis(round: .max) }
    let failed = Mutex(false)
    try await bench.running([
      { do { try await run(worker, bench)() } catch is CancellationError {} catch { failed.withLock { $0 = true } } }
    ]) { try await bench.eventually { failed.withLock { $0 } } }
  }

  @Test func aHistoryThatBeginsLaterIsEnoughWhereNothingHappened() async throws {
    let bench = try WorkerBench()
    let worker = worker(bench)
    bench.chain.advance { $0.runtime = bench.genesis(round: 5) }
    for _ in 0..<4 { bench.chain.addRuntimeBlock() }
    bench.chain.setRetained(5)  // states of the first rounds are pruned: the history begins with round 9
    try await bench.running([run(worker, bench)]) {
      try await bench.eventually { await worker.lastFinalized?.header.round == 9 }
      #expect(bench.database.latestVersion == 9)
    }
  }

  @Test func treesOfAnEarlierNetworkAreTakenOver() async throws {
    let trees = MemoryStore()
    var root = Root()
    do {
      let database = try NodeDatabase(store: trees, namespace: WorkerBench.runtimeID)
      var empty = Root(type: .state)
      empty.namespace = WorkerBench.runtimeID
      let tree = try Tree(store: database, root: empty)
      try tree.insert([1], [2])
      root = try tree.commit(namespace: WorkerBench.runtimeID, version: 3).root
      try database.finalize([root])
    }
    let bench = try WorkerBench(treeStore: trees)
    let worker = worker(bench)
    var state = bench.genesis(round: 6)
    state.genesisBlock?.header.stateRoot = root.hash
    state.lastBlock = state.genesisBlock
    let genesis = state
    bench.chain.advance { $0.runtime = genesis }
    try await bench.running([run(worker, bench)]) {
      try await worker.waitInitialized()
      bench.chain.addRuntimeBlock()
      try await bench.eventually { await worker.lastFinalized?.header.round == 7 }
    }
  }

  @Test func oldTreesGoWithTheirBlocks() async throws {
    let bench = try WorkerBench()
    let worker = worker(bench)
    bench.chain.advance { $0.runtime = bench.genesis() }
    await #expect(throws: (any Error).self) { try await worker.prune([0]) }  // nothing is stored yet
    try await bench.running([run(worker, bench)]) {
      try await worker.waitInitialized()
      for _ in 0..<40 { bench.chain.addRuntimeBlock() }
      try await bench.eventually { await worker.lastFinalized?.header.round == 40 }
      await #expect(throws: (any Error).self) { try await worker.prune([39, 40]) }
      #expect(try await bench.history.prune(.keepLast(10), handlers: [worker]) == 31)
      try await worker.pruneTrees()
      #expect(bench.database.earliestVersion == 31)
      #expect(try await bench.history.earliestBlock()?.block?.header.round == 31)
    }
  }

  /// The node dies after any number of writes to any of its stores; what is left always goes on to the newest round.
  @Test func survivesDyingAtAnyWrite() async throws {
    for limit in 0..<36 {
      let (history, trees) = (MemoryStore(), MemoryStore())
      let fuse = Fuse(limit)
      do {
        let bench = try WorkerBench(historyStore: DyingStore(history, fuse), treeStore: DyingStore(trees, fuse))
        let worker = worker(bench)
        bench.chain.advance { $0.runtime = bench.genesis() }
        for _ in 0..<3 { bench.chain.addRuntimeBlock() }
        try await bench.running([{ try? await run(worker, bench)() }]) {
          for _ in 0..<4 { bench.chain.addRuntimeBlock() }
          try await bench.eventually { if fuse.isBurnt { true } else { await worker.lastFinalized?.header.round == 7 } }
        }
      } catch {}  // dead
      let bench = try WorkerBench(historyStore: history, treeStore: trees)
      let worker = worker(bench)
      bench.chain.advance { $0.runtime = bench.genesis() }
      for _ in 0..<8 { bench.chain.addRuntimeBlock() }
      try await bench.running([run(worker, bench)]) {
        try await bench.eventually { await worker.lastFinalized?.header.round == 8 }
        for round in 0...UInt64(8) { #expect(try await bench.history.committedBlock(round: round).block?.header.round == round) }
      }
    }
  }
}
