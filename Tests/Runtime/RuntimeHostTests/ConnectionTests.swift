import AsyncIO
import CBOR
import OasisTypes
import RuntimeProtocol
import Telemetry
import Testing

@testable import RuntimeHost

@Suite("Connections to runtimes (07 C.3)", .timeLimit(.minutes(2))) struct RuntimeConnectionTests {
  /// A request whose message is a little longer than `size` bytes.
  private static func request(_ id: UInt64, _ size: Int) throws -> [UInt8] {
    var request = HostLocalStorageSetRequest()
    (request.key, request.value) = ([1], [UInt8](repeating: 7, count: size))
    return try RuntimeMessage(id: id, kind: .request, body: .hostLocalStorageSetRequest(request)).frame()
  }

  @IO @Test func longRequestsAtOnceEndTheConnection() async throws {
    let (host, guest) = try Descriptor.socketPair()
    let connection = RuntimeConnection(try ByteStream(host), handler: TestNode(), log: .silent, longestWork: 2000)
    let peer = try ByteStream(guest)
    // Nothing is answered before the connection is ready, and one write is read at once.
    try await peer.write(try Self.request(0, 800) + Self.request(1, 800) + Self.request(2, 800))
    #expect(await connection.run() == "requests of more than 2000 bytes at once")
    #expect(!connection.isReady)
  }

  @IO @Test func answeredRequestsCountNoMore() async throws {
    let (host, guest) = try Descriptor.socketPair()
    let connection = RuntimeConnection(try ByteStream(host), handler: TestNode(), log: .silent, longestWork: 2000)
    let peer = try ByteStream(guest)
    var reader = FrameReader(limit: FrameLimit.host, mode: .rpc)
    func next() async throws -> RuntimeMessage {
      while true {
        if let message = try reader.next() { return message }
        let bytes = try await peer.read()
        if bytes.isEmpty { throw IOError.endOfStream }
        reader.append(bytes)
      }
    }
    let running = Task { await connection.run() }
    let ready = Task { try await connection.initialize(RuntimeInfoRequest(), within: .seconds(60)) }
    var information = RuntimeInfoResponse()
    information.protocolVersion = RuntimeConnection.protocolVersion
    let question = try await next()
    try await peer.write(try RuntimeMessage(id: question.id, kind: .response, body: .runtimeInfoResponse(information)).frame())
    _ = try await ready.value
    for id in UInt64(0)..<10 {
      try await peer.write(try Self.request(id, 1500))
      let answer = try await next()
      #expect(answer.id == id && answer.kind == .response)
    }
    connection.close()
    #expect(await running.value == "use of closed network connection")
  }
}
