import AsyncIO
import Foundation
import GRPC
import Synchronization
import Testing

/// A client that speaks HTTP/2 frames by hand, as none should.
@IO final class RawClient {
  private let stream: ByteStream
  private(set) var received: [UInt8] = []
  private(set) var isCut = false

  init(_ path: String) async throws {
    stream = try await ByteStream.connect(to: .unix(path))
    try await stream.write(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + Self.frame(4))
  }

  isolated deinit { stream.close() }

  nonisolated static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
    let size = payload.count
    return [UInt8(size >> 16 & 0xFF), UInt8(size >> 8 & 0xFF), UInt8(size & 0xFF), type, flags]
      + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: stream >> $0) } + payload
  }

  /// Whether the bytes were taken; false once the server has cut the connection.
  @discardableResult
  func send(_ bytes: [UInt8]) async -> Bool {
    if isCut { return false }
    do { try await IO.withTimeout(.seconds(10)) { [stream] in try await stream.write(bytes) } } catch { isCut = true }
    return !isCut
  }

  /// The header block of a call, to be sent in HEADERS.
  nonisolated static func head(
    _ path: String, _ more: [(String, String)] = [], type: String = "application/grpc+cbor", method: String = "POST"
  ) -> [UInt8] {
    let fields =
      [(":method", method), (":scheme", "http"), (":path", path), (":authority", "localhost"), ("content-type", type), ("te", "trailers")]
      + more
    var block: [UInt8] = []
    for (name, value) in fields {
      // Never indexed, without Huffman: a literal with its lengths, which any decoder takes.
      block += [0x10] + Self.length(name.utf8.count) + Array(name.utf8) + Self.length(value.utf8.count) + Array(value.utf8)
    }
    return block
  }

  private nonisolated static func length(_ count: Int) -> [UInt8] {
    if count < 127 { return [UInt8(count)] }
    var (rest, out) = (count - 127, [UInt8(127)])
    while rest >= 128 {
      out.append(UInt8(rest % 128) | 128)
      rest /= 128
    }
    return out + [UInt8(rest)]
  }

  nonisolated static func message(_ bytes: [UInt8], compressed: Bool = false, size: Int? = nil) -> [UInt8] {
    let size = size ?? bytes.count
    return [compressed ? 1 : 0] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) } + bytes
  }

  /// A whole call on a stream.
  func call(_ path: String, stream: UInt32, _ body: [UInt8], _ more: [(String, String)] = []) async -> Bool {
    await send(Self.frame(1, flags: 4, stream: stream, Self.head(path, more)) + Self.frame(0, flags: 1, stream: stream, body))
  }

  /// Reads until the server closes, or `isDone` says so; false after ten seconds without a byte.
  @discardableResult
  func read(until isDone: @Sendable ([UInt8]) -> Bool = { _ in false }) async -> Bool {
    while !isDone(received) {
      do {
        let more = try await IO.withTimeout(.seconds(10)) { [stream] in try await stream.read() }
        if more.isEmpty {
          isCut = true
          return true
        }
        received += more
      } catch IOError.timedOut { return false } catch {
        isCut = true
        return true
      }
    }
    return true
  }

  /// Types and error codes (of RST_STREAM and GOAWAY) of the frames that came.
  nonisolated static func frames(in bytes: [UInt8]) -> [(type: UInt8, stream: UInt32, error: UInt32?)] {
    var (rest, found) = (bytes[...], [(UInt8, UInt32, UInt32?)]())
    func number(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }
    while rest.count >= 9 {
      let head = Array(rest.prefix(9))
      let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
      let payload = rest.dropFirst(9).prefix(length)
      let error: UInt32? =
        switch head[3] {
        case 3: number(payload.prefix(4))
        case 7: number(payload.dropFirst(4).prefix(4))
        default: nil
        }
      found.append((head[3], number(head[5...8]), error))
      rest = rest.dropFirst(9 + length)
    }
    return found
  }
}

@Suite("Hostile bytes", .timeLimit(.minutes(5))) struct HostileTests {
  @Test func rubbishIsCutOff() async throws {
    let server = try await TestServer()
    let stream = try await ByteStream.connect(to: .unix(server.path))
    try await stream.write(Array("GET / HTTP/1.1\r\n\r\n".utf8))
    var total = 0
    while let bytes = try? await stream.read(), !bytes.isEmpty { total += bytes.count }
    #expect(total < 1000)
    #expect(try await server.client().unary("/t.Test/Echo", [1]) == [1])
  }

  @Test func silenceIsCutOff() async throws {
    let server = try await TestServer { $0.handshake = .milliseconds(50) }
    let stream = try await ByteStream.connect(to: .unix(server.path))
    while let bytes = try? await stream.read(), !bytes.isEmpty {}
  }

  @Test func idleConnectionsAreClosed() async throws {
    let server = try await TestServer { $0.idle = .milliseconds(50) }
    let client = server.client()
    #expect(try await client.unary("/t.Test/Echo", [1]) == [1])
    while await server.server.connectionCount > 0 { try await IO.sleep(for: .milliseconds(5)) }
    // The client sees it in its own time; until then it may use the connection that is no more.
    while (try? await client.unary("/t.Test/Echo", [1])) != [1] { try await IO.sleep(for: .milliseconds(5)) }
  }
}

@Suite("Hostile HTTP/2", .timeLimit(.minutes(2))) struct HostileHTTP2Tests {
  /// A server that cuts floods of more than 2,000 frames, however slowly this machine reads them.
  private func server(_ change: (inout GRPCServer.Limits) -> Void = { _ in }) async throws -> TestServer {
    try await TestServer {
      $0.controlFrames = 2000
      $0.controlWindow = .seconds(100)
      change(&$0)
    }
  }

  /// The node lives: another client is served.
  private func expectService(_ server: TestServer) async throws {
    #expect(try await server.client().unary("/t.Test/Echo", [1]) == [1])
  }

  /// Sends `burst` again and again until the server cuts the connection.
  private func flood(_ server: TestServer, _ burst: [UInt8], times: Int = 200) async throws {
    let client = try await RawClient(server.path)
    for _ in 0..<times where await client.send(burst) {}
    #expect(await client.read(), "the connection was not cut")
    #expect(await client.isCut)
    try await expectService(server)
  }

  @Test(arguments: [
    ("PING", RawClient.frame(6, [UInt8](repeating: 1, count: 8))),
    ("SETTINGS", RawClient.frame(4, [0, 4, 0, 0, 255, 255])),
    ("WINDOW_UPDATE", RawClient.frame(8, [0, 0, 0, 1])),
    ("PRIORITY", RawClient.frame(2, stream: 5, [0, 0, 0, 0, 16])),
  ])
  func floodsOfFramesThatMoveNothing(_ name: String, _ frame: [UInt8]) async throws {
    let burst = (0..<100).flatMap { _ in frame }
    try await flood(try await server(), burst)
  }

  @Test func floodOfEmptyData() async throws {
    let server = try await server()
    let client = try await RawClient(server.path)
    await client.send(RawClient.frame(1, flags: 4, stream: 1, RawClient.head("/t.Test/Echo")))
    let burst = (0..<100).flatMap { _ in RawClient.frame(0, stream: 1) }
    for _ in 0..<200 where await client.send(burst) {}
    #expect(await client.read(), "the connection was not cut")
    try await expectService(server)
  }

  @Test func headersThatNeverEnd() async throws {
    let server = try await server()
    let client = try await RawClient(server.path)
    await client.send(RawClient.frame(1, stream: 1, RawClient.head("/t.Test/Echo")))
    let burst = (0..<20).flatMap { _ in
      RawClient.frame(9, stream: 1, [0x10, 1, 0x61] + [0x7F, 0xC0, 1] + [UInt8](repeating: 0x62, count: 319))
    }
    for _ in 0..<1000 where await client.send(burst) {}
    #expect(await client.read(), "the connection was not cut")
    try await expectService(server)
  }

  @Test func continuationsWithoutContent() async throws {
    let server = try await server()
    let client = try await RawClient(server.path)
    await client.send(RawClient.frame(1, stream: 1, RawClient.head("/t.Test/Echo")))
    let burst = (0..<100).flatMap { _ in RawClient.frame(9, stream: 1) }
    for _ in 0..<200 where await client.send(burst) {}
    #expect(await client.read(), "the connection was not cut")
    try await expectService(server)
  }

  @Test func rapidReset() async throws {
    let server = try await server()
    let client = try await RawClient(server.path)
    var stream: UInt32 = 1
    for _ in 0..<200 {
      var burst: [UInt8] = []
      for _ in 0..<50 {
        burst +=
          RawClient.frame(1, flags: 5, stream: stream, RawClient.head("/t.Test/Wait")) + RawClient.frame(3, stream: stream, [0, 0, 0, 8])
        stream += 2
      }
      if !(await client.send(burst)) { break }
    }
    #expect(await client.read(), "the connection was not cut")
    try await expectService(server)
  }

  @Test func moreCallsThanAllowed() async throws {
    let server = try await server { $0.streamsPerConnection = 10 }
    let client = try await RawClient(server.path)
    for number in 0..<30 { _ = await client.call("/t.Test/Wait", stream: UInt32(number * 2 + 1), RawClient.message([])) }
    #expect(await client.read { RawClient.frames(in: $0).count { $0.type == 3 && $0.error == 7 } == 20 }, "20 are refused")
    try await expectService(server)
  }

  @Test func aClientThatNeverReads() async throws {
    let server = try await server { $0.stall = .milliseconds(300) }
    let client = try await RawClient(server.path)
    // Windows as large as can be: nothing but the socket holds the answers back.
    await client.send(RawClient.frame(4, [0, 4, 0x7F, 0xFF, 0xFF, 0xFF]) + RawClient.frame(8, [0x7F, 0, 0, 0]))
    for number in 0..<20 { _ = await client.call("/t.Test/Flood", stream: UInt32(number * 2 + 1), RawClient.message([])) }
    // The connection is cut, perhaps before all calls were read, and the handlers end with it.
    #expect(
      try await TestServer.eventually {
        let ended = server.finished.withLock { $0.count { $0.path == "/t.Test/Flood" } }
        return ended > 0 && server.cancelled.load(ordering: .relaxed) == ended
      })
    try await expectService(server)
  }

  @Test func aClientThatOpensNoWindow() async throws {
    let server = try await server { $0.unreadPerConnection = 2_000_000 }
    let client = try await RawClient(server.path)
    await client.send(RawClient.frame(4, [0, 4, 0, 0, 0, 0]))  // no answer may be sent at all
    let body = RawClient.message([UInt8](repeating: 7, count: 1_000_000))
    for number in 0..<8 {
      let stream = UInt32(number * 2 + 1)
      await client.send(RawClient.frame(1, flags: 4, stream: stream, RawClient.head("/t.Test/Echo")))
      for start in stride(from: 0, to: body.count, by: 16_000) {
        let end = min(start + 16_000, body.count)
        await client.send(RawClient.frame(0, flags: end == body.count ? 1 : 0, stream: stream, Array(body[start..<end])))
      }
    }
    // Those beyond the limit are answered with an error, in headers, which need no window.
    #expect(try await TestServer.eventually { server.finished.withLock { $0.contains { $0.status?.code == .resourceExhausted } } })
    try await expectService(server)
  }

  @Test(
    arguments: [
      ("compressed", RawClient.message([1], compressed: true), [], 13), ("too large", RawClient.message([1], size: 2_000_000_000), [], 8),
      ("truncated", RawClient.message([1], size: 100), [], 13), ("no message", [], [], 13),
      ("two", RawClient.message([1]) + RawClient.message([2]), [], 13),
      ("gzip", RawClient.message([1], compressed: true), [("grpc-encoding", "gzip")], 12),
      ("bad timeout", RawClient.message([1]), [("grpc-timeout", "soon")], 13),
    ] as [(String, [UInt8], [(String, String)], Int)])
  func messagesThatAreNone(_ name: String, _ body: [UInt8], _ fields: [(String, String)], _ code: Int) async throws {
    let server = try await server()
    let client = try await RawClient(server.path)
    _ = await client.call("/t.Test/Echo", stream: 1, body, fields)
    #expect(try await TestServer.eventually { server.finished.withLock { $0.first?.status?.code.rawValue == code } })
    // The same connection goes on.
    _ = await client.call("/t.Test/Echo", stream: 3, RawClient.message([1]))
    #expect(try await TestServer.eventually { server.finished.withLock { $0.contains { $0.status == nil } } })
    try await expectService(server)
  }

  @Test(arguments: [("text/html", "POST", "/t.Test/Echo"), ("application/grpc", "GET", "/t.Test/Echo"), ("application/json", "POST", "x")])
  func requestsThatAreNotOfGRPC(_ type: String, _ method: String, _ path: String) async throws {
    let server = try await server()
    let client = try await RawClient(server.path)
    await client.send(RawClient.frame(1, flags: 5, stream: 1, RawClient.head(path, type: type, method: method)))
    #expect(await client.read { bytes in bytes.count > 60 })
    try await expectService(server)
  }

  @Test func framesThatBreakTheProtocol() async throws {
    let frames: [[UInt8]] = [
      RawClient.frame(0, stream: 9, [1]),  // DATA on a stream that is not open
      RawClient.frame(9, stream: 1),  // CONTINUATION without HEADERS
      RawClient.frame(6, [1]),  // PING of a wrong size
      RawClient.frame(4, [1]),  // SETTINGS of a wrong size
      RawClient.frame(8, [0, 0, 0, 0]),  // a window that does not grow
      RawClient.frame(1, flags: 5, stream: 2, [0x82]),  // a stream of the server's
      RawClient.frame(5, flags: 4, stream: 1, [0, 0, 0, 2, 0x82]),  // PUSH_PROMISE
      [0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 1],  // a frame larger than allowed
      RawClient.frame(1, flags: 5, stream: 1, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),  // a header block that is none
    ]
    let server = try await server()
    for frame in frames {
      let client = try await RawClient(server.path)
      await client.send(frame)
      #expect(await client.read { RawClient.frames(in: $0).contains { $0.type == 7 } }, "no GOAWAY after \(frame)")
    }
    try await expectService(server)
  }

  @Test func randomFrames() async throws {
    let server = try await server()
    var random = SystemRandomNumberGenerator()
    for _ in 0..<40 {
      let client = try await RawClient(server.path)
      for _ in 0..<50 {
        let payload = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        let frame = RawClient.frame(
          .random(in: 0...10, using: &random), flags: .random(in: 0...255, using: &random), stream: .random(in: 0...5, using: &random),
          payload)
        if !(await client.send(frame)) { break }
      }
    }
    try await expectService(server)
  }
}
