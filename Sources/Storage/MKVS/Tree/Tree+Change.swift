extension Tree {
  // MARK: Insertion

  /// Sets a key. An empty value is legal and differs from an absent key.
  /// - Throws: ``MKVSError/keyTooLong(_:)`` above 8191 bytes.
  public func insert(_ key: [UInt8], _ value: [UInt8]) throws {
    try begin()
    guard key.count <= 8191 else { throw MKVSError.keyTooLong(key.count) }
    guard value.count <= UInt32.max else { throw MKVSError.valueTooLong(value.count) }
    try key.withUnsafeBufferPointer { key in
      try value.withUnsafeBufferPointer { value in try insert(key, value) }
    }
  }

  private func insert(_ key: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) throws {
    let arena = arena
    guard arena.inners.count < 0x3fff_fff0, arena.leaves.count < 0x3fff_fff0 else { throw MKVSError.tooManyNodes }
    let bits = key.count &* 8
    // Never read for an empty key, but pointers must not be null.
    let keyBytes = key.baseAddress ?? UnsafePointer(UnsafeMutableRawPointer(arena.root).assumingMemoryBound(to: UInt8.self))
    path.removeAll(keepingCapacity: true)
    var slot = arena.root, depth = 0
    while true {
      let ref = slot.pointee
      switch ref.kind {
      case .none:
        slot.pointee = newLeaf(key, value)
        markPath()
        return
      case .stub: try resolve(slot, key: key)
      case .leaf:
        try insert(key, keyBytes, value, besides: ref, slot, depth)
        return
      case .inner:
        let node = arena.inner(ref)
        let labelBits = Int(node.pointee.labelBits)
        let common = commonPrefix(arena.label(node), 0, labelBits, keyBytes, depth, bits)
        guard common == labelBits else {
          split(ref, slot, depth, common, key, keyBytes, value)
          return
        }
        path.append(ref)
        depth &+= labelBits
        slot = bits == depth ? leafSlot(node) : side(node, bit(keyBytes, depth))
      }
    }
  }

  /// The place of the key holds a leaf: the same key gets its new value, another one a common parent.
  private func insert(
    _ key: UnsafeBufferPointer<UInt8>, _ keyBytes: UnsafePointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>, besides ref: Ref,
    _ slot: UnsafeMutablePointer<Ref>, _ depth: Int
  ) throws {
    let arena = arena
    let leaf = arena.leaf(ref)
    if matches(leaf, key) {
      if Int(leaf.pointee.valueCount) == value.count, equalBytes(leaf.pointee.value, value.baseAddress, value.count) {
        if options.writeLog, leaf.pointee.flags.isDisjoint(with: [.dirty, .repeated]) {
          leaf.pointee.flags.insert(.repeated)
          repeated.append(ref)
        }
        return
      }
      generation += 1
      leaf.pointee.value = arena.bytes.copy(value.baseAddress ?? keyBytes, value.count)
      leaf.pointee.valueCount = UInt32(truncatingIfNeeded: value.count)
      markLeaf(leaf)
      markPath()
      return
    }
    let leafBits = Int(leaf.pointee.keyCount) &* 8, bits = key.count &* 8
    // Only a tree whose root was made of impossible nodes puts a leaf where its key does not lead.
    guard leafBits >= depth, bits >= depth else { throw MKVSError.malformedNode }
    let common = commonPrefix(leaf.pointee.key, depth, leafBits, keyBytes, depth, bits)
    let end = depth + common
    guard leafBits != end || bits != end else { throw MKVSError.malformedNode }
    let parent = arena.newInner(flags: .dirty)
    let node = arena.inner(parent)
    arena.setLabel(node, keyBytes, depth, common)
    (leafBits == end ? leafSlot(node) : side(node, bit(leaf.pointee.key, end))).pointee = ref
    (bits == end ? leafSlot(node) : side(node, bit(keyBytes, end))).pointee = newLeaf(key, value)
    slot.pointee = parent
    markPath()
  }

  /// The key leaves an inner node's label after `common` bits: a new parent takes the common part.
  private func split(
    _ ref: Ref, _ slot: UnsafeMutablePointer<Ref>, _ depth: Int, _ common: Int, _ key: UnsafeBufferPointer<UInt8>,
    _ keyBytes: UnsafePointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>
  ) {
    let arena = arena
    let old = arena.inner(ref)
    let parent = arena.newInner(flags: .dirty)
    let node = arena.inner(parent)
    let right = bit(arena.label(old), common)
    arena.setLabel(node, keyBytes, depth, common)
    arena.setLabel(old, arena.label(old), common, Int(old.pointee.labelBits) - common)
    markInner(old)
    side(node, right).pointee = ref
    (key.count &* 8 == depth + common ? leafSlot(node) : side(node, !right)).pointee = newLeaf(key, value)
    slot.pointee = parent
    markPath()
  }

  @inline(__always)
  private func newLeaf(_ key: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) -> Ref {
    generation += 1
    var flags = NodeFlags.dirty
    if !removed.isEmpty, removed.remove(Array(key)) != nil { flags.insert(.existed) }
    return arena.newLeaf(key, value, flags: flags)
  }

  // MARK: Marks

  @inline(__always)
  private func markInner(_ node: UnsafeMutablePointer<InnerNode>) {
    if node.pointee.flags.contains(.stored) { superseded.append(node.pointee.location) }
    node.pointee.flags = .dirty
  }

  private func markLeaf(_ leaf: UnsafeMutablePointer<LeafNode>) {
    if leaf.pointee.flags.contains(.stored) { superseded.append(leaf.pointee.location) }
    leaf.pointee.flags.subtract([.stored, .hashKnown])
    leaf.pointee.flags.insert(.dirty)
  }

  /// Marks the inner nodes above a change, from below: a dirty node has only dirty ancestors, but may have a hash from a commit
  /// that stored nothing.
  private func markPath() {
    for ref in path.reversed() {
      let node = arena.inner(ref)
      if node.pointee.flags == .dirty { return }
      markInner(node)
    }
  }

  // MARK: Removal

  /// Removes a key; an absent one changes nothing.
  public func remove(_ key: [UInt8]) throws {
    _ = try removing(key)
  }

  /// Removes a key and returns its value, or nil if it was absent.
  public func removeExisting(_ key: [UInt8]) throws -> [UInt8]? {
    try removing(key).map(arena.value)
  }

  private func removing(_ key: [UInt8]) throws -> UnsafeMutablePointer<LeafNode>? {
    try begin()
    return try key.withUnsafeBufferPointer { try remove($0) }
  }

  private func remove(_ key: UnsafeBufferPointer<UInt8>) throws -> UnsafeMutablePointer<LeafNode>? {
    let arena = arena
    let bits = key.count &* 8
    path.removeAll(keepingCapacity: true)
    var slot = arena.root, parentSlot = arena.root, depth = 0
    while true {
      let ref = slot.pointee
      switch ref.kind {
      case .none: return nil
      case .stub:
        try load(slot) { (syncer, tree) in try syncer.syncGet(GetRequest(tree: tree, key: Array(key), includeSiblings: true)) }
      case .leaf:
        let leaf = arena.leaf(ref)
        guard matches(leaf, key) else { return nil }
        try removeLeaf(leaf, ref, at: slot, parentSlot, key, depth)
        return leaf
      case .inner:
        let node = arena.inner(ref)
        depth &+= Int(node.pointee.labelBits)
        guard let next = child(node, key, bits, depth) else { return nil }
        path.append(ref)
        parentSlot = slot
        slot = next
      }
    }
  }

  private func removeLeaf(
    _ leaf: UnsafeMutablePointer<LeafNode>, _ ref: Ref, at slot: UnsafeMutablePointer<Ref>, _ parentSlot: UnsafeMutablePointer<Ref>,
    _ key: UnsafeBufferPointer<UInt8>, _ depth: Int
  ) throws {
    // What may fail comes first: a parent left with one inner child takes its place, so that child must be there.
    var last: UnsafeMutablePointer<Ref>?
    if let parent = path.last {
      let node = arena.inner(parent)
      let links = [leafSlot(node), side(node, false), side(node, true)].filter { $0 != slot && !$0.pointee.isNone }
      if links.count == 1 { last = links[0] }
      if let last, last != leafSlot(node) { try loadSibling(last, right: last == side(node, true), key, depth) }
    }
    generation += 1
    if leaf.pointee.flags.contains(.stored) { superseded.append(leaf.pointee.location) }
    if options.writeLog {
      if leaf.pointee.flags.contains(.existed) { removed.insert(arena.key(leaf)) }
      leaf.pointee.flags.remove(.repeated)
    }
    slot.pointee = .none
    if let last, let parent = path.popLast() { collapse(parent, into: last.pointee, at: parentSlot) }
    markPath()
  }

  /// Replaces an inner node that has one child left by that child, whose label becomes longer.
  private func collapse(_ parent: Ref, into child: Ref, at slot: UnsafeMutablePointer<Ref>) {
    let node = arena.inner(parent)
    if node.pointee.flags.contains(.stored) { superseded.append(node.pointee.location) }
    if child.kind == .inner {
      let lower = arena.inner(child)
      let upperBits = Int(node.pointee.labelBits), lowerBits = Int(lower.pointee.labelBits)
      var joined: [UInt8] = []
      writeBits(arena.label(node), upperBits, to: &joined, at: 0)
      writeBits(arena.label(lower), lowerBits, to: &joined, at: upperBits)
      joined.withUnsafeBufferPointer { if let bytes = $0.baseAddress { arena.setLabel(lower, bytes, 0, upperBits + lowerBits) } }
      markInner(lower)
    }
    slot.pointee = child
  }

  /// Loads the other child of a node unless it is known to be a leaf.
  private func loadSibling(
    _ slot: UnsafeMutablePointer<Ref>, right: Bool, _ key: UnsafeBufferPointer<UInt8>, _ depth: Int
  ) throws {
    guard slot.pointee.kind == .stub, !arena.stub(slot.pointee).pointee.flags.contains(.leafStub) else { return }
    // A key whose walk leads to the sibling: the removed key's bits, then the other branch.
    var other = Array(key.prefix(depth >> 3 + 1))
    while other.count <= depth >> 3 { other.append(0) }
    other = BitString.appendBit(other, depth, right)
    try load(slot) { (syncer, tree) in try syncer.syncGet(GetRequest(tree: tree, key: other, includeSiblings: false)) }
  }
}
