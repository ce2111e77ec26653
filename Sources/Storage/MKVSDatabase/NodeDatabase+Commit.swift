internal import Bytes
internal import KeyValueStore
public import MKVS
internal import OasisCrypto
internal import OasisTypes
internal import Synchronization

extension NodeDatabase {
  public func newBatch(old: Root, version: UInt64) throws -> any NodeBatch {
    try newBatch(old: old, version: version, chunk: false)
  }

  /// Starts a commit, or with `chunk` the import of a part of a multipart restore. Checks in the reference's order (sheet 02 §3.2).
  public func newBatch(old: Root, version: UInt64, chunk: Bool) throws -> DatabaseBatch {
    guard !options.readOnly else { throw DatabaseError.readOnly }
    guard version == old.version || version == old.version &+ 1 else { throw DatabaseError.rootMustFollowOld }
    guard old.namespace == namespace else { throw DatabaseError.badNamespace }
    var parent: RootRecord.Parent?
    if !old.hash.isEmptyHash {
      guard old.type == .state || old.type == .io else { throw DatabaseError.plain("unsupported root type '\(old.type)'") }
      guard old.type != .io else { throw DatabaseError.plain("roots of type '\(old.type)' cannot have child roots") }
      guard old.version != version else { throw DatabaseError.plain("child roots in the same version not supported") }
      _ = try open(old)
      guard let record = try rootRecord(old) else { throw DatabaseError.rootNotFound }
      parent = RootRecord.Parent(version: old.version, typedHash: old.typedHash, sequence: record.sequence)
    }
    try state.withLock { state throws(CodedError) in
      let running = state.metadata.multipartVersion
      if let running, running != version { throw DatabaseError.invalidMultipartVersion }
      guard chunk == (running != nil) else { throw DatabaseError.multipartInProgress }
      if state.sequences[version] == nil, !chunk {
        guard state.sequences.count <= Self.maxPendingVersions else { throw DatabaseError.plain("too many non-finalized versions") }
        state.sequences[version] = [:]
      }
    }
    return DatabaseBatch(self, old: old, version: version, chunk: chunk, parent: parent)
  }

  /// What a commit of a root must meet, in the reference's order.
  func checkCommit(_ root: Root, over old: Root, _ state: State) throws(CodedError) {
    guard root.namespace == namespace else { throw DatabaseError.badNamespace }
    guard root.follows(old) else { throw DatabaseError.rootMustFollowOld }
    if let last = state.metadata.lastFinalized, root.version <= last { throw DatabaseError.alreadyFinalized }
    if let running = state.metadata.multipartVersion, running != root.version { throw DatabaseError.invalidMultipartVersion }
  }
}

/// One commit under way. Large commits reach the store in several pieces; the last one holds the root.
public final class DatabaseBatch: NodeBatch {
  /// How many bytes gather before they are written.
  private static let pieceSize = 1 << 20

  private let database: NodeDatabase
  private let old: Root
  private let version: UInt64
  private let chunk: Bool
  private let parent: RootRecord.Parent?
  private var pending = WriteBatch()
  private var hasLeaves = false
  private var number: UInt16?
  private var importedRoot = false

  init(_ database: NodeDatabase, old: Root, version: UInt64, chunk: Bool, parent: RootRecord.Parent?) {
    self.database = database
    self.old = old
    self.version = version
    self.chunk = chunk
    self.parent = parent
  }

  /// Taken from the version's counter at first use, so that a batch that is dropped costs none.
  public var sequence: UInt16 {
    if let number { return number }
    let taken = database.state.withLock { state in
      let next = state.sequences[version, default: [:]][old.type, default: 0]
      state.sequences[version, default: [:]][old.type] = next &+ 1
      return next
    }
    number = taken
    return taken
  }

  public func existing(_ root: Root) throws -> RootPointer? {
    try database.state.withLock { state throws(CodedError) in try database.checkCommit(root, over: old, state) }
    return try database.rootRecord(root)?.pointer
  }

  public func put(index: UInt32, record: [UInt8]) throws {
    if sequence == .max { throw DatabaseError.plain("too many roots in version \(version)") }
    pending.put(Layout.record(old.type, NodeLocation(version: version, sequence: sequence, index: index)), record)
    if record.first == 0 { hasLeaves = true }
    if pending.byteCount >= Self.pieceSize { try flush() }
  }

  private func flush() throws {
    try database.store.write(pending, sync: false)
    pending.removeAll()
  }

  public func commit(_ commit: NodeCommit) throws {
    let root = commit.root
    if chunk { return try commitChunk(root) }
    let sequence = sequence  // before the lock, which it takes itself
    try database.state.withLock { state throws(any Error) in
      try database.checkCommit(root, over: old, state)
      guard try database.rootRecord(root) == nil else { return }
      if commit.recordCount == 0, root.hash != old.hash, !root.hash.isEmptyHash, commit.superseded.isEmpty {
        throw DatabaseError.plain("no new root node, but new root hash not equal to old")
      }
      let record = RootRecord(pointer: commit.pointer, sequence: sequence, recordCount: commit.recordCount, parent: parent)
      if !commit.superseded.isEmpty {
        pending.put(
          Layout.superseded(root.type, version, sequence), commit.superseded.reduce(into: []) { $0 += $1.bytes })
      }
      if !database.options.discardWriteLogs, hasLeaves || !commit.removedKeys.isEmpty || !commit.repeated.isEmpty {
        pending.put(
          Layout.writeLog(from: NodeDatabase.source(old), to: root),
          LogRecord(sequence: sequence, removedKeys: commit.removedKeys, repeated: commit.repeated).bytes)
      }
      pending.put(Layout.root(root), record.bytes)
      try flush()
    }
  }

  // MARK: Chunks

  /// Imports the nodes of a proof that verifies against the root, for ``commitChunk(_:)``.
  public func importChunk(_ proof: Proof, of root: Root) throws {
    guard chunk else { throw DatabaseError.multipartInProgress }
    for node in try proof.verifiedNodes(root: root.hash) {
      pending.put(Layout.multipart(root.type, node.hash), node.bytes)
      if node.hash == root.hash { importedRoot = true }
    }
  }

  /// Stores the imported nodes; the first chunk of a type fixes the root of that type.
  public func commitChunk(_ root: Root) throws {
    try database.state.withLock { state throws(any Error) in
      try database.checkCommit(root, over: old, state)
      if let fixed = state.multipartRoots[root.type], fixed != root {
        throw DatabaseError.plain("cannot change multipart root for type '\(root.type)'")
      }
      guard importedRoot || root.hash.isEmptyHash else {
        throw DatabaseError.plain("no new root node, but new root hash not equal to old")
      }
      try flush()
      state.multipartRoots[root.type] = root
    }
  }
}
