import Bytes
import CBOR
import Glibc
import OasisRuntimeSDK
import OasisTypes
import RuntimeProtocol
import Testing

/// A ParaTime that echoes its query.
struct Echo: ParaTime {
  let version = Version(1, 2, 3)
  let initialBatchSize: UInt32 = 7
  func execute(_ batch: [[UInt8]], mode: ExecutionMode, in context: RoundContext) throws -> ExecutedBatch { ExecutedBatch() }
  func check(_ batch: [[UInt8]], in context: RoundContext) throws -> [CheckTxResult] { batch.map { _ in CheckTxResult() } }
  func query(_ method: String, _ arguments: [UInt8], in context: RoundContext) throws -> [UInt8] {
    if method == "identity" { return try context.host.identity().bytes }
    return arguments
  }
}

@Suite struct ConnectionTests {
  /// The host's end of a socket pair with a guest behind the other end, in a thread of its own.
  final class FakeNode {
    let socket: Int32
    var reader = FrameReader(limit: FrameLimit.host, mode: .rpc)

    init() {
      var ends: [Int32] = [0, 0]
      socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
      socket = ends[0]
      let other = ends[1]
      var thread = pthread_t()
      let argument = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
      argument.pointee = other
      pthread_create(
        &thread, nil,
        { argument in
          guard let socket = argument?.assumingMemoryBound(to: Int32.self).pointee else { return nil }
          Guest.serve(Echo(), HostConnection(socket: socket))
          return nil
        }, argument)
    }

    deinit { close(socket) }

    func send(_ message: RuntimeMessage) throws { send(try message.frame()) }
    func send(_ bytes: [UInt8]) { _ = bytes.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, 0) } }

    func receive() throws -> RuntimeMessage {
      while true {
        if let message = try reader.next() { return message }
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = recv(socket, &bytes, bytes.count, 0)
        try #require(count > 0)
        reader.append(bytes.prefix(count))
      }
    }
  }

  /// Sheet 07 E.3: a ping before anything else.
  @Test func answersAPing() throws {
    let node = FakeNode()
    node.send(
      try #require([UInt8](hex: "0000002da36269640064626f6479a17252756e74696d6550696e6752657175657374a06c6d6573736167655f7479706501")))
    #expect(try node.receive() == RuntimeMessage(id: 0, kind: .response, body: .empty(EmptyMessage())))
  }

  @Test func initialisesOnceAndCallsTheHostWhileAnswering() throws {
    let node = FakeNode()
    try node.send(RuntimeMessage(id: 1, kind: .request, body: .runtimeConsensusSyncRequest(RuntimeConsensusSyncRequest(height: 1))))
    #expect(try node.receive().body == .error(.dispatch("host info not configured")))
    var info = RuntimeInfoRequest()
    info.consensusBackend = "tendermint"
    try node.send(RuntimeMessage(id: 2, kind: .request, body: .runtimeInfoRequest(info)))
    guard case .runtimeInfoResponse(let answer) = try node.receive().body else {
      Issue.record("no answer")
      return
    }
    #expect(answer.protocolVersion == Version(5, 1, 0))
    #expect(answer.runtimeVersion == Version(1, 2, 3))
    #expect(answer.features.scheduleControl?.initialBatchSize == 7)
    try node.send(RuntimeMessage(id: 3, kind: .request, body: .runtimeInfoRequest(info)))
    #expect(try node.receive().body == .error(.dispatch("already initialized")))
    try node.send(RuntimeMessage(id: 4, kind: .request, body: .runtimeConsensusSyncRequest(RuntimeConsensusSyncRequest(height: 9))))
    let call = try node.receive()
    #expect(call.kind == .request)
    #expect(call.body == .hostFetchConsensusBlockRequest(HostFetchConsensusBlockRequest(height: 9)))
    // A ping is answered while the guest waits for its own call.
    try node.send(RuntimeMessage(id: 5, kind: .request, body: .runtimePingRequest(RuntimePingRequest())))
    #expect(try node.receive() == RuntimeMessage(id: 5, kind: .response, body: .empty(EmptyMessage())))
    var block = HostFetchConsensusBlockResponse()
    block.block.height = 9
    try node.send(call.answer(.hostFetchConsensusBlockResponse(block)))
    let synced = try node.receive()
    #expect(synced.id == 4)
    #expect(synced.body == .runtimeConsensusSyncResponse(RuntimeConsensusSyncResponse()))
  }

  /// What cannot be decoded gets no answer, and the connection goes on (sheet 07 C.1).
  @Test func ignoresWhatItCannotDecode() throws {
    let node = FakeNode()
    node.send([0, 0, 0, 2, 0xa1, 0xff])
    node.send([0, 0, 0, 1, 0xf6])
    try node.send(RuntimeMessage(id: 8, kind: .response, body: .empty(EmptyMessage())))
    try node.send(RuntimeMessage(id: 9, kind: .request, body: .runtimeAbortRequest(RuntimeAbortRequest())))
    #expect(try node.receive() == RuntimeMessage(id: 9, kind: .response, body: .error(.dispatch("method not supported"))))
  }
}
