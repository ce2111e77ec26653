import AsyncValues
import CBOR
import CometBFT
import CommitteeWorker
import ConsensusApp
import ConsensusService
import OasisCrypto
import OasisTypes
import RuntimeHost
import RuntimeProtocol
import Telemetry
import Testing
import Wire

@Suite("Key manager notifier", .timeLimit(.minutes(5))) struct KeyManagerNotifierTests {
  /// A registry with a runtime and its key manager, whose status is told of in every block.
  private struct Chain: ConsensusBackend {
    static let runtime = Namespace(testSeed: [1]) ?? Namespace()
    static let manager = Namespace(testSeed: [2]) ?? Namespace()
    let chainContext = "test"
    let initialHeight: Int64 = 1
    var hasManager = true

    func isSynced() async -> Bool { true }
    func waitSynced() async throws {}
    func latestHeight() async -> Int64 { 3 }
    func lastRetainedHeight() async -> Int64 { 1 }
    func updates() async -> AsyncStream<ConsensusUpdate> { AsyncStream { _ in } }
    func query<Answer: Sendable>(at height: Int64, _ body: @Sendable (StateTree) throws -> Answer) async throws -> Answer {
      let tree = StateTree(over: MemoryState())
      var descriptor = Registry.Runtime()
      descriptor.id = Self.runtime
      if hasManager { descriptor.keyManager = Self.manager }
      RegistryState.runtimes.set(tree, Hashed(Self.runtime), to: descriptor)
      KeyManagerState.statuses.set(tree, Hashed(Self.manager), to: Self.status)
      return try body(tree)
    }
    static var status: KeyManager.Status {
      var status = KeyManager.Status()
      (status.id, status.isInitialized) = (manager, true)
      return status
    }
    func lightBlock(at height: Int64) async throws -> Consensus.LightBlock { throw CodedError.versionNotFound }
    func block(at height: Int64) async throws -> CometBFT.Block { throw CodedError.versionNotFound }
    func results(at height: Int64) async throws -> BlockResults { throw CodedError.versionNotFound }
    func submit(_ transaction: SignedEnvelope) async throws -> SubmittedTransaction { throw CodedError.unsupported }
    func estimateGas(signer: PublicKey, _ transaction: Transaction) async throws -> UInt64 { 0 }
  }

  /// Refuses the first calls as a runtime that lags behind.
  private actor Runtime {
    var refusals: Int
    private(set) var taken: [RawCBOR] = []
    let wasTold = Gate()
    init(refusing refusals: Int) { self.refusals = refusals }

    func answer(_ body: Body) throws -> Body {
      guard case .runtimeKeyManagerStatusUpdateRequest(let request) = body else { throw CallError.methodNotSupported }
      if refusals > 0 {
        refusals -= 1
        throw CallError.unknown("status mismatch")
      }
      taken.append(request.status)
      wasTold.open()
      return body
    }
  }

  @Test func tellsARuntimeThatStartsUntilItTakesIt() async throws {
    let (events, event) = AsyncStream.makeStream(of: RuntimeEvent.self)
    let runtime = Runtime(refusing: 3)
    let notifier = KeyManagerNotifier(
      runtimeID: Chain.runtime, backend: Chain(), events: events, call: { body, _ in try await runtime.answer(body) },
      pause: .milliseconds(1), log: .silent)
    let task = Task { await notifier.run() }
    event.yield(.started(version: Version()))
    try await runtime.wasTold.wait()
    task.cancel()
    await task.value
    #expect(await runtime.taken == [Chain.status.raw()])
  }

  @Test func aRuntimeWithoutKeyManagerHearsNothing() async throws {
    let (events, event) = AsyncStream.makeStream(of: RuntimeEvent.self)
    let runtime = Runtime(refusing: 0)
    let notifier = KeyManagerNotifier(
      runtimeID: Chain.runtime, backend: Chain(hasManager: false), events: events, call: { body, _ in try await runtime.answer(body) },
      pause: .milliseconds(1), log: .silent)
    let task = Task { await notifier.run() }
    event.yield(.started(version: Version()))
    for _ in 0..<100 { await Task.yield() }
    task.cancel()
    await task.value
    #expect(await runtime.taken.isEmpty)
  }
}
