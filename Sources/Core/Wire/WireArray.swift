public import CBOR

/// A struct that travels as an array of its fields in CBOR ("toarray"), as an object in JSON.
public protocol WireArray: WireFields {}

extension WireArray {
  public var isEmpty: Bool { false }

  public func encode(to writer: inout CBORWriter) {
    let layout = Self.layout
    withUnsafePointer(to: self) { pointer in
      writer.writeArrayHead(layout.declared.count)
      for slot in layout.declared { slot.encode(from: UnsafeRawPointer(pointer), to: &writer) }
    }
  }

  public init(from reader: inout CBORReader) throws(CBORError) {
    self.init()
    if !reader.mode.isStrict, reader.readNull() { return }
    var container = try reader.beginArray()
    let layout = Self.layout
    if let count = container.count, count != layout.declared.count {
      throw reader.error(.typeMismatch(expected: "array of \(layout.declared.count)", found: "array of \(count)"))
    }
    try withUnsafeMutablePointer(to: &self) { pointer throws(CBORError) in
      for slot in layout.declared {
        guard try reader.next(&container) else { throw reader.error(.missingField(slot.name)) }
        try slot.decode(into: UnsafeMutableRawPointer(pointer), from: &reader)
      }
      if container.count == nil, try reader.next(&container) { throw reader.mismatch("end of array") }
    }
  }
}
