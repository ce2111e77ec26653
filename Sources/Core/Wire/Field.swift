internal import CBOR
internal import JSONText
internal import Synchronization

/// When a field is left out.
public enum Omission: Sendable {
  /// Never (no mark in the sheets).
  case always
  /// Out of CBOR and JSON when empty (mark `O`).
  case omitEmpty
  /// Out of CBOR when empty, always in JSON (mark `Oc`).
  case omitEmptyInCBOR
  /// Out of CBOR and JSON when absent; an optional list or map that is there but empty stays (a pointer to a list).
  case omitAbsent
}

/// One field of a struct that travels: its key, where it is stored, and when it is left out.
///
/// Declared in a `static let fields` in the order of the sheets (the JSON order). Only stored properties can be fields.
public struct Field<Root: Sendable>: Sendable {
  let slot: Slot

  /// - Parameters:
  ///   - name: the key, as it is written.
  ///   - property: a stored property.
  public init<Value: WireValue>(_ name: String, _ property: WritableKeyPath<Root, Value>, _ omission: Omission = .always) {
    guard let offset = MemoryLayout<Root>.offset(of: property) else {
      preconditionFailure("field \(name) of \(Root.self) is not a stored property")
    }
    slot = Slot(name: name, offset: offset, type: Value.self, omission: omission)
  }

  /// A struct whose fields are merged into this one's, at this place.
  public static func embedded<Value: WireFields>(_ property: WritableKeyPath<Root, Value>) -> Field {
    Field(embedding: property)
  }

  private init<Value: WireFields>(embedding property: WritableKeyPath<Root, Value>) {
    guard let offset = MemoryLayout<Root>.offset(of: property) else {
      preconditionFailure("an embedded struct of \(Root.self) is not a stored property")
    }
    slot = Slot(name: "", offset: offset, type: Value.self, omission: .always, isEmbedded: true)
  }
}

/// A type with a list of fields.
public protocol WireFields: WireValue {
  /// In declaration order, which is the order in JSON and in arrays.
  static var fields: [Field<Self>] { get }
}

/// A field without the type of its struct: where the value is, and what type it has.
///
/// A class, since hot loops go over many of them: one reference to count instead of three.
final class Slot: Sendable {
  let name: String
  /// From the start of the struct, in bytes.
  let offset: Int
  let type: any WireValue.Type
  let omission: Omission
  let isEmbedded: Bool
  /// The encoded key: head and text.
  let key: [UInt8]
  /// How encoding finds out whether to leave the field out.
  let test: EmptinessTest
  /// The layout of the type whose first field this is, made at first use: the address of an object that is never released; 0 before.
  private let layout = Atomic<UInt>(0)

  enum EmptinessTest {
    /// Never left out.
    case none
    /// Ask the value whether it is empty.
    case ask
    /// Ask the value whether it is absent.
    case askWhetherAbsent
    /// A struct of omittable fields: encode it, and take it back if it was the empty map. Asking would go over its fields twice.
    case encode
  }

  init(name: String, offset: Int, type: any WireValue.Type, omission: Omission, isEmbedded: Bool = false) {
    (self.name, self.offset, self.type, self.omission, self.isEmbedded) = (name, offset, type, omission, isEmbedded)
    var writer = CBORWriter()
    writer.write(text: name)
    key = writer.bytes
    guard omission != .always else {
      test = .none
      return
    }
    guard let inner = type as? any WireMap.Type else {
      test = omission == .omitAbsent ? .askWhetherAbsent : .ask
      return
    }
    test = inner.layout.mandatory == 0 ? .encode : .none
  }

  /// The layout kept here, made by `make` at first use. Several threads may make it, the first one stays.
  func layout(_ make: () -> Layout) -> Layout {
    let known = layout.load(ordering: .acquiring)
    if let address = UnsafeRawPointer(bitPattern: known) { return Unmanaged<Layout>.fromOpaque(address).takeUnretainedValue() }
    let made = make()
    let address = UInt(bitPattern: Unmanaged.passRetained(made).toOpaque())
    let (stored, first) = layout.compareExchange(expected: 0, desired: address, ordering: .acquiringAndReleasing)
    guard !stored, let address = UnsafeRawPointer(bitPattern: first) else { return made }
    Unmanaged.passUnretained(made).release()
    return Unmanaged<Layout>.fromOpaque(address).takeUnretainedValue()
  }

  var isAlwaysInJSON: Bool { omission == .always || omission == .omitEmptyInCBOR }

  /// The same field, seen from a struct that embeds its struct at `base`.
  func shifted(by base: Int) -> Slot { Slot(name: name, offset: offset + base, type: type, omission: omission) }
}

/// What the loops over a struct's CBOR fields need of a slot: no references, so that they count none.
struct Step {
  /// The encoded key; lives as long as its layout.
  let key: UnsafeBufferPointer<UInt8>
  let offset: Int
  let type: any WireValue.Type
  let test: Slot.EmptinessTest

  @inline(__always)
  func encode(from base: UnsafeRawPointer, to writer: inout CBORWriter) { encodeCBOR(self.type, base + offset, &writer) }

  func isEmpty(in base: UnsafeRawPointer) -> Bool {
    switch test {
    case .none: false
    case .askWhetherAbsent: absence(self.type, base + offset)
    case .ask, .encode: emptiness(self.type, base + offset)
    }
  }
}

/// What `Wire` derives from a field list, once a type.
final class Layout: @unchecked Sendable {  // the memory behind `steps` is written by the initializer only
  /// In canonical order, embedded fields merged in.
  let canonical: [Slot]
  /// The same for hot loops.
  let steps: UnsafeBufferPointer<Step>
  /// In declaration order, embedded fields merged in.
  let declared: [Slot]
  /// How many are never left out of CBOR.
  let mandatory: Int
  let byName: [String: Int]
  let byFoldedName: [String: Int]

  init(_ slots: [Slot]) {
    declared = slots
    canonical = declared.sorted { canonicallyPrecedes($0.key, $1.key) }
    let memory = UnsafeMutableBufferPointer<Step>.allocate(capacity: canonical.count)
    for (index, slot) in canonical.enumerated() {
      let key = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: slot.key.count)
      _ = key.initialize(from: slot.key)
      memory.initializeElement(
        at: index, to: Step(key: UnsafeBufferPointer(key), offset: slot.offset, type: slot.type, test: slot.test))
    }
    steps = UnsafeBufferPointer(memory)
    mandatory = canonical.count { $0.test == .none }
    byName = Dictionary(declared.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    byFoldedName = Dictionary(declared.enumerated().map { ($1.name.foldedKey, $0) }, uniquingKeysWith: { first, _ in first })
    precondition(byName.count == declared.count, "two fields have the same key")
    precondition(declared.count <= 128, "too many fields")
  }

  deinit {
    for step in steps { step.key.deallocate() }
    steps.deallocate()
  }
}

private let emptyLayout = Layout([])

extension WireFields {
  /// The type's layout.
  static var layout: Layout {
    // A field is its slot and nothing else: a list read as slots needs no metadata of generic types at run time.
    guard let first = unsafeBitCast(fields, to: [Slot].self).first else { return emptyLayout }
    return first.layout { Layout(slots(of: fields)) }
  }

  private static func slots(of fields: [Field<Self>]) -> [Slot] {
    fields.flatMap { field in
      guard field.slot.isEmbedded, let inner = field.slot.type as? any WireFields.Type else { return [field.slot] }
      return inner.layout.declared.map { $0.shifted(by: field.slot.offset) }
    }
  }
}

// A slot's value is reached through its offset: `MemoryLayout.offset(of:)` vouches that a value of the slot's type lies there.

extension Slot {
  func isEmptyInJSON(in base: UnsafeRawPointer) -> Bool {
    omission == .omitAbsent ? absence(self.type, base + offset) : emptinessInJSON(self.type, base + offset)
  }
  func encode(from base: UnsafeRawPointer, to writer: inout CBORWriter) { encodeCBOR(self.type, base + offset, &writer) }
  func encode(from base: UnsafeRawPointer, to writer: inout JSONWriter) { encodeJSON(self.type, base + offset, &writer) }
  func decode(into base: UnsafeMutableRawPointer, from reader: inout CBORReader) throws(CBORError) {
    do throws(CBORError) { try decodeCBOR(self.type, base + offset, &reader) } catch { throw error.inside(name) }
  }
  func update(in base: UnsafeMutableRawPointer, json: JSONValue) throws(JSONError) {
    do throws(JSONError) { try updateJSON(self.type, base + offset, json) } catch { throw error.inside(name) }
  }
  func randomize(in base: UnsafeMutableRawPointer, using random: inout WireRandom) { randomValue(self.type, base + offset, &random) }
}

private func absence<V: WireValue>(_ type: V.Type, _ place: UnsafeRawPointer) -> Bool {
  place.assumingMemoryBound(to: V.self).pointee.isAbsent
}
private func emptiness<V: WireValue>(_ type: V.Type, _ place: UnsafeRawPointer) -> Bool {
  place.assumingMemoryBound(to: V.self).pointee.isEmpty
}
private func emptinessInJSON<V: WireValue>(_ type: V.Type, _ place: UnsafeRawPointer) -> Bool {
  place.assumingMemoryBound(to: V.self).pointee.isEmptyInJSON
}
private func encodeCBOR<V: WireValue>(_ type: V.Type, _ place: UnsafeRawPointer, _ writer: inout CBORWriter) {
  place.assumingMemoryBound(to: V.self).pointee.encode(to: &writer)
}
private func encodeJSON<V: WireValue>(_ type: V.Type, _ place: UnsafeRawPointer, _ writer: inout JSONWriter) {
  place.assumingMemoryBound(to: V.self).pointee.encode(to: &writer)
}
func decodeCBOR<V: WireValue>(
  _ type: V.Type, _ place: UnsafeMutableRawPointer, _ reader: inout CBORReader
) throws(CBORError) {
  place.assumingMemoryBound(to: V.self).pointee = try V(from: &reader)
}
private func updateJSON<V: WireValue>(_ type: V.Type, _ place: UnsafeMutableRawPointer, _ json: JSONValue) throws(JSONError) {
  try place.assumingMemoryBound(to: V.self).pointee.update(json: json)
}
private func randomValue<V: WireValue>(_ type: V.Type, _ place: UnsafeMutableRawPointer, _ random: inout WireRandom) {
  place.assumingMemoryBound(to: V.self).pointee = V.random(using: &random)
}
