extension Quantity: CustomStringConvertible {
  /// Decimal digits.
  public var description: String {
    if let small: UInt128 = integer() { return String(small) }
    var rest = self
    var parts: [String] = []
    let divisor = Quantity(UInt64(10_000_000_000_000_000_000))
    while !rest.isZero {
      guard let (quotient, remainder) = try? rest.quotientAndRemainder(dividingBy: divisor) else { break }
      let digits = String(remainder.integer(UInt64.self) ?? 0)
      parts.append(quotient.isZero ? digits : String(repeating: "0", count: 19 - digits.count) + digits)
      rest = quotient
    }
    return parts.reversed().joined()
  }

  /// Reads a number as the reference does: optional `+`, prefixes `0x`, `0o`, `0b`, a leading `0` for octal, `_` between digits;
  /// `-0` is zero, other negative numbers are refused. (Go's `big.Int`, base 0.)
  public init?(text: String) {
    var characters = Array(text.utf8)[...]
    let isNegative = characters.first == UInt8(ascii: "-")
    if isNegative || characters.first == UInt8(ascii: "+") { characters.removeFirst() }
    guard let value = Quantity(unsigned: characters), !isNegative || value.isZero else { return nil }
    self = value
  }

  private init?(unsigned text: ArraySlice<UInt8>) {
    var digits = text
    var base: UInt64 = 10
    var previousIsDigit = false
    if digits.first == UInt8(ascii: "0"), digits.count > 1 {
      digits.removeFirst()
      previousIsDigit = true
      base = 8
      if let (prefix, _) = digits.first.flatMap({ character in Quantity.prefixes.first { $0.1 == character | 0x20 } }) {
        base = prefix
        digits.removeFirst()
        guard digits.contains(where: { $0 != UInt8(ascii: "_") }) else { return nil }
      }
    }
    guard !digits.isEmpty else { return nil }
    self.init()
    // Digits are gathered into chunks that fit a word, so that long numbers cost few multiplications.
    var (chunk, scale) = (UInt64(0), UInt64(1))
    for character in digits {
      if character == UInt8(ascii: "_") {
        guard previousIsDigit else { return nil }
        previousIsDigit = false
        continue
      }
      guard let digit = Quantity.digit(character), digit < base else { return nil }
      previousIsDigit = true
      chunk = chunk * base + digit
      scale *= base
      if scale > UInt64.max / 32 / base {
        self = self * Quantity(scale) + Quantity(chunk)
        (chunk, scale) = (0, 1)
      }
    }
    guard previousIsDigit else { return nil }
    self = self * Quantity(scale) + Quantity(chunk)
  }

  private static let prefixes: [(UInt64, UInt8)] = [(16, UInt8(ascii: "x")), (8, UInt8(ascii: "o")), (2, UInt8(ascii: "b"))]

  private static func digit(_ character: UInt8) -> UInt64? {
    switch character {
    case 0x30...0x39: UInt64(character - 0x30)
    case 0x41...0x5a: UInt64(character - 0x41 + 10)
    case 0x61...0x7a: UInt64(character - 0x61 + 10)
    default: nil
    }
  }

  /// The value divided by 10^exponent, as people read it: `7999217230.11968289`, at least one digit after the dot. (Sheet 01 §8.5.)
  public func decimalText(exponent: UInt8) -> String {
    let digits = description
    let places = Int(exponent)
    let padded = digits.count > places ? digits : String(repeating: "0", count: places + 1 - digits.count) + digits
    var fraction = padded.suffix(places)
    while fraction.last == "0" { fraction.removeLast() }
    return padded.dropLast(places) + "." + (fraction.isEmpty ? "0" : fraction)
  }

  /// The value as an amount of a token: `123.456789012 ROSE`; base units where symbol or exponent are not usable. (Sheet 01 §8.5.)
  ///
  /// - Parameters:
  ///   - symbol: 1 to 8 bytes
  ///   - exponent: the decimal places of the token, at most 20
  public func tokenText(symbol: String, exponent: UInt8, sign: String = "") -> String {
    guard (1...8).contains(symbol.utf8.count), exponent <= 20 else { return "\(sign)\(self) base units" }
    return "\(sign)\(decimalText(exponent: exponent)) \(symbol)"
  }

  /// The value as a commission rate: thousandths of a percent, at most 100 %. (Sheet 01 §8.5.)
  public var rateText: String {
    self > Quantity(UInt64(100_000)) ? "(invalid)" : decimalText(exponent: 3) + "%"
  }
}
