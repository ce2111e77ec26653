internal import Bytes
public import KeyValueStore
public import MKVS
internal import OasisCrypto
public import OasisTypes
internal import Synchronization
internal import Wire

/// The node database: trees of one namespace by version, in any ordered store (sheet 02 §3).
///
/// A version gets any number of pending roots; ``finalize(_:)`` chooses one of each type and makes the version immutable.
/// ``prune(_:)`` drops the oldest version. Trees are opened with `Tree(store: database, root:)`. Safe to use from any thread;
/// commits, finalization and pruning take turns, reading goes on meanwhile. Nothing is synced to disk before ``sync()``.
public final class NodeDatabase: NodeStore {
  /// How a database is opened.
  public struct Options: Sendable {
    public var readOnly = false
    /// Consensus keeps no write logs.
    public var discardWriteLogs = false
    /// Hears of every call of the storage interface: applied write logs and answered proofs.
    public var observer: (@Sendable (StorageCall) -> Void)?

    public init() {}
  }

  /// Versions that may be pending at once.
  static let maxPendingVersions = 5000

  struct State {
    var metadata: Metadata
    /// The next commit's number by version and type, for versions that are not final.
    var sequences: [UInt64: [RootType: UInt16]] = [:]
    /// The roots of the multipart restore under way.
    var multipartRoots: [RootType: Root] = [:]
  }

  public let namespace: Namespace
  public let options: Options
  let store: any KeyValueStore
  let state: Mutex<State>

  /// Opens the database in a store, and makes a new one in an empty store.
  ///
  /// What a crash left half done is removed: records of commits without a root, and a multipart restore.
  /// - Throws: when the store holds a database of another namespace or format.
  public init(store: any KeyValueStore, namespace: Namespace, options: Options = Options()) throws {
    self.store = store
    self.namespace = namespace
    self.options = options
    var opened = State(metadata: Metadata(namespace: namespace))
    if let bytes = try store.get(Layout.metadata) {
      opened.metadata = try Metadata(bytes)
      guard opened.metadata.namespace == namespace else {
        throw DatabaseError.plain(
          "failed to initialize metadata: incompatible namespace (expected: \(namespace.hex) got: \(opened.metadata.namespace.hex))")
      }
    } else if !options.readOnly {
      try store.put(Layout.metadata, opened.metadata.bytes)
    }
    try Self.recover(&opened, store, readOnly: options.readOnly)
    state = Mutex(opened)
  }

  /// Learns which commits are pending and removes what no root leads to.
  private static func recover(_ state: inout State, _ store: any KeyValueStore, readOnly: Bool) throws {
    let first = state.metadata.lastFinalized.map { $0 &+ 1 } ?? 0
    var commits: Set<[UInt8]> = []
    var types: Set<UInt8> = [0, 1, 2, 3]
    for (root, record) in try rootRecords(store, from: first, through: .max) {
      types.insert(root.type.rawValue)
      commits.insert(Layout.commit(root.type, root.version, record.sequence))
      let next = state.sequences[root.version, default: [:]][root.type, default: 0]
      state.sequences[root.version, default: [:]][root.type] = max(next, record.sequence &+ 1)
    }
    guard !readOnly else { return }
    var batch = WriteBatch()
    for type in types {
      var lower = Layout.records(RootType(rawValue: type), from: first)
      let end = prefixEnd([1, type]) ?? [2]
      // Records of pending versions whose commit has no root.
      while let key = try store.iterator(from: lower, to: end).next()?.key {
        let prefix = Array(key.prefix(12))
        guard let after = prefixEnd(prefix) else { break }
        if !commits.contains(prefix) { batch.deleteRange(from: prefix, to: after) }
        lower = after
      }
    }
    if state.metadata.multipartVersion != nil {
      batch.deletePrefix(Layout.multipart)
      state.metadata.multipartVersion = nil
      batch.put(Layout.metadata, state.metadata.bytes)
    }
    if !batch.isEmpty { try store.write(batch, sync: false) }
  }

  /// The stored roots of a range of versions.
  static func rootRecords(_ store: any StoreReader, from: UInt64, through: UInt64) throws -> [(root: Root, record: RootRecord)] {
    var found: [(root: Root, record: RootRecord)] = []
    let iterator = try store.iterator(from: Layout.roots(from), to: through == .max ? [3] : Layout.roots(through + 1))
    while let entry = try iterator.next() {
      var reader = ValueReader(entry.key)
      guard reader.number(UInt8.self) == 2, let version = reader.number(UInt64.self), let type = reader.number(UInt8.self),
        let hash = reader.take(32).flatMap({ Hash($0) }), let record = RootRecord(entry.value)
      else { throw DatabaseError.plain("damaged root record") }
      found.append((Root(version: version, type: RootType(rawValue: type), hash: hash), record))
    }
    return found
  }

  // MARK: Reading

  public func open(_ root: Root) throws -> RootPointer {
    guard root.namespace == namespace else { throw DatabaseError.badNamespace }
    let metadata = state.withLock { $0.metadata }
    if metadata.lastFinalized != nil, root.version < metadata.earliest { throw DatabaseError.nodeNotFound }
    guard let record = try rootRecord(root) else {
      if root.hash.isEmptyHash { return .empty }
      throw DatabaseError.rootNotFound
    }
    return record.pointer
  }

  public func record(of type: RootType, at location: NodeLocation) throws -> [UInt8] {
    guard let record = try store.get(Layout.record(type, location)) else { throw DatabaseError.nodeNotFound }
    return record
  }

  func rootRecord(_ root: Root) throws -> RootRecord? {
    guard let bytes = try store.get(Layout.root(root)) else { return nil }
    guard let record = RootRecord(bytes) else { throw DatabaseError.plain("damaged root record") }
    return record
  }

  /// Whether a root may be opened: always for the empty hash, else only where exactly this root was committed.
  public func hasRoot(_ root: Root) throws -> Bool {
    guard root.namespace == namespace else { return false }
    if root.hash.isEmptyHash { return true }
    let (metadata, isRestoring) = state.withLock { ($0.metadata, $0.multipartRoots[root.type] == root) }
    if isRestoring { return true }
    if metadata.lastFinalized != nil, root.version < metadata.earliest { return false }
    return try rootRecord(root) != nil
  }

  /// The last finalized version, if any.
  public var latestVersion: UInt64? { state.withLock { $0.metadata.lastFinalized } }

  /// The earliest version kept; 0 before anything is final.
  public var earliestVersion: UInt64 { state.withLock { $0.metadata.earliest } }

  /// Whether a multipart restore is under way. Its roots are known but cannot be opened before they are final.
  public var isRestoring: Bool { state.withLock { $0.metadata.multipartVersion != nil } }

  /// The stored roots of a version, ordered by type and hash; empty where there is nothing.
  public func roots(version: UInt64) throws -> [Root] {
    let metadata = state.withLock { $0.metadata }
    if metadata.lastFinalized != nil, version < metadata.earliest { return [] }
    let stored = try Self.rootRecords(store, from: version, through: version).map {
      Root(namespace: namespace, version: version, type: $0.root.type, hash: $0.root.hash)
    }
    let restoring = state.withLock { Array($0.multipartRoots.values) }.filter { $0.version == version }
    return (stored + restoring).sorted { $0.typedHash.lexicographicallyPrecedes($1.typedHash) }
  }

  /// The changes of one commit (a single hop from `start` to `end`).
  public func writeLog(from start: Root, to end: Root) throws -> WriteLog {
    guard !options.discardWriteLogs else { throw DatabaseError.writeLogNotFound }
    guard end.follows(start) else { throw DatabaseError.rootMustFollowOld }
    guard end.namespace == namespace else { throw DatabaseError.badNamespace }
    let metadata = state.withLock { $0.metadata }
    if metadata.lastFinalized != nil, end.version < metadata.earliest { throw DatabaseError.writeLogNotFound }
    guard let record = try rootRecord(end) else { throw DatabaseError.rootNotFound }
    let key = Layout.writeLog(from: Self.source(start), to: end)
    guard let bytes = try store.get(key) else { throw DatabaseError.writeLogNotFound }
    guard let extra = LogRecord(bytes) else { throw DatabaseError.plain("damaged write log") }
    var log = WriteLog()
    if record.recordCount > 0 {
      try store.forEachRecord(of: end.type, end.version, extra.sequence) { leaf in log.append(LogEntry(leaf.key, leaf.value)) }
    }
    for location in extra.repeated {
      guard let leaf = leafOfRecord(try self.record(of: end.type, at: location)) else { throw DatabaseError.nodeNotFound }
      log.append(LogEntry(leaf.key, leaf.value))
    }
    return log + extra.removedKeys.map { LogEntry($0, nil) }
  }

  /// How a write log's record names the root it starts from.
  static func source(_ root: Root) -> [UInt8] { root.typedHash }

  // MARK: Upkeep

  /// Makes everything committed so far durable.
  public func sync() throws { try store.sync() }

  /// Rewrites the files of the store; call it while nothing writes.
  public func compact() throws { try store.compact() }

  /// The size on disk in bytes.
  public func size() throws -> UInt64 { try store.size() }

  /// Closes the store; everything after that fails.
  public func close() { store.close() }
}

extension StoreReader {
  /// The leaves that a commit wrote, in the order of their records.
  func forEachRecord(
    of type: RootType, _ version: UInt64, _ sequence: UInt16, _ body: ((key: [UInt8], value: [UInt8])) throws -> Void
  ) throws {
    let iterator = try iterator(prefix: Layout.commit(type, version, sequence))
    while let entry = try iterator.next() {
      if let leaf = leafOfRecord(entry.value) { try body(leaf) }
    }
  }
}
