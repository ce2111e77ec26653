import Bytes
import KeyValueStore
import MKVS
import MKVSDatabase
import OasisCrypto
import OasisTypes
import RegistrationWorker
import RuntimeHistory
import RuntimeProtocol
import Synchronization
import Telemetry
import Testing
import TransactionPool
import WorkerTestSupport

@testable import ClientWorker

@Suite("Client worker (08 C6)", .serialized, .timeLimit(.minutes(5))) struct ClientWorkerTests {
  private func worker(_ bench: WorkerBench) -> ClientWorker {
    ClientWorker(
      runtimeID: WorkerBench.runtimeID, backend: bench.chain, committee: bench.committee, pool: bench.pool, history: bench.history,
      database: bench.database, log: bench.log, sleep: { _ in try await Task.sleep(for: .milliseconds(3)) })
  }

  /// Adds a block with transactions to chain and, where `isStored`, to the database; their outputs are their inputs.
  private func add(_ bench: WorkerBench, _ inputs: [[UInt8]], isStored: Bool = true) throws -> @Sendable () throws -> Void {
    let round = (bench.chain.now.runtime?.lastBlock?.header.round ?? 0) + 1
    let tree = IOTree()
    for (index, input) in inputs.enumerated() { try tree.add(.init(input: input, output: input, batchOrder: UInt32(index))) }
    let commit = try tree.commit(namespace: WorkerBench.runtimeID, version: round)
    bench.chain.addRuntimeBlock { $0.ioRoot = commit.root.hash }
    let database = bench.database
    let store: @Sendable () throws -> Void = {
      var request = ApplyRequest()
      (request.namespace, request.rootType) = (WorkerBench.runtimeID, .io)
      (request.sourceRound, request.sourceRoot) = (round, .empty)
      (request.destinationRound, request.destinationRoot, request.writeLog) = (round, commit.root.hash, commit.writeLog)
      try database.apply(request)
    }
    if isStored { try store() }
    return store
  }

  private func start(_ bench: WorkerBench) { bench.chain.advance { $0.runtime = bench.genesis() } }

  @Test func waitsForTheBlockOfATransaction() async throws {
    let bench = try WorkerBench()
    let worker = worker(bench)
    start(bench)
    try await bench.running([{ await worker.run() }]) {
      try await bench.eventually { await bench.history.lastRound == 0 }
      try await bench.history.storageSynced(round: 0)
      async let included = worker.submitAndWait([1, 2])
      try await bench.eventually { await bench.pool.sizes.schedule == 1 }
      _ = try add(bench, [[9], [1, 2]])
      try await bench.eventually { await bench.history.lastRound == 1 }
      try await bench.history.storageSynced(round: 1)
      let answer = try await included
      #expect(answer == ClientWorker.Included(output: [1, 2], round: 1, batchOrder: 1))
      #expect(await bench.pool.sizes.schedule == 0)
    }
  }

  @Test func anUnreadableBlockIsTriedAgain() async throws {
    let bench = try WorkerBench()
    let worker = worker(bench)
    start(bench)
    try await bench.running([{ await worker.run() }]) {
      try await bench.eventually { await bench.history.lastRound == 0 }
      try await bench.history.storageSynced(round: 0)
      async let included = worker.submitAndWait([7])
      try await bench.eventually { await bench.pool.sizes.schedule == 1 }
      let store = try add(bench, [[7]], isStored: false)
      try await bench.eventually { await bench.history.lastRound == 1 }
      try await bench.history.storageSynced(round: 1)
      try await bench.eventually { bench.lines.all.count { $0.contains("it is tried again") } >= 3 }
      try store()
      #expect(try await included.round == 1)
    }
  }

  @Test func refusalsAndDuplicates() async throws {
    let bench = try WorkerBench()
    let worker = worker(bench)
    start(bench)
    try await bench.running([{ await worker.run() }]) {
      try await bench.eventually { await bench.history.lastRound == 0 }
      try await bench.history.storageSynced(round: 0)
      await #expect(throws: CallError(module: "test", code: 1, message: "refused")) { try await worker.submitAndWait([0xff]) }
      await #expect(throws: CallError(module: "test", code: 1, message: "refused")) { try await worker.check([0xff]) }
      try await worker.check([5])
      #expect(await bench.pool.sizes.schedule == 0)  // checked only
      try await worker.submit([5])
      await #expect(throws: (any Error).self) { try await worker.submit([5]) }
    }
  }

  @Test func whoWaitsIsReleasedWhenItStops() async throws {
    let bench = try WorkerBench()
    let worker = worker(bench)
    start(bench)
    let task = Task { try await worker.submitAndWait([1]) }
    try await bench.running([{ await worker.run() }]) {
      try await bench.eventually { await bench.history.lastRound == 0 }
      try await bench.history.storageSynced(round: 0)
      try await bench.eventually { await bench.pool.sizes.schedule == 1 }
    }
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func readsBlocksAndQueries() async throws {
    let bench = try WorkerBench()
    let worker = worker(bench)
    await #expect(throws: RootHash.Failure(.notFound)) { try await worker.lastRetainedBlock() }
    start(bench)
    try await bench.running([{ await worker.run() }]) {
      try await bench.eventually { await bench.history.lastRound == 0 }
      await #expect(throws: RootHash.Failure(.notFound)) { try await worker.block(round: 0) }  // not stored yet
      try await bench.history.storageSynced(round: 0)
      _ = try add(bench, [[4], [5]])
      try await bench.eventually { await bench.history.lastRound == 1 }
      try await bench.history.storageSynced(round: 1)
      #expect(try await worker.block(round: .max).block?.header.round == 1)
      #expect(try await worker.lastRetainedBlock().block?.header.round == 0)
      #expect(try await worker.readIO(round: 1) { try $0.transactions().map(\.input) }.sorted { $0[0] < $1[0] } == [[4], [5]])
      #expect(try await worker.query(round: 1, method: "get", arguments: []) == Array("get".utf8))
      await #expect(throws: RootHash.Failure(.notFound)) { try await worker.query(round: 2, method: "get", arguments: []) }
      #expect(await worker.isHosted())
    }
  }
}
