import AsyncIO
import Foundation
import FoundationNetworking
import Testing

@testable import HTTP

@Suite("HTTP requests") struct RequestTests {
  @Test func pieces() throws {
    var parser = RequestParser()
    let text = "\r\nGET /metrics?x=1 HTTP/1.1\r\nHost: a\r\nX-Y:  b c \r\n\r\nHEAD / HTTP/1.0\nConnection: keep-alive\n\n"
    var found: [RequestParser.Parsed] = []
    for byte in text.utf8 {
      parser.append([byte])
      if let parsed = try parser.next() { found.append(parsed) }
    }
    #expect(found.map(\.request.method) == ["GET", "HEAD"])
    #expect(found[0].request.path == "/metrics" && found[0].request.field("x-y") == "b c" && found[0].keepAlive)
    #expect(found[1].keepAlive)
  }

  @Test func emptyLinesCostNothing() throws {
    var parser = RequestParser()
    for _ in 0..<100 {
      parser.append(Array(repeating: [0x0D, 0x0A], count: 8192).flatMap { $0 })
      #expect(try parser.next() == nil)
    }
    parser.append(Array("GET / HTTP/1.1\r\n\r\n".utf8))
    #expect(try parser.next()?.request.path == "/")
  }

  @Test(arguments: [
    ("GET / HTTP/2.0\r\n\r\n", 505), ("GET /\r\n\r\n", 400), ("GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
    ("G\u{1}T / HTTP/1.1\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", 413), ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
    ("GET /" + String(repeating: "x", count: 20_000), 431),
    ("GET / HTTP/1.1\r\n" + String(repeating: "a: b\r\n", count: 101) + "\r\n", 431),
  ]) func refusals(_ text: String, _ status: Int) {
    var parser = RequestParser()
    parser.append(Array(text.utf8))
    #expect(throws: RequestParser.Refusal(status: status)) { try parser.next() }
  }
}

@Suite("HTTP server", .timeLimit(.minutes(5))) struct ServerTests {
  func start(_ change: (inout HTTPServer.Limits) -> Void = { _ in }) async throws -> (HTTPServer, StreamListener) {
    var limits = HTTPServer.Limits()
    change(&limits)
    let server = HTTPServer(limits: limits) { HTTPResponse(text: "you asked for \($0.target)\n") }
    let listener = try await StreamListener.listen(on: .tcp(host: "127.0.0.1", port: 0))
    Task { await server.serve(listener) }
    return (server, listener)
  }

  func ask(_ text: String, _ listener: StreamListener) async throws -> String {
    let stream = try await ByteStream.connect(to: listener.address)
    try await stream.write(Array(text.utf8))
    var answer: [UInt8] = []
    while let bytes = try? await stream.read(), !bytes.isEmpty { answer += bytes }
    return String(decoding: answer, as: UTF8.self)
  }

  @Test func answers() async throws {
    let (server, listener) = try await start()
    let body = "you asked for /metrics\n"
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: \(body.count)\r\nConnection: "
    #expect(try await ask("GET /metrics HTTP/1.0\r\n\r\n", listener) == "\(head)close\r\n\r\n\(body)")
    // Two at once on one connection, the second without a body.
    let two = try await ask("GET /metrics HTTP/1.1\r\n\r\nHEAD /metrics HTTP/1.1\r\nConnection: close\r\n\r\n", listener)
    #expect(two == "\(head)keep-alive\r\n\r\n\(body)\(head)close\r\n\r\n")
    #expect(try await ask("PUT / HTTP/1.0\r\n\r\n", listener).hasPrefix("HTTP/1.1 405 "))
    #expect(try await ask("rubbish\r\n\r\n", listener).hasPrefix("HTTP/1.1 400 "))
    await server.stop()
    await #expect(throws: IOError.self) { try await ByteStream.connect(to: listener.address) }
  }

  @Test func foreignClient() async throws {
    let (_, listener) = try await start()
    guard case .tcp(_, let port) = listener.address else { return }
    let (data, response) = try await URLSession.shared.data(from: try #require(URL(string: "http://127.0.0.1:\(port)/a?b")))
    #expect((response as? HTTPURLResponse)?.statusCode == 200)
    #expect(String(decoding: data, as: UTF8.self) == "you asked for /a?b\n")
  }

  @Test func slowClients() async throws {
    let (_, listener) = try await start {
      $0.headTimeout = .milliseconds(50)
      $0.idle = .milliseconds(100)
    }
    #expect(try await ask("GET / HT", listener) == "")
    #expect(try await ask("", listener) == "")
  }

  @Test func manyClients() async throws {
    let (_, listener) = try await start { $0.connections = 2 }
    // Connections are accepted in the order made: the third finds the two places taken.
    let first = try await ByteStream.connect(to: listener.address)
    let second = try await ByteStream.connect(to: listener.address)
    #expect(try await ask("GET / HTTP/1.0\r\n\r\n", listener) == "")
    await first.close()
    await second.close()
    // The server sees them leave in its own time; the suite's limit ends a wait for nothing.
    while true {
      let answer = try await ask("GET / HTTP/1.0\r\n\r\n", listener)
      if answer.hasPrefix("HTTP/1.1 200 OK") { break }
      #expect(answer == "")
      try await IO.sleep(for: .milliseconds(5))
    }
  }
}
