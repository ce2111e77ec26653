import CometBFT
import ConsensusApp
import ConsensusService
import OasisCrypto
import OasisTypes
import Synchronization
import Telemetry
import Testing

/// An empty chain whose answers to estimates and submissions are errors at first.
private final class RefusingBackend: ConsensusBackend {
  let chainContext = String(repeating: "ab", count: 32)
  let initialHeight: Int64 = 1
  /// What is thrown, next first.
  private let errors: Mutex<(estimates: [any Error], submissions: [any Error])>
  let submissions = Mutex(0)

  init(estimates: [any Error] = [], submissions: [any Error] = []) { errors = Mutex((estimates, submissions)) }

  func isSynced() async -> Bool { true }
  func waitSynced() async throws {}
  func latestHeight() async -> Int64 { 1 }
  func lastRetainedHeight() async -> Int64 { 1 }
  func updates() async -> AsyncStream<ConsensusUpdate> { AsyncStream { $0.finish() } }
  func query<Answer: Sendable>(at height: Int64, _ body: @Sendable (StateTree) throws -> Answer) async throws -> Answer {
    try body(StateTree(over: MemoryState()))
  }
  func lightBlock(at height: Int64) async throws -> Consensus.LightBlock { throw CodedError.versionNotFound }
  func block(at height: Int64) async throws -> CometBFT.Block { throw CodedError.versionNotFound }
  func results(at height: Int64) async throws -> BlockResults { throw CodedError.versionNotFound }
  func submit(_ transaction: SignedEnvelope) async throws -> SubmittedTransaction {
    submissions.withLock { $0 += 1 }
    if let error = errors.withLock({ $0.submissions.isEmpty ? nil : $0.submissions.removeFirst() }) { throw error }
    return SubmittedTransaction(height: 1, index: 0, result: DeliverTransactionResponse())
  }
  func estimateGas(signer: PublicKey, _ transaction: OasisTypes.Transaction) async throws -> UInt64 {
    if let error = errors.withLock({ $0.estimates.isEmpty ? nil : $0.estimates.removeFirst() }) { throw error }
    return 10
  }
}

@Suite(.timeLimit(.minutes(2))) struct SubmissionManagerTests {
  private func submit(_ backend: RefusingBackend) async throws {
    let signer = MemorySigner(seed: [UInt8](repeating: 7, count: 32))
    let manager = SubmissionManager(backend: backend, configuration: .init(), log: .silent)
    _ = try await manager.submit("staking.Transfer", Transfer(to: Address(signer.publicKey), amount: 1), signer: signer)
  }

  @Test func whatPassesByItselfIsTriedAgain() async throws {
    let backend = RefusingBackend(
      estimates: [CodedError.uncoded("not yet")],
      submissions: [PoolFailure(reason: .full), CodedError.invalidNonce, CodedError.upgradePending.detailed("at 7")])
    try await submit(backend)
    #expect(backend.submissions.withLock { $0 } == 4)
  }

  @Test func otherErrorsAreFinal() async throws {
    let large = PoolFailure(reason: .tooLarge(bytes: 2, limit: 1))
    for error in [large, PoolFailure(reason: .sameSender), CodedError.duplicateTransaction, CodedError.gasPriceTooLow] as [any Error] {
      let backend = RefusingBackend(submissions: [error])
      let thrown = await #expect(throws: (any Error).self) { try await submit(backend) }
      #expect(thrown.map { "\($0)" } == "\(error)")
      #expect(backend.submissions.withLock { $0 } == 1)
    }
  }

  @Test func onlyWhatIsKnownIsADuplicate() {
    #expect(EngineError.refused(.known).forSubmitter as? CodedError == .duplicateTransaction)
    #expect(EngineError.refused(.full).forSubmitter as? PoolFailure == PoolFailure(reason: .full))
    #expect("\(EngineError.refused(.full).forSubmitter)" == "cometbft: failed to submit to local mempool: mempool is full")
    #expect(EngineError.stopped.forSubmitter is CancellationError)
    #expect(EngineError.inconsistent("x").forSubmitter is EngineError)
  }
}
