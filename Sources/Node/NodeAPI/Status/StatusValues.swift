internal import Bytes
public import CBOR
internal import Glibc
public import JSONText
public import OasisTypes
public import Wire

/// A moment in statuses and blocks of the API: Unix seconds in CBOR (null for none), RFC 3339 in the printing program's own time zone in
/// JSON. Rule: sheet 09 §4.
public struct LocalTime: WireValue, Hashable {
  public var time = Timestamp()

  /// No time: the first second of year 1.
  public init() {}
  public init(_ time: Timestamp) { self.time = time }
  /// - Parameters: Unix seconds; 0 stands for never.
  public init(unix seconds: Int64) { if seconds != 0 { time = Timestamp(seconds: seconds) } }

  public var isEmpty: Bool { false }
  public func encode(to writer: inout CBORWriter) { time.encode(to: &writer) }
  public init(from reader: inout CBORReader) throws(CBORError) { time = try Timestamp(from: &reader) }
  public func encode(to writer: inout JSONWriter) { time.inLocalZone.encode(to: &writer) }
  public init(json: JSONValue) throws(JSONError) { time = try Timestamp(json: json) }
  public static func random(using random: inout WireRandom) -> LocalTime { LocalTime(Timestamp.random(using: &random)) }
}

/// Unix seconds of a runtime's block: a number in CBOR, local RFC 3339 in JSON.
public struct LocalSeconds: WireValue, Hashable {
  public var seconds: UInt64 = 0

  public init() {}
  public init(_ seconds: UInt64) { self.seconds = seconds }

  public var isEmpty: Bool { seconds == 0 }
  public func encode(to writer: inout CBORWriter) { seconds.encode(to: &writer) }
  public init(from reader: inout CBORReader) throws(CBORError) { seconds = try reader.readInteger() }
  public func encode(to writer: inout JSONWriter) {
    Timestamp(seconds: Int64(clamping: seconds)).inLocalZone.encode(to: &writer)
  }
  public init(json: JSONValue) throws(JSONError) {
    guard let value = UInt64(exactly: try Timestamp(json: json).seconds) else { throw JSONError("a time before 1970") }
    seconds = value
  }
  public static func random(using random: inout WireRandom) -> LocalSeconds { LocalSeconds(random.next() % 4_000_000_000) }
}

extension Timestamp {
  /// The same moment with the offset of this machine's time zone.
  var inLocalZone: Timestamp {
    guard !isZero else { return self }
    var (clock, parts) = (time_t(seconds), tm())
    guard localtime_r(&clock, &parts) != nil else { return self }
    var local = self
    local.offset = Int32(clamping: parts.tm_gmtoff)
    return local
  }
}

/// The identity of a libp2p peer: multihash bytes in CBOR, base58 in JSON. Rule: sheet 09 §4.1, 08 A1.
public struct PeerIdentity: WireValue, Hashable {
  /// The multihash.
  public var bytes: [UInt8] = []

  public init() {}
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  public var isEmpty: Bool { bytes.isEmpty }
  public func encode(to writer: inout CBORWriter) { bytes.encode(to: &writer) }
  public init(from reader: inout CBORReader) throws(CBORError) { bytes = try reader.readBytes() }
  public func encode(to writer: inout JSONWriter) { writer.write(string: Base58.text(bytes)) }
  public init(json: JSONValue) throws(JSONError) {
    guard case .string(let text) = json else { throw .mismatch("peer identity", json) }
    guard let bytes = Base58.bytes(text) else { throw JSONError("\(text) is not base58") }
    self.bytes = bytes
  }
  public static func random(using random: inout WireRandom) -> PeerIdentity { PeerIdentity(random.bytes(38)) }
}

/// Bitcoin's base 58.
enum Base58 {
  private static let digits = Array("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".utf8)

  static func text(_ bytes: [UInt8]) -> String {
    let zeros = bytes.prefix { $0 == 0 }.count
    var out: [UInt8] = []  // least significant first
    for byte in bytes.dropFirst(zeros) {
      var carry = UInt32(byte)
      for index in out.indices {
        carry += UInt32(out[index]) << 8
        out[index] = UInt8(carry % 58)
        carry /= 58
      }
      while carry > 0 {
        out.append(UInt8(carry % 58))
        carry /= 58
      }
    }
    return String(repeating: "1", count: zeros) + String(decoding: out.reversed().map { digits[Int($0)] }, as: UTF8.self)
  }

  /// Nil for other characters, and for texts beyond any identity's length.
  static func bytes(_ text: String) -> [UInt8]? {
    guard text.utf8.count <= 256 else { return nil }
    let zeros = text.utf8.prefix { $0 == digits[0] }.count
    var out: [UInt8] = []
    for character in text.utf8.dropFirst(zeros) {
      guard let digit = digits.firstIndex(of: character) else { return nil }
      var carry = UInt32(digit)
      for index in out.indices {
        carry += UInt32(out[index]) * 58
        out[index] = UInt8(carry & 0xFF)
        carry >>= 8
      }
      while carry > 0 {
        out.append(UInt8(carry & 0xFF))
        carry >>= 8
      }
    }
    return [UInt8](repeating: 0, count: zeros) + out.reversed()
  }
}
