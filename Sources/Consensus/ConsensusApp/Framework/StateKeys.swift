public import Bytes
public import OasisCrypto
public import OasisTypes

/// An element of a state key (sheet 03 §13.1).
public protocol StateKeyElement {
  func append(to key: inout [UInt8])
  /// Reads the element at `offset` and moves past it.
  static func read(_ key: [UInt8], at offset: inout Int) throws -> Self
}

extension FixedByteValue where Self: StateKeyElement {
  public func append(to key: inout [UInt8]) { key += bytes }

  public static func read(_ key: [UInt8], at offset: inout Int) throws -> Self {
    guard let value = Self(key.dropFirst(offset).prefix(byteCount)) else { throw StateError("key \(key.hex) ends inside an element") }
    offset += byteCount
    return value
  }
}

extension Address: StateKeyElement {}
extension PublicKey: StateKeyElement {}
extension Namespace: StateKeyElement {}
extension Hash: StateKeyElement {}

extension FixedWidthInteger where Self: StateKeyElement {
  public func append(to key: inout [UInt8]) { withUnsafeBytes(of: bigEndian) { key.append(contentsOf: $0) } }

  public static func read(_ key: [UInt8], at offset: inout Int) throws -> Self {
    let width = bitWidth / 8
    guard key.count - offset >= width else { throw StateError("key \(key.hex) ends inside a number") }
    var value: Self = 0
    for byte in key[offset..<offset + width] { value = value << 8 | Self(truncatingIfNeeded: byte) }
    offset += width
    return value
  }
}

extension UInt8: StateKeyElement {
  public static func read(_ key: [UInt8], at offset: inout Int) throws -> UInt8 {
    guard offset < key.count else { throw StateError("key \(key.hex) ends inside a number") }
    defer { offset += 1 }
    return key[offset]
  }
}
extension UInt16: StateKeyElement {}
extension UInt32: StateKeyElement {}
extension UInt64: StateKeyElement {}
extension Int64: StateKeyElement {}

/// An element that stands in keys as its SHA-512/256: the preimage cannot be read back from the key.
public struct Hashed<Element: FixedByteValue>: StateKeyElement, Hashable {
  public var hash: Hash

  public init(_ element: Element) { hash = Hash.digest(element.bytes) }

  private init(hash: Hash) { self.hash = hash }

  public func append(to key: inout [UInt8]) { hash.append(to: &key) }

  public static func read(_ key: [UInt8], at offset: inout Int) throws -> Hashed { Hashed(hash: try Hash.read(key, at: &offset)) }
}

/// The last element of a key, of any length.
public struct TrailingBytes: StateKeyElement, Hashable {
  public var bytes: [UInt8]

  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  public func append(to key: inout [UInt8]) { key += bytes }

  public static func read(_ key: [UInt8], at offset: inout Int) throws -> TrailingBytes {
    defer { offset = key.count }
    return TrailingBytes([UInt8](key.dropFirst(offset)))
  }
}

/// The keys of one kind of state: a prefix byte, then the elements without separators.
public struct StateKeyFormat<each Element: StateKeyElement>: Sendable {
  public let prefix: UInt8

  public init(_ prefix: UInt8) { self.prefix = prefix }

  /// The key of these elements.
  public func key(_ elements: repeat each Element) -> [UInt8] {
    var key = [prefix]
    repeat (each elements).append(to: &key)
    return key
  }

  /// The common start of all keys whose first elements are `leading`.
  public func start<each Leading: StateKeyElement>(_ leading: repeat each Leading) -> [UInt8] {
    var key = [prefix]
    repeat (each leading).append(to: &key)
    return key
  }

  /// What a key was made from; a key of another shape is an error.
  public func elements(of key: [UInt8]) throws -> (repeat each Element) {
    var offset = 1
    return (repeat try (each Element).read(key, at: &offset))
  }
}
