internal import Bytes
internal import MKVS
internal import OasisCrypto
internal import OasisTypes

// Keys of the store. Numbers are big endian, so that the keys of a version and of a commit lie together.
//
//   00                                              metadata
//   01 type version sequence index                  record (nodes)
//   02 version type hash                            root
//   03 version type hash, old root likewise       write log: removed keys, and leaves inserted with their old value
//   04 version type sequence                        locations that the commit superseded
//   05 version type sequence                        a discarded commit whose records a pending child still uses
//   06 type hash                                    node of a multipart restore
//
// The records of a commit are written first, perhaps in several batches; its root comes last and makes it visible.

enum Layout {
  static let metadata: [UInt8] = [0]
  static let schemaVersion: UInt8 = 1

  static func record(_ type: RootType, _ location: NodeLocation) -> [UInt8] {
    commit(type, location.version, location.sequence) + location.index.bigEndianBytes
  }

  /// The prefix of the records of one commit.
  static func commit(_ type: RootType, _ version: UInt64, _ sequence: UInt16) -> [UInt8] {
    var key: [UInt8] = []
    key.reserveCapacity(16)
    key += [1, type.rawValue]
    key += version.bigEndianBytes
    key += sequence.bigEndianBytes
    return key
  }

  static func records(_ type: RootType, from version: UInt64) -> [UInt8] { [1, type.rawValue] + version.bigEndianBytes }

  static func roots(_ version: UInt64) -> [UInt8] { [2] + version.bigEndianBytes }
  static func root(_ root: Root) -> [UInt8] { roots(root.version) + root.typedHash }

  static func writeLogs(to root: Root) -> [UInt8] { [3] + root.version.bigEndianBytes + root.typedHash }
  static func writeLog(from old: [UInt8], to root: Root) -> [UInt8] { writeLogs(to: root) + old }

  static func superseded(_ type: RootType, _ version: UInt64, _ sequence: UInt16) -> [UInt8] {
    [4] + version.bigEndianBytes + [type.rawValue] + sequence.bigEndianBytes
  }

  static func retained(_ version: UInt64) -> [UInt8] { [5] + version.bigEndianBytes }
  static func retained(_ type: RootType, _ version: UInt64, _ sequence: UInt16) -> [UInt8] {
    retained(version) + [type.rawValue] + sequence.bigEndianBytes
  }

  static let multipart: [UInt8] = [6]
  static func multipart(_ type: RootType, _ hash: Hash) -> [UInt8] { [6, type.rawValue] + hash.bytes }
}

/// A reader of our own values; nil where one is damaged.
struct ValueReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  mutating func number<T: FixedWidthInteger>(_ type: T.Type) -> T? {
    let width = T.bitWidth / 8
    guard bytes.count - position >= width else { return nil }
    var value: T = 0
    for byte in bytes[position..<position + width] { value = width == 1 ? T(truncatingIfNeeded: byte) : value << 8 | T(byte) }
    position += width
    return value
  }

  mutating func take(_ count: Int) -> [UInt8]? {
    guard count >= 0, bytes.count - position >= count else { return nil }
    position += count
    return Array(bytes[position - count..<position])
  }

  mutating func location() -> NodeLocation? {
    guard let version = number(UInt64.self), let sequence = number(UInt16.self), let index = number(UInt32.self) else { return nil }
    return NodeLocation(version: version, sequence: sequence, index: index)
  }
}

extension NodeLocation {
  var bytes: [UInt8] { version.bigEndianBytes + sequence.bigEndianBytes + index.bigEndianBytes }
}

/// What the store keeps of a root.
struct RootRecord: Equatable {
  var pointer: RootPointer
  var sequence: UInt16
  /// The records of the commit: 0 where it changed nothing.
  var recordCount: UInt32
  /// The root it was built on: nil for the empty one.
  var parent: Parent?

  struct Parent: Equatable {
    var version: UInt64
    var typedHash: [UInt8]
    var sequence: UInt16
  }

  var bytes: [UInt8] {
    var bytes: [UInt8]
    switch pointer {
    case .empty: bytes = [0] + NodeLocation(version: 0, sequence: 0, index: 0).bytes
    case .leaf(let location): bytes = [1] + location.bytes
    case .inner(let location): bytes = [2] + location.bytes
    }
    bytes += sequence.bigEndianBytes + recordCount.bigEndianBytes
    if let parent { bytes += parent.version.bigEndianBytes + parent.typedHash + parent.sequence.bigEndianBytes }
    return bytes
  }

  init(pointer: RootPointer, sequence: UInt16, recordCount: UInt32, parent: Parent?) {
    self.pointer = pointer
    self.sequence = sequence
    self.recordCount = recordCount
    self.parent = parent
  }

  init?(_ bytes: [UInt8]) {
    var reader = ValueReader(bytes)
    guard let kind = reader.number(UInt8.self), let location = reader.location(), let sequence = reader.number(UInt16.self),
      let count = reader.number(UInt32.self)
    else { return nil }
    switch kind {
    case 0: pointer = .empty
    case 1: pointer = .leaf(location)
    case 2: pointer = .inner(location)
    default: return nil
    }
    self.sequence = sequence
    recordCount = count
    if !reader.isAtEnd {
      guard let version = reader.number(UInt64.self), let hash = reader.take(33), let sequence = reader.number(UInt16.self) else {
        return nil
      }
      parent = Parent(version: version, typedHash: hash, sequence: sequence)
    }
  }
}

/// What the store keeps of a write log beside the leaves that the commit wrote.
struct LogRecord {
  var sequence: UInt16
  var removedKeys: [[UInt8]]
  var repeated: [NodeLocation]

  var bytes: [UInt8] {
    var bytes = sequence.bigEndianBytes + UInt32(removedKeys.count).bigEndianBytes
    for key in removedKeys { bytes += UInt16(key.count).bigEndianBytes + key }
    for location in repeated { bytes += location.bytes }
    return bytes
  }

  init(sequence: UInt16, removedKeys: [[UInt8]], repeated: [NodeLocation]) {
    self.sequence = sequence
    self.removedKeys = removedKeys
    self.repeated = repeated
  }

  init?(_ bytes: [UInt8]) {
    var reader = ValueReader(bytes)
    guard let sequence = reader.number(UInt16.self), let count = reader.number(UInt32.self) else { return nil }
    self.sequence = sequence
    removedKeys = []
    repeated = []
    for _ in 0..<count {
      guard let length = reader.number(UInt16.self), let key = reader.take(Int(length)) else { return nil }
      removedKeys.append(key)
    }
    while !reader.isAtEnd {
      guard let location = reader.location() else { return nil }
      repeated.append(location)
    }
  }
}

/// What the database knows about itself.
struct Metadata {
  var namespace: Namespace
  var earliest: UInt64 = 0
  var lastFinalized: UInt64?
  var multipartVersion: UInt64?

  var bytes: [UInt8] {
    [Layout.schemaVersion] + namespace.bytes + earliest.bigEndianBytes + [lastFinalized == nil ? 0 : 1]
      + (lastFinalized ?? 0).bigEndianBytes + [multipartVersion == nil ? 0 : 1] + (multipartVersion ?? 0).bigEndianBytes
  }

  init(namespace: Namespace) { self.namespace = namespace }

  init(_ bytes: [UInt8]) throws(CodedError) {
    var reader = ValueReader(bytes)
    guard reader.number(UInt8.self) == Layout.schemaVersion else { throw DatabaseError.plain("incompatible database version") }
    guard let name = reader.take(32), let namespace = Namespace(name), let earliest = reader.number(UInt64.self),
      let hasLast = reader.number(UInt8.self), let last = reader.number(UInt64.self), let hasMultipart = reader.number(UInt8.self),
      let multipart = reader.number(UInt64.self)
    else { throw DatabaseError.plain("damaged metadata") }
    self.namespace = namespace
    self.earliest = earliest
    lastFinalized = hasLast == 0 ? nil : last
    multipartVersion = hasMultipart == 0 ? nil : multipart
  }
}
