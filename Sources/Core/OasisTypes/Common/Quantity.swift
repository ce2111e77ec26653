internal import CGMP

/// Why an operation on amounts has no result.
public enum QuantityError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Subtraction below zero.
  case insufficientBalance
  /// Division by zero, or a negative number.
  case invalidQuantity

  public var description: String {
    switch self {
    case .insufficientBalance: "insufficient balance"
    case .invalidQuantity: "invalid quantity"
    }
  }
}

/// An unsigned integer without upper bound: token amounts, shares, stake. (Sheet 01 §8.1.)
///
/// Up to 128 bits it is one machine value; only what exceeds that takes an array.
public struct Quantity: Hashable, Sendable {
  private var low: UInt128
  /// The 64-bit words above the low 128 bits, least significant first, without leading zeros.
  private var high: [UInt64]

  /// Zero.
  public init() { (low, high) = (0, []) }

  public init(_ value: some UnsignedInteger & FixedWidthInteger) {
    low = UInt128(value)
    high = []
  }

  private init(low: UInt128, high: [UInt64] = []) { (self.low, self.high) = (low, high) }

  /// A signed number, unless it is negative.
  public init?(exactly value: some SignedInteger & FixedWidthInteger) {
    guard value >= 0 else { return nil }
    self.init(low: UInt128(value))
  }

  public static let zero = Quantity()

  /// Whether it is nothing.
  public var isZero: Bool { low == 0 && high.isEmpty }

  /// The value as an integer type, where it fits.
  public func integer<T: FixedWidthInteger>(_ type: T.Type = T.self) -> T? { high.isEmpty ? T(exactly: low) : nil }
}

extension Quantity: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: UInt64) { self.init(value) }
}

extension Quantity: Comparable {
  public static func < (left: Quantity, right: Quantity) -> Bool {
    if left.high.isEmpty && right.high.isEmpty { return left.low < right.low }
    if left.high.count != right.high.count { return left.high.count < right.high.count }
    for index in left.high.indices.reversed() where left.high[index] != right.high[index] {
      return left.high[index] < right.high[index]
    }
    return left.low < right.low
  }
}

// MARK: - Arithmetic

extension Quantity {
  public static func + (left: Quantity, right: Quantity) -> Quantity {
    if left.high.isEmpty && right.high.isEmpty {
      let (sum, overflow) = left.low.addingReportingOverflow(right.low)
      return Quantity(low: sum, high: overflow ? [1] : [])
    }
    var (longer, shorter) = (left.words, right.words)
    if longer.count < shorter.count { swap(&longer, &shorter) }
    var carry = false
    for index in longer.indices {
      let (sum, first) = longer[index].addingReportingOverflow(index < shorter.count ? shorter[index] : 0)
      let (total, second) = sum.addingReportingOverflow(carry ? 1 : 0)
      longer[index] = total
      carry = first || second
    }
    if carry { longer.append(1) }
    return Quantity(words: longer)
  }

  public static func += (left: inout Quantity, right: Quantity) { left = left + right }

  /// The difference; fails with `insufficientBalance` below zero.
  public func subtracting(_ other: Quantity) throws(QuantityError) -> Quantity {
    guard other <= self else { throw .insufficientBalance }
    if high.isEmpty { return Quantity(low: low &- other.low) }
    var result = words
    let subtrahend = other.words
    var borrow = false
    for index in result.indices {
      let (difference, first) = result[index].subtractingReportingOverflow(index < subtrahend.count ? subtrahend[index] : 0)
      let (total, second) = difference.subtractingReportingOverflow(borrow ? 1 : 0)
      result[index] = total
      borrow = first || second
    }
    return Quantity(words: result)
  }

  /// Subtracts in place; below zero it fails with `insufficientBalance` and changes nothing.
  public mutating func subtract(_ other: Quantity) throws(QuantityError) { self = try subtracting(other) }

  /// Subtracts the smaller of both and gives what was subtracted.
  public mutating func subtractUpTo(_ other: Quantity) -> Quantity {
    let amount = min(self, other)
    self = (try? subtracting(amount)) ?? .zero
    return amount
  }

  public static func * (left: Quantity, right: Quantity) -> Quantity {
    if left.high.isEmpty && right.high.isEmpty {
      let (product, overflow) = left.low.multipliedReportingOverflow(by: right.low)
      if !overflow { return Quantity(low: product) }
    }
    var (longer, shorter) = (left.words, right.words)
    if longer.count < shorter.count { swap(&longer, &shorter) }
    guard !shorter.isEmpty else { return .zero }
    let longerWords = longer.map { mp_limb_t($0) }
    let shorterWords = shorter.map { mp_limb_t($0) }
    var product = [mp_limb_t](repeating: 0, count: longer.count + shorter.count)
    _ = __gmpn_mul(&product, longerWords, mp_size_t(longer.count), shorterWords, mp_size_t(shorter.count))
    return Quantity(words: product.map { UInt64($0) })
  }

  /// Quotient and remainder, truncating; fails with `invalidQuantity` for a zero divisor.
  public func quotientAndRemainder(dividingBy divisor: Quantity) throws(QuantityError) -> (Quantity, Quantity) {
    guard !divisor.isZero else { throw .invalidQuantity }
    if high.isEmpty && divisor.high.isEmpty {
      let (quotient, remainder) = low.quotientAndRemainder(dividingBy: divisor.low)
      return (Quantity(low: quotient), Quantity(low: remainder))
    }
    guard divisor <= self else { return (.zero, self) }
    let numerator = words.map { mp_limb_t($0) }
    let denominator = divisor.words.map { mp_limb_t($0) }
    var quotient = [mp_limb_t](repeating: 0, count: numerator.count - denominator.count + 1)
    var remainder = [mp_limb_t](repeating: 0, count: denominator.count)
    __gmpn_tdiv_qr(
      &quotient, &remainder, 0, numerator, mp_size_t(numerator.count), denominator, mp_size_t(denominator.count))
    return (Quantity(words: quotient.map { UInt64($0) }), Quantity(words: remainder.map { UInt64($0) }))
  }

  /// The truncated quotient; fails with `invalidQuantity` for a zero divisor.
  public func divided(by divisor: Quantity) throws(QuantityError) -> Quantity { try quotientAndRemainder(dividingBy: divisor).0 }

  /// The largest number whose square is not above the value.
  public var squareRoot: Quantity {
    guard !isZero else { return .zero }
    let value = words.map { mp_limb_t($0) }
    var root = [mp_limb_t](repeating: 0, count: (value.count + 1) / 2)
    _ = __gmpn_sqrtrem(&root, nil, value, mp_size_t(value.count))
    return Quantity(words: root.map { UInt64($0) })
  }

  /// Takes an amount from `source` and adds it here; fails with `insufficientBalance` and changes nothing if there is less.
  public mutating func move(_ amount: Quantity, from source: inout Quantity) throws(QuantityError) {
    try source.subtract(amount)
    self += amount
  }

  /// Takes at most an amount from `source`, adds it here and gives what was moved.
  public mutating func moveUpTo(_ amount: Quantity, from source: inout Quantity) -> Quantity {
    let moved = source.subtractUpTo(amount)
    self += moved
    return moved
  }
}

// MARK: - Words and bytes

extension Quantity {
  /// All 64-bit words, least significant first, without leading zeros.
  private var words: [UInt64] {
    let first = UInt64(truncatingIfNeeded: low)
    let second = UInt64(truncatingIfNeeded: low >> 64)
    if !high.isEmpty { return [first, second] + high }
    return second != 0 ? [first, second] : first != 0 ? [first] : []
  }

  private init(words: [UInt64]) {
    var words = words
    while words.last == 0 { words.removeLast() }
    low = UInt128(words.first ?? 0) | UInt128(words.count > 1 ? words[1] : 0) << 64
    high = words.count > 2 ? Array(words[2...]) : []
  }

  /// A number from big-endian bytes; leading zeros are allowed.
  public init(bigEndianBytes bytes: some BidirectionalCollection<UInt8>) {
    if bytes.count <= 16 {
      self.init(low: bytes.reduce(0) { $0 << 8 | UInt128($1) })
      return
    }
    var words: [UInt64] = []
    var word: UInt64 = 0
    var shift: UInt64 = 0
    for byte in bytes.reversed() {
      word |= UInt64(byte) << shift
      shift += 8
      if shift == 64 {
        words.append(word)
        (word, shift) = (0, 0)
      }
    }
    words.append(word)
    self.init(words: words)
  }

  /// Calls `body` with the shortest big-endian bytes; up to 128 bits without an array.
  func withBigEndianBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
    guard high.isEmpty else { return bigEndianBytes.withUnsafeBytes(body) }
    withUnsafeBytes(of: low.bigEndian) { body(UnsafeRawBufferPointer(rebasing: $0[(low.leadingZeroBitCount / 8)...])) }
  }

  /// The shortest big-endian bytes; none for zero.
  public var bigEndianBytes: [UInt8] {
    var bytes: [UInt8] = []
    for word in words.reversed() {
      for shift in stride(from: 56, through: 0, by: -8) {
        let byte = UInt8(truncatingIfNeeded: word >> UInt64(shift))
        if byte != 0 || !bytes.isEmpty { bytes.append(byte) }
      }
    }
    return bytes
  }
}
