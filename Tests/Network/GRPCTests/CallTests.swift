import AsyncIO
import Bytes
import Synchronization
import Testing

@testable import GRPC

@Suite("gRPC calls", .timeLimit(.minutes(5))) struct CallTests {
  @Test func unary() async throws {
    let server = try await TestServer()
    let client = server.client()
    #expect(try await client.unary("/t.Test/Echo", [1, 2, 3]) == [1, 2, 3])
    #expect(try await client.unary("/t.Test/Void", []) == [])
    let big = (0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    #expect(try await client.unary("/t.Test/Echo", big) == big)
    #expect(try await client.unary("/t.Test/Metadata", [], metadata: [.init("x-a", "b")]) == Array("x-a=b".utf8))
    await server.server.stop(grace: .zero)
    #expect(server.finished.withLock { $0.map(\.path) } == ["/t.Test/Echo", "/t.Test/Void", "/t.Test/Echo", "/t.Test/Metadata"])
    #expect(server.finished.withLock { $0.map(\.sequence) } == [1, 2, 3, 4])
  }

  @Test func statusWithDetail() async throws {
    let server = try await TestServer()
    let client = server.client()
    let detail = [UInt8](hex: "a264636f646501666d6f64756c6567636f6e74726f6c")
    await #expect(throws: GRPCStatus(.unknown, "control: not implemented", detail: detail)) { try await client.unary("/t.Test/Fail", []) }
    await #expect(throws: GRPCStatus(.unknown, "odd: 100 % of ünïcode\n")) { try await client.unary("/t.Test/Odd", []) }
    await #expect(throws: GRPCStatus(.unimplemented, "unknown method No for service t.Test")) { try await client.unary("/t.Test/No", []) }
    await #expect(throws: GRPCStatus(.unimplemented, "unknown service no.Such")) { try await client.unary("/no.Such/No", []) }
  }

  @Test func recordedTrailer() {
    let status = GRPCStatus(.unknown, "control: not implemented", detail: [UInt8](hex: "a264636f646501666d6f64756c6567636f6e74726f6c"))
    #expect(
      status.trailers == [
        .init("grpc-status", "2"), .init("grpc-message", "control: not implemented"),
        .init("grpc-status-details-bin", "CAISGGNvbnRyb2w6IG5vdCBpbXBsZW1lbnRlZBoYEhaiZGNvZGUBZm1vZHVsZWdjb250cm9s"),
      ])
    #expect(GRPCStatus(trailers: status.trailers) == status)
    #expect(percentDecoded(percentEncoded("a%ä\n")) == "a%ä\n")
  }

  @Test func manyAtOnce() async throws {
    let server = try await TestServer()
    let client = server.client()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<1000 {
        group.addTask {
          let message = Array("\(number)".utf8)
          let answer = try await client.unary("/t.Test/Echo", message)
          #expect(answer == message)
        }
      }
      try await group.waitForAll()
    }
  }

  @Test func streams() async throws {
    let server = try await TestServer()
    let client = server.client()
    var count = 0
    for try await message in try await client.serverStreaming("/t.Test/Count", Array("20000".utf8)) {
      #expect(message == Array("\(count)".utf8))
      count += 1
    }
    #expect(count == 20_000)
    var got: [[UInt8]] = []
    await #expect(throws: GRPCStatus(.notFound, "late")) {
      for try await message in try await client.serverStreaming("/t.Test/FailLate", []) { got.append(message) }
    }
    #expect(got == [[1]])
  }

  @Test func aSlowOrGoneReaderHoldsTheHandler() async throws {
    let server = try await TestServer()
    let client = server.client()
    do {
      let iterator = try await client.serverStreaming("/t.Test/Flood", []).makeAsyncIterator()
      #expect(try await iterator.next()?.count == 100_000)
      try await IO.sleep(for: .milliseconds(100))
      #expect(server.cancelled.load(ordering: .relaxed) == 0)
    }
    // The iterator is gone: the call is cancelled, its handler too.
    #expect(try await TestServer.eventually { server.cancelled.load(ordering: .relaxed) == 1 })
    #expect(try await TestServer.eventually { server.finished.withLock { !$0.isEmpty } })
    let sent = server.finished.withLock { $0.last?.messages ?? 0 }
    #expect(sent > 0 && sent < 200, "back-pressure: \(sent) messages of 100 kB")
    #expect(server.finished.withLock { $0.last?.status?.code } == .cancelled)
  }

  @Test func deadlinesAndCancellation() async throws {
    let server = try await TestServer()
    let client = server.client()
    await #expect(throws: GRPCStatus(.deadlineExceeded, "context deadline exceeded")) {
      try await client.unary("/t.Test/Wait", [], timeout: .milliseconds(50))
    }
    // On a busy machine the deadline may pass before the handler begins.
    let allEnd: @Sendable () -> Bool = { server.cancelled.load(ordering: .relaxed) == server.started.load(ordering: .relaxed) }
    #expect(try await TestServer.eventually(allEnd))
    let before = server.started.load(ordering: .relaxed)
    let waiting = Task { try await client.unary("/t.Test/Wait", []) }
    #expect(try await TestServer.eventually { server.started.load(ordering: .relaxed) > before })
    waiting.cancel()
    await #expect(throws: GRPCStatus(.cancelled, "context canceled")) { try await waiting.value }
    #expect(try await TestServer.eventually(allEnd))
  }

  @Test func unreachable() async throws {
    let client = GRPCClient(.unix("/tmp/no-such-socket"))
    await #expect(
      throws: GRPCStatus(
        .unavailable,
        "connection error: desc = \"transport: Error while dialing: dial unix /tmp/no-such-socket: connect: no such file or directory\"")
    ) { try await client.unary("/t.Test/Echo", []) }
    var options = GRPCClient.Options()
    options.waitForReady = true
    let patient = GRPCClient(.unix("/tmp/no-such-socket"), options: options)
    await #expect(throws: GRPCStatus(.deadlineExceeded, "context deadline exceeded")) {
      try await patient.unary("/t.Test/Echo", [], timeout: .milliseconds(200))
    }
  }

  @Test func limits() async throws {
    let server = try await TestServer { $0.messageSize = 1000 }
    let client = server.client()
    await #expect(throws: GRPCStatus(.resourceExhausted, "grpc: received message larger than max (1001 vs. 1000)")) {
      try await client.unary("/t.Test/Echo", [UInt8](repeating: 0, count: 1001))
    }
    #expect(try await client.unary("/t.Test/Echo", [UInt8](repeating: 0, count: 1000)).count == 1000)
    let strict = server.client { $0.messageSize = 10 }
    await #expect(throws: GRPCStatus(.resourceExhausted, "grpc: received message larger than max (11 vs. 10)")) {
      try await strict.unary("/t.Test/Echo", [UInt8](repeating: 0, count: 11))
    }
  }

  @Test func stopLetsCallsEnd() async throws {
    let server = try await TestServer()
    let client = server.client()
    let iterator = try await client.serverStreaming("/t.Test/Count", Array("40000".utf8)).makeAsyncIterator()
    #expect(try await iterator.next() == Array("0".utf8))
    async let stopping: Void = server.server.stop(grace: .seconds(120))  // a busy machine takes its time
    var count = 1
    while try await iterator.next() != nil { count += 1 }
    #expect(count == 40_000)
    await stopping
    await #expect(throws: GRPCStatus.self) { try await client.unary("/t.Test/Echo", []) }
  }

  @Test func reconnects() async throws {
    let server = try await TestServer()
    let client = server.client()
    #expect(try await client.unary("/t.Test/Echo", [1]) == [1])
    await client.close()
    #expect(try await client.unary("/t.Test/Echo", [2]) == [2])
  }

  @Test(arguments: [
    ("1S", Duration.seconds(1)), ("99999999n", .nanoseconds(99_999_999)), ("2H", .seconds(7200)), ("", nil), ("100000000S", nil),
    ("5x", nil),
  ])
  func timeouts(_ text: String, _ value: Duration?) {
    #expect(GRPCTimeout.parse(text) == value)
    if let value, let again = GRPCTimeout.parse(GRPCTimeout.text(value)) { #expect(again >= value && again <= value + .seconds(3600)) }
  }
}
