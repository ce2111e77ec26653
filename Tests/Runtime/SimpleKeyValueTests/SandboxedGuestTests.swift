import AsyncIO
import Bytes
import CBOR
import Foundation
import KeyValueStore
import MKVS
import MKVSDatabase
import OasisCrypto
import OasisTypes
import RuntimeBundle
import RuntimeHost
import RuntimeProtocol
import SimpleKeyValue
import Telemetry
import Testing
import Wire

/// A node that has runtime storage and nothing else.
struct StorageNode: HostHandler {
  struct Refused: Error, CustomStringConvertible { var description: String { "refused" } }
  let database: NodeDatabase

  func syncStorage(_ request: HostStorageSyncRequest) async throws -> HostStorageSyncResponse {
    if let get = request.get { return HostStorageSyncResponse(try database.syncGet(get)) }
    if let get = request.getPrefixes { return HostStorageSyncResponse(try database.syncGetPrefixes(get)) }
    if let iterate = request.iterate { return HostStorageSyncResponse(try database.syncIterate(iterate)) }
    throw Refused()
  }
  func localValue(forKey key: [UInt8]) async throws -> [UInt8]? { nil }
  func setLocalValue(_ value: [UInt8], forKey key: [UInt8]) async throws {}
  func lightBlock(height: UInt64) async throws -> LightBlock { VectorTests.lightBlock(height: Int64(max(height, 1))) }
  func validators(height: UInt64) async throws -> Validators { throw Refused() }
  func events(height: UInt64, kind: EventKind) async throws -> [ConsensusEvent] { [] }
  func genesisHeight() async throws -> UInt64 { 1 }
  func fetchTransactions(limit: Int) async throws -> [[UInt8]] { [] }
  func blockMetadata(height: UInt64) async throws -> HostFetchBlockMetadataTxResponse { throw Refused() }
  func proveFreshness(_ nonce: [UInt8]) async throws -> HostProveFreshnessResponse { throw Refused() }
  func nodeID() async throws -> PublicKey { PublicKey() }
}

/// The program as it ships, in the real sandbox under our own host.
@Suite(.enabled(if: guestProgram != nil, "needs the release programs: 'make test'"), .timeLimit(.minutes(10)))
struct SandboxedGuestTests {
  static let runtimeID = Namespace(hex: "80" + String(repeating: "0", count: 62)) ?? Namespace()
  static var starts: Int { ProcessInfo.processInfo.environment["OASIS_GUEST_STARTS"].flatMap { Int($0) } ?? 3 }

  private func configuration() throws -> RuntimeConfiguration {
    let path = try #require(guestProgram)
    let url = URL(fileURLWithPath: path)
    var component = Component(kind: .ronl)
    component.elf = ELFMetadata(executable: url.lastPathComponent)
    var configuration = RuntimeConfiguration(
      runtimeID: Self.runtimeID, component: component, directory: url.deletingLastPathComponent().path,
      host: HostInformation(consensusProtocolVersion: Version(7), chainContext: "test"))
    // All tests run at once: what counts here is what the guest answers, not how soon.
    (configuration.timing.connect, configuration.timing.information) = (.seconds(120), .seconds(120))
    (configuration.timing.ping, configuration.timing.abort) = (.seconds(120), .seconds(120))
    return configuration
  }

  @Test func startsAndComputesRounds() async throws {
    for start in 0..<Self.starts {
      let database = try NodeDatabase(store: MemoryStore(), namespace: Self.runtimeID)
      let runtime = HostedRuntime(try configuration(), handler: StorageNode(database: database), log: .silent)
      let events = runtime.events()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await runtime.run() }
        defer { group.cancelAll() }
        try await IO.withTimeout(.seconds(300)) { try await exercise(runtime, events, database, start) }
      }
    }
  }

  private func exercise(
    _ runtime: HostedRuntime, _ events: AsyncStream<RuntimeEvent>, _ database: NodeDatabase, _ start: Int
  ) async throws {
    for await event in events {
      if case .started = event { break }
      if case .failedToStart(let reason) = event { throw CallError.unknown("start \(start): \(reason)") }
    }
    var header = RootHash.Header()
    header.namespace = Self.runtimeID
    header.stateRoot = .empty
    for round in 0..<UInt64(8) {
      // Some transactions a round, from several senders; the state grows beyond what one proof covers.
      let batch = (0..<40).map { number in
        KeyValueTransaction(
          sender: Array("sender \(number)".utf8), nonce: round, method: "insert",
          arguments: RawCBOR(["key": "key \(round) \(number)", "value": "value \(start)"].cbor())
        ).cbor()
      }
      var request = RuntimeExecuteTxBatchRequest(mode: .schedule)
      request.consensusBlock = VectorTests.lightBlock(height: 1)
      request.inputs = batch
      request.block.header = header
      request.epoch = 5
      request.maxMessages = 16
      guard case .runtimeExecuteTxBatchResponse(let response) = try await runtime.call(.runtimeExecuteTxBatchRequest(request)) else {
        throw CallError.unknown("no round")
      }
      #expect(response.transactionHashes.count == 40)
      try apply(response, after: header, to: database)
      header.round = response.batch.header.round
      header.stateRoot = response.batch.header.stateRoot ?? .empty
    }
    var query = RuntimeQueryRequest()
    query.consensusBlock = VectorTests.lightBlock(height: 1)
    query.header = header
    query.method = "get"
    query.arguments = ["key": "key 3 7"].cbor()
    guard case .runtimeQueryResponse(let answer) = try await runtime.call(.runtimeQueryRequest(query)) else {
      throw CallError.unknown("no answer")
    }
    #expect(answer.data == Optional("value \(start)").cbor())
    _ = try await runtime.call(.runtimeConsensusSyncRequest(RuntimeConsensusSyncRequest(height: 5)))
    var check = RuntimeCheckTxBatchRequest()
    check.consensusBlock = VectorTests.lightBlock(height: 1)
    check.block.header = header
    check.inputs = [
      KeyValueTransaction(sender: Array("sender 1".utf8), nonce: 9, method: "get_runtime_id", arguments: RawCBOR([0xf6])).cbor()
    ]
    guard case .runtimeCheckTxBatchResponse(let checked) = try await runtime.call(.runtimeCheckTxBatchRequest(check)) else {
      throw CallError.unknown("no check")
    }
    #expect(checked.results?.first?.metadata?.senderStateSequence == 8)
  }

  /// What an executor does with the results of a round.
  private func apply(_ response: RuntimeExecuteTxBatchResponse, after header: RootHash.Header, to database: NodeDatabase) throws {
    let round = response.batch.header.round
    var io = ApplyRequest()
    io.namespace = Self.runtimeID
    io.rootType = .io
    (io.sourceRound, io.sourceRoot, io.destinationRound) = (round, .empty, round)
    io.destinationRoot = response.batch.header.ioRoot ?? .empty
    io.writeLog = response.inputWriteLog + response.batch.ioWriteLog
    try database.apply(io)
    var state = io
    state.rootType = .state
    (state.sourceRound, state.sourceRoot) = (header.round, header.stateRoot)
    state.destinationRoot = response.batch.header.stateRoot ?? .empty
    state.writeLog = response.batch.stateWriteLog
    try database.apply(state)
    try database.finalize([
      Root(namespace: Self.runtimeID, version: round, type: .state, hash: state.destinationRoot),
      Root(namespace: Self.runtimeID, version: round, type: .io, hash: io.destinationRoot),
    ])
  }
}
