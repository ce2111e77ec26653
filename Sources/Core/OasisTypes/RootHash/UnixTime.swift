internal import Bytes
internal import CBOR
internal import JSONText
internal import Wire

/// Unix seconds: a number in CBOR, RFC 3339 text in JSON. Writes UTC; the reference writes its local zone.
struct UnixTime: Hashable, Sendable {
  var seconds: UInt64 = 0
}

extension UnixTime: WireValue {
  var isEmpty: Bool { false }
  func encode(to writer: inout CBORWriter) { seconds.encode(to: &writer) }
  init(from reader: inout CBORReader) throws(CBORError) { seconds = try reader.readInteger() }
  func encode(to writer: inout JSONWriter) {
    if let text { writer.write(string: text) } else { writer.fail("time \(seconds) is after the year 9999") }
  }
  init(json: JSONValue) throws(JSONError) {
    guard case .string(let text) = json else { throw .mismatch("RFC 3339 time", json) }
    guard let seconds = Self.seconds(in: text) else { throw JSONError("'\(text)' is not an RFC 3339 time") }
    self.seconds = seconds
  }

  /// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// Nil after the year 9999.
  var text: String? {
    guard seconds <= 253_402_300_799 else { return nil }
    let (days, rest) = (Int64(seconds / 86400) + 719_468, Int64(seconds % 86400))
    let era = days / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    func pad(_ value: Int64, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let date = "\(pad(year, 4))-\(pad(month, 2))-\(pad(dayOfYear - (153 * shifted + 2) / 5 + 1, 2))"
    return "\(date)T\(pad(rest / 3600, 2)):\(pad(rest / 60 % 60, 2)):\(pad(rest % 60, 2))Z"
  }

  /// Seconds of a text; fractions are dropped. Nil if malformed or before 1970.
  private static func seconds(in text: String) -> UInt64? {
    let bytes = Array(text.utf8)
    func number(_ range: Range<Int>) -> Int64? {
      guard range.upperBound <= bytes.count else { return nil }
      var value: Int64 = 0
      for byte in bytes[range] {
        guard (0x30...0x39).contains(byte) else { return nil }
        value = value * 10 + Int64(byte - 0x30)
      }
      return value
    }
    func has(_ character: Character, at index: Int) -> Bool { index < bytes.count && bytes[index] == character.asciiValue }
    guard let year = number(0..<4), has("-", at: 4), let month = number(5..<7), has("-", at: 7), let day = number(8..<10), has("T", at: 10),
      let hour = number(11..<13), has(":", at: 13), let minute = number(14..<16), has(":", at: 16), let second = number(17..<19),
      (1...12).contains(month), day >= 1, hour < 24, minute < 60, second < 60
    else { return nil }
    let lengths: [Int64] = [31, year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard day <= lengths[Int(month) - 1] else { return nil }
    var index = 19
    if has(".", at: index) || has(",", at: index) {
      index += 1
      let start = index
      while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
      guard index > start else { return nil }
    }
    var total = days(year: year, month: month, day: day) * 86400 + hour * 3600 + minute * 60 + second
    if has("Z", at: index) {
      guard index + 1 == bytes.count else { return nil }
    } else {
      guard has("+", at: index) || has("-", at: index), let zoneHour = number(index + 1..<index + 3), has(":", at: index + 3),
        let zoneMinute = number(index + 4..<index + 6), index + 6 == bytes.count, zoneHour < 24, zoneMinute < 60
      else { return nil }
      let zone = zoneHour * 3600 + zoneMinute * 60
      total += has("+", at: index) ? -zone : zone
    }
    return UInt64(exactly: total)
  }
}
