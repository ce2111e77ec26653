public import OasisCrypto
public import OasisTypes

/// What a commit yields.
public struct Commit: Hashable, Sendable {
  public var root: Root
  /// The keys that changed, in key order, removals last; empty for a tree without write log.
  public var writeLog: WriteLog
}

extension Tree {
  /// Hashes the changes, stores them where the tree has a node database, and makes the result the tree's root.
  ///
  /// When it fails nothing is stored, and the tree keeps its changes.
  public func commit(namespace: Namespace, version: UInt64) throws -> Commit {
    try commit(namespace, version, known: nil)
  }

  /// Commits to a root that is known beforehand and returns the write log.
  /// - Throws: ``MKVSError/knownRootMismatch`` when the content has another hash; nothing is stored then.
  public func commitKnown(_ root: Root) throws -> WriteLog {
    try commit(root.namespace, root.version, known: root.hash).writeLog
  }

  /// What a commit would yield; stores nothing and keeps all changes pending.
  public func commitWithoutPersisting(namespace: Namespace, version: UInt64) throws -> Commit {
    let hash = try rootHash()
    let old = oldRoot(namespace, version)
    if case .store(let store) = source { _ = try store.newBatch(old: old, version: version) }
    return Commit(root: Root(namespace: namespace, version: version, type: type, hash: hash), writeLog: pendingLog())
  }

  /// The hash of the present content.
  public func rootHash() throws -> Hash {
    guard !isClosed else { throw MKVSError.closed }
    hashAll()
    return arena.hash(arena.root.pointee).hash
  }

  private func oldRoot(_ namespace: Namespace, _ version: UInt64) -> Root {
    root.isEmptyRoot ? Root(namespace: namespace, version: version, type: type, hash: .empty) : root
  }

  private func commit(_ namespace: Namespace, _ version: UInt64, known: Hash?) throws -> Commit {
    guard !isClosed else { throw MKVSError.closed }
    var batch: (any NodeBatch)?
    if case .store(let store) = source { batch = try store.newBatch(old: oldRoot(namespace, version), version: version) }
    let hash = try rootHash()
    if let known, known != hash { throw MKVSError.knownRootMismatch }
    let log = options.writeLog ? pendingLog() : WriteLog()
    let new = Root(namespace: namespace, version: version, type: type, hash: hash)
    if let batch {
      if let pointer = try batch.existing(new) {
        try batch.commit(NodeCommit(root: new, pointer: pointer))
        arena = Arena()  // its nodes have no locations, those of the equal root have
        root = new
        link(pointer)
      } else {
        try write(new, to: batch)
      }
    }
    markClean()
    root = new
    superseded = []
    repeated = []
    removed = []
    verified = [:]
    generation += 1
    return Commit(root: new, writeLog: log)
  }

  // MARK: Hashes

  /// Computes the hashes that are missing, children first.
  private func hashAll() {
    let top = arena.root.pointee
    var hasher = NodeHasher()
    defer { hasher.deallocate() }
    if top.kind == .leaf { hashLeaf(arena.leaf(top), &hasher) }
    hashAll(below: top, &hasher)
  }

  /// The hash of a node, computed now if it was not known.
  func knownHash(_ ref: Ref) -> NodeHash {
    if ref.kind == .inner, !arena.inner(ref).pointee.flags.contains(.hashKnown) {
      var hasher = NodeHasher()
      defer { hasher.deallocate() }
      hashAll(below: ref, &hasher)
    }
    return arena.hash(ref)
  }

  @inline(never)
  private func hashAll(below top: Ref, _ hasher: inout NodeHasher) {
    let arena = arena
    guard top.kind == .inner, !arena.inner(top).pointee.flags.contains(.hashKnown) else { return }
    // The second visit of a node is marked by the bit above its reference.
    var stack: [UInt64] = [UInt64(top.raw)]
    while let entry = stack.popLast() {
      let node = arena.inner(Ref(raw: UInt32(truncatingIfNeeded: entry)))
      if entry >> 32 != 0 {
        node.pointee.hash = arena.computeHash(node, &hasher)
        node.pointee.flags.insert(.hashKnown)
        continue
      }
      stack.append(entry | 1 << 32)
      if node.pointee.leaf.kind == .leaf { hashLeaf(arena.leaf(node.pointee.leaf), &hasher) }
      for child in [node.pointee.left, node.pointee.right] {
        switch child.kind {
        case .leaf: hashLeaf(arena.leaf(child), &hasher)
        case .inner: if !arena.inner(child).pointee.flags.contains(.hashKnown) { stack.append(UInt64(child.raw)) }
        case .none, .stub: break
        }
      }
    }
  }

  @inline(__always)
  private func hashLeaf(_ leaf: UnsafeMutablePointer<LeafNode>, _ hasher: inout NodeHasher) {
    if leaf.pointee.flags.contains(.hashKnown) { return }
    leaf.pointee.hash = arena.computeHash(leaf, &hasher)
    leaf.pointee.flags.insert(.hashKnown)
  }

  // MARK: Write log

  private func pendingLog() -> WriteLog {
    var log = WriteLog()
    var stack = [arena.root.pointee]
    while let ref = stack.popLast() {
      switch ref.kind {
      case .none, .stub: break
      case .leaf:
        let leaf = arena.leaf(ref)
        if leaf.pointee.flags.contains(.dirty) { log.append(LogEntry(arena.key(leaf), arena.value(leaf))) }
      case .inner:
        let node = arena.inner(ref)
        guard node.pointee.flags.contains(.dirty) else { continue }
        stack.append(node.pointee.right)
        stack.append(node.pointee.left)
        stack.append(node.pointee.leaf)
      }
    }
    let again = pendingRepeated().map { LogEntry(arena.key($0), arena.value($0)) }
    if !again.isEmpty {
      log += again
      log.sort { $0.key.lexicographicallyPrecedes($1.key) }
    }
    return log + removed.sorted { $0.lexicographicallyPrecedes($1) }.map { LogEntry($0, nil) }
  }

  /// Leaves that were inserted again with their old value, and are neither changed nor gone since.
  private func pendingRepeated() -> [UnsafeMutablePointer<LeafNode>] {
    repeated.map { arena.leaf($0) }.filter { $0.pointee.flags.contains(.repeated) && !$0.pointee.flags.contains(.dirty) }
  }

  // MARK: Storing

  private func write(_ new: Root, to batch: any NodeBatch) throws {
    let next = try writeRecords(to: batch, version: new.version)
    let pointer = arena.pointer(arena.root.pointee)
    let again = pendingRepeated().map(\.pointee.location)
    try batch.commit(
      NodeCommit(
        root: new, pointer: pointer, superseded: superseded, removedKeys: removed.sorted { $0.lexicographicallyPrecedes($1) },
        repeated: again, recordCount: next))
  }

  private struct Visit {
    var ref: Ref
    var depth: Int
    var again: Bool
  }

  /// Writes all records without location, children first, so that a parent knows where they lie.
  private func writeRecords(to batch: any NodeBatch, version: UInt64) throws -> UInt32 {
    let arena = arena, sequence = batch.sequence
    var next: UInt32 = 0
    func place() -> NodeLocation { NodeLocation(version: version, sequence: sequence, index: next) }
    func writeLeaf(_ leaf: UnsafeMutablePointer<LeafNode>) throws {
      if leaf.pointee.flags.contains(.stored) { return }
      leaf.pointee.location = place()
      leaf.pointee.flags.insert(.placed)
      try batch.put(index: next, record: arena.record(leaf: leaf))
      next += 1
    }
    var stack = [Visit(ref: arena.root.pointee, depth: 0, again: false)]
    while let visit = stack.popLast() {
      switch visit.ref.kind {
      case .none, .stub: break
      case .leaf: try writeLeaf(arena.leaf(visit.ref))
      case .inner:
        let node = arena.inner(visit.ref)
        if node.pointee.flags.contains(.stored) { continue }
        if visit.again {
          let location = place()
          node.pointee.location = location
          node.pointee.flags.insert(.placed)
          try batch.put(index: next, record: arena.record(inner: node, depth: visit.depth, location: location))
          next += 1
        } else {
          stack.append(Visit(ref: visit.ref, depth: visit.depth, again: true))
          pushChildren(node, visit.depth, &stack)
        }
      }
    }
    return next
  }

  /// The children outside of a record, right ones first so that left ones are written first.
  private func pushChildren(_ node: UnsafeMutablePointer<InnerNode>, _ depth: Int, _ stack: inout [Visit]) {
    let end = depth + Int(node.pointee.labelBits)
    for child in [node.pointee.right, node.pointee.left, node.pointee.leaf] where child.kind == .inner || child.kind == .leaf {
      if arena.isInline(child, parentEnd: end) {
        pushChildren(arena.inner(child), end, &stack)  // at most 4 deep: windows have 4 bits
      } else {
        stack.append(Visit(ref: child, depth: end, again: false))
      }
    }
  }

  private func markClean() {
    for leaf in pendingRepeated() { leaf.pointee.flags.remove(.repeated) }
    var stack = [arena.root.pointee]
    while let ref = stack.popLast() {
      switch ref.kind {
      case .none, .stub: break
      case .leaf:
        let leaf = arena.leaf(ref)
        let isStored = !leaf.pointee.flags.isDisjoint(with: [.placed, .stored])
        leaf.pointee.flags = isStored ? [.hashKnown, .existed, .stored] : [.hashKnown, .existed]
      case .inner:
        let node = arena.inner(ref)
        guard node.pointee.flags.contains(.dirty) else { continue }
        node.pointee.flags = node.pointee.flags.contains(.placed) ? [.hashKnown, .stored] : .hashKnown
        stack.append(node.pointee.leaf)
        stack.append(node.pointee.left)
        stack.append(node.pointee.right)
      }
    }
  }
}

extension Arena {
  /// Where a stored node lies.
  func pointer(_ ref: Ref) -> RootPointer {
    switch ref.kind {
    case .none: .empty
    case .leaf: .leaf(leaf(ref).pointee.location)
    case .inner: .inner(inner(ref).pointee.location)
    case .stub: stub(ref).pointee.flags.contains(.leafStub) ? .leaf(stub(ref).pointee.location) : .inner(stub(ref).pointee.location)
    }
  }

  /// H(00 ‖ u32le(key length) ‖ key ‖ u32le(value length) ‖ value), sheet 02 §1.3.
  @inline(__always)
  func computeHash(_ leaf: UnsafeMutablePointer<LeafNode>, _ hasher: inout NodeHasher) -> NodeHash {
    hasher.append(0 as UInt8)
    hasher.append(UInt32(leaf.pointee.keyCount))
    hasher.append(leaf.pointee.key, Int(leaf.pointee.keyCount))
    hasher.append(leaf.pointee.valueCount)
    hasher.append(leaf.pointee.value, Int(leaf.pointee.valueCount))
    return hasher.finish()
  }

  /// H(01 ‖ u16le(label bits) ‖ label ‖ hashes of embedded leaf, left and right), sheet 02 §1.3. The children's hashes are known.
  @inline(__always)
  func computeHash(_ node: UnsafeMutablePointer<InnerNode>, _ hasher: inout NodeHasher) -> NodeHash {
    hasher.append(1 as UInt8)
    hasher.append(node.pointee.labelBits)
    hasher.append(label(node), BitString.byteCount(Int(node.pointee.labelBits)))
    hasher.append(hash(node.pointee.leaf))
    hasher.append(hash(node.pointee.left))
    hasher.append(hash(node.pointee.right))
    return hasher.finish()
  }
}
