#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A value that is a fixed number of bytes and nothing else: a hash, a key, a signature, an address.
public protocol FixedByteValue: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// How many bytes a value has.
  static var byteCount: Int { get }
  /// All zero.
  init()
  /// The value with these bytes; nil unless there are exactly ``byteCount`` of them.
  init?(_ bytes: some Collection<UInt8>)
  /// The bytes as an array.
  var bytes: [UInt8] { get }
  func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R
  mutating func withUnsafeMutableBytes<R, E: Error>(_ body: (UnsafeMutableRawBufferPointer) throws(E) -> R) throws(E) -> R
}

/// A named type around fixed bytes: conform by declaring `var storage = FixedBytes<32>()` and `init() {}`.
public protocol FixedByteWrapper: FixedByteValue {
  associatedtype Storage: FixedByteValue
  var storage: Storage { get set }
}

extension FixedByteWrapper {
  @inlinable public static var byteCount: Int { Storage.byteCount }
  /// The value of `byteCount` bytes; nil for another number of them.
  @inlinable public init?(_ bytes: some Collection<UInt8>) {
    guard let storage = Storage(bytes) else { return nil }
    self.init()
    self.storage = storage
  }
  @inlinable public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try storage.withUnsafeBytes(body)
  }
  @inlinable public mutating func withUnsafeMutableBytes<R, E: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try storage.withUnsafeMutableBytes(body)
  }
}

extension FixedByteValue {
  /// The bytes as an array.
  @inlinable public var bytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }
  /// The bytes as an array (the same as ``bytes``).
  @inlinable public var array: [UInt8] { bytes }
  /// Lower-case hexadecimal text.
  public var hex: String { bytes.hex }
  /// Padded standard base64 text.
  public var base64: String { bytes.base64 }
  public var description: String { hex }
  /// Whether every byte is zero.
  public var isZero: Bool { withUnsafeBytes { $0.allSatisfy { $0 == 0 } } }

  /// The value written as hexadecimal text of either case; nil for anything else.
  public init?(hex: String) {
    guard let bytes = [UInt8](hex: hex) else { return nil }
    self.init(bytes)
  }
  /// The value written as padded standard base64 text; nil for anything else.
  public init?(base64: String) {
    guard let bytes = [UInt8](base64: base64) else { return nil }
    self.init(bytes)
  }

  @inlinable public mutating func withUnsafeMutableBytes<R, E: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    var copy = bytes
    var result: Result<R, E>?
    copy.withUnsafeMutableBytes { buffer in
      do throws(E) { result = .success(try body(buffer)) } catch { result = .failure(error) }
    }
    if let changed = Self(copy) { self = changed }
    switch result {
    case .success(let value): return value
    case .failure(let error): throw error
    case nil: preconditionFailure("the body of withUnsafeMutableBytes did not run")
    }
  }

  public static func == (lhs: Self, rhs: Self) -> Bool {
    lhs.withUnsafeBytes { left in
      rhs.withUnsafeBytes { right in
        guard let a = left.baseAddress, let b = right.baseAddress else { return left.count == right.count }
        return memcmp(a, b, Swift.min(left.count, right.count)) == 0
      }
    }
  }
  public static func < (lhs: Self, rhs: Self) -> Bool {
    lhs.withUnsafeBytes { left in
      rhs.withUnsafeBytes { right in
        guard let a = left.baseAddress, let b = right.baseAddress else { return false }
        return memcmp(a, b, Swift.min(left.count, right.count)) < 0
      }
    }
  }
  public func hash(into hasher: inout Hasher) { withUnsafeBytes { hasher.combine(bytes: $0) } }
}
