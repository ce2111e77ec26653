// A tree as the server of proofs about itself (sheet 02 §2.5).

extension Tree: ReadSyncer {
  private func serve(_ tree: TreeID, version: UInt16) throws {
    try begin()
    guard tree.root == root else { throw MKVSError.invalidRoot }
    guard !isDirty else { throw MKVSError.rootIsDirty }
    guard version <= 1 else { throw MKVSError.unsupportedProofVersion(version) }
  }

  private func deref(_ slot: UnsafeMutablePointer<Ref>) throws -> Ref {
    if slot.pointee.kind == .stub { try load(slot) { _, _ in throw MKVSError.methodNotSupported } }
    return slot.pointee
  }

  /// Proves what the tree says about a key: every node on the way to it, anchored at the requested position if it lies there.
  public func syncGet(_ request: GetRequest) throws -> ProofResponse {
    try serve(request.tree, version: request.proofVersion)
    let position = request.tree.position == root.hash ? nil : NodeHash(request.tree.position)
    var builder = ProofBuilder(tree: self, version: request.proofVersion, position: position)
    try request.key.withUnsafeBufferPointer { key in
      var siblings: [[UnsafeMutablePointer<Ref>]] = []
      let bits = key.count * 8
      var slot = arena.root, depth = 0
      walk: while true {
        let ref = try deref(slot)
        try builder.include(ref)
        guard ref.kind == .inner else { break }
        let node = arena.inner(ref)
        depth += Int(node.pointee.labelBits)
        if bits == depth {
          if request.proofVersion > 0 { try builder.include(try deref(leafSlot(node))) }
          if request.includeSiblings { siblings.append([side(node, false), side(node, true)]) }
          break
        }
        guard bits > depth else { break }
        let right = key[depth >> 3] & (0x80 >> UInt8(depth & 7)) != 0
        if request.includeSiblings {
          siblings.append((request.proofVersion > 0 ? [leafSlot(node)] : []) + [side(node, !right)])
        }
        slot = side(node, right)
      }
      for slot in siblings.reversed().joined() { try builder.include(try deref(slot)) }
    }
    return ProofResponse(proof: builder.build())
  }

  /// Proves the keys that start with the given prefixes, up to a limit in all.
  public func syncGetPrefixes(_ request: GetPrefixesRequest) throws -> ProofResponse {
    try serve(request.tree, version: request.proofVersion)
    var builder = ProofBuilder(tree: self, version: request.proofVersion)
    let iterator = TreeIterator(self)
    iterator.visited = { ref in try builder.include(ref) }
    var total = 0
    prefixes: for prefix in request.prefixes {
      try iterator.seek(prefix)
      while let leaf = try iterator.nextLeaf() {
        if total >= request.limit { break prefixes }
        let key = UnsafeBufferPointer(start: leaf.pointee.key, count: Int(leaf.pointee.keyCount))
        guard key.starts(with: prefix) else { break }
        total += 1
      }
    }
    iterator.visited = nil
    return ProofResponse(proof: builder.build())
  }

  /// Proves the first key at or behind `key` and `prefetch` more.
  public func syncIterate(_ request: IterateRequest) throws -> ProofResponse {
    try serve(request.tree, version: request.proofVersion)
    var builder = ProofBuilder(tree: self, version: request.proofVersion)
    let iterator = TreeIterator(self)
    iterator.visited = { ref in try builder.include(ref) }
    try iterator.seek(request.key)
    for _ in 0...Int(request.prefetch) {
      guard try iterator.nextLeaf() != nil else { break }
    }
    iterator.visited = nil
    return ProofResponse(proof: builder.build())
  }

  /// Loads the keys with these prefixes in one request, where nodes come from a peer.
  public func prefetchPrefixes(_ prefixes: [[UInt8]], limit: UInt16) throws {
    try begin()
    guard case .remote(let syncer) = source, !prefixes.isEmpty, limit > 0, !root.hash.isEmptyHash else { return }
    let tree = TreeID(root: root, position: root.hash)
    let answer = try syncer.syncGetPrefixes(GetPrefixesRequest(tree: tree, prefixes: prefixes, limit: limit))
    try merge(answer.proof, at: NodeHash(root.hash))
  }

  /// A proof (of version 1 by default) that a key has its value; nil for an absent key.
  public func proof(of key: [UInt8], version: UInt16 = 1) throws -> Proof? {
    guard try get(key) != nil else { return nil }
    return try syncGet(GetRequest(tree: TreeID(root: root, position: root.hash), key: key, proofVersion: version)).proof
  }

  /// One proof that contains the way to each of the keys.
  package func proof(of keys: [[UInt8]], version: UInt16) throws -> Proof {
    try serve(TreeID(root: root, position: root.hash), version: version)
    var builder = ProofBuilder(tree: self, version: version)
    for key in keys {
      try key.withUnsafeBufferPointer { key in
        var slot = arena.root, depth = 0
        while true {
          let ref = try deref(slot)
          try builder.include(ref)
          guard ref.kind == .inner else { return }
          depth += Int(arena.inner(ref).pointee.labelBits)
          guard let next = child(arena.inner(ref), key, key.count * 8, depth) else { return }
          slot = next
        }
      }
    }
    return builder.build()
  }
}
