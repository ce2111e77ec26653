internal import Bytes
internal import KeyValueStore
public import MKVS
internal import OasisCrypto
internal import OasisTypes
internal import Synchronization
internal import Wire

extension NodeDatabase {
  /// Makes a version immutable: the given roots stay, all other pending roots of the version go (sheet 02 §3.2).
  ///
  /// The first finalization may be at any version, which becomes the earliest; later ones follow one another, except that the end
  /// of a multipart restore may jump forward. Empty roots need not have been committed.
  public func finalize(_ roots: [Root]) throws {
    guard !options.readOnly else { throw DatabaseError.readOnly }
    guard let version = roots.first?.version else { throw DatabaseError.plain("need at least one root to finalize") }
    guard roots.allSatisfy({ $0.version == version }) else {
      throw DatabaseError.plain("roots to finalize don't have matching versions")
    }
    // A runtime's genesis may name it; nothing could follow, and the next version is computed below.
    guard version < .max else { throw DatabaseError.plain("version \(version) is too large to be finalized") }
    for root in roots where roots.filter({ $0.type == root.type }).count > 1 {
      throw DatabaseError.plain("only one root of type '\(root.type)' may be finalized")
    }
    try state.withLock { state throws(any Error) in
      let running = state.metadata.multipartVersion, last = state.metadata.lastFinalized
      if let running, running != version { throw DatabaseError.invalidMultipartVersion }
      if let last {
        if version <= last { throw DatabaseError.alreadyFinalized }
        if version != last + 1, running == nil { throw DatabaseError.notFinalized }
      }
      var batch = WriteBatch()
      if running != nil {
        for root in roots { try assemble(root, &state, &batch) }
        batch.deletePrefix(Layout.multipart)
      }
      try finalize(roots, version, &state, &batch)
      let before = state.metadata
      state.metadata.lastFinalized = version
      if last == nil { state.metadata.earliest = version }
      state.metadata.multipartVersion = nil
      batch.put(Layout.metadata, state.metadata.bytes)
      do { try store.write(batch, sync: false) } catch {
        state.metadata = before
        throw error
      }
      state.multipartRoots = [:]
      state.sequences = state.sequences.filter { $0.key > version }
    }
  }

  private struct CommitName: Hashable {
    var type: RootType, version: UInt64, sequence: UInt16
  }

  private func finalize(_ roots: [Root], _ version: UInt64, _ state: inout State, _ batch: inout WriteBatch) throws {
    let last = state.metadata.lastFinalized
    let pending = try Self.rootRecords(store, from: last.map { $0 + 1 } ?? 0, through: version)
    var byName: [[UInt8]: RootRecord] = [:]  // by version and typed hash
    for (root, record) in pending { byName[Layout.root(root)] = record }
    let assembled = state.metadata.multipartVersion != nil
    var winners: Set<[UInt8]> = [], kept: Set<CommitName> = []
    for root in roots where !root.hash.isEmptyHash || byName[Layout.root(root)] != nil {
      winners.insert(Layout.root(root))
      guard var record = byName[Layout.root(root)] else {
        if assembled { continue }  // its record is in the batch
        throw DatabaseError.rootNotFound
      }
      kept.insert(CommitName(type: root.type, version: version, sequence: record.sequence))
      var here = version
      // Pending versions below the first final one vanish, but their nodes live on in this root.
      while let parent = record.parent, last.map({ parent.version > $0 }) ?? true {
        try deleteSuperseded(root.type, here, record.sequence, &batch)
        kept.insert(CommitName(type: root.type, version: parent.version, sequence: parent.sequence))
        guard let next = byName[[2] + parent.version.bigEndianBytes + parent.typedHash] else { break }
        (record, here) = (next, parent.version)
      }
    }
    let children = try Self.rootRecords(store, from: version + 1, through: version + 1)
    for (root, record) in pending where !winners.contains(Layout.root(root)) {
      batch.delete(Layout.root(root))
      batch.deletePrefix(Layout.writeLogs(to: root))
      let name = CommitName(type: root.type, version: root.version, sequence: record.sequence)
      guard !kept.contains(name) else { continue }
      batch.delete(Layout.superseded(root.type, root.version, record.sequence))
      let isUsed = children.contains {
        $0.root.type == root.type && $0.record.parent?.version == root.version && $0.record.parent?.sequence == record.sequence
      }
      if isUsed {
        batch.put(Layout.retained(root.type, root.version, record.sequence), [])
      } else if record.recordCount > 0 {
        batch.deletePrefix(Layout.commit(root.type, root.version, record.sequence))
      }
    }
    if version > 0 { try releaseRetained(version - 1, kept: kept, &batch) }
  }

  /// Drops the records of discarded commits that no pending root needs any longer.
  private func releaseRetained(_ version: UInt64, kept: Set<CommitName>, _ batch: inout WriteBatch) throws {
    let iterator = try store.iterator(prefix: Layout.retained(version))
    while let entry = try iterator.next() {
      var reader = ValueReader(entry.key)
      guard reader.number(UInt8.self) != nil, reader.number(UInt64.self) != nil, let type = reader.number(UInt8.self),
        let sequence = reader.number(UInt16.self)
      else { continue }
      batch.delete(entry.key)
      let name = CommitName(type: RootType(rawValue: type), version: version, sequence: sequence)
      if !(try isParent(name, of: version + 1, kept)) { batch.deletePrefix(Layout.commit(name.type, version, sequence)) }
    }
  }

  /// Whether a final root of a version was built on a commit.
  private func isParent(_ name: CommitName, of version: UInt64, _ kept: Set<CommitName>) throws -> Bool {
    try Self.rootRecords(store, from: version, through: version).contains {
      $0.root.type == name.type && $0.record.parent?.version == name.version && $0.record.parent?.sequence == name.sequence
        && kept.contains(CommitName(type: $0.root.type, version: version, sequence: $0.record.sequence))
    }
  }

  /// Deletes the records that a commit superseded.
  private func deleteSuperseded(_ type: RootType, _ version: UInt64, _ sequence: UInt16, _ batch: inout WriteBatch) throws {
    let key = Layout.superseded(type, version, sequence)
    guard let bytes = try store.get(key) else { return }
    var reader = ValueReader(bytes)
    while let location = reader.location() { batch.delete(Layout.record(type, location)) }
    batch.delete(key)
  }

  // MARK: Pruning

  /// Drops the earliest version: what only its roots use, and its write logs.
  public func prune(_ version: UInt64) throws {
    guard !options.readOnly else { throw DatabaseError.readOnly }
    try state.withLock { state throws(any Error) in
      guard state.metadata.multipartVersion == nil else { throw DatabaseError.multipartInProgress }
      guard let last = state.metadata.lastFinalized, version <= last else { throw DatabaseError.notFinalized }
      guard version == state.metadata.earliest else { throw DatabaseError.notEarliest }
      guard version != last else { throw DatabaseError.cannotPruneLatestVersion }
      var batch = WriteBatch()
      let next = try Self.rootRecords(store, from: version + 1, through: version + 1)
      for (root, record) in try Self.rootRecords(store, from: version, through: version) {
        let child = next.first { $0.root.type == root.type && $0.record.parent != nil }
        if let child, child.record.parent?.version == version, child.record.parent?.sequence == record.sequence {
          try deleteSuperseded(root.type, version + 1, child.record.sequence, &batch)
        } else if child != nil {
          // The next root was built on a sibling of this one that was discarded.
          batch.deletePrefix(Layout.commit(root.type, version, record.sequence))
        } else if let end = prefixEnd(Layout.records(root.type, from: version)) {
          // Nothing was built on this root: all records up to its version belong to it alone.
          batch.deleteRange(from: Layout.records(root.type, from: 0), to: end)
        }
      }
      batch.deletePrefix(Layout.roots(version))
      batch.deletePrefix([3] + version.bigEndianBytes)
      batch.deletePrefix([4] + version.bigEndianBytes)
      state.metadata.earliest = version + 1
      batch.put(Layout.metadata, state.metadata.bytes)
      do { try store.write(batch, sync: false) } catch {
        state.metadata.earliest = version
        throw error
      }
    }
  }

  // MARK: Multipart restore

  /// Starts the restore of a version from chunks: until ``finalize(_:)`` or ``abortMultipartInsert()`` only chunks go in.
  public func startMultipartInsert(version: UInt64) throws {
    guard !options.readOnly else { throw DatabaseError.readOnly }
    guard version != 0 else { throw DatabaseError.invalidMultipartVersion }
    try state.withLock { state throws(any Error) in
      if let running = state.metadata.multipartVersion {
        if running == version { return }
        throw DatabaseError.multipartInProgress
      }
      var metadata = state.metadata
      metadata.multipartVersion = version
      try store.put(Layout.metadata, metadata.bytes)
      state.metadata = metadata
      state.multipartRoots = [:]
    }
  }

  /// Drops what chunks brought; nothing happens where no restore is under way.
  public func abortMultipartInsert() throws {
    guard !options.readOnly else { throw DatabaseError.readOnly }
    try state.withLock { state throws(any Error) in
      guard state.metadata.multipartVersion != nil else { return }
      var metadata = state.metadata
      metadata.multipartVersion = nil
      var batch = WriteBatch()
      batch.deletePrefix(Layout.multipart)
      batch.put(Layout.metadata, metadata.bytes)
      try store.write(batch, sync: false)
      state.metadata = metadata
      state.multipartRoots = [:]
    }
  }

  /// Writes the nodes of a restored root as ordinary records and puts its root into `batch`. Nodes that no chunk brought stay
  /// missing: reading them fails.
  private func assemble(_ root: Root, _ state: inout State, _ batch: inout WriteBatch) throws {
    guard state.multipartRoots[root.type]?.hash == root.hash else {
      if root.hash.isEmptyHash { return }
      throw DatabaseError.rootNotFound
    }
    let sequence = state.sequences[root.version, default: [:]][root.type, default: 0]
    state.sequences[root.version, default: [:]][root.type] = sequence &+ 1
    var piece = WriteBatch()
    var assembler = RecordAssembler(version: root.version, sequence: sequence) { hash in
      try self.store.get(Layout.multipart(root.type, hash))
    }
    let pointer = try assembler.assemble(root.hash) { index, record in
      piece.put(Layout.record(root.type, NodeLocation(version: root.version, sequence: sequence, index: index)), record)
      if piece.byteCount >= 1 << 20 {
        try self.store.write(piece, sync: false)
        piece.removeAll()
      }
    }
    batch.append(piece)
    let record = RootRecord(pointer: pointer, sequence: sequence, recordCount: assembler.count, parent: nil)
    batch.put(Layout.root(root), record.bytes)
  }
}
