import AsyncIO
import CNGHTTP2
import Foundation
import GRPC
import Testing

/// Frames of one direction, header blocks decoded.
private struct Frames {
  var lines: [String] = []

  /// Everything but the frames that only manage the connection.
  init(_ bytes: [UInt8]) throws {
    var inflater: OpaquePointer?
    nghttp2_hd_inflate_new(&inflater)
    defer { nghttp2_hd_inflate_del(inflater) }
    var rest = bytes[...]
    while rest.count >= 9 {
      let head = Array(rest.prefix(9))
      let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
      var payload = Array(rest.dropFirst(9).prefix(length))
      rest = rest.dropFirst(9 + length)
      let ends = head[4] & 1 != 0 ? " end" : ""
      if head[3] == 0 { lines.append("DATA \(payload.map { String($0, radix: 16) }.joined(separator: " "))\(ends)") }
      guard head[3] == 1 else { continue }
      var fields: [String] = []
      while !payload.isEmpty {
        var field = nghttp2_nv()
        var flags: Int32 = 0
        let used = nghttp2_hd_inflate_hd2(inflater, &field, &flags, payload, payload.count, 1)
        try #require(used >= 0)
        payload.removeFirst(used)
        if flags & Int32(NGHTTP2_HD_INFLATE_EMIT.rawValue) != 0 {
          let name = String(decoding: UnsafeBufferPointer(start: field.name, count: field.namelen), as: UTF8.self)
          let value = String(decoding: UnsafeBufferPointer(start: field.value, count: field.valuelen), as: UTF8.self)
          fields.append("\(name)=\(value)")
        }
        if flags & Int32(NGHTTP2_HD_INFLATE_FINAL.rawValue) != 0 { break }
      }
      nghttp2_hd_inflate_end_headers(inflater)
      lines.append("HEADERS \(fields.joined(separator: "; "))\(ends)")
    }
  }
}

@Suite("Recorded connections", .timeLimit(.minutes(5))) struct RecordedTests {
  /// Sends what the reference's client sent and compares the answer's headers, messages and trailers with the reference's server.
  @Test(arguments: ["unary", "error"]) func answersAsRecorded(_ name: String) async throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let file = [UInt8](try Data(contentsOf: root.appendingPathComponent("Data/rpc/http2/\(name).bin")))
    var (client, recorded): ([UInt8], [UInt8]) = ([], [])
    var rest = file[...]
    while rest.count >= 5 {
      let head = Array(rest.prefix(5))
      let length = head[1...].reduce(0) { $0 << 8 | Int($1) }
      if head[0] == 0 { client += rest.dropFirst(5).prefix(length) } else { recorded += rest.dropFirst(5).prefix(length) }
      rest = rest.dropFirst(5 + length)
    }
    // Go names its own last stream in its farewell, which nghttp2 takes for an error; it closes right after, so nothing is lost.
    if name == "error" { client.removeLast(42) }
    // The acknowledged ping was the reference's own measurement: ours sent none, and an unasked acknowledgement is ignored.
    let server = try await TestServer()
    let stream = try await ByteStream.connect(to: .unix(server.path))
    try await stream.write(client)
    var answer: [UInt8] = []
    let wanted = try Frames(recorded).lines
    while try Frames(answer).lines.count < wanted.count {
      let more = try await stream.read()
      if more.isEmpty { break }
      answer += more
    }
    let lines = try Frames(answer).lines
    #expect(lines == wanted)
  }
}
