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
import Wire

/// Calls to the example guest as it ships, in its sandbox, over the socket, by the node's own host.
func measureRuntime(_ report: inout Report) async throws {
  guard let path = Environment.guest else {
    return report.add("simple-keyvalue", "–", note: "not measured: OASIS_BIN names no folder")
  }
  let url = URL(fileURLWithPath: path)
  var component = Component(kind: .ronl)
  component.elf = ELFMetadata(executable: url.lastPathComponent)
  guard let runtimeID = Namespace(hex: "80" + String(repeating: "0", count: 62)) else { throw WrongResult("not an id") }
  let configuration = RuntimeConfiguration(
    runtimeID: runtimeID, component: component, directory: url.deletingLastPathComponent().path,
    host: HostInformation(consensusProtocolVersion: Version(7), chainContext: "test"))
  let database = try NodeDatabase(store: MemoryStore(), namespace: runtimeID)
  let runtime = HostedRuntime(configuration, handler: StorageNode(database: database), log: .silent)
  let events = runtime.events()
  let start = seconds(CLOCK_MONOTONIC)
  let running = Task { await runtime.run() }
  defer { running.cancel() }
  for await event in events {
    if case .started = event { break }
    if case .failedToStart(let reason) = event { throw WrongResult("start: \(reason)") }
  }
  report.add("start to ready", Text.time(seconds(CLOCK_MONOTONIC) - start))
  try await measureCalls(runtime, runtimeID, report)
  running.cancel()
  await running.value
}

private func measureCalls(_ runtime: HostedRuntime, _ runtimeID: Namespace, _ report: Report) async throws {
  let ping = Body.runtimePingRequest(RuntimePingRequest())
  report.add("ping, one at a time", try await repeated(2000) { _ = try await runtime.call(ping) })
  let together = try await repeated(60) {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<64 { group.addTask { _ = try await runtime.call(ping) } }
      try await group.waitForAll()
    }
  }
  report.add("ping, 64 at once, each", Samples(wall: together.wall.map { $0 / 64 }, cpu: together.cpu.map { $0 / 64 }))
  var header = RootHash.Header()
  header.namespace = runtimeID
  header.stateRoot = .empty
  var execute = RuntimeExecuteTxBatchRequest(mode: .schedule)
  execute.consensusBlock = lightBlock
  execute.inputs = (0..<40).map { number in
    KeyValueTransaction(
      sender: Array("sender \(number)".utf8), nonce: 0, method: "insert",
      arguments: RawCBOR(["key": "key \(number)", "value": "value"].cbor())
    ).cbor()
  }
  execute.block.header = header
  execute.epoch = 5
  execute.maxMessages = 16
  let batch = Body.runtimeExecuteTxBatchRequest(execute)
  let rounds = try await repeated(200) {
    guard case .runtimeExecuteTxBatchResponse(let answer) = try await runtime.call(batch) else { throw WrongResult("no round") }
    try expect(answer.transactionHashes.count, 40, "transactions")
  }
  report.add("execute a batch of 40 inserts", rounds, note: "storage reads over the socket")
  var check = RuntimeCheckTxBatchRequest()
  check.consensusBlock = lightBlock
  check.block.header = header
  check.inputs = [execute.inputs?.first ?? []]
  let checking = Body.runtimeCheckTxBatchRequest(check)
  let checks = try await repeated(1000) {
    guard case .runtimeCheckTxBatchResponse(let answer) = try await runtime.call(checking) else { throw WrongResult("no check") }
    try expect(answer.results?.count, 1, "verdicts")
  }
  report.add("check one transaction", checks)
}

/// The time of each of `count` runs after a tenth as many for warming up. The processor time is this process's, not the guest's.
private func repeated(_ count: Int, _ body: () async throws -> Void) async throws -> Samples {
  for _ in 0..<max(count / 10, 1) { try await body() }
  var samples = Samples()
  for _ in 0..<count {
    let (wall, cpu) = (seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID))
    try await body()
    samples.wall.append(seconds(CLOCK_MONOTONIC) - wall)
    samples.cpu.append(seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu)
  }
  samples.wall.sort()
  samples.cpu.sort()
  return samples
}

/// A light block with nothing in it but height 1 and an app hash.
private let lightBlock: LightBlock = {
  let header: [UInt8] = [0x18, 1, 0x5a, 32] + [UInt8](repeating: 7, count: 32)  // 3: height, 11: app hash
  let signed: [UInt8] = [0x0a, UInt8(header.count)] + header
  return LightBlock(height: 1, meta: [0x0a, UInt8(signed.count)] + signed)
}()

/// A node that has runtime storage and nothing else.
private struct StorageNode: HostHandler {
  struct Refused: Error, CustomStringConvertible { var description: String { "refused" } }
  let database: NodeDatabase

  func syncStorage(_ request: HostStorageSyncRequest) async throws -> HostStorageSyncResponse {
    if let get = request.get { return HostStorageSyncResponse(try database.syncGet(get)) }
    if let getPrefixes = request.getPrefixes { return HostStorageSyncResponse(try database.syncGetPrefixes(getPrefixes)) }
    if let iterate = request.iterate { return HostStorageSyncResponse(try database.syncIterate(iterate)) }
    throw Refused()
  }
  func localValue(forKey key: [UInt8]) async throws -> [UInt8]? { nil }
  func setLocalValue(_ value: [UInt8], forKey key: [UInt8]) async throws {}
  func lightBlock(height: UInt64) async throws -> LightBlock { throw Refused() }
  func validators(height: UInt64) async throws -> Validators { throw Refused() }
  func events(height: UInt64, kind: EventKind) async throws -> [ConsensusEvent] { [] }
  func genesisHeight() async throws -> UInt64 { 1 }
  func fetchTransactions(limit: Int) async throws -> [[UInt8]] { [] }
  func blockMetadata(height: UInt64) async throws -> HostFetchBlockMetadataTxResponse { throw Refused() }
  func proveFreshness(_ nonce: [UInt8]) async throws -> HostProveFreshnessResponse { throw Refused() }
  func nodeID() async throws -> PublicKey { PublicKey() }
}
