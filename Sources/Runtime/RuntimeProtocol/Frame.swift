public import CBOR
internal import Wire

/// Sizes of the protocol (07 C.1).
public enum FrameLimit {
  /// What a host reads and writes at most, in bytes.
  public static let host = 64 << 20
  /// What a guest reads and writes at most, in bytes: the effective limit of a message.
  public static let guest = 32 << 20
  /// Bytes of the length prefix.
  public static let prefix = 4
}

extension RuntimeMessage {
  /// The message with its length prefix.
  public func frame(limit: Int = FrameLimit.host) throws(FrameError) -> [UInt8] {
    try CBORFrame.encode(cbor(), maximumSize: limit)
  }

  /// Reads a message from the bytes behind a prefix.
  public init(payload: [UInt8], mode: DecodingMode) throws(FrameError) {
    do { self = try Self.decode(cbor: payload, mode: mode) } catch { throw .malformed(error) }
  }
}

/// Cuts a stream of bytes into messages.
public struct FrameReader: Sendable {
  private var assembler: FrameAssembler
  private let mode: DecodingMode

  /// A reader that refuses longer messages: `.rpc` on a host, `.guest` in a runtime.
  public init(limit: Int, mode: DecodingMode) { (assembler, self.mode) = (FrameAssembler(maximumSize: limit), mode) }

  /// Whether a message has begun but not ended.
  public var isPartial: Bool { assembler.isPartial }

  /// Adds what came from the stream.
  public mutating func append(_ bytes: some Sequence<UInt8>) { assembler.append(bytes) }

  /// The next whole message, or nil when more bytes are needed.
  public mutating func next() throws(FrameError) -> RuntimeMessage? {
    guard let payload = try assembler.next() else { return nil }
    return try RuntimeMessage(payload: payload, mode: mode)
  }
}
