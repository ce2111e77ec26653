public import CBOR
public import JSONText

/// A number with names: an integer in CBOR, a word in JSON. Any integer of the raw type decodes; whether it has a meaning is for the rules to say.
///
/// ```swift
/// public struct Vote: WireEnum {
///   public var rawValue: UInt8 = 0
///   public init() {}
///   public static let words: [(UInt8, String)] = [(1, "yes"), (2, "no"), (3, "abstain")]
/// }
/// ```
/// A list of an enum of 8 bits is a byte string in CBOR and an array of words in JSON.
public protocol WireEnum: WireKey, RawRepresentable, CustomStringConvertible where RawValue: WireInteger {
  var rawValue: RawValue { get set }
  /// The words in JSON.
  static var words: [(RawValue, String)] { get }
}

extension WireEnum {
  public init(rawValue: RawValue) {
    self.init()
    self.rawValue = rawValue
  }
  /// The word, or nil for a number without one.
  public var word: String? { Self.words.first { $0.0 == rawValue }?.1 }
  public var description: String { word ?? "[unknown: \(rawValue)]" }
  public var isEmpty: Bool { rawValue == 0 }

  public func encode(to writer: inout CBORWriter) { rawValue.encode(to: &writer) }
  public init(from reader: inout CBORReader) throws(CBORError) { self.init(); rawValue = try reader.readInteger() }
  public func encode(to writer: inout JSONWriter) {
    if let word { writer.write(string: word) } else { writer.fail("\(Self.self) \(rawValue) has no word") }
  }
  public init(json: JSONValue) throws(JSONError) {
    guard case .string(let text) = json else { throw .mismatch("word", json) }
    try self.init(jsonKey: text)
  }
  public var jsonKey: String { description }
  public init(jsonKey: String) throws(JSONError) {
    guard let entry = Self.words.first(where: { $0.1 == jsonKey }) else { throw JSONError("unknown \(Self.self) \(jsonKey)") }
    self.init()
    rawValue = entry.0
  }
  public static func random(using random: inout WireRandom) -> Self {
    words.isEmpty ? Self() : Self(rawValue: words[Int(random.next() % UInt64(words.count))].0)
  }

  public static func encodeList(_ list: [Self], to writer: inout CBORWriter) {
    if RawValue.self == UInt8.self { return writer.write(byteString: list.map { UInt8(truncatingIfNeeded: $0.rawValue) }) }
    writer.writeArrayHead(list.count)
    for element in list { element.encode(to: &writer) }
  }
  public static func decodeList(from reader: inout CBORReader) throws(CBORError) -> [Self] {
    if RawValue.self == UInt8.self { return try reader.readBytes().map { Self(rawValue: RawValue(truncatingIfNeeded: $0)) } }
    return try [RawValue](from: &reader).map { Self(rawValue: $0) }
  }
}

/// A number with a type of its own that is a number in JSON too (runtime kind, TEE hardware, vault state).
public protocol WireNumber: WireKey, RawRepresentable where RawValue: WireInteger {
  var rawValue: RawValue { get set }
}

extension WireNumber {
  public init(rawValue: RawValue) {
    self.init()
    self.rawValue = rawValue
  }
  public var isEmpty: Bool { rawValue == 0 }
  public func encode(to writer: inout CBORWriter) { rawValue.encode(to: &writer) }
  public init(from reader: inout CBORReader) throws(CBORError) { self.init(); rawValue = try reader.readInteger() }
  public func encode(to writer: inout JSONWriter) { rawValue.encode(to: &writer) }
  public init(json: JSONValue) throws(JSONError) { self.init(); rawValue = try RawValue(json: json) }
  public var jsonKey: String { rawValue.jsonKey }
  public init(jsonKey: String) throws(JSONError) { self.init(); rawValue = try RawValue(jsonKey: jsonKey) }
  public static func random(using random: inout WireRandom) -> Self { Self(rawValue: random.integer()) }
}

/// A text with a type of its own (method names, gas operations).
public protocol WireText: WireKey, RawRepresentable where RawValue == String {
  var rawValue: String { get set }
}

extension WireText {
  public init(rawValue: String) {
    self.init()
    self.rawValue = rawValue
  }
  public var isEmpty: Bool { rawValue.isEmpty }
  public func encode(to writer: inout CBORWriter) { writer.write(text: rawValue) }
  public init(from reader: inout CBORReader) throws(CBORError) { self.init(); rawValue = try reader.readText() }
  public func encode(to writer: inout JSONWriter) { writer.write(string: rawValue) }
  public init(json: JSONValue) throws(JSONError) { self.init(); rawValue = try String(json: json) }
  public var jsonKey: String { rawValue }
  public init(jsonKey: String) throws(JSONError) { self.init(); rawValue = jsonKey }
  public static func random(using random: inout WireRandom) -> Self { Self(rawValue: random.text()) }
}
