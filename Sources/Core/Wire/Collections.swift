public import CBOR
public import JSONText

extension Array: WireValue where Element: WireValue {
  public static var isCollection: Bool { true }
  public func encode(to writer: inout CBORWriter) { Element.encodeList(self, to: &writer) }
  public init(from reader: inout CBORReader) throws(CBORError) { self = try Element.decodeList(from: &reader) }
  public func encode(to writer: inout JSONWriter) { Element.encodeList(self, to: &writer) }
  public init(json: JSONValue) throws(JSONError) {
    self = []
    try update(json: json)
  }
  public mutating func update(json: JSONValue) throws(JSONError) {
    if json.isNull { self = [] } else { try Element.updateList(&self, json: json) }
  }
  public static func random(using random: inout WireRandom) -> [Element] {
    random.nested { random in (0..<random.count()).map { _ in Element.random(using: &random) } }
  }
}

/// A pointer, or a list or map whose absence differs from emptiness: nil is null.
extension Optional: WireValue where Wrapped: WireValue {
  public init() { self = nil }
  public var isAbsent: Bool { if case .none = self { true } else { false } }
  public var isEmpty: Bool {
    guard let value = self else { return true }
    return Wrapped.isCollection && value.isEmpty
  }
  public var isEmptyInJSON: Bool {
    guard let value = self else { return true }
    return Wrapped.isCollection && value.isEmptyInJSON
  }
  public func encode(to writer: inout CBORWriter) { if let value = self { value.encode(to: &writer) } else { writer.writeNull() } }
  public init(from reader: inout CBORReader) throws(CBORError) { self = reader.readNull() ? nil : try Wrapped(from: &reader) }
  public func encode(to writer: inout JSONWriter) { if let value = self { value.encode(to: &writer) } else { writer.writeNull() } }
  public init(json: JSONValue) throws(JSONError) {
    self = nil
    try update(json: json)
  }
  public mutating func update(json: JSONValue) throws(JSONError) {
    if json.isNull {
      self = nil
      return
    }
    var value = self ?? Wrapped()
    try value.update(json: json)
    self = value
  }
  public static func random(using random: inout WireRandom) -> Wrapped? {
    random.depth > 4 || random.next() % 3 == 0 ? nil : random.nested { Wrapped.random(using: &$0) }
  }
}

/// A map; its entries are sorted when written: by encoded key in CBOR, by text in JSON.
extension Dictionary: WireValue where Key: WireKey, Value: WireValue {
  public static var isCollection: Bool { true }

  public func encode(to writer: inout CBORWriter) {
    writer.writeMapHead(count)
    var entries = map { (key: $0.key.cbor(), value: $0.value) }
    entries.sort { canonicallyPrecedes($0.key, $1.key) }
    for entry in entries {
      writer.write(verbatim: entry.key)
      entry.value.encode(to: &writer)
    }
  }

  public init(from reader: inout CBORReader) throws(CBORError) {
    self.init()
    if !reader.mode.isStrict, reader.readNull() { return }
    var container = try reader.beginMap()
    let count = container.count ?? 0
    try reader.charge(count.multipliedReportingOverflow(by: 2 * MemoryLayout<Element>.stride).partialValue)
    reserveCapacity(count)
    while try reader.next(&container) {
      let start = reader.offset
      let key = try Key(from: &reader)
      do throws(CBORError) {
        let value = try Value(from: &reader)
        guard updateValue(value, forKey: key) == nil || reader.mode.allowsDuplicateKeys else {
          throw CBORError(.duplicateKey(key.jsonKey), offset: start)
        }
      } catch {
        throw error.inside(key.jsonKey)
      }
    }
  }

  public func encode(to writer: inout JSONWriter) {
    var entries = map { (key: $0.key.jsonKey, value: $0.value) }
    entries.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    writer.beginObject()
    for entry in entries {
      writer.write(key: entry.key)
      entry.value.encode(to: &writer)
    }
    writer.endObject()
  }

  public init(json: JSONValue) throws(JSONError) {
    self.init()
    try update(json: json)
  }

  public mutating func update(json: JSONValue) throws(JSONError) {
    if json.isNull {
      self = [:]
      return
    }
    guard case .object(let members) = json else { throw .mismatch("object", json) }
    for member in members {
      do throws(JSONError) {
        var value = Value()
        try value.update(json: member.value)
        self[try Key(jsonKey: member.key)] = value
      } catch {
        throw error.inside(member.key)
      }
    }
  }

  public static func random(using random: inout WireRandom) -> [Key: Value] {
    random.nested { random in
      var map: [Key: Value] = [:]
      for _ in 0..<random.count() { map[Key.random(using: &random)] = Value.random(using: &random) }
      return map
    }
  }
}

/// A raw item: embedded as it is in CBOR, base64 of the item in JSON.
extension RawCBOR: WireValue {
  public static var isCollection: Bool { true }
  public var isEmpty: Bool { bytes.isEmpty }
  public func encode(to writer: inout CBORWriter) { if bytes.isEmpty { writer.writeNull() } else { writer.write(verbatim: bytes) } }
  public init(from reader: inout CBORReader) throws(CBORError) { self.init(try reader.readItem()) }
  public func encode(to writer: inout JSONWriter) { if bytes.isEmpty { writer.writeNull() } else { bytes.encode(to: &writer) } }
  public init(json: JSONValue) throws(JSONError) { self.init(try [UInt8](json: json)) }
  public mutating func update(json: JSONValue) throws(JSONError) { self = try RawCBOR(json: json) }
  public static func random(using random: inout WireRandom) -> RawCBOR { [UInt8].random(using: &random).raw() }
}
