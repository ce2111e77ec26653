/// Bytes waiting to be sent on a stream, taken from the front.
struct Outbox: Sendable {
  private var bytes: [UInt8] = []
  private var offset = 0

  var count: Int { bytes.count - offset }
  var isEmpty: Bool { count == 0 }

  mutating func append(_ more: [UInt8]) {
    // Compacted by offset also when it never runs empty.
    if offset > 65_536, offset > bytes.count / 2 {
      bytes.removeSubrange(..<offset)
      offset = 0
    }
    if isEmpty { (bytes, offset) = (more, 0) } else { bytes += more }
  }

  /// Moves up to `room.count` bytes out.
  mutating func take(into room: UnsafeMutableRawBufferPointer) -> Int {
    let size = min(room.count, count)
    bytes.withUnsafeBytes { room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<(offset + size)])) }
    offset += size
    if offset == bytes.count { (bytes, offset) = ([], 0) }
    return size
  }

  mutating func removeAll() { (bytes, offset) = ([], 0) }
}
