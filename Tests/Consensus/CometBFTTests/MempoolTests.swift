import CometBFT
import Testing

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
    #expect(throws: EngineError.self) { try pool.check([1, 2], application: application) }  // nothing of lower priority
    #expect(pool.byteCount == 6)
  }
}
