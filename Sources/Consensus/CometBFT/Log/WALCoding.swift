internal import Bytes
internal import Protobuf

/// Records of the write-ahead log as bytes: checksum, length (both 32 bits, big endian), message. Rule: engine sheet A15.1.
package enum WALCoding {
  /// Longest message in a record, in bytes.
  package static let limit = 1_048_576 + 24

  package static func encode(_ record: TimedWALMessage) throws(LogError) -> [UInt8] {
    let data = record.protobuf()
    guard data.count <= limit else { throw .refused("record of \(data.count) bytes, at most \(limit) allowed") }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(data.count + 8)
    bytes.append(bigEndian: CRC32C.checksum(data[...]))
    bytes.append(bigEndian: UInt32(data.count))
    return bytes + data
  }

  /// One record, or where and why it is damaged.
  package enum Item: Sendable {
    case record(TimedWALMessage)
    case corrupt(String)
  }

  /// All records in order. After a damaged one the next is sought where its length says; a short one is the last.
  package static func decode(_ bytes: [UInt8]) -> [Item] {
    var items: [Item] = []
    var offset = 0
    while offset < bytes.count {
      guard bytes.count - offset >= 8, let checksum = UInt32(bigEndianBytes: bytes[offset..<offset + 4]),
        let length = UInt32(bigEndianBytes: bytes[offset + 4..<offset + 8])
      else {
        items.append(.corrupt("record at byte \(offset) ends in its head"))
        return items
      }
      let start = offset + 8
      guard length <= limit else {
        items.append(.corrupt("record at byte \(offset) claims \(length) bytes"))
        offset = start
        continue
      }
      let end = start + Int(length)
      guard end <= bytes.count else {
        items.append(.corrupt("record at byte \(offset) is cut off"))
        return items
      }
      items.append(item(bytes[start..<end], checksum, at: offset))
      offset = end
    }
    return items
  }

  private static func item(_ data: ArraySlice<UInt8>, _ checksum: UInt32, at offset: Int) -> Item {
    guard CRC32C.checksum(data) == checksum else { return .corrupt("record at byte \(offset) has another checksum") }
    do {
      let record = try TimedWALMessage(protobuf: Array(data))
      guard record.message?.kind != nil else { return .corrupt("record at byte \(offset) holds no message") }
      return .record(record)
    } catch { return .corrupt("record at byte \(offset): \(error)") }
  }

  /// What lies before the first damaged record.
  package static func repaired(_ bytes: [UInt8]) throws(LogError) -> [UInt8] {
    var result: [UInt8] = []
    for item in decode(bytes) {
      guard case .record(let record) = item else { break }
      result += try encode(record)
    }
    return result
  }

  /// The items after the end of a height; nil when the end is not there. Damage before it does not matter.
  package static func items(after height: Int64, in items: [Item]) -> ArraySlice<Item>? {
    let place = items.firstIndex {
      if case .record(let record) = $0, case .endHeight(let end) = record.message?.kind { end.height == height } else { false }
    }
    return place.map { items[($0 + 1)...] }
  }
}

/// Why the write-ahead log failed.
public enum LogError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A file operation failed.
  case file(String)
  /// The log has a damaged record where it matters.
  case corrupt(String)
  case refused(String)

  public var description: String {
    switch self {
    case .file(let reason): "write-ahead log: \(reason)"
    case .corrupt(let reason): "write-ahead log is damaged: \(reason)"
    case .refused(let reason): "write-ahead log: \(reason)"
    }
  }
}
