public import Bytes
internal import OasisCrypto

/// A key of the consensus state: a prefix byte and elements without separators. (Sheet 03 §13.1.)
///
/// A key made from the first elements only is a prefix to seek to.
public struct StateKey: Hashable, Sendable {
  public private(set) var bytes: [UInt8]

  /// The key of a prefix byte alone.
  public init(_ prefix: UInt8) { bytes = [prefix] }

  /// Appends raw bytes: addresses, hashes, a last element of variable length.
  public func adding(_ element: [UInt8]) -> StateKey {
    var key = self
    key.bytes += element
    return key
  }

  /// Appends fixed bytes as they are.
  public func adding(_ element: some FixedByteValue) -> StateKey {
    var key = self
    key.bytes.append(element)
    return key
  }

  /// Appends the hash of fixed bytes: public keys and runtime ids.
  public func adding(hashOf element: some FixedByteValue) -> StateKey {
    adding(element.withUnsafeBytes { Hash.digest($0) })
  }

  /// Appends an integer, big-endian.
  public func adding(_ element: some FixedWidthInteger) -> StateKey {
    var key = self
    key.bytes.append(bigEndian: element)
    return key
  }
}

/// Takes a state key apart. Nil and false stand for a key that is too short or another one; in a state that is corruption.
public struct StateKeyReader: Sendable {
  private var rest: ArraySlice<UInt8>

  /// Nil unless the key starts with the prefix byte.
  public init?(_ key: [UInt8], prefix: UInt8) {
    guard key.first == prefix else { return nil }
    rest = key.dropFirst()
  }

  /// The next bytes.
  public mutating func bytes(_ count: Int) -> [UInt8]? {
    guard rest.count >= count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  /// The next fixed bytes.
  public mutating func fixed<T: FixedByteValue>(_ type: T.Type = T.self) -> T? { bytes(T.byteCount).flatMap { T($0) } }

  /// The next integer, big-endian.
  public mutating func integer<T: FixedWidthInteger>(_ type: T.Type = T.self) -> T? {
    bytes(T.bitWidth / 8).flatMap { T(bigEndianBytes: $0) }
  }

  /// Everything that is left.
  public mutating func remaining() -> [UInt8] {
    defer { rest = [] }
    return Array(rest)
  }
}
