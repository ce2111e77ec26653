internal import Bytes

/// Length-prefixed messages: four bytes of big-endian length, then one item (sheet 01 §1.7).
public enum CBORFrame {
  /// The largest message either way, in bytes.
  public static let maximumSize = 64 << 20

  /// `item` with its length in front.
  public static func encode(_ item: [UInt8], maximumSize: Int = maximumSize) throws(FrameError) -> [UInt8] {
    guard item.count <= maximumSize else { throw .tooLarge(item.count) }
    var frame: [UInt8] = []
    frame.reserveCapacity(item.count + 4)
    frame.append(bigEndian: UInt32(item.count))
    frame.append(contentsOf: item)
    return frame
  }
}

/// Why a stream of messages cannot go on.
public enum FrameError: Error, Equatable, Sendable, CustomStringConvertible {
  case tooLarge(Int)
  /// The message is not exactly one item.
  case malformed(CBORError?)

  public var description: String {
    switch self {
    case .tooLarge(let size): "message of \(size) bytes is too large"
    case .malformed(let cause): "malformed message" + (cause.map { ": \($0)" } ?? "")
    }
  }
}

/// Cuts a stream of bytes into messages. Holds at most one message beyond what was appended.
public struct FrameAssembler: Sendable {
  private var buffer: [UInt8] = []
  private var start = 0
  private let maximumSize: Int

  public init(maximumSize: Int = CBORFrame.maximumSize) { self.maximumSize = maximumSize }

  /// Whether bytes of an unfinished message are held.
  public var isPartial: Bool { start < buffer.count }

  /// Takes bytes as they came from the stream; frames come out of `next`.
  public mutating func append(_ bytes: some Sequence<UInt8>) { buffer.append(contentsOf: bytes) }

  /// The next whole message's bytes, without the prefix; nil until more bytes arrive.
  public mutating func next() throws(FrameError) -> [UInt8]? {
    let available = buffer.count - start
    guard available >= 4 else { return nil }
    guard let prefix = UInt32(bigEndianBytes: buffer[start..<start + 4]) else { return nil }
    let size = Int(prefix)
    guard size <= maximumSize else { throw .tooLarge(size) }
    guard available - 4 >= size else { return nil }
    let message = [UInt8](buffer[start + 4..<start + 4 + size])
    start += 4 + size
    if start == buffer.count || start > 1 << 16 {
      buffer.removeFirst(start)
      start = 0
    }
    return message
  }
}
