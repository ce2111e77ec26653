import CometBFT
import ConsensusApp
import ConsensusService
import KeyValueStore
import OasisCrypto
import OasisTypes
import RegistrationWorker
import Telemetry
import Testing
import WorkerTestSupport

/// A consensus layer that has ended: no more updates come.
private struct EndedChain: ConsensusBackend {
  let chain: FakeChain
  var chainContext: String { chain.chainContext }
  var initialHeight: Int64 { chain.initialHeight }
  func isSynced() async -> Bool { true }
  func waitSynced() async throws {}
  func latestHeight() async -> Int64 { await chain.latestHeight() }
  func lastRetainedHeight() async -> Int64 { await chain.lastRetainedHeight() }
  func updates() async -> AsyncStream<ConsensusUpdate> { AsyncStream { $0.finish() } }
  func query<Answer: Sendable>(at height: Int64, _ body: @Sendable (StateTree) throws -> Answer) async throws -> Answer {
    try await chain.query(at: height) { tree in
      StateMap<BeaconParameters>(0x43).set(tree, to: BeaconParameters())
      return try body(tree)
    }
  }
  func lightBlock(at height: Int64) async throws -> Consensus.LightBlock { try await chain.lightBlock(at: height) }
  func block(at height: Int64) async throws -> CometBFT.Block { try await chain.block(at: height) }
  func results(at height: Int64) async throws -> BlockResults { try await chain.results(at: height) }
  func submit(_ transaction: SignedEnvelope) async throws -> SubmittedTransaction { try await chain.submit(transaction) }
  func estimateGas(signer: PublicKey, _ transaction: OasisTypes.Transaction) async throws -> UInt64 {
    try await chain.estimateGas(signer: signer, transaction)
  }
}

@Suite(.timeLimit(.minutes(2))) struct RegistrationEndTests {
  /// The consensus layer failed: nobody asked for a deregistration, and nothing is waited for.
  @Test func endsWithTheConsensusLayer() async throws {
    let key = MemorySigner(seed: [UInt8](repeating: 7, count: 32))
    let chain = FakeChain(runtimeID: Namespace())
    chain.advance()
    let backend = EndedChain(chain: chain)
    let sink = MemoryLogSink()
    let log = Log(LogOutput(format: .logfmt, levels: LogLevels(.debug), sink: sink), module: "test")
    let configuration = RegistrationWorker.Configuration(
      entityID: key.publicKey, node: key, p2p: key, consensus: key, vrf: key, tls: key, softwareVersion: "test")
    let worker = RegistrationWorker(
      configuration: configuration, backend: backend, submission: SubmissionManager(backend: backend, configuration: .init(), log: log),
      store: MemoryStore(), log: log, now: { 0 })
    _ = await worker.provider(for: .compute)
    #expect(try await worker.run() == .cancelled)
    await #expect(throws: CancellationError.self) { try await worker.waitInitialized() }
    #expect(!sink.lines.contains { $0.contains("removed from the registry") }, "\(sink.lines)")
  }
}
