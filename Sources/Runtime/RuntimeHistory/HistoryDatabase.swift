internal import Bytes
internal import CBOR
internal import KeyValueStore
internal import OasisCrypto
public import OasisTypes
internal import Wire

/// The blocks of one runtime by round, in an ordered store (08 C7): key `01` says how far it reaches, `02 || round` holds a block.
struct HistoryDatabase: Sendable {
  /// How far the history reaches.
  struct Metadata: WireMap, Hashable, Sendable {
    static let currentVersion: UInt64 = 1
    static let fields: [Field<Self>] = [
      .init("runtime_id", \.runtimeID), .init("version", \.version), .init("last_consensus_height", \.lastHeight),
      .init("last_round", \.lastRound),
    ]

    var runtimeID = Namespace()
    var version: UInt64 = 0
    var lastHeight: Int64 = 0
    var lastRound: UInt64 = 0
  }

  private static let metadataKey: [UInt8] = [1]
  private static let blockPrefix: UInt8 = 2

  private let store: any KeyValueStore
  /// How far it reaches.
  private(set) var metadata: Metadata

  /// Opens the history of a runtime, or begins one in an empty store.
  init(store: any KeyValueStore, runtimeID: Namespace) throws {
    self.store = store
    guard let bytes = try store.get(Self.metadataKey) else {
      metadata = Metadata()
      (metadata.runtimeID, metadata.version) = (runtimeID, Metadata.currentVersion)
      try store.put(Self.metadataKey, metadata.cbor(), sync: true)
      return
    }
    do { metadata = try Metadata.decode(cbor: bytes, mode: .trusted) } catch { throw HistoryError.damaged("metadata: \(error)") }
    guard metadata.version == Metadata.currentVersion else {
      throw HistoryError.unsupported(version: metadata.version, expected: Metadata.currentVersion)
    }
    guard metadata.runtimeID == runtimeID else { throw HistoryError.otherRuntime(metadata.runtimeID, expected: runtimeID) }
  }

  private static func key(_ round: UInt64) -> [UInt8] {
    var key = [blockPrefix]
    for shift in stride(from: UInt64(56), through: 0, by: -8) { key.append(UInt8(truncatingIfNeeded: round >> shift)) }
    return key
  }

  /// Adds blocks, all or none: heights must not fall and rounds must grow.
  mutating func commit(_ blocks: [RootHash.AnnotatedBlock]) throws {
    var next = metadata
    var batch = WriteBatch()
    for annotated in blocks {
      guard let header = annotated.block?.header, header.namespace == metadata.runtimeID else { throw HistoryError.wrongNamespace }
      guard annotated.height >= next.lastHeight else {
        throw HistoryError.outOfOrder("height \(annotated.height) after \(next.lastHeight)")
      }
      guard header.round > next.lastRound || next.lastHeight == 0 else {
        throw HistoryError.outOfOrder("round \(header.round) after \(next.lastRound)")
      }
      (next.lastHeight, next.lastRound) = (annotated.height, header.round)
      batch.put(Self.key(header.round), annotated.cbor())
    }
    batch.put(Self.metadataKey, next.cbor())
    try store.write(batch, sync: true)
    metadata = next
  }

  /// The block of a round, whether or not its state is there.
  func block(round: UInt64) throws -> RootHash.AnnotatedBlock? {
    try store.get(Self.key(round)).map { bytes in
      do { return try RootHash.AnnotatedBlock.decode(cbor: bytes, mode: .trusted) } catch {
        throw HistoryError.damaged("round \(round): \(error)")
      }
    }
  }

  /// The lowest rounds up to one, at most `limit` of them.
  func rounds(upTo last: UInt64, limit: Int) throws -> [UInt64] {
    let end = last == .max ? [Self.blockPrefix + 1] : Self.key(last + 1)
    let iterator = try store.iterator(from: [Self.blockPrefix], to: end)
    var rounds: [UInt64] = []
    while rounds.count < limit, let entry = try iterator.next() {
      guard entry.key.count == 9 else { continue }
      rounds.append(entry.key.dropFirst().reduce(0) { $0 << 8 | UInt64($1) })
    }
    return rounds
  }

  /// Deletes rounds, all or none.
  func delete(_ rounds: [UInt64]) throws {
    var batch = WriteBatch()
    for round in rounds { batch.delete(Self.key(round)) }
    try store.write(batch, sync: false)
  }
}

/// What went wrong with a runtime's history.
public enum HistoryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The store holds what nobody wrote.
  case damaged(String)
  /// The store has another format.
  case unsupported(version: UInt64, expected: UInt64)
  /// The store belongs to another runtime.
  case otherRuntime(Namespace, expected: Namespace)
  /// A block is of another runtime.
  case wrongNamespace
  /// A block does not follow the ones before.
  case outOfOrder(String)
  /// Storage went back.
  case syncedRoundFell(from: UInt64, to: UInt64)

  /// The reason.
  public var description: String {
    switch self {
    case .damaged(let what): "runtime/history: damaged database: \(what)"
    case .unsupported(let version, let expected): "runtime/history: unsupported database version (expected: \(expected) got: \(version))"
    case .otherRuntime(let found, let expected): "runtime/history: mismatched runtime ID (expected: \(expected.hex) got: \(found.hex))"
    case .wrongNamespace: "runtime/history: runtime mismatch"
    case .outOfOrder(let what): "runtime/history: commit out of order: \(what)"
    case .syncedRoundFell(let old, let new): "runtime/history: storage sync checkpoint round is lower than before (\(new) after \(old))"
    }
  }
}
