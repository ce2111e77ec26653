import KeyValueStore
import Telemetry
import Testing

@testable import CometBFT

/// Accepts all, with the priority in the first byte.
private final class PriorityApplication: Application {
  var refused: Set<[UInt8]> = []
  func info() -> ApplicationInfo { ApplicationInfo(appVersion: 0, lastBlockHeight: 0, lastBlockAppHash: []) }
  func initChain(_ request: InitChainRequest) -> InitChainResponse { InitChainResponse(appHash: []) }
  func prepareProposal(_ request: PrepareProposalRequest) -> [[UInt8]] { [] }
  func processProposal(_ request: ProcessProposalRequest) -> Bool { true }
  func checkTransaction(_ request: CheckTransactionRequest) -> CheckTransactionResponse {
    var response = CheckTransactionResponse()
    (response.priority, response.gasWanted) = (Int64(request.transaction[0]), 1)
    if refused.contains(request.transaction) { response.code = 5 }
    return response
  }
  func beginBlock(_ request: BeginBlockRequest) -> BeginBlockResponse { BeginBlockResponse() }
  func deliverTransaction(_ transaction: [UInt8]) -> DeliverTransactionResponse { DeliverTransactionResponse() }
  func endBlock(height: Int64) -> EndBlockResponse { EndBlockResponse() }
  func commit() -> CommitResponse { CommitResponse(appHash: []) }
}

@Suite("Mempool") struct MempoolTests {
  private let application = PriorityApplication()

  @Test func offersByPriorityThenArrival() throws {
    let pool = Mempool()
    for transaction in [[1, 1], [3, 1], [2, 1], [3, 2]] as [[UInt8]] { _ = try pool.check(transaction, application: application) }
    #expect(pool.reap(maxBytes: -1, maxGas: -1) == [[3, 1], [3, 2], [2, 1], [1, 1]])
    #expect(pool.reap(maxBytes: 8, maxGas: -1) == [[3, 1], [3, 2]])  // four bytes each with tag and length
    #expect(pool.reap(maxBytes: 7, maxGas: -1) == [[3, 1]])
    #expect(pool.reap(maxBytes: -1, maxGas: 3).count == 3)
    #expect(pool.transactions == [[1, 1], [3, 1], [2, 1], [3, 2]])
  }

  @Test func refusesWhatItKnowsAndWhatIsTooLarge() throws {
    var configuration = Mempool.Configuration()
    configuration.maxTransactionBytes = 3
    let pool = Mempool(configuration: configuration)
    _ = try pool.check([1, 2, 3], application: application)
    #expect(throws: EngineError.self) { try pool.check([1, 2, 3], application: application) }
    #expect(throws: EngineError.self) { try pool.check([1, 2, 3, 4], application: application) }
    pool.remove(key: transactionKey([1, 2, 3]))
    #expect(pool.count == 0 && pool.byteCount == 0)
    _ = try pool.check([1, 2, 3], application: application)  // forgotten
  }

  @Test func refusalsOfTheApplicationMayBeTriedAgain() throws {
    let pool = Mempool()
    application.refused = [[9]]
    #expect(try pool.check([9], application: application).code == 5)
    #expect(pool.count == 0)
    application.refused = []
    #expect(try pool.check([9], application: application).isAccepted)
  }

  @Test func makesRoomByLowerPriorityNewestFirst() throws {
    var configuration = Mempool.Configuration()
    configuration.maxBytes = 6
    let pool = Mempool(configuration: configuration)
    for transaction in [[2, 0], [1, 0], [1, 1]] as [[UInt8]] { _ = try pool.check(transaction, application: application) }
    _ = try pool.check([3, 0], application: application)
    #expect(pool.transactions == [[2, 0], [1, 0], [3, 0]])
    #expect(refusal(pool, [1, 2]) == .full)  // nothing of lower priority
    #expect(pool.byteCount == 6)
    #expect(pool.takeDropped().map(\.key) == [transactionKey([1, 1])])
    #expect(pool.takeDropped().isEmpty)
  }

  private func refusal(_ pool: Mempool, _ transaction: [UInt8]) -> PoolRefusal? {
    do throws(EngineError) { _ = try pool.check(transaction, application: application) } catch {
      if case .refused(let reason) = error { return reason }
    }
    return nil
  }

  @Test func refusalsSayWhy() throws {
    var configuration = Mempool.Configuration()
    (configuration.maxTransactionBytes, configuration.maxTransactions) = (3, 1)
    let pool = Mempool(configuration: configuration)
    pool.setLimits(ConsensusParameters(block: .init(maxBytes: 1 << 20, maxGas: 0)), validators: 1)
    #expect(refusal(pool, [1]) == .tooMuchGas(wanted: 1, limit: 0))
    pool.setLimits(ConsensusParameters(block: .init(maxBytes: 1 << 20, maxGas: -1)), validators: 1)
    #expect(refusal(pool, [1]) == nil)
    #expect(refusal(pool, [1]) == .known)
    #expect(refusal(pool, [1, 2, 3, 4]) == .tooLarge(bytes: 4, limit: 3))
    #expect(refusal(pool, [1, 2]) == .full)
  }

  /// Else whoever waits for it would wait for ever.
  @Test(.timeLimit(.minutes(1))) func whoseTransactionIsEvictedHearsOfIt() async throws {
    var configuration = Engine.Configuration()
    configuration.mempool.maxTransactions = 1
    let engine = Engine(
      configuration: configuration, genesis: SoloNetwork().genesis, application: PriorityApplication(),
      storage: .init(blocks: MemoryStore(), state: MemoryStore(), evidence: MemoryStore(), log: MemoryLog()), key: nil,
      scheme: ContextSignatureScheme(context: "test"), log: .silent)
    async let outcome = engine.submitAndWait([1])
    while await engine.pool.count == 0 { await Task.yield() }
    _ = try await engine.submit([2])
    #expect(try await outcome == .evicted)
    #expect(await engine.waiters.isEmpty)
  }

  @Test func nothingIsKeptOfThoseWhoGaveUp() async throws {
    let engine = Engine(
      configuration: .init(), genesis: SoloNetwork().genesis, application: PriorityApplication(),
      storage: .init(blocks: MemoryStore(), state: MemoryStore(), evidence: MemoryStore(), log: MemoryLog()), key: nil,
      scheme: ContextSignatureScheme(context: "test"), log: .silent)
    let task = Task { try await engine.submitAndWait([1]) }
    while await engine.waiters.isEmpty { await Task.yield() }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(await engine.waiters.isEmpty)
  }
}
