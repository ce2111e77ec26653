private let hexDigits: [UInt8] = Array("0123456789abcdef".utf8)
private let base64Digits: [UInt8] = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
/// The value of each base64 digit, 0xff elsewhere.
private let base64Values: [UInt8] = {
  var table = [UInt8](repeating: 0xff, count: 256)
  for (value, digit) in base64Digits.enumerated() { table[Int(digit)] = UInt8(value) }
  return table
}()

private func hexValue(_ digit: UInt8) -> UInt8? {
  switch digit {
  case 0x30...0x39: digit - 0x30
  case 0x61...0x66: digit - 0x61 + 10
  case 0x41...0x46: digit - 0x41 + 10
  default: nil
  }
}

extension Sequence<UInt8> {
  /// Lower-case hexadecimal text.
  public var hex: String {
    var text: [UInt8] = []
    text.reserveCapacity(underestimatedCount * 2)
    for byte in self {
      text.append(hexDigits[Int(byte >> 4)])
      text.append(hexDigits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}

extension Array<UInt8> {
  /// The bytes of a text.
  @inlinable public init(text: String) { self.init(text.utf8) }

  /// The bytes written as hexadecimal digits of either case; nil for an odd number of digits or another character.
  public init?(hex: String) {
    let digits = [UInt8](hex.utf8)
    guard digits.count % 2 == 0 else { return nil }
    self.init()
    reserveCapacity(digits.count / 2)
    var index = 0
    while index < digits.count {
      guard let high = hexValue(digits[index]), let low = hexValue(digits[index + 1]) else { return nil }
      append(high << 4 | low)
      index += 2
    }
  }

  /// Padded standard base64 text (RFC 4648 section 4).
  public var base64: String { String(decoding: base64Text(), as: UTF8.self) }

  /// The ASCII characters of the padded standard base64 text.
  public func base64Text() -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity((count + 2) / 3 * 4)
    var index = 0
    while index < count {
      let left = count - index
      let group =
        UInt32(self[index]) << 16 | (left > 1 ? UInt32(self[index + 1]) << 8 : 0) | (left > 2 ? UInt32(self[index + 2]) : 0)
      text.append(base64Digits[Int(group >> 18 & 63)])
      text.append(base64Digits[Int(group >> 12 & 63)])
      text.append(left > 1 ? base64Digits[Int(group >> 6 & 63)] : 0x3d)
      text.append(left > 2 ? base64Digits[Int(group & 63)] : 0x3d)
      index += 3
    }
    return text
  }

  /// The bytes written as padded standard base64. Line breaks are skipped and unused low bits of the last digit are ignored,
  /// as Go's `encoding/base64` does (sheet 01 §14.2).
  public init?(base64 text: String) {
    self.init()
    reserveCapacity(text.utf8.count / 4 * 3)
    var group: UInt32 = 0
    var digits = 0
    var padding = 0
    for character in text.utf8 {
      if character == 0x0a || character == 0x0d { continue }
      if character == 0x3d {
        padding += 1
        guard digits >= 2, digits + padding <= 4 else { return nil }
        continue
      }
      let value = base64Values[Int(character)]
      guard padding == 0, value != 0xff else { return nil }
      group = group << 6 | UInt32(value)
      digits += 1
      if digits == 4 {
        append(UInt8(truncatingIfNeeded: group >> 16))
        append(UInt8(truncatingIfNeeded: group >> 8))
        append(UInt8(truncatingIfNeeded: group))
        (group, digits) = (0, 0)
      }
    }
    switch (digits, padding) {
    case (0, 0): break
    case (2, 2): append(UInt8(truncatingIfNeeded: group >> 4))
    case (3, 1):
      append(UInt8(truncatingIfNeeded: group >> 10))
      append(UInt8(truncatingIfNeeded: group >> 2))
    default: return nil
    }
  }
}
