public import Protobuf

/// A moment in nanoseconds, as block headers carry it. `init()` is the first moment of year 1, the value of an absent field.
///
/// Rule: engine sheet A2 (`google.protobuf.Timestamp`, valid from year 1 through year 9999).
public struct Timestamp: Hashable, Sendable, Comparable {
  /// Seconds since 1970-01-01T00:00:00Z.
  public var seconds: Int64
  /// 0 … 999,999,999.
  public var nanoseconds: Int32

  public static let zero = Timestamp()
  static let earliest: Int64 = -62_135_596_800
  static let latest: Int64 = 253_402_300_799

  public init() { (seconds, nanoseconds) = (Self.earliest, 0) }

  public init(seconds: Int64, nanoseconds: Int32 = 0) { (self.seconds, self.nanoseconds) = (seconds, nanoseconds) }

  /// True for the first moment of year 1.
  public var isZero: Bool { self == .zero }

  public static func < (left: Self, right: Self) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }

  /// The moment `duration` later, as far as the calendar reaches.
  public func adding(_ duration: Nanoseconds) -> Timestamp {
    let billion: Int64 = 1_000_000_000
    var carried = Int64(nanoseconds) + duration.rawValue % billion  // both below 2^31: no overflow
    var whole = duration.rawValue / billion
    if carried < 0 { (carried, whole) = (carried + billion, whole - 1) }
    if carried >= billion { (carried, whole) = (carried - billion, whole + 1) }
    let (sum, overflow) = seconds.addingReportingOverflow(whole)
    return Timestamp(seconds: overflow ? (whole < 0 ? .min : .max) : sum, nanoseconds: Int32(carried))
  }

  /// How much later this is than `earlier`, saturated to what 64 bits of nanoseconds hold (292 years).
  public func since(_ earlier: Timestamp) -> Nanoseconds {
    let difference = (Int128(seconds) - Int128(earlier.seconds)) * 1_000_000_000 + Int128(nanoseconds) - Int128(earlier.nanoseconds)
    return Nanoseconds(Int64(clamping: difference))
  }
}

extension Timestamp: ProtobufMessage {
  public static let fields: [ProtobufField<Self>] = [.init(1, "seconds", \.seconds), .init(2, "nanos", \.nanoseconds)]

  /// A present field replaces the moment: missing parts of it are zero (1970).
  public mutating func merge(from reader: inout ProtobufReader) throws(ProtobufError) {
    var parts = TimestampParts()
    try parts.merge(from: &reader)
    guard (Self.earliest...Self.latest).contains(parts.seconds) else {
      throw ProtobufError(.value("timestamp of \(parts.seconds) seconds is outside of years 1 to 9999"), offset: reader.offset)
    }
    guard (0..<1_000_000_000).contains(parts.nanoseconds) else {
      throw ProtobufError(.value("timestamp with \(parts.nanoseconds) nanoseconds"), offset: reader.offset)
    }
    self = Timestamp(seconds: parts.seconds, nanoseconds: parts.nanoseconds)
  }

  public var protobufValue: ProtobufValue { .list([.number(String(seconds)), .number(String(nanoseconds))]) }
}

/// A duration in nanoseconds, signed 64 bits.
public struct Nanoseconds: Hashable, Sendable, Comparable {
  public var rawValue: Int64
  public init() { rawValue = 0 }
  public init(_ rawValue: Int64) { self.rawValue = rawValue }
  /// That many seconds; above 292 years they wrap, as Go's do.
  public static func seconds(_ count: Int64) -> Self { Self(count.multipliedReportingOverflow(by: 1_000_000_000).partialValue) }
  /// That many milliseconds; above 292 years they wrap, as Go's do.
  public static func milliseconds(_ count: Int64) -> Self { Self(count.multipliedReportingOverflow(by: 1_000_000).partialValue) }
  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  /// The same length as the standard library's type.
  public var duration: Duration { .nanoseconds(rawValue) }
}

extension Nanoseconds: ProtobufMessage {
  public static let fields: [ProtobufField<Self>] = []

  public func encode(to writer: inout ProtobufWriter) {
    TimestampParts(seconds: rawValue / 1_000_000_000, nanoseconds: Int32(rawValue % 1_000_000_000)).encode(to: &writer)
  }

  public mutating func merge(from reader: inout ProtobufReader) throws(ProtobufError) {
    var parts = TimestampParts()
    try parts.merge(from: &reader)
    func refuse(_ reason: String) -> ProtobufError { ProtobufError(.value(reason), offset: reader.offset) }
    let limit: Int64 = 315_576_000_000  // 10,000 years, the format's own limit
    guard (-limit...limit).contains(parts.seconds), (-999_999_999...999_999_999).contains(parts.nanoseconds) else {
      throw refuse("duration out of range")
    }
    guard parts.seconds == 0 || parts.nanoseconds == 0 || (parts.seconds < 0) == (parts.nanoseconds < 0) else {
      throw refuse("duration with parts of different signs")
    }
    guard let total = Int64(exactly: Int128(parts.seconds) * 1_000_000_000 + Int128(parts.nanoseconds)) else {
      throw refuse("duration beyond 64 bits of nanoseconds")
    }
    rawValue = total
  }

  public var protobufValue: ProtobufValue { .number(String(rawValue)) }
}

/// The wire form of both.
private struct TimestampParts: ProtobufMessage {
  var seconds: Int64 = 0
  var nanoseconds: Int32 = 0
  init() {}
  init(seconds: Int64, nanoseconds: Int32) { (self.seconds, self.nanoseconds) = (seconds, nanoseconds) }
  static let fields: [ProtobufField<Self>] = [.init(1, "seconds", \.seconds), .init(2, "nanos", \.nanoseconds)]
}
