internal import CNGHTTP2

/// One header or trailer field.
public struct HeaderField: Hashable, Sendable {
  /// In lower case.
  public var name: String
  public var value: String

  public init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
}

/// Calls `body` with the fields in nghttp2's form; it copies them.
func withFields<Value>(_ fields: [HeaderField], _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Value) -> Value {
  var storage: [UInt8] = []
  for field in fields {
    storage += field.name.utf8
    storage += field.value.utf8
  }
  return storage.withUnsafeMutableBufferPointer { storage in
    var next = storage.baseAddress
    let list = fields.map { field in
      let (name, value) = (field.name.utf8.count, field.value.utf8.count)
      defer { next = next?.advanced(by: name + value) }
      return nghttp2_nv(
        name: next, value: next?.advanced(by: name), namelen: name, valuelen: value, flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue))
    }
    return list.withUnsafeBufferPointer { body($0.baseAddress, $0.count) }
  }
}
