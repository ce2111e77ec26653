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

/// Puts recorded checks and queries to our own guest, where the state that they are about is that of a recorded round.
struct GuestAnswers {
  typealias Pairs = [(key: [UInt8], value: [UInt8])]
  private var states: [Hash: Pairs] = [.empty: []]

  /// Takes the states before and after every recorded round.
  init(_ lines: [JSONValue]) {
    for line in lines {
      guard let response = try? RuntimeMessage(payload: Array(line.bytes("response").dropFirst(4)), mode: .rpc).body,
        case .runtimeExecuteTxBatchResponse(let round) = response, let before = try? Self.tree(line["state_before"])
      else { continue }
      // What does not hold together fails where rounds are checked.
      guard let root = try? before.rootHash(), let pairs = try? before.pairs() else { continue }
      states[root] = pairs
      guard (try? before.apply(round.batch.stateWriteLog)) != nil, let next = try? before.rootHash(), let after = try? before.pairs() else {
        continue
      }
      states[next] = after
    }
  }

  private static func tree(_ state: JSONValue?) throws -> Tree? {
    guard let pairs = state?["kv"]?.array else { return nil }
    let tree = Tree()
    for pair in pairs {
      guard let parts = pair.array, parts.count == 2, let key = parts[0].string.flatMap({ [UInt8](hex: $0) }),
        let value = parts[1].string.flatMap({ [UInt8](hex: $0) })
      else { return nil }
      try tree.insert(key, value)
    }
    return tree
  }

  func check(_ value: JSONValue, _ name: String, _ report: inout GoldenReport) {
    let type = value["type"]?.string
    guard type == "RuntimeCheckTxBatchRequest" || type == "RuntimeQueryRequest", value["response"]?.string != nil else { return }
    guard let request = try? message(value, "request").body, let header = Self.header(request) else { return }
    if case .runtimeQueryRequest(let query) = request, query.method.hasPrefix("rofl.") || query.method.hasPrefix("enc_") {
      return report.skip("a question that the example does not answer: \(query.method)")
    }
    guard let state = states[header.stateRoot] else { return report.skip("a check or query on a state that no round recorded") }
    if case .runtimeCheckTxBatchRequest(let batch) = request, (batch.inputs ?? []).contains(where: Self.needsKeyManager) {
      return report.skip("a check of calls to a key manager, which the example does not make")
    }
    report.check("guest \(name)") { try answer(request, header, state, try message(value, "response").body) }
  }

  private static func header(_ request: Body) -> RootHash.Header? {
    switch request {
    case .runtimeCheckTxBatchRequest(let request): request.block.header
    case .runtimeQueryRequest(let request): request.header
    default: nil
    }
  }

  private static func needsKeyManager(_ input: [UInt8]) -> Bool {
    guard let transaction = try? KeyValueTransaction.decode(cbor: input, mode: .guest) else { return false }
    return GuestRounds.withKeyManager.contains { transaction.method.hasPrefix($0) }
  }

  private func message(_ value: JSONValue, _ key: String) throws -> RuntimeMessage {
    try RuntimeMessage(payload: Array(value.bytes(key).dropFirst(4)), mode: .rpc)
  }

  private func answer(_ request: Body, _ header: RootHash.Header, _ state: Pairs, _ recorded: Body) throws {
    let host = StateHost()
    for pair in state { try host.tree.insert(pair.key, pair.value) }
    let root = try host.tree.commit(namespace: header.namespace, version: header.round).root
    try expectEqual(root.hash, header.stateRoot, "state")
    let dispatcher = Dispatcher(SimpleKeyValue(), host: host)
    var info = RuntimeInfoRequest()
    info.runtimeID = header.namespace
    info.consensusBackend = "tendermint"
    _ = try dispatcher.answer(.runtimeInfoRequest(info))
    let ours = try dispatcher.answer(request)
    try expectEqual("\(ours)", "\(recorded)", "answer")
  }

  /// Proves runtime state from a tree; knows nothing else.
  private final class StateHost: Host, @unchecked Sendable {  // used by one thread
    let tree = Tree()

    func call(_ request: Body) throws(CallError) -> Body {
      guard case .hostStorageSyncRequest(let sync) = request, sync.endpoint == .runtime else { throw .methodNotSupported }
      do {
        if let get = sync.get { return .hostStorageSyncResponse(HostStorageSyncResponse(try tree.syncGet(get))) }
        if let get = sync.getPrefixes { return .hostStorageSyncResponse(HostStorageSyncResponse(try tree.syncGetPrefixes(get))) }
        if let iterate = sync.iterate { return .hostStorageSyncResponse(HostStorageSyncResponse(try tree.syncIterate(iterate))) }
      } catch { throw CallError(mapping: error) }
      throw .methodNotSupported
    }
  }
}
