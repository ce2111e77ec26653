internal import Bytes
internal import CBOR
internal import GoldenSupport
internal import JSONText
internal import MKVS
internal import OasisCrypto
internal import OasisRuntimeSDK
internal import OasisTypes
internal import RuntimeProtocol
internal import SimpleKeyValue
internal import Wire

/// Executes recorded rounds in our own guest: the answer must be the reference guest's.
enum GuestRounds {
  static let withKeyManager = ["enc_", "churp_", "encrypt", "decrypt"]

  static func check(_ value: JSONValue, _ name: String, _ report: inout GoldenReport) {
    guard value["type"]?.string == "RuntimeExecuteTxBatchRequest" else { return }
    guard value["state_before"]?["kv"]?.array != nil, value["response"]?.string != nil else {
      return report.skip("guest round without recorded state or answer")
    }
    let methods = (value["inputs"]?.array ?? []).compactMap { $0["method"]?.string }
    if methods.contains(where: { method in withKeyManager.contains { method.hasPrefix($0) } }) {
      return report.skip("guest round with calls to a key manager, which the example does not make")
    }
    if methods.contains("consensus_accounts") {
      return report.skip("guest round with consensus_accounts, which the reference's guest cannot decode")
    }
    report.check("guest \(name)") { try execute(value) }
  }

  private static func message(_ value: JSONValue, _ key: String) throws -> RuntimeMessage {
    try RuntimeMessage(payload: Array(value.bytes(key).dropFirst(4)), mode: .rpc)
  }

  private static func execute(_ value: JSONValue) throws {
    guard case .runtimeExecuteTxBatchRequest(let request) = try message(value, "request").body,
      case .runtimeExecuteTxBatchResponse(let recorded) = try message(value, "response").body
    else { throw GoldenError("not a round") }
    let header = request.block.header
    let host = RecordedHost()
    for pair in value["state_before"]?["kv"]?.array ?? [] {
      guard let parts = pair.array, parts.count == 2, let key = parts[0].string.flatMap({ [UInt8](hex: $0) }),
        let content = parts[1].string.flatMap({ [UInt8](hex: $0) })
      else { throw GoldenError("malformed state") }
      try host.state.insert(key, content)
    }
    let root = try host.state.commit(namespace: header.namespace, version: header.round).root
    try expectEqual(root.hash, header.stateRoot, "state before")
    for exchange in value["nested"]?.array ?? [] {
      guard exchange["response"]?.string != nil else { continue }
      host.recorded.append((try message(exchange, "request").body, try message(exchange, "response").body))
    }
    let dispatcher = Dispatcher(SimpleKeyValue(), host: host)
    var info = RuntimeInfoRequest()
    info.runtimeID = header.namespace
    info.consensusBackend = "tendermint"
    _ = try dispatcher.answer(.runtimeInfoRequest(info))
    let answer = try dispatcher.answer(.runtimeExecuteTxBatchRequest(request))
    guard case .runtimeExecuteTxBatchResponse(let response) = answer else { throw GoldenError("answered \(answer)") }
    try compare(response, recorded, isMock: value["session"]?.string?.hasPrefix("mock") ?? false)
  }

  private static func compare(
    _ ours: RuntimeExecuteTxBatchResponse, _ theirs: RuntimeExecuteTxBatchResponse, isMock: Bool
  ) throws(GoldenError) {
    func sorted(_ log: WriteLog) -> WriteLog { log.sorted { $0.key.lexicographicallyPrecedes($1.key) } }
    try expectEqual(ours.transactionHashes, theirs.transactionHashes, "transactions")
    try expectEqual(ours.rejectedHashes, theirs.rejectedHashes, "rejected transactions")
    try expectEqual(sorted(ours.inputWriteLog), sorted(theirs.inputWriteLog), "input write log")
    try expectEqual(ours.inputRoot, theirs.inputRoot, "input root")
    try expectEqual(sorted(ours.batch.stateWriteLog), sorted(theirs.batch.stateWriteLog), "state write log")
    try expectEqual(sorted(ours.batch.ioWriteLog), sorted(theirs.batch.ioWriteLog), "I/O write log")
    try expectEqual(ours.batch.messages ?? [], theirs.batch.messages ?? [], "messages")
    try expectEqual(ours.batch.header, theirs.batch.header, "header")
    // With a mock TEE the reference's guest has a key of its own.
    if !isMock { try expectEqual(ours.batch.rakSignature, theirs.batch.rakSignature, "signature") }
  }

  /// Proves runtime state from a tree; all else it answers as was recorded.
  private final class RecordedHost: Host, @unchecked Sendable {  // used by one thread
    let state = Tree()
    var recorded: [(request: Body, response: Body)] = []

    func call(_ request: Body) throws(CallError) -> Body {
      if case .hostStorageSyncRequest(let sync) = request, sync.endpoint == .runtime {
        do {
          if let get = sync.get { return .hostStorageSyncResponse(HostStorageSyncResponse(try state.syncGet(get))) }
          if let get = sync.getPrefixes { return .hostStorageSyncResponse(HostStorageSyncResponse(try state.syncGetPrefixes(get))) }
          if let iterate = sync.iterate { return .hostStorageSyncResponse(HostStorageSyncResponse(try state.syncIterate(iterate))) }
        } catch { throw CallError(mapping: error) }
      }
      guard let answer = recorded.first(where: { $0.request == request })?.response else {
        throw .unknown("not recorded: \(request.name)")
      }
      if case .error(let error) = answer { throw error }
      return answer
    }
  }
}
