import Bytes
import CBOR
import MKVS
import OasisCrypto
import OasisRuntimeSDK
import OasisTypes
import RuntimeProtocol
import SimpleKeyValue
import Testing
import Wire

/// A host that answers some calls as it should and others with something else.
final class HostileHost: Host, @unchecked Sendable {  // used by one thread
  let tree = Tree()
  var random = WireRandom(seed: 5)
  /// One call of so many is answered badly; 0 for none.
  var malice: UInt64 = 0

  func call(_ request: Body) throws(CallError) -> Body {
    if malice > 0, random.next() % malice == 0 { return try lie(request) }
    do {
      switch request {
      case .hostStorageSyncRequest(let request):
        if let get = request.get { return .hostStorageSyncResponse(HostStorageSyncResponse(try tree.syncGet(get))) }
        if let iterate = request.iterate { return .hostStorageSyncResponse(HostStorageSyncResponse(try tree.syncIterate(iterate))) }
      case .hostFetchConsensusBlockRequest:
        var response = HostFetchConsensusBlockResponse()
        response.block = VectorTests.lightBlock(height: 1)
        return .hostFetchConsensusBlockResponse(response)
      default: break
      }
    } catch { throw CallError(mapping: error) }
    throw .methodNotSupported
  }

  private func lie(_ request: Body) throws(CallError) -> Body {
    if random.next() % 4 == 0 { throw .unknown("no") }
    guard case .hostStorageSyncRequest(let sync) = request, random.next() % 4 > 0 else { return .empty(EmptyMessage()) }
    var proof = Proof(untrustedRoot: sync.get?.tree.root.hash ?? sync.iterate?.tree.root.hash ?? .empty)
    if let get = sync.get, let honest = try? tree.syncGet(get).proof { proof = honest }
    proof.version = UInt16(random.next() % 3)
    for _ in 0...random.next() % 3 {
      switch random.next() % 5 {
      case 0: proof.entries.append(random.bytes(Int(random.next() % 80)))
      case 1: proof.entries.append(nil)
      case 2: if !proof.entries.isEmpty { proof.entries.removeLast() }
      case 3: proof.untrustedRoot = Hash(random.bytes(32)) ?? .empty
      default:
        guard let index = proof.entries.indices.randomElement(using: &random), var entry = proof.entries[index], !entry.isEmpty else {
          break
        }
        entry[Int(random.next() % UInt64(entry.count))] = UInt8(truncatingIfNeeded: random.next())
        proof.entries[index] = entry
      }
    }
    return .hostStorageSyncResponse(HostStorageSyncResponse(ProofResponse(proof: proof)))
  }
}

/// Whatever a host sends, the guest answers, refuses or ends itself: it never traps.
@Suite(.timeLimit(.minutes(20))) struct HostileHostTests {
  let host = HostileHost()
  let dispatcher: Dispatcher
  let runtimeID = Namespace(hex: "80" + String(repeating: "0", count: 62)) ?? Namespace()
  var header = RootHash.Header()

  init() throws {
    dispatcher = Dispatcher(SimpleKeyValue(), host: host)
    var info = RuntimeInfoRequest()
    info.runtimeID = runtimeID
    info.consensusBackend = "tendermint"
    _ = try dispatcher.answer(.runtimeInfoRequest(info))
    for number in 0..<200 { try host.tree.insert(Array("key \(number)".utf8), Array("value \(number)".utf8)) }
    header.namespace = runtimeID
    header.round = 1
    header.stateRoot = try host.tree.commit(namespace: runtimeID, version: 1).root.hash
  }

  private func transaction(_ random: inout WireRandom) -> [UInt8] {
    let methods = [
      "insert", "get", "remove", "get_runtime_id", "consensus_transfer", "consensus_accounts", "update_runtime", "enc_get", "",
    ]
    let arguments = ["key": "key \(random.next() % 300)", "value": "new"].cbor()
    return KeyValueTransaction(
      sender: random.bytes(Int(random.next() % 3)), nonce: random.next() % 2, method: methods[Int(random.next() % UInt64(methods.count))],
      arguments: RawCBOR(random.next() % 3 == 0 ? [0xf6] : arguments)
    ).cbor()
  }

  /// A request as a host makes it.
  private func request(_ random: inout WireRandom) -> Body {
    switch random.next() % 6 {
    case 0:
      var request = RuntimeQueryRequest()
      (request.header, request.consensusBlock, request.epoch) = (header, VectorTests.lightBlock(height: 1), 5)
      request.method = random.next() % 2 == 0 ? "get" : random.text()
      request.arguments = ["key": "key \(random.next() % 300)"].cbor()
      return .runtimeQueryRequest(request)
    case 1:
      var request = RuntimeCheckTxBatchRequest()
      (request.block.header, request.consensusBlock, request.maxMessages) = (header, VectorTests.lightBlock(height: 1), 3)
      request.inputs = (0..<random.count()).map { _ in transaction(&random) }
      return .runtimeCheckTxBatchRequest(request)
    case 2:
      return .runtimeConsensusSyncRequest(RuntimeConsensusSyncRequest(height: random.integer()))
    case 3:
      return random.next() % 2 == 0
        ? .runtimeKeyManagerStatusUpdateRequest(RuntimeKeyManagerStatusUpdateRequest()) : .runtimeNotifyRequest(RuntimeNotifyRequest())
    default:
      var request = RuntimeExecuteTxBatchRequest(mode: random.next() % 2 == 0 ? .schedule : .execute)
      (request.block.header, request.consensusBlock, request.epoch) = (header, VectorTests.lightBlock(height: 1), random.integer())
      request.maxMessages = random.integer()
      request.inputs = (0..<random.count()).map { _ in transaction(&random) }
      if random.next() % 4 == 0 {
        var message = RootHash.IncomingMessage()
        message.data = transaction(&random)
        request.incomingMessages = [message]
      }
      return .runtimeExecuteTxBatchRequest(request)
    }
  }

  private func deliver(_ body: Body) {
    // A guest that ends itself is right where going on would be wrong: the process would exit here.
    guard let answer = try? dispatcher.answer(body) else { return }
    _ = answer.name
  }

  @Test func mutatedFrames() async throws {
    var random = WireRandom(seed: 7)
    var decoded = 0
    for round in 0..<100_000 {
      if round % 512 == 0 { await Task.yield() }  // the tests beside this one go on
      var payload = RuntimeMessage(id: random.next(), kind: .request, body: request(&random)).cbor()
      for _ in 0...random.next() % 3 {
        let index = Int(random.next() % UInt64(payload.count))
        switch random.next() % 4 {
        case 0: payload.remove(at: index)
        case 1: payload.insert(UInt8(truncatingIfNeeded: random.next()), at: index)
        default: payload[index] = UInt8(truncatingIfNeeded: random.next())
        }
        if payload.isEmpty { payload = [0] }
      }
      guard let message = try? RuntimeMessage(payload: payload, mode: .guest) else { continue }
      decoded += 1
      deliver(message.body)
    }
    #expect(decoded > 1000)
  }

  @Test func garbage() async {
    var random = WireRandom(seed: 8)
    for round in 0..<100_000 {
      if round % 512 == 0 { await Task.yield() }
      _ = try? RuntimeMessage(payload: random.bytes(Int(random.next() % 40)), mode: .guest)
    }
  }

  /// Requests are well made, but the host's answers are not.
  @Test func lyingAnswers() async throws {
    var random = WireRandom(seed: 9)
    host.malice = 3
    for round in 0..<10_000 {
      if round % 256 == 0 { await Task.yield() }
      deliver(request(&random))
    }
    // The truth still works.
    host.malice = 0
    var query = RuntimeQueryRequest()
    (query.header, query.consensusBlock) = (header, VectorTests.lightBlock(height: 1))
    (query.method, query.arguments) = ("get", ["key": "key 7"].cbor())
    guard case .runtimeQueryResponse(let answer) = try dispatcher.answer(.runtimeQueryRequest(query)) else {
      Issue.record("no answer")
      return
    }
    #expect(answer.data == Optional("value 7").cbor())
  }
}
