import AsyncIO
import Foundation
import FuzzSupport
import Testing

@testable import GRPC

/// Takes everything, answers what is complete.
@IO private final class Taker: HTTP2Owner {
  weak var session: HTTP2Session?
  var readers: [Int32: MessageReader] = [:]
  var body: [UInt8] = []
  var fields = 0

  func received(_ field: HeaderField, on stream: Int32) -> Bool {
    fields += 1
    if field.name == "grpc-timeout" { _ = GRPCTimeout.parse(field.value).map { GRPCTimeout.text($0) } }
    _ = percentDecoded(field.value)
    return true
  }
  func receivedHeaders(on stream: Int32, isFirst: Bool) { readers[stream] = MessageReader(limit: 1 << 16) }
  func received(_ bytes: UnsafeRawBufferPointer, on stream: Int32) {
    readers[stream]?.append(bytes)
    do { while try readers[stream]?.next() != nil {} } catch { session?.reset(stream, HTTP2Error.cancel) }
  }
  func receivedEnd(of stream: Int32) { session?.respond(stream, [HeaderField(":status", "200")], body: true) }
  func sentEnd(of stream: Int32) {}
  func closed(_ stream: Int32, error: UInt32) { readers[stream] = nil }
  func fill(_ room: UnsafeMutableRawBufferPointer, for stream: Int32) -> HTTP2Filled {
    let count = min(room.count, body.count)
    room.copyBytes(from: body.prefix(count))
    return .trailers(count, [HeaderField("grpc-status", "0")])
  }
  func goingAway(lastStream: Int32) {}
}

private let settings = HTTP2Session.Settings(
  maxConcurrentStreams: 100, streamWindow: 1 << 20, connectionWindow: 1 << 22, maxHeaderListSize: 1 << 16, manualWindow: false)

/// What a client of this library sends for a few calls.
@IO private func connection(_ calls: Int) -> [UInt8] {
  let owner = ClientSide()
  let session = HTTP2Session(server: false, owner: owner, settings)
  for number in 0..<calls {
    _ = session.request([
      HeaderField(":method", "POST"), HeaderField(":scheme", "http"), HeaderField(":path", "/t.Test/Echo"), HeaderField(":authority", "x"),
      HeaderField("content-type", "application/grpc"), HeaderField("te", "trailers"), HeaderField("grpc-timeout", "\(number + 1)S"),
    ])
  }
  return session.output(limit: 1 << 20)
}

/// What a server sends back.
@IO private func answer(_ bytes: [UInt8]) -> [UInt8] {
  let taker = Taker()
  let server = HTTP2Session(server: true, owner: taker, settings)
  taker.session = server
  _ = server.receive(bytes)
  return server.output(limit: 1 << 20)
}

/// Feeds a new connection in two pieces; whether it goes on.
@IO private func isSound(_ bytes: [UInt8], isServer: Bool) -> Bool {
  let taker = Taker()
  let session = HTTP2Session(server: isServer, owner: taker, settings)
  taker.session = session
  if !isServer { _ = session.request([HeaderField(":method", "POST"), HeaderField(":path", "/a"), HeaderField(":scheme", "http")]) }
  let half = bytes.count / 2
  var isSound = session.receive(Array(bytes[..<half]))
  _ = session.output(limit: 1 << 20)
  if isSound { isSound = session.receive(Array(bytes[half...])) }
  if session.output(limit: 1 << 22).count > 1 << 21 { fatalError("an answer without an end") }
  return isSound && !session.isFinished
}

private struct Refused: Error {}

@IO private final class ClientSide: HTTP2Owner {
  func received(_ field: HeaderField, on stream: Int32) -> Bool { true }
  func receivedHeaders(on stream: Int32, isFirst: Bool) {}
  func received(_ bytes: UnsafeRawBufferPointer, on stream: Int32) {}
  func receivedEnd(of stream: Int32) {}
  func sentEnd(of stream: Int32) {}
  func closed(_ stream: Int32, error: UInt32) {}
  func fill(_ room: UnsafeMutableRawBufferPointer, for stream: Int32) -> HTTP2Filled {
    let frame = MessageReader.frame([1, 2, 3])
    room.copyBytes(from: frame)
    return .last(frame.count)
  }
  func goingAway(lastStream: Int32) {}
}

/// Frames that an attacker would make, each with its head.
private let frames: [[UInt8]] = {
  func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8], length: Int? = nil) -> [UInt8] {
    let size = length ?? payload.count
    return [UInt8(size >> 16 & 0xff), UInt8(size >> 8 & 0xff), UInt8(size & 0xff), type, flags]
      + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: stream >> $0) } + payload
  }
  return [
    frame(4, 0, 0, []), frame(4, 1, 0, []), frame(4, 0, 0, [0, 4, 0x7f, 0xff, 0xff, 0xff]), frame(4, 0, 0, [0, 5, 0xff, 0xff, 0xff, 0xff]),
    frame(6, 0, 0, [UInt8](repeating: 1, count: 8)), frame(3, 0, 1, [0, 0, 0, 8]), frame(7, 0, 0, [0, 0, 0, 1, 0, 0, 0, 0]),
    frame(8, 0, 0, [0x7f, 0xff, 0xff, 0xff]), frame(8, 0, 1, [0, 0, 0, 0]), frame(2, 0, 1, [0, 0, 0, 1, 5]),
    frame(0, 1, 1, [0, 0, 0, 0, 0]),
    frame(0, 0, 1, [0, 0xff, 0xff, 0xff, 0xff]), frame(0, 0, 1, [1, 0, 0, 0, 0]), frame(0, 8, 1, [0xff]),
    frame(1, 4, 3, [0x82, 0x84, 0x86]), frame(1, 0, 5, [0x40]), frame(9, 4, 5, [0x0a]), frame(9, 0, 1, []),
    frame(1, 5, 7, [0x3f, 0xff, 0xff, 0xff]),
    frame(0, 0, 1, [], length: 0xff_ffff), frame(5, 4, 1, [0, 0, 0, 2, 0x82]), frame(0xbb, 0xff, 9, [1, 2]),
  ]
}()

@Suite("gRPC: any input", .timeLimit(.minutes(30))) struct GRPCFuzzTests {
  /// The connection as such, as a server and as a client.
  @Test func connectionsAreReadOrRefused() async {
    await #expect(processExitsWith: .success) {
      await Task { @IO in
        let good = [connection(1), connection(3)]
        let answer = answer(good[0])
        fuzz(
          "HTTP/2 connections", memory: 128, tokens: frames,
          forms: [
            FuzzForm("server", samples: good) { bytes, _ in
              guard IO.assumeIsolated({ isSound(bytes, isServer: true) }) else { throw Refused() }
            },
            FuzzForm("client", samples: [answer]) { bytes, _ in
              guard IO.assumeIsolated({ isSound(bytes, isServer: false) }) else { throw Refused() }
            },
          ])
      }.value
    }
  }

  @Test func messagesAndStatusAreReadOrRefused() async {
    await #expect(processExitsWith: .success) {
      let good = [MessageReader.frame([1, 2, 3]) + MessageReader.frame([]), MessageReader.frame([UInt8](repeating: 7, count: 900))]
      let tokens: [[UInt8]] = [[0, 0, 0, 0, 0], [0, 0xff, 0xff, 0xff, 0xff], [1, 0, 0, 0, 1], [0, 0, 0x10, 0, 0]]
      let status: [UInt8] = Array("4".utf8)
      fuzz(
        "gRPC messages", memory: 64, tokens: tokens,
        forms: [
          FuzzForm("messages", samples: good) { bytes, number in
            var reader = MessageReader(limit: 1024)
            let size = 1 + number % 11
            for start in stride(from: 0, to: bytes.count, by: size) {
              bytes[start..<min(bytes.count, start + size)].withUnsafeBytes { reader.append($0) }
              while try reader.next() != nil {}
              if reader.buffered > 1024 + 5 + size { fatalError("holds \(reader.buffered) bytes") }
            }
          },
          FuzzForm("trailers") { bytes, _ in
            let text = String(decoding: bytes, as: UTF8.self)
            let encoded = percentEncoded(text)
            if percentDecoded(encoded) != text { fatalError("percent coding loses \(text)") }
            _ = GRPCTimeout.parse(text).map { GRPCTimeout.text($0) }
            guard
              let found = GRPCStatus(trailers: [
                HeaderField("grpc-status", bytes.first.map { $0 < 128 ? "\($0)" : text } ?? String(decoding: status, as: UTF8.self)),
                HeaderField("grpc-message", text), HeaderField("grpc-status-details-bin", text),
              ])
            else { throw Refused() }
            _ = GRPCStatus.detail(inStatusMessage: bytes)
            _ = "\(found)"
          },
        ])
    }
  }

  /// A whole server on a socket: it ends the connection, and still answers others.
  @Test func aServerLives() async throws {
    let server = try await TestServer()
    var fuzzer = Fuzzer(seed: 9, corpus: [await connection(2), await connection(1)], tokens: frames)
    let count = ProcessInfo.processInfo.environment["FUZZ_COUNT"].flatMap { Int($0) } ?? 2000
    for number in 0..<max(100, count / 10) {
      try await feed(fuzzer.input(), to: server.path)
      guard number % 100 == 0 else { continue }
      let client = server.client()
      #expect(try await client.unary("/t.Test/Echo", [5]) == [5])
      await client.close()
    }
  }

  /// Sends an input, ends our side, and reads until the server ends its own.
  @IO private func feed(_ input: [UInt8], to path: String) async throws {
    let stream = try await ByteStream.connect(to: .unix(path))
    defer { stream.close() }
    async let sending: Void? = try? stream.write(input)
    if await sending != nil { try? await stream.finishWriting() }
    while let bytes = try? await stream.read(), !bytes.isEmpty {}
  }
}
