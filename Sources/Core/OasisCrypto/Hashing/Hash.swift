public import Bytes

/// A SHA-512/256 digest: 32 bytes. The zero value is not the hash of nothing; that is `Hash.empty`. (Sheet 01 §2.)
public struct Hash: FixedByteWrapper {
  public var storage = FixedBytes<32>()

  /// All zeros.
  public init() {}
}

extension Hash {
  /// All zeros.
  public static let zero = Hash()
  /// Hash of the empty byte string, `c672b8d1…`.
  public static let empty = Hash.digest([])

  /// Hash of one byte string.
  public static func digest(_ bytes: [UInt8]) -> Hash {
    var hash = SHA512_256()
    hash.update(bytes)
    return hash.hash()
  }

  /// Hash of raw memory.
  public static func digest(_ bytes: UnsafeRawBufferPointer) -> Hash {
    var hash = SHA512_256()
    hash.update(bytes)
    return hash.hash()
  }

  /// Hash of byte strings joined without separators.
  public static func digest(_ first: [UInt8], _ second: [UInt8], _ rest: [UInt8]...) -> Hash {
    var hash = SHA512_256()
    hash.update(first)
    hash.update(second)
    for part in rest { hash.update(part) }
    return hash.hash()
  }

  /// The first `count` bytes, 0 < count <= 32.
  public func truncated(to count: Int) -> [UInt8] { Array(bytes.prefix(count)) }
}
