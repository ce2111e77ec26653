/// Exactly `count` bytes, held inline.
///
/// The storage of hashes, keys, signatures and addresses. Compared bytewise, like the texts of their encodings.
public struct FixedBytes<let count: Int>: FixedByteValue {
  @usableFromInline var storage: InlineArray<count, UInt8>

  /// All zero.
  @inlinable public init() { storage = .init(repeating: 0) }

  /// The number of bytes.
  @inlinable public static var byteCount: Int { count }

  /// The value of exactly `count` bytes; nil for another number of them.
  @inlinable public init?(_ bytes: some Collection<UInt8>) {
    self.init()
    guard bytes.count == count else { return nil }
    var index = 0
    for byte in bytes {
      storage[index] = byte
      index += 1
    }
  }

  /// The byte at `index`, which must be within bounds.
  @inlinable public subscript(index: Int) -> UInt8 {
    get { storage[index] }
    set { storage[index] = newValue }
  }

  @inlinable public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try Swift.withUnsafeBytes(of: storage, body)
  }

  @inlinable public mutating func withUnsafeMutableBytes<R, E: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try Swift.withUnsafeMutableBytes(of: &storage, body)
  }
}
