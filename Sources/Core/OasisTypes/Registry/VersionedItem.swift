internal import CBOR
internal import Wire

/// One CBOR item whose key `v` says what it holds (sheet 01 §1.6). Its content decodes in untrusted mode, whatever the reader's mode.
struct VersionedItem {
  let version: UInt16
  private let bytes: [UInt8]
  private let offset: Int

  /// Takes the next item; where `optional`, an item without a valid version counts as version 0.
  init(from reader: inout CBORReader, optional: Bool = false) throws(CBORError) {
    offset = reader.offset
    bytes = try reader.readItem()
    guard optional else {
      version = try VersionProbe.version(of: bytes)
      return
    }
    version = (try? VersionProbe.version(of: bytes)) ?? 0
  }

  func decode<Value: WireValue>(_ type: Value.Type) throws(CBORError) -> Value {
    try Value.decode(cbor: bytes, mode: .untrusted)
  }

  func invalid(_ what: String) -> CBORError { CBORError(.invalid(what), offset: offset) }
}
