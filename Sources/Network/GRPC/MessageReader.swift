/// Splits a stream's bytes into gRPC messages: a flag byte, a big-endian length of four bytes, the message. Rule: sheet 09 §5.1.
struct MessageReader: Sendable {
  enum Failure: Error, Hashable, Sendable {
    case compressed
    case tooLarge(Int)
  }

  /// The largest message accepted.
  let limit: Int
  private var buffer: [UInt8] = []
  private var offset = 0

  init(limit: Int) { self.limit = limit }

  /// Bytes held that are not part of a message handed out.
  var buffered: Int { buffer.count - offset }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    if offset > 0, offset == buffer.count || offset > 65_536 {
      buffer.removeSubrange(..<offset)
      offset = 0
    }
    buffer.append(contentsOf: bytes)
  }

  /// The next complete message; nil while it is not there. The announced length is checked before its bytes are waited for.
  mutating func next() throws(Failure) -> [UInt8]? {
    guard buffered >= 5 else { return nil }
    if buffer[offset] != 0 { throw .compressed }
    let length = buffer[(offset + 1)...(offset + 4)].reduce(0) { $0 << 8 | Int($1) }
    guard length <= limit else { throw .tooLarge(length) }
    guard buffered - 5 >= length else { return nil }
    let message = Array(buffer[(offset + 5)..<(offset + 5 + length)])
    offset += 5 + length
    return message
  }

  /// The frame of a message to send.
  static func frame(_ message: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(message.count + 5)
    out.append(0)
    for shift in [24, 16, 8, 0] { out.append(UInt8(truncatingIfNeeded: message.count >> shift)) }
    out += message
    return out
  }
}
