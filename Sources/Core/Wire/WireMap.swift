public import CBOR
public import JSONText

/// A struct that travels as a map from its fields' names, in CBOR and in JSON.
public protocol WireMap: WireFields {}

extension WireFields {
  /// Whether every field may be left out and is empty.
  public var isEmpty: Bool {
    let layout = Self.layout
    guard layout.mandatory == 0 else { return false }
    return withUnsafePointer(to: self) { pointer in
      let base = UnsafeRawPointer(pointer)
      return layout.steps.allSatisfy { $0.isEmpty(in: base) }
    }
  }
  /// A struct is never left out of JSON.
  public var isEmptyInJSON: Bool { false }

  public static func random(using random: inout WireRandom) -> Self {
    var value = Self()
    withUnsafeMutablePointer(to: &value) { pointer in
      for slot in layout.declared { slot.randomize(in: UnsafeMutableRawPointer(pointer), using: &random) }
    }
    return value
  }

  // MARK: JSON

  public func encode(to writer: inout JSONWriter) {
    let layout = Self.layout
    withUnsafePointer(to: self) { pointer in
      let base = UnsafeRawPointer(pointer)
      writer.beginObject()
      for slot in layout.declared where slot.isAlwaysInJSON || !slot.isEmptyInJSON(in: base) {
        writer.write(key: slot.name)
        slot.encode(from: base, to: &writer)
      }
      writer.endObject()
    }
  }

  public init(json: JSONValue) throws(JSONError) {
    self.init()
    try update(json: json)
  }

  /// Unknown keys are ignored; keys match exactly or else by letter case; a later key reads over an earlier one.
  public mutating func update(json: JSONValue) throws(JSONError) {
    if json.isNull { return }
    guard case .object(let members) = json else { throw .mismatch("object", json) }
    let layout = Self.layout
    try withUnsafeMutablePointer(to: &self) { pointer throws(JSONError) in
      for member in members {
        guard let index = layout.byName[member.key] ?? layout.byFoldedName[member.key.foldedKey] else { continue }
        try layout.declared[index].update(in: UnsafeMutableRawPointer(pointer), json: member.value)
      }
    }
  }
}

extension WireMap {
  // MARK: CBOR

  public func encode(to writer: inout CBORWriter) {
    let layout = Self.layout
    withUnsafePointer(to: self) { layout.encodeMap(from: UnsafeRawPointer($0), to: &writer) }
  }

  public init(from reader: inout CBORReader) throws(CBORError) {
    self.init()
    try update(from: &reader)
  }

  /// Reads a map over the present value; null leaves it as it is.
  public mutating func update(from reader: inout CBORReader) throws(CBORError) {
    let layout = Self.layout
    try withUnsafeMutablePointer(to: &self) { pointer throws(CBORError) in
      let base = UnsafeMutableRawPointer(pointer)
      if reader.mode.isStrict {
        try layout.readMapStrictly(into: base, from: &reader)
      } else {
        try layout.readMap(into: base, from: &reader)
      }
    }
  }
}

// Once for all types: what depends on a type is behind its steps.

extension Layout {
  func encodeMap(from base: UnsafeRawPointer, to writer: inout CBORWriter) {
    guard mandatory < steps.count else {
      writer.writeMapHead(mandatory)
      for step in steps {
        writer.write(verbatim: step.key)
        step.encode(from: base, to: &writer)
      }
      return
    }
    guard steps.count < 24 else { return encodeMapCounting(base, to: &writer) }
    // The head is one byte: it is set right when the fields are counted.
    let head = writer.count
    writer.writeMapHead(0)
    var count = 0
    for step in steps {
      if step.test == .ask || step.test == .askWhetherAbsent, step.isEmpty(in: base) { continue }
      let start = writer.count
      writer.write(verbatim: step.key)
      step.encode(from: base, to: &writer)
      if step.test == .encode, writer.isEmptyMap(at: start + step.key.count) { writer.takeBack(to: start) } else { count += 1 }
    }
    writer.setMapHead(at: head, count)
  }

  private func encodeMapCounting(_ base: UnsafeRawPointer, to writer: inout CBORWriter) {
    var present = FieldSet()
    var count = mandatory
    for index in steps.indices where steps[index].test != .none && !steps[index].isEmpty(in: base) {
      present.insert(index)
      count += 1
    }
    writer.writeMapHead(count)
    for index in steps.indices where steps[index].test == .none || present.contains(index) {
      writer.write(verbatim: steps[index].key)
      steps[index].encode(from: base, to: &writer)
    }
  }

  fileprivate func readMap(into base: UnsafeMutableRawPointer, from reader: inout CBORReader) throws(CBORError) {
    if reader.readNull() { return }
    var container = try reader.beginMap()
    var matcher = FieldMatcher(layout: self)
    while try reader.next(&container) {
      if let index = try matcher.next(&reader) { try readField(index, into: base, from: &reader) } else { try reader.skip() }
    }
  }

  private func readField(_ index: Int, into base: UnsafeMutableRawPointer, from reader: inout CBORReader) throws(CBORError) {
    let step = steps[index]
    do throws(CBORError) { try decodeCBOR(step.type, base + step.offset, &reader) } catch { throw error.inside(canonical[index].name) }
  }

  /// The Rust codec: exact keys (order and duplicates were checked before), no unknown keys, null as a missing field.
  fileprivate func readMapStrictly(into base: UnsafeMutableRawPointer, from reader: inout CBORReader) throws(CBORError) {
    var container = try reader.beginMap()
    var found = FieldSet()
    var cursor = 0
    while try reader.next(&container) {
      while cursor < steps.count, !reader.consume(steps[cursor].key) { cursor += 1 }
      guard cursor < steps.count else {
        let error = reader.error(.unknownField("\((try? reader.readStructKey())?.description ?? "")"))
        throw error
      }
      if steps[cursor].type.acceptsNullFromGuest || !reader.readNull() {
        try readField(cursor, into: base, from: &reader)
        found.insert(cursor)
      }
      cursor += 1
    }
    for index in steps.indices where steps[index].type.isMandatoryForGuest && !found.contains(index) {
      throw reader.error(.missingField(canonical[index].name))
    }
  }
}

extension WireValue {
  /// Whether null is a value of its own and not a missing field.
  static var acceptsNullFromGuest: Bool { Self.self == RawCBOR.self }
}

/// A set of field indices below 128.
struct FieldSet {
  private var low: UInt64 = 0
  private var high: UInt64 = 0
  @inline(__always)
  func contains(_ index: Int) -> Bool { (index < 64 ? low >> UInt64(index) : high >> UInt64(index - 64)) & 1 != 0 }
  @inline(__always)
  mutating func insert(_ index: Int) { if index < 64 { low |= 1 << UInt64(index) } else { high |= 1 << UInt64(index - 64) } }
}

/// Finds the field for each key of a map, by the reference's rules (sheet 01 §1.5 items 6 and 7).
private struct FieldMatcher {
  let layout: Layout
  private var found = FieldSet()
  private var foundExactly = FieldSet()
  private var cursor = 0
  /// Keys that are not simply a field's own name.
  private var others: Set<CBORKey> = []

  init(layout: Layout) { self.layout = layout }

  /// The index of the field that the next key names; nil for a key to be ignored.
  mutating func next(_ reader: inout CBORReader) throws(CBORError) -> Int? {
    // Senders write keys in canonical order: try the expected one before anything else.
    let steps = layout.steps
    for index in cursor..<steps.count where !found.contains(index) && reader.consume(steps[index].key) {
      cursor = index + 1
      found.insert(index)
      foundExactly.insert(index)
      return index
    }
    return try slowNext(&reader)
  }

  @inline(never)
  private mutating func slowNext(_ reader: inout CBORReader) throws(CBORError) -> Int? {
    let start = reader.offset
    let key = try reader.readStructKey()
    let fields = layout.canonical
    let duplicate = CBORError(.duplicateKey(key.description), offset: start)
    if case .text(let bytes) = key {
      if let index = fields.firstIndex(where: { $0.name.utf8.elementsEqual(bytes) }) {
        if !found.contains(index) {
          found.insert(index)
          foundExactly.insert(index)
          return index
        }
        if foundExactly.contains(index), !reader.mode.allowsDuplicateKeys { throw duplicate }
      }
      let match = fields.indices.first { index in
        !found.contains(index) && fields[index].name.utf8.count == bytes.count
          && zip(fields[index].name.utf8, bytes).allSatisfy { lowered($0) == lowered($1) }
      }
      if !reader.mode.allowsDuplicateKeys, !others.insert(key).inserted { throw duplicate }
      if let match {
        found.insert(match)
        return match
      }
    } else if !reader.mode.allowsDuplicateKeys, !others.insert(key).inserted {
      throw duplicate
    }
    if reader.mode.refusesUnknownFields { throw CBORError(.unknownField(key.description), offset: start) }
    return nil
  }

  private func lowered(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte }
}
