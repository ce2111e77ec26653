import Bytes
import OasisCrypto
import OasisTypes
import RuntimeProtocol
import Synchronization
import Telemetry
import Testing

@testable import TransactionPool

/// A runtime whose transactions are [sender, sequence, verdict]: 0 good, 1 bad, 2 spoils the whole batch.
private final class TestRuntime: PoolRuntime {
  struct Broken: Error {}
  let calls = Mutex<[[[UInt8]]]>([])
  let failures: Mutex<Int>
  let aborts = Mutex(0)
  let state = Mutex<UInt64>(0)

  init(failures: Int = 0) { self.failures = Mutex(failures) }

  func checkTransactions(_ request: RuntimeCheckTxBatchRequest, within limit: Duration) async throws -> RuntimeCheckTxBatchResponse {
    calls.withLock { $0.append(request.inputs ?? []) }
    if failures.withLock({ left in
      left -= 1
      return left >= 0
    }) {
      throw Broken()
    }
    var response = RuntimeCheckTxBatchResponse()
    var results: [CheckTxResult] = []
    for bytes in request.inputs ?? [] {
      var result = CheckTxResult()
      if bytes[2] == 2 { throw CallError(module: "test", code: 1, message: "malformed transaction") }
      if bytes[2] == 1 {
        result.error = CallError(module: "test", code: 7, message: "bad")
      } else {
        var metadata = CheckTxMetadata()
        (metadata.sender, metadata.senderSequence) = ([bytes[0]], UInt64(bytes[1]))
        metadata.senderStateSequence = state.withLock { $0 }
        result.metadata = metadata
      }
      results.append(result)
    }
    response.results = results
    return response
  }
  func abort() async { aborts.withLock { $0 += 1 } }
  func waitSynced(round: UInt64, within limit: Duration) async throws {}
}

@Suite("Transaction pool (08 C3)") struct PoolTests {
  private func information(_ round: UInt64, maxBatchBytes: UInt64 = 0) -> DispatchInformation {
    var block = RootHash.Block()
    block.header.round = round
    return DispatchInformation(block: block, consensusBlock: LightBlock(), epoch: 1, maxMessages: 0, maxBatchBytes: maxBatchBytes)
  }

  private func withPool(
    _ runtime: TestRuntime = TestRuntime(), configuration: PoolConfiguration = PoolConfiguration(),
    _ body: (TransactionPool) async throws -> Void
  ) async throws {
    let pool = TransactionPool(configuration, runtime: runtime, log: .silent) { _ in
      try Task.checkCancellation()
      await Task.yield()
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await pool.run() }
      defer { group.cancelAll() }
      try await body(pool)
    }
  }

  private func expectGood(_ pool: TransactionPool, _ bytes: [UInt8], isLocal: Bool = true, discard: Bool = false) async throws {
    let result = try await pool.submit(bytes, isLocal: isLocal, discard: discard)
    #expect(result.isSuccess)
  }

  private func expectError(_ pool: TransactionPool, _ bytes: [UInt8], _ error: CallError) async throws {
    let result = try await pool.submit(bytes)
    #expect(result.error == error)
  }

  @Test func checksAndSchedules() async throws {
    try await withPool { pool in
      await pool.process(information(1))
      var new = pool.newTransactions().makeAsyncIterator()
      try await expectGood(pool, [1, 0, 0])
      #expect(await new.next()?.map(\.bytes) == [[1, 0, 0]])
      let refused = try await pool.submit([1, 1, 1])
      #expect(refused.error == CallError(module: "test", code: 7, message: "bad"))
      await #expect(throws: PoolError.duplicate) { try await pool.submit([1, 0, 0]) }
      try await expectGood(pool, [1, 1, 0])
      #expect(await pool.schedule(limit: 10).map(\.bytes) == [[1, 0, 0], [1, 1, 0]])
      await pool.used([Hash.digest([1, 0, 0] as [UInt8])])
      #expect(await pool.schedule(limit: 10).map(\.bytes) == [[1, 1, 0]])
      await #expect(throws: PoolError.duplicate) { try await pool.submit([1, 0, 0]) }
      await pool.reject([Hash.digest([1, 1, 0] as [UInt8])])
      #expect(await pool.sizes.schedule == 0)
      try await expectGood(pool, [1, 1, 0])
    }
  }

  @Test func measures() async throws {
    let registry = MetricsRegistry()
    let pool = TransactionPool(runtime: TestRuntime(), log: .silent, metrics: PoolMetrics(registry, runtimeID: Namespace())) { _ in
      try Task.checkCancellation()
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await pool.run() }
      defer { group.cancelAll() }
      await pool.process(information(1))
      try await expectGood(pool, [1, 0, 0])
      try await expectError(pool, [1, 1, 1], CallError(module: "test", code: 7, message: "bad"))
    }
    let text = registry.exposition()
    #expect(text.contains("oasis_txpool_accepted_transactions{runtime=\"\(Namespace().hex)\"} 1"))
    #expect(text.contains("oasis_txpool_rejected_transactions{runtime=\"\(Namespace().hex)\"} 1"))
    #expect(text.contains("oasis_txpool_pending_schedule_size{runtime=\"\(Namespace().hex)\"} 1"))
  }

  @Test func waitsForABlock() async throws {
    try await withPool { pool in
      async let result = pool.submit([1, 0, 0])
      try await Task.sleep(for: .milliseconds(20))
      await pool.process(information(1))
      let checked = try await result
      #expect(checked.isSuccess)
    }
  }

  @Test func discardedChecksLeaveNothing() async throws {
    try await withPool { pool in
      await pool.process(information(1))
      try await expectGood(pool, [1, 0, 0], discard: true)
      #expect(await pool.sizes.schedule == 0)
      try await expectGood(pool, [1, 0, 0])
    }
  }

  @Test func failedChecksAreRepeatedInOrder() async throws {
    let runtime = TestRuntime(failures: 3)
    try await withPool(runtime) { pool in
      try await pool.submitWithoutWaiting([1, 0, 0], isLocal: true)
      try await pool.submitWithoutWaiting([2, 0, 0], isLocal: true)
      await pool.process(information(1))
      try await expectGood(pool, [1, 1, 0])
      #expect(await pool.schedule(limit: 9).count == 3)
      #expect(runtime.aborts.withLock { $0 } == 3)
      #expect(runtime.calls.withLock { $0.allSatisfy { $0.first == [1, 0, 0] || $0.first == [1, 1, 0] } })
    }
  }

  @Test func oneTransactionCannotSpoilTheOthers() async throws {
    try await withPool { pool in
      for index in 0..<20 as Range<UInt8> { try await pool.submitWithoutWaiting([index, 0, index == 13 ? 2 : 0], isLocal: true) }
      await pool.process(information(1))
      try await expectError(pool, [99, 0, 2], CallError(module: "test", code: 1, message: "malformed transaction"))
      #expect(await pool.schedule(limit: 100).count == 19)
    }
  }

  @Test func sizesAreBounded() async throws {
    let runtime = TestRuntime()
    try await withPool(runtime) { pool in
      let large = [UInt8](repeating: 0, count: PoolConfiguration.largestMessage)
      try await pool.submitWithoutWaiting([1, 0, 0], isLocal: true)
      try await pool.submitWithoutWaiting(large, isLocal: true)
      await #expect(throws: PoolError.tooLarge(size: large.count + 1, limit: large.count)) { try await pool.submit(large + [0]) }
      await pool.process(information(1, maxBatchBytes: 5))
      while await pool.sizes.check > 0 { await Task.yield() }
      #expect(runtime.calls.withLock { $0.map(\.count) } == [1, 1])
      #expect(await pool.schedule(limit: 9).map(\.bytes) == [[1, 0, 0]])
      await #expect(throws: PoolError.tooLarge(size: 6, limit: 5)) { try await pool.submit([2, 0, 0, 0, 0, 0]) }
      await pool.process(information(2, maxBatchBytes: 2))
      #expect(await pool.sizes.schedule == 0)
    }
  }

  @Test func aBatchHoldsNoMoreBytesThanItMay() async throws {
    try await withPool { pool in
      await pool.process(information(1, maxBatchBytes: 7))
      for sequence in 0..<3 as Range<UInt8> { try await expectGood(pool, [1, sequence, 0]) }
      #expect(await pool.schedule(limit: 10).map(\.sequence) == [0, 1])
      #expect(await pool.scheduleMore(limit: 10).map(\.sequence) == [2])
    }
  }

  @Test func queuesAreBounded() async throws {
    var configuration = PoolConfiguration()
    configuration.capacity = 10
    try await withPool(configuration: configuration) { pool in
      for index in 0..<11 as Range<UInt8> { try await pool.submitWithoutWaiting([index, 0, 0], isLocal: true) }
      await #expect(throws: PoolError.checkQueueFull) { try await pool.submit([50, 0, 0]) }
      await pool.process(information(1))
      while await pool.sizes.check > 0 { await Task.yield() }
      try await expectError(pool, [60, 0, 0], CallError(module: "txpool", code: 1, message: "transaction underpriced"))
    }
  }

  @Test func rechecksDropWhatIsNoLongerGood() async throws {
    let runtime = TestRuntime()
    try await withPool(runtime) { pool in
      await pool.process(information(1))
      for sequence in 0..<4 as Range<UInt8> { try await expectGood(pool, [1, sequence, 0]) }
      runtime.state.withLock { $0 = 2 }
      await pool.process(information(20))
      #expect(await pool.sizes.check == 4)
      while await pool.schedule(limit: 9).count > 2 { await Task.yield() }
      #expect(await pool.schedule(limit: 9).map(\.sequence) == [2, 3])
    }
  }

  @Test func proposalsAndMessages() async throws {
    try await withPool { pool in
      await pool.process(information(1), incomingMessages: [[7, 7, 7]])
      try await expectGood(pool, [1, 0, 0])
      let hashes = [[1, 0, 0], [7, 7, 7], [9, 9, 9]].map { Hash.digest($0 as [UInt8]) }
      let (known, missing) = await pool.promote(hashes)
      #expect(known == [[1, 0, 0], [7, 7, 7], nil] && missing == [hashes[2]])
      await pool.addProposed([[9, 9, 9]])
      await pool.process(information(2))
      await pool.used([hashes[0]])
      #expect(await pool.batch(hashes) == [[1, 0, 0], [7, 7, 7], [9, 9, 9]])
      await pool.clearProposed()
      #expect(await pool.batch(hashes) == [nil, nil, nil])
    }
  }

  @Test func publishing() async throws {
    try await withPool { pool in
      await pool.process(information(1))
      try await expectGood(pool, [1, 0, 0])
      try await expectGood(pool, [2, 0, 0], isLocal: false)
      let now = ContinuousClock.now
      #expect(await pool.takePublishable(now: now).transactions.map(\.bytes) == [[1, 0, 0]])
      #expect(await pool.takePublishable(now: now).transactions.isEmpty)
      #expect(await pool.takePublishable(now: now + .seconds(200)).transactions.count == 2)
    }
  }

  @Test func cancelledSubmittersStopWaiting() async throws {
    try await withPool { pool in
      let task = Task { try await pool.submit([1, 0, 0]) }
      try await Task.sleep(for: .milliseconds(10))
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    }
  }
}
