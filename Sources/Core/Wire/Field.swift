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
}

/// One field of a struct that travels: its key, where it is stored, and when it is left out.
///
/// Declared in a `static let fields` in the order of the sheets (the JSON order). Only stored properties can be fields.
public struct Field<Root: Sendable>: Sendable {
  let slot: Slot
  let isEmbedded: Bool
  /// The type's layout, computed at the first use of its first field.
  let layout = LayoutBox()

  /// - Parameters:
  ///   - name: the key, as it is written.
  ///   - property: a stored property.
  public init<Value: WireValue>(_ name: String, _ property: WritableKeyPath<Root, Value>, _ omission: Omission = .always) {
    guard let offset = MemoryLayout<Root>.offset(of: property) else {
      preconditionFailure("field \(name) of \(Root.self) is not a stored property")
    }
    slot = Slot(name: name, offset: offset, type: Value.self, omission: omission)
    isEmbedded = false
  }

  /// A struct whose fields are merged into this one's, at this place.
  public static func embedded<Value: WireFields>(_ property: WritableKeyPath<Root, Value>) -> Field {
    Field(embedding: property)
  }

  private init<Value: WireFields>(embedding property: WritableKeyPath<Root, Value>) {
    guard let offset = MemoryLayout<Root>.offset(of: property) else {
      preconditionFailure("an embedded struct of \(Root.self) is not a stored property")
    }
    slot = Slot(name: "", offset: offset, type: Value.self, omission: .always)
    isEmbedded = true
  }
}

/// A type with a list of fields.
public protocol WireFields: WireValue {
  /// In declaration order, which is the order in JSON and in arrays.
  static var fields: [Field<Self>] { get }
}

/// A field without the type of its struct: where the value is, and what type it has.
struct Slot: Sendable {
  var name: String
  /// From the start of the struct, in bytes.
  var offset: Int
  var type: any WireValue.Type
  var omission: Omission
  /// The encoded key: head and text.
  var key: [UInt8] = []
  var folded = ""
}

/// What `Wire` derives from a field list, once a type.
final class Layout: Sendable {
  /// In canonical order, embedded fields merged in.
  let canonical: [Slot]
  /// In declaration order, embedded fields merged in.
  let declared: [Slot]
  /// How many are never left out of CBOR.
  let mandatory: Int
  let byName: [String: Int]
  let byFoldedName: [String: Int]

  init(_ slots: [Slot]) {
    declared = slots.map { slot in
      var slot = slot
      var writer = CBORWriter()
      writer.write(text: slot.name)
      slot.key = writer.bytes
      slot.folded = slot.name.foldedKey
      return slot
    }
    canonical = declared.sorted { canonicallyPrecedes($0.key, $1.key) }
    mandatory = canonical.count { $0.omission == .always }
    byName = Dictionary(declared.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    byFoldedName = Dictionary(declared.enumerated().map { ($1.folded, $0) }, uniquingKeysWith: { first, _ in first })
    precondition(byName.count == declared.count, "two fields have the same key")
    precondition(declared.count <= 128, "too many fields")
  }
}

/// Holds a layout that is made at first use; several threads may make it, the first one stays.
final class LayoutBox: Sendable {
  private let reference = AtomicLazyReference<Layout>()

  @inline(__always)
  func layout(_ make: () -> Layout) -> Layout { reference.load() ?? reference.storeIfNil(make()) }
}

private let emptyLayout = Layout([])

extension WireFields {
  /// The type's layout.
  static var layout: Layout {
    let fields = fields
    guard let first = fields.first else { return emptyLayout }
    return first.layout.layout { Layout(slots(of: fields)) }
  }

  private static func slots(of fields: [Field<Self>]) -> [Slot] {
    fields.flatMap { field in
      guard field.isEmbedded, let inner = field.slot.type as? any WireFields.Type else { return [field.slot] }
      return inner.layout.declared.map { slot in
        var slot = slot
        slot.offset += field.slot.offset
        return slot
      }
    }
  }
}

// A slot's value is reached through its offset: `MemoryLayout.offset(of:)` vouches that a value of the slot's type lies there.

extension Slot {
  func isEmpty(in base: UnsafeRawPointer) -> Bool { emptiness(self.type, base + offset) }
  func isEmptyInJSON(in base: UnsafeRawPointer) -> Bool { emptinessInJSON(self.type, base + offset) }
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
private func decodeCBOR<V: WireValue>(
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
