internal import FileSystem
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
    case corrupt(WALDamage)

    /// The height whose end this is.
    var endedHeight: Int64? {
      guard case .record(let record) = self, case .endHeight(let end) = record.message?.kind else { return nil }
      return end.height
    }
  }

  /// All records in order, with the places of damage between them, as the reference finds them.
  package static func decode(_ bytes: [UInt8]) -> [Item] {
    var pieces = [bytes]
    var reader = WALReader(seeks: false) { pieces.popLast() ?? [] }
    var items: [Item] = []
    while let item = try? reader.next() { items.append(item) }  // throws what its source throws: nothing
    return items
  }

  /// What lies before the first damaged record.
  package static func repaired(_ bytes: [UInt8]) -> [UInt8] {
    for case .corrupt(let damage) in decode(bytes) { return Array(bytes[..<damage.offset]) }
    return bytes
  }

  /// The items after the end of a height; nil when the end is not there. Damage before it does not matter.
  package static func items(after height: Int64, in items: [Item]) -> ArraySlice<Item>? {
    items.firstIndex { $0.endedHeight == height }.map { items[($0 + 1)...] }
  }
}

/// Why the write-ahead log failed.
public enum LogError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A file operation failed.
  case file(String)
  /// The log has a damaged record where it matters.
  case corrupt(String)
  case refused(String)

  /// What happened, without saying to what.
  var reason: String {
    switch self {
    case .file(let reason), .corrupt(let reason), .refused(let reason): reason
    }
  }

  public var description: String {
    switch self {
    case .file(let reason): "write-ahead log: \(reason)"
    case .corrupt(let reason): "write-ahead log is damaged: \(reason)"
    case .refused(let reason): "write-ahead log: \(reason)"
    }
  }
}

extension LogError {
  /// A failed file operation.
  init(_ error: FileError) { self = .file(error.description) }
}

/// Works on files; a failure is one of the log.
func logged<Value: ~Copyable>(_ body: () throws(FileError) -> Value) throws(LogError) -> Value {
  do throws(FileError) { return try body() } catch { throw LogError(error) }
}
