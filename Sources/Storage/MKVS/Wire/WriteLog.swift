internal import CBOR
public import JSONText
public import Wire

/// The changes between two roots, each key at most once. Their order means nothing (sheet 02 §1.8).
public typealias WriteLog = [LogEntry]

/// A key with its new value; nil is a removal, empty bytes are an empty value.
public struct LogEntry: WireArray, Hashable {
  public var key: [UInt8] = []
  public var value: [UInt8]?

  public init() {}

  public init(_ key: [UInt8], _ value: [UInt8]?) {
    self.key = key
    self.value = value
  }

  public static let fields: [Field<Self>] = [.init("key", \.key), .init("value", \.value)]

  /// In JSON too an entry is an array of two.
  public func encode(to writer: inout JSONWriter) {
    writer.beginArray()
    key.encode(to: &writer)
    value.encode(to: &writer)
    writer.endArray()
  }

  public mutating func update(json: JSONValue) throws(JSONError) {
    if json.isNull { return }
    guard case .array(let parts) = json else { throw .mismatch("array of two", json) }
    for (index, part) in parts.enumerated() {
      switch index {
      case 0: try key.update(json: part)
      case 1: try value.update(json: part)
      default: break  // Go drops what does not fit its array
      }
    }
  }
}
