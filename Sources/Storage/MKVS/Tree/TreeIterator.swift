extension Tree {
  /// Pairs in key order, uncommitted changes included.
  public func iterator() throws -> any KeyValueIterator {
    guard !isClosed else { throw MKVSError.closed }
    return TreeIterator(self)
  }

  /// The same, asking for `prefetch` more keys at once where nodes come from a peer.
  public func iterator(prefetch: UInt16) throws -> any KeyValueIterator {
    guard !isClosed else { throw MKVSError.closed }
    let iterator = TreeIterator(self)
    iterator.prefetch = prefetch
    return iterator
  }
}

/// Walks a tree with a stack of links still to visit: no recursion, so that no depth can overflow.
final class TreeIterator: KeyValueIterator {
  /// A link to visit: the node behind it starts at bit `depth`; `branch` is the bit that leads to it.
  private struct Step {
    var slot: UnsafeMutablePointer<Ref>
    var depth: Int
    var branch: Bool?
  }

  private let tree: Tree
  private var arena: Arena  // the slots point into it
  private var stack: [Step] = []
  private var generation: UInt64
  /// The bits on the way to the node being visited; kept only where a peer answers requests that need them.
  private var bits: [UInt8] = []
  private let remote: Bool
  /// Where to go on when the tree has changed, and whether the key itself is still to come.
  private var position: (key: [UInt8], inclusive: Bool) = ([], true)
  private var needsSeek = true
  /// Called for each node that the walk passes.
  var visited: ((Ref) throws -> Void)?
  /// How many keys to ask for at once; the tree's option by default.
  var prefetch: UInt16

  init(_ tree: Tree) {
    self.tree = tree
    arena = tree.arena
    generation = tree.generation
    prefetch = tree.options.prefetch
    if case .remote = tree.source { remote = true } else { remote = false }
  }

  func seek(_ key: [UInt8]) throws {
    position = (key, true)
    needsSeek = true
  }

  func next() throws -> (key: [UInt8], value: [UInt8])? {
    guard let leaf = try nextLeaf() else { return nil }
    return (arena.key(leaf), arena.value(leaf))
  }

  /// The next leaf; its memory is valid until the tree is used again.
  func nextLeaf() throws -> UnsafeMutablePointer<LeafNode>? {
    try tree.begin()
    if needsSeek || generation != tree.generation { try restart() }
    while let step = stack.popLast() {
      let ref = step.slot.pointee
      switch ref.kind {
      case .none: break
      case .stub:
        try load(step, target: nil)
        stack.append(step)
      case .leaf:
        try visited?(ref)
        let leaf = arena.leaf(ref)
        if !isAhead(leaf) { continue }
        position = (arena.key(leaf), false)
        return leaf
      case .inner:
        try visited?(ref)
        enter(arena.inner(ref), step.depth)
      }
    }
    return nil
  }

  /// Whether a leaf is at or behind the position; always so but for leaves reached by a seek.
  private func isAhead(_ leaf: UnsafeMutablePointer<LeafNode>) -> Bool {
    let key = UnsafeBufferPointer(start: leaf.pointee.key, count: Int(leaf.pointee.keyCount))
    if key.lexicographicallyPrecedes(position.key) { return false }
    return position.inclusive || !key.elementsEqual(position.key)
  }

  private func enter(_ node: UnsafeMutablePointer<InnerNode>, _ depth: Int) {
    let end = depth + Int(node.pointee.labelBits)
    if remote { writeBits(arena.label(node), Int(node.pointee.labelBits), to: &bits, at: depth) }
    push(side(node, true), end, true)
    push(side(node, false), end, false)
    push(leafSlot(node), end, nil)
  }

  @inline(__always)
  private func push(_ slot: UnsafeMutablePointer<Ref>, _ depth: Int, _ branch: Bool?) {
    if !slot.pointee.isNone { stack.append(Step(slot: slot, depth: depth, branch: branch)) }
  }

  /// Builds the stack anew for the first key at the position.
  private func restart() throws {
    arena = tree.arena
    generation = tree.generation
    stack.removeAll(keepingCapacity: true)
    let key = position.key
    try key.withUnsafeBufferPointer { buffer in
      let count = buffer.count * 8
      var slot = arena.root, depth = 0
      while true {
        let ref = slot.pointee
        switch ref.kind {
        case .none: return
        case .stub: try load(Step(slot: slot, depth: depth, branch: nil), target: key)
        case .leaf:
          push(slot, depth, nil)
          return
        case .inner:
          let node = arena.inner(ref)
          try visited?(ref)
          let labelBits = Int(node.pointee.labelBits), end = depth + labelBits
          if remote { writeBits(arena.label(node), labelBits, to: &bits, at: depth) }
          let common = buffer.baseAddress.map { commonPrefix(arena.label(node), 0, labelBits, $0, depth, count) } ?? 0
          if common < labelBits {
            // The key ends or turns left inside the label: everything below is behind it. It turns right: nothing is.
            if depth + common >= count || !bit(buffer.baseAddress ?? arena.label(node), depth + common) {
              enter(node, depth)
            } else if visited != nil {
              try visitPassed(node, end, buffer)
            }
            return
          }
          if count <= end {
            enter(node, depth)
            return
          }
          let right = buffer[end >> 3] & (0x80 >> UInt8(end & 7)) != 0
          if !right { push(side(node, true), end, true) }
          slot = side(node, right)
          depth = end
        }
      }
    }
    needsSeek = false
  }

  /// Visits what the reference's seek passes below a node whose keys are all smaller: it does not compare labels but follows the
  /// key's bits and tries everything to the right of them. Its clients do the same, and an answer must hold what they look for.
  private func visitPassed(_ node: UnsafeMutablePointer<InnerNode>, _ end: Int, _ key: UnsafeBufferPointer<UInt8>) throws {
    var passed: [(slot: UnsafeMutablePointer<Ref>, depth: Int, follows: Bool)] = []
    func expand(_ node: UnsafeMutablePointer<InnerNode>, _ end: Int, _ follows: Bool) {
      let isInside = follows && key.count * 8 > end
      let turnsRight = isInside && key[end >> 3] & (0x80 >> UInt8(end & 7)) != 0
      passed.append((side(node, true), end, turnsRight))
      if !turnsRight { passed.append((side(node, false), end, isInside)) }
      if !isInside { passed.append((leafSlot(node), end, false)) }
    }
    expand(node, end, true)
    while let step = passed.popLast() {
      if step.slot.pointee.kind == .stub { try load(Step(slot: step.slot, depth: step.depth, branch: nil), target: nil) }
      let ref = step.slot.pointee
      if ref.isNone { continue }
      try visited?(ref)
      guard ref.kind == .inner else { continue }
      let inner = arena.inner(ref)
      expand(inner, step.depth + Int(inner.pointee.labelBits), step.follows)
    }
  }

  /// Loads a node; a peer is asked for the keys from there on.
  private func load(_ step: Step, target: [UInt8]?) throws {
    let key = target ?? pathKey(step)
    let prefetch = prefetch
    try tree.load(step.slot) { (syncer, tree) in
      try syncer.syncIterate(IterateRequest(tree: tree, key: key, prefetch: prefetch))
    }
  }

  /// The smallest key that can lie below a link.
  private func pathKey(_ step: Step) -> [UInt8] {
    let length = step.branch == nil ? step.depth : step.depth + 1
    var key = BitString.slice(bits, from: 0, count: min(step.depth, bits.count * 8))
    while key.count < BitString.byteCount(length) { key.append(0) }
    if let branch = step.branch { key = BitString.appendBit(key, step.depth, branch) }
    return key
  }
}
