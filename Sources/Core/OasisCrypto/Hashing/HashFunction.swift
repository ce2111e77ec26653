/// A streaming hash: made empty, fed with bytes, asked once for the digest of all of them.
public protocol HashFunction: Sendable {
  /// Bytes in one block of the compression function; HMAC pads its key to this length.
  static var blockByteCount: Int { get }
  /// Bytes in the digest.
  static var digestByteCount: Int { get }
  /// The hash of nothing so far.
  init()
  /// Adds bytes.
  mutating func update(_ bytes: UnsafeRawBufferPointer)
  /// Digest of everything added so far; the state itself stays usable.
  func finish() -> [UInt8]
}

extension HashFunction {
  /// Adds bytes.
  @inlinable
  public mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  /// Adds the bytes of a slice.
  @inlinable
  public mutating func update(_ bytes: ArraySlice<UInt8>) {
    bytes.withUnsafeBytes { update($0) }
  }

  /// Adds one byte.
  @inlinable
  public mutating func update(byte: UInt8) {
    withUnsafeBytes(of: byte) { update($0) }
  }

  /// Digest of one byte string.
  @inlinable
  public static func digest(_ bytes: [UInt8]) -> [UInt8] {
    var hash = Self()
    hash.update(bytes)
    return hash.finish()
  }
}
