internal import CNGHTTP2
internal import GoldenSupport
internal import GRPC

/// The frames of one direction of a connection.
struct HTTP2Frames {
  /// What one side sent on a stream: header blocks (the last may be trailers) and the bytes of its DATA frames.
  struct Stream {
    var blocks: [[HeaderField]] = []
    var data: [UInt8] = []
    var hasEnded = false

    /// The gRPC messages in ``data``.
    func messages() throws -> [[UInt8]] {
      var (rest, messages) = (data[...], [[UInt8]]())
      while rest.count >= 5 {
        let length = rest.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) }
        guard rest.first == 0, rest.count >= 5 + length else { throw GoldenError("not a gRPC message") }
        messages.append(Array(rest.dropFirst(5).prefix(length)))
        rest = rest.dropFirst(5 + length)
      }
      guard rest.isEmpty else { throw GoldenError("\(rest.count) bytes after the last gRPC message") }
      return messages
    }
  }

  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
  private(set) var streams: [Int: Stream] = [:]
  /// The bytes without frames that end a stream or the connection.
  private(set) var withoutFarewells: [UInt8] = []

  /// Whole frames; what is cut off at the end is left out.
  init(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    if rest.starts(with: Self.preface) {
      withoutFarewells += Self.preface
      rest = rest.dropFirst(Self.preface.count)
    }
    var inflater: OpaquePointer?
    nghttp2_hd_inflate_new(&inflater)
    defer { nghttp2_hd_inflate_del(inflater) }
    while rest.count >= 9 {
      let head = Array(rest.prefix(9))
      let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
      guard rest.count >= 9 + length else { return }
      let payload = Array(rest.dropFirst(9).prefix(length))
      if ![3, 7].contains(head[3]) { withoutFarewells += rest.prefix(9 + length) }  // RST_STREAM, GOAWAY
      rest = rest.dropFirst(9 + length)
      let id = Int(head[5] & 0x7F) << 24 | Int(head[6]) << 16 | Int(head[7]) << 8 | Int(head[8])
      guard head[3] <= 1 else { continue }
      if head[4] & 1 != 0 { streams[id, default: Stream()].hasEnded = true }
      if head[3] == 0 { streams[id, default: Stream()].data += payload }
      if head[3] == 1 { streams[id, default: Stream()].blocks.append(try Self.fields(payload, inflater)) }
    }
  }

  private static func fields(_ block: [UInt8], _ inflater: OpaquePointer?) throws -> [HeaderField] {
    var (payload, fields) = (block, [HeaderField]())
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
    return fields
  }
}
