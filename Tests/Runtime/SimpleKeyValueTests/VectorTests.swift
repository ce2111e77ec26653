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

/// A host that has one state tree and nothing else.
final class TreeHost: Host, @unchecked Sendable {  // used by one thread
  var tree = Tree()

  func call(_ request: Body) throws(CallError) -> Body {
    guard case .hostStorageSyncRequest(let request) = request, request.endpoint == .runtime else { throw .methodNotSupported }
    do {
      if let get = request.get { return .hostStorageSyncResponse(HostStorageSyncResponse(try tree.syncGet(get))) }
      if let iterate = request.iterate { return .hostStorageSyncResponse(HostStorageSyncResponse(try tree.syncIterate(iterate))) }
    } catch { throw CallError(mapping: error) }
    throw .methodNotSupported
  }
}

/// Sheet 11 C.5.
@Suite struct VectorTests {
  let runtimeID: Namespace
  let host = TreeHost()
  let dispatcher: Dispatcher
  var header = RootHash.Header()
  let value = "hello_value_from_80" + String(repeating: "0", count: 62) + ":0"

  init() throws {
    runtimeID = try #require(Namespace(hex: "80" + String(repeating: "0", count: 62)))
    dispatcher = Dispatcher(SimpleKeyValue(), host: host)
    var info = RuntimeInfoRequest()
    info.runtimeID = runtimeID
    info.consensusBackend = "tendermint"
    _ = try dispatcher.answer(.runtimeInfoRequest(info))
    header.namespace = runtimeID
    header.stateRoot = .empty
  }

  /// A light block with nothing in it but a height and an app hash.
  static func lightBlock(height: Int64) -> LightBlock {
    let app = [UInt8](repeating: 7, count: 32)
    let header: [UInt8] = [0x18, UInt8(height), 0x5a, 32] + app  // 3: height, 11: app hash
    let signed: [UInt8] = [0x0a, UInt8(header.count)] + header
    return LightBlock(height: height, meta: [0x0a, UInt8(signed.count)] + signed)
  }
  var lightBlock: LightBlock { Self.lightBlock(height: 1) }

  func transaction(_ nonce: UInt64, _ method: String, _ arguments: RawCBOR) -> [UInt8] {
    KeyValueTransaction(sender: Array("sender".utf8), nonce: nonce, method: method, arguments: arguments).cbor()
  }

  var t0: [UInt8] { transaction(0, "get_runtime_id", RawCBOR([0xf6])) }
  var t1: [UInt8] { transaction(1, "insert", RawCBOR(["key": "hello_key", "value": value].cbor())) }
  var t2: [UInt8] { transaction(2, "get", RawCBOR(["key": "hello_key"].cbor())) }

  mutating func execute(_ batch: [[UInt8]], mode: ExecutionMode = .schedule) throws -> RuntimeExecuteTxBatchResponse {
    var request = RuntimeExecuteTxBatchRequest(mode: mode)
    request.consensusBlock = lightBlock
    request.inputs = batch
    request.block.header = header
    request.epoch = 5
    request.maxMessages = 16
    let body = try dispatcher.answer(.runtimeExecuteTxBatchRequest(request))
    guard case .runtimeExecuteTxBatchResponse(let response) = body else { throw CallError.unknown("\(body)") }
    return response
  }

  /// Makes the results of a round the state of the next one.
  mutating func accept(_ response: RuntimeExecuteTxBatchResponse) throws {
    try host.tree.apply(response.batch.stateWriteLog)
    let root = try host.tree.commit(namespace: runtimeID, version: response.batch.header.round).root
    #expect(root.hash == response.batch.header.stateRoot)
    header.round = response.batch.header.round
    header.stateRoot = root.hash
  }

  @Test func transactions() {
    #expect(t0.hex == "a46461726773f6656e6f6e636500666d6574686f646e6765745f72756e74696d655f69646673656e6465724673656e646572")
    #expect(Hash.digest(t0).hex == "b8bb87e0c2715be916b621f6b186c5e56deafdeb55970938cdc84a9fc67e811d")
    #expect(Hash.digest(t1).hex == "6119210e4e97e16018ce53c2108a18d074383287684dba9534aec73f2165f86e")
    #expect(Hash.digest(t2).hex == "634e6bd31c8e247b4aa153063c3070712de0cddacab31eee1a36087f7450be8d")
  }

  @Test mutating func roundsOneByOne() throws {
    let empty = try execute([])
    #expect(empty.batch.header.stateRoot?.hex == "6feb08feb3bf785d7c76a3bec536f618cb12cc76f5655ff2df87207a7f693330")
    #expect(empty.inputRoot == .empty)
    try accept(empty)
    let first = try execute([t0])
    #expect(first.inputRoot.hex == "356a3659317ba00e353a650dc263fdfc8e4b7d70e7628ce7840249973c17b2f3")
    #expect(first.batch.header.ioRoot?.hex == "cfc873a3d18f3aaff12aff990d0eba864ea9c829e0130ecca6c216dce4d3b74f")
    #expect(first.batch.header.stateRoot?.hex == "772fba972f0c0cc2ee9a20c1d8469d5105eebca27044b034028df4849a789e4e")
    try accept(first)
    let second = try execute([t1])
    #expect(second.inputRoot.hex == "532ec6746e849a6ad33fab0d89ac15a8072a97318ddddffdfce58805dea69297")
    #expect(second.batch.header.ioRoot?.hex == "6e15771b6e99ddd19051e39ed31819b2ea7dd2fb3d111a07618a7620e894f012")
    #expect(second.batch.header.stateRoot?.hex == "44cf84fd9bad6a2fb030854f8a0cb960748dc4c7de6fd57d317d51b5ff88b5a0")
  }

  @Test mutating func oneBatchOfThree() throws {
    let response = try execute([t0, t1, t2])
    #expect(response.inputRoot.hex == "ed30daa83eafc960f889eda65bc43c060a0fab26a9a9032f6e214716bc0f9c29")
    #expect(response.batch.header.ioRoot?.hex == "c0e161a5377d3c9c2cfbb4c922174c6b1cba6f747d1ac7f6fe22b90621dc19ff")
  }

  @Test mutating func messages() throws {
    let arguments = RawCBOR(
      try #require([UInt8](hex: "a1687472616e73666572a262746f55" + String(repeating: "0", count: 42) + "66616d6f756e7440")))
    let response = try execute([t0, t1, t2, transaction(3, "consensus_transfer", arguments)])
    #expect(response.batch.messages?.count == 1)
    #expect(response.batch.header.messagesHash?.hex == "a6b91f974b34a9192efd12025659a768520d2f04e1dae9839677456412cdb2be")
    // The same nonces again: every one is refused by its check.
    try accept(response)
    var next = header
    next.round += 0
    #expect(next.stateRoot == response.batch.header.stateRoot)
  }

  /// No transaction may fail the whole batch: it would be in every batch after, too.
  @Test mutating func whatNoTreeHoldsIsRefused() throws {
    func insert(_ key: String, sender: [UInt8] = [1]) -> [UInt8] {
      KeyValueTransaction(sender: sender, nonce: 0, method: "insert", arguments: RawCBOR(["key": key, "value": "v"].cbor())).cbor()
    }
    let long = String(repeating: "k", count: 8146)
    let batch = [
      insert(String(long.dropLast())), insert(long, sender: [2]), insert("key", sender: [UInt8](repeating: 3, count: 8146)),
      insert("\0abcd", sender: [4]), insert("", sender: [5]),
    ]
    let response = try execute(batch)
    #expect(response.transactionHashes == [batch[0], batch[4]].map { Hash.digest($0) })
    #expect(response.rejectedHashes == batch[1...3].map { Hash.digest($0) })
    try accept(response)
    let next = try execute([insert(long, sender: [6]), t0])
    #expect(next.transactionHashes == [Hash.digest(t0)])
  }

  @Test mutating func aWrongBatchRootEndsTheProcess() throws {
    var request = RuntimeExecuteTxBatchRequest(mode: .execute)
    request.consensusBlock = lightBlock
    request.inputs = [t0]
    request.block.header = header
    #expect(throws: GuestAbort.self) { try dispatcher.answer(.runtimeExecuteTxBatchRequest(request)) }
  }

  /// The epoch stands under a key that a user can name, and is no text from 128 on.
  @Test mutating func valuesThatAreNoText() throws {
    try accept(try execute([]))
    var request = RuntimeExecuteTxBatchRequest(mode: .schedule)
    request.consensusBlock = lightBlock
    request.inputs = [transaction(0, "get", RawCBOR(["key": "\u{2}"].cbor()))]
    request.block.header = header
    for (epoch, output) in [
      (UInt64(5), "\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{5}"), (200, "incomplete utf-8 byte sequence from index 7"),
      (0x80, "invalid utf-8 sequence of 1 bytes from index 7"), (0xe2_41_41, "invalid utf-8 sequence of 1 bytes from index 5"),
      (0xe2_82_41, "invalid utf-8 sequence of 2 bytes from index 5"), (0xe2_82, "incomplete utf-8 byte sequence from index 6"),
    ] {
      request.epoch = epoch
      guard case .runtimeExecuteTxBatchResponse(let response) = try dispatcher.answer(.runtimeExecuteTxBatchRequest(request)) else {
        Issue.record("no round")
        return
      }
      let written = response.batch.ioWriteLog.compactMap(\.value).contains { value in
        value.firstRange(of: Array(output.utf8)) != nil
      }
      #expect(written, "epoch \(epoch)")
    }
  }
}
