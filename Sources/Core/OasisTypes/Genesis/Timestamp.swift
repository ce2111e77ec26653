public import CBOR
public import JSONText
public import Wire

/// A moment as genesis documents write it: RFC 3339 with its own offset and up to nine digits of a second in JSON, whole seconds in CBOR.
///
/// The zero value is the reference's zero time, the first second of year 1, which CBOR writes as null (sheet 01 §1.1, §14.2).
public struct Timestamp: Hashable, Sendable {
  /// Since 1970-01-01 UTC; negative before.
  public var seconds: Int64 = zeroSeconds
  /// 0 to 999,999,999, counted forward from `seconds`.
  public var nanoseconds: Int32 = 0
  /// Seconds east of UTC; only for printing.
  public var offset: Int32 = 0

  /// The first second of year 1.
  public static let zeroSeconds: Int64 = -62_135_596_800

  public init() {}
  public init(seconds: Int64, nanoseconds: Int32 = 0) { (self.seconds, self.nanoseconds) = (seconds, nanoseconds) }

  /// Whether it is the year 1, Go's zero time.
  public var isZero: Bool { seconds == Timestamp.zeroSeconds && nanoseconds == 0 }
}

extension Timestamp: Comparable {
  public static func < (left: Timestamp, right: Timestamp) -> Bool { (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds) }
}

extension Timestamp: WireValue {
  /// A time is never left out.
  public var isEmpty: Bool { false }

  public func encode(to writer: inout CBORWriter) { if isZero { writer.writeNull() } else { writer.write(signed: seconds) } }

  public init(from reader: inout CBORReader) throws(CBORError) {
    self.init()
    if !reader.readNull() { seconds = try reader.readInteger() }
  }

  public func encode(to writer: inout JSONWriter) {
    if let text { writer.write(string: text) } else { writer.fail("the year of a time must be 0 to 9999") }
  }

  public init(json: JSONValue) throws(JSONError) {
    guard case .string(let text) = json else { throw .mismatch("RFC 3339 time", json) }
    guard let time = Timestamp(text: text) else { throw JSONError("\(text) is not an RFC 3339 time") }
    self = time
  }

  public static func random(using random: inout WireRandom) -> Timestamp { Timestamp(seconds: Int64(random.next() % 4_000_000_000)) }
}

extension Timestamp: CustomStringConvertible {
  public var description: String { text ?? "\(seconds) s" }

  /// The text as Go prints it; nil for a year that has not four digits.
  public var text: String? {
    let local = seconds + Int64(offset)
    guard seconds >= -62_167_219_200 - 86400, seconds <= 253_402_300_799 + 86400 else { return nil }
    let day = local >= 0 ? local / 86400 : -((86399 - local) / 86400)
    let second = local - day * 86400
    let date = CalendarDate(daysSince1970: day)
    guard (0...9999).contains(date.year) else { return nil }
    var text = "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
    text += "T\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
    if nanoseconds != 0 {
      var digits = padded(Int64(nanoseconds), 9)
      while digits.hasSuffix("0") { digits.removeLast() }
      text += ".\(digits)"
    }
    if offset == 0 { return text + "Z" }
    let minutes = Int64(abs(offset) / 60)
    return text + (offset < 0 ? "-" : "+") + "\(padded(minutes / 60, 2)):\(padded(minutes % 60, 2))"
  }

  private func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(width - digits.count, 0)) + digits
  }

  /// Reads RFC 3339 as Go does: a comma may stand before the fraction, digits beyond nine are dropped, an hour may have one digit.
  public init?(text: String) {
    var scanner = DigitScanner(text)
    guard let year = scanner.number(4), scanner.take("-"), let month = scanner.number(2), scanner.take("-"), let day = scanner.number(2),
      scanner.take("T"), let hour = scanner.number(2) ?? scanner.number(1), scanner.take(":"), let minute = scanner.number(2),
      scanner.take(":"), let second = scanner.number(2), hour < 24, minute < 60, second < 60,
      let date = CalendarDate(year: year, month: month, day: day)
    else { return nil }
    self.init()
    if scanner.take(".") || scanner.take(",") {
      guard let fraction = scanner.fraction() else { return nil }
      nanoseconds = fraction
    }
    if !scanner.take("Z") {
      let isEast = scanner.take("+")
      guard isEast || scanner.take("-"), let hours = scanner.number(2), scanner.take(":"), let minutes = scanner.number(2), hours <= 24,
        minutes < 60
      else { return nil }
      offset = Int32((hours * 60 + minutes) * 60) * (isEast ? 1 : -1)
    }
    guard scanner.isAtEnd else { return nil }
    seconds = date.daysSince1970 * 86400 + hour * 3600 + minute * 60 + second - Int64(offset)
  }
}

/// A date of the proleptic Gregorian calendar.
struct CalendarDate: Equatable {
  var year: Int64
  var month: Int64
  var day: Int64

  /// Nil for a date that does not exist.
  init?(year: Int64, month: Int64, day: Int64) {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard (1...12).contains(month), day >= 1, day <= lengths[Int(month) - 1] else { return nil }
    (self.year, self.month, self.day) = (year, month, day)
  }

  /// Years counted from March, in eras of 400.
  init(daysSince1970 days: Int64) {
    let days = days + 719_468
    let era = (days >= 0 ? days : days - 146_096) / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    month = shifted < 10 ? shifted + 3 : shifted - 9
    day = dayOfYear - (153 * shifted + 2) / 5 + 1
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  var daysSince1970: Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

/// Reads numbers of fixed width from a text.
private struct DigitScanner {
  private let bytes: [UInt8]
  private var index = 0

  init(_ text: String) { bytes = [UInt8](text.utf8) }

  var isAtEnd: Bool { index == bytes.count }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard index < bytes.count, UInt32(bytes[index]) == character.value else { return false }
    index += 1
    return true
  }

  mutating func number(_ width: Int) -> Int64? {
    guard bytes.count - index >= width else { return nil }
    var value: Int64 = 0
    for byte in bytes[index..<index + width] {
      guard (0x30...0x39).contains(byte) else { return nil }
      value = value * 10 + Int64(byte - 0x30)
    }
    index += width
    return value
  }

  /// The digits that follow, as nanoseconds; at least one.
  mutating func fraction() -> Int32? {
    let start = index
    var value: Int32 = 0
    while index < bytes.count, (0x30...0x39).contains(bytes[index]) {
      if index - start < 9 { value = value * 10 + Int32(bytes[index] - 0x30) }
      index += 1
    }
    guard index > start else { return nil }
    for _ in min(index - start, 9)..<9 { value *= 10 }
    return value
  }
}
