internal import Bytes
internal import CNGHTTP2
internal import GoldenSupport
internal import GRPC

/// `rpc/http2/*.bin`: whole connections. Checks that the trailers our status type makes are the recorded ones; that a real server of ours
/// answers the recorded client alike is a test of `GRPC`.
enum ConnectionLoader: GoldenLoader {
  static let patterns = ["rpc/http2/*.bin"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    var rest = try file.contents()[...]
    var server: [UInt8] = []
    while rest.count >= 5 {
      let head = Array(rest.prefix(5))
      let length = head[1...].reduce(0) { $0 << 8 | Int($1) }
      if head[0] == 1 { server += rest.dropFirst(5).prefix(length) }
      rest = rest.dropFirst(5 + length)
    }
    let blocks = try headerBlocks(server)
    report.check("content type") {
      guard let first = blocks.first else { throw GoldenError("no headers") }
      try expectEqual(first.prefix(2), [HeaderField(":status", "200"), HeaderField("content-type", "application/grpc+cbor")], "fields")
    }
    for block in blocks {
      let trailers = block.filter { $0.name.hasPrefix("grpc-") }
      guard !trailers.isEmpty else { continue }
      report.check("trailers") {
        guard let status = GRPCStatus(trailers: trailers) else { throw GoldenError("no status in \(trailers)") }
        try expectEqual(status.trailers, trailers, "trailers")
      }
    }
  }

  /// The decoded header blocks of a byte stream of frames.
  private static func headerBlocks(_ bytes: [UInt8]) throws -> [[HeaderField]] {
    var inflater: OpaquePointer?
    nghttp2_hd_inflate_new(&inflater)
    defer { nghttp2_hd_inflate_del(inflater) }
    var blocks: [[HeaderField]] = []
    var rest = bytes[...]
    while rest.count >= 9 {
      let head = Array(rest.prefix(9))
      let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
      var payload = Array(rest.dropFirst(9).prefix(length))
      rest = rest.dropFirst(9 + length)
      guard head[3] == 1 else { continue }
      var fields: [HeaderField] = []
      while !payload.isEmpty {
        var field = nghttp2_nv()
        var flags: Int32 = 0
        let used = nghttp2_hd_inflate_hd2(inflater, &field, &flags, payload, payload.count, 1)
        guard used >= 0 else { throw GoldenError("header block: error \(used)") }
        payload.removeFirst(used)
        if flags & Int32(NGHTTP2_HD_INFLATE_EMIT.rawValue) != 0 {
          fields.append(
            HeaderField(
              String(decoding: UnsafeBufferPointer(start: field.name, count: field.namelen), as: UTF8.self),
              String(decoding: UnsafeBufferPointer(start: field.value, count: field.valuelen), as: UTF8.self)))
        }
        if flags & Int32(NGHTTP2_HD_INFLATE_FINAL.rawValue) != 0 { break }
      }
      nghttp2_hd_inflate_end_headers(inflater)
      blocks.append(fields)
    }
    return blocks
  }
}
