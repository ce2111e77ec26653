import CometBFT
import ConsensusApp
import ConsensusService
import KeyValueStore
import OasisCrypto
import Telemetry
import Testing

/// An application that is never reached.
private final class NoApplication: Application {
  struct Reached: Error {}
  func info() throws -> ApplicationInfo { throw Reached() }
  func initChain(_ request: CometBFT.InitChainRequest) throws -> InitChainResponse { throw Reached() }
  func prepareProposal(_ request: PrepareProposalRequest) throws -> [[UInt8]] { throw Reached() }
  func processProposal(_ request: ProcessProposalRequest) throws -> Bool { throw Reached() }
  func checkTransaction(_ request: CheckTransactionRequest) throws -> CheckTransactionResponse { throw Reached() }
  func beginBlock(_ request: BeginBlockRequest) throws -> BeginBlockResponse { throw Reached() }
  func deliverTransaction(_ transaction: [UInt8]) throws -> DeliverTransactionResponse { throw Reached() }
  func endBlock(height: Int64) throws -> EndBlockResponse { throw Reached() }
  func commit() throws -> CommitResponse { throw Reached() }
}

/// An application that starts, and fails in its first block.
private final class FailingApplication: Application {
  struct Failure: Error {}
  func info() -> ApplicationInfo { ApplicationInfo(appVersion: 7, lastBlockHeight: 0, lastBlockAppHash: []) }
  func initChain(_ request: CometBFT.InitChainRequest) -> InitChainResponse { InitChainResponse(appHash: [1]) }
  func prepareProposal(_ request: PrepareProposalRequest) -> [[UInt8]] { request.transactions }
  func processProposal(_ request: ProcessProposalRequest) -> Bool { true }
  func checkTransaction(_ request: CheckTransactionRequest) -> CheckTransactionResponse { CheckTransactionResponse() }
  func beginBlock(_ request: BeginBlockRequest) throws -> BeginBlockResponse { throw Failure() }
  func deliverTransaction(_ transaction: [UInt8]) throws -> DeliverTransactionResponse { throw Failure() }
  func endBlock(height: Int64) throws -> EndBlockResponse { throw Failure() }
  func commit() throws -> CommitResponse { throw Failure() }
}

private struct NoStates: StateSource {
  func reader(at version: Int64) throws -> any StateReader { throw NoApplication.Reached() }
}

@Suite struct ConsensusServiceTests {
  /// Else a node whose consensus layer fails would wait for its workers for ever instead of ending.
  @Test func aServiceThatCannotStartLetsGoOfThoseWhoWait() async throws {
    let genesis = GenesisDocument(
      time: .zero, chainID: "test", initialHeight: 1, consensusParameters: ConsensusParameters(), validators: [], appHash: [], appState: [])
    let engine = Engine(
      configuration: Engine.Configuration(), genesis: genesis, application: NoApplication(),
      storage: Engine.Storage(blocks: MemoryStore(), state: MemoryStore(), evidence: MemoryStore(), log: MemoryLog()), key: nil,
      scheme: ContextSignatureScheme(context: "test"), log: .silent)
    let service = ConsensusService(engine: engine, chainContext: "test", initialHeight: 1, states: NoStates(), log: .silent, now: { 0 })
    let early = Task { try await service.waitSynced() }
    let updates = service.updates()
    await #expect(throws: (any Error).self) { try await service.run() }
    await #expect(throws: CancellationError.self) { try await early.value }
    await #expect(throws: CancellationError.self) { try await service.waitSynced() }
    for await _ in updates { Issue.record("there is no block") }
    for await _ in service.updates() { Issue.record("there is no block") }
    #expect(!service.isSynced())
  }

  /// The blocks end with the engine; that must not pass for an end without an error.
  @Test(.timeLimit(.minutes(2)), arguments: 0..<20) func theEnginesErrorIsTheServices(_: Int) async throws {
    let signer = ContextSigner(MemorySigner(seed: [UInt8](repeating: 7, count: 32)), context: "test")
    let genesis = GenesisDocument(
      time: Timestamp(seconds: 1_700_000_000), chainID: "test", initialHeight: 1,
      consensusParameters: ConsensusParameters(
        block: .init(maxBytes: 1 << 20, maxGas: -1),
        evidence: .init(maxAgeBlocks: 100, maxAgeDuration: .seconds(1000), maxBytes: 1 << 16),
        validator: .init(publicKeyTypes: ["ed25519"]), version: .init(app: 7)),
      validators: [.init(publicKey: signer.publicKey, power: 10)], appState: Array("{}".utf8))
    var configuration = Engine.Configuration()
    configuration.timeouts.commit = .milliseconds(1)
    let engine = Engine(
      configuration: configuration, genesis: genesis, application: FailingApplication(),
      storage: Engine.Storage(blocks: MemoryStore(), state: MemoryStore(), evidence: MemoryStore(), log: MemoryLog()),
      key: try ValidatorKey(signer: signer, path: nil), scheme: ContextSignatureScheme(context: "test"), log: .silent)
    let service = ConsensusService(engine: engine, chainContext: "test", initialHeight: 1, states: NoStates(), log: .silent, now: { 0 })
    await #expect(throws: EngineError.self) { try await service.run() }
  }
}
