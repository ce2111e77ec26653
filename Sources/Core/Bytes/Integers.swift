extension FixedWidthInteger {
  /// The bytes, most significant first.
  @inlinable public var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { [UInt8]($0) } }
  /// The bytes, least significant first.
  @inlinable public var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { [UInt8]($0) } }

  /// The integer with these bytes, most significant first; nil unless there are exactly as many as the type has.
  @inlinable public init?(bigEndianBytes bytes: some Collection<UInt8>) {
    guard bytes.count == Self.bitWidth / 8 else { return nil }
    var value: Self = 0
    for byte in bytes { value = (Self.bitWidth > 8 ? value << 8 : 0) | Self(truncatingIfNeeded: byte) }
    self = value
  }

  /// The integer with these bytes, least significant first; nil unless there are exactly as many as the type has.
  @inlinable public init?(littleEndianBytes bytes: some BidirectionalCollection<UInt8>) {
    self.init(bigEndianBytes: bytes.reversed())
  }

  /// The sum, or nil where it does not fit.
  @inlinable public func adding(checked other: Self) -> Self? {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? nil : sum
  }
  /// The difference, or nil where it does not fit.
  @inlinable public func subtracting(checked other: Self) -> Self? {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? nil : difference
  }
  /// The product, or nil where it does not fit.
  @inlinable public func multiplied(checked other: Self) -> Self? {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? nil : product
  }
}

extension Array<UInt8> {
  /// Appends the bytes of `value`, most significant first.
  @inlinable public mutating func append(bigEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }
  /// Appends the bytes of `value`, least significant first.
  @inlinable public mutating func append(littleEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
  /// Appends the bytes of `value`.
  @inlinable public mutating func append(_ value: some FixedByteValue) {
    value.withUnsafeBytes { append(contentsOf: $0) }
  }
}

extension Sequence<UInt8> {
  /// Whether these bytes come before `other`, compared bytewise, a prefix first.
  @inlinable public func precedes(_ other: some Sequence<UInt8>) -> Bool { lexicographicallyPrecedes(other) }
}
