import CometBFT
import ConsensusApp
import ConsensusService
import KeyValueStore
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
}
