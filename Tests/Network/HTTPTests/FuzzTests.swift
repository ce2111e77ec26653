import FuzzSupport
import Testing

@testable import HTTP

@Suite("HTTP requests: any input") struct HTTPFuzzTests {
  @Test func areReadOrRefused() async {
    await #expect(processExitsWith: .success) {
      let good = [
        "GET /metrics HTTP/1.1\r\nHost: a:1\r\nUser-Agent: x\r\nAccept: */*\r\n\r\n", "GET / HTTP/1.0\n\n",
        "GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\nGET /b HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
        "\r\n\r\nHEAD /x?y=%20 HTTP/1.1\r\nA:b\r\n\r\n",
      ].map { Array($0.utf8) }
      let tokens = ["\r\n", "\n", "\r\n\r\n", " ", ":", "HTTP/1.1", "GET ", "Content-Length: 5\r\n", "a: b\r\n", "\u{0}", "\t"].map {
        Array($0.utf8)
      }
      fuzz("HTTP requests", memory: 64, corpus: good, tokens: tokens, limit: 20_000) { bytes, number in
        var parser = RequestParser()
        var whole: [RequestParser.Parsed] = []
        parser.append(bytes)
        while let request = try parser.next() { whole.append(request) }
        // The same in pieces.
        var pieces = RequestParser()
        var found = 0
        let size = 1 + number % 7
        for start in stride(from: 0, to: bytes.count, by: size) {
          pieces.append(Array(bytes[start..<min(bytes.count, start + size)]))
          while try pieces.next() != nil { found += 1 }
        }
        if found != whole.count { fatalError("\(found) requests in pieces, \(whole.count) at once") }
        if parser.isWithinRequest { throw RequestParser.Refusal(status: 400) }
      }
    }
  }

  /// Line ends without a request cost no more than their reading.
  @Test func emptyLines() throws {
    var parser = RequestParser()
    for _ in 0..<64 {
      parser.append([UInt8](repeating: 0x0A, count: 1 << 20))
      #expect(try parser.next() == nil)
      #expect(!parser.isWithinRequest)
    }
  }
}
