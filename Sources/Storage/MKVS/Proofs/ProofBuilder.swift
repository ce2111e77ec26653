internal import OasisCrypto

/// Collects nodes of a clean tree and writes the proof that contains them (sheet 02 §2.2).
struct ProofBuilder {
  let version: UInt16
  /// An estimate of the proof's size in bytes that decides where checkpoint chunks end: per included node, 1 and its compact form.
  private(set) var size = 0
  private let tree: Tree
  private var included: Set<Ref> = []

  /// The node that the proof is anchored at, if it is included.
  private let position: NodeHash?
  private var anchor: Ref?

  /// - Parameter position: the hash of the node at which the asker wants the proof to begin; the tree's root by default.
  init(tree: Tree, version: UInt16, position: NodeHash? = nil) {
    self.tree = tree
    self.version = version
    self.position = position
  }

  /// Includes a loaded node; none, or one that is included already, changes nothing.
  mutating func include(_ ref: Ref) throws {
    guard ref.kind == .leaf || ref.kind == .inner, included.insert(ref).inserted else { return }
    if let position, tree.knownHash(ref) == position { anchor = ref }
    if version == 0, ref.kind == .inner {
      // The compact form holds the embedded leaf, which has a record of its own.
      let slot = leafSlot(tree.arena.inner(ref))
      if slot.pointee.kind == .stub { try tree.load(slot) { _, _ in throw MKVSError.methodNotSupported } }
    }
    var bytes: [UInt8] = []
    serialize(ref, to: &bytes)
    size += 1 + bytes.count
  }

  private func serialize(_ ref: Ref, to bytes: inout [UInt8]) {
    if ref.kind == .leaf {
      tree.arena.serialize(leaf: tree.arena.leaf(ref), to: &bytes)
    } else {
      tree.arena.serialize(inner: tree.arena.inner(ref), version: version, to: &bytes)
    }
  }

  /// The proof anchored at the position if that node was included, else at the tree's root.
  func build() -> Proof {
    let arena = tree.arena
    let top = anchor ?? arena.root.pointee
    var proof = Proof(version: version, untrustedRoot: tree.knownHash(top).hash)
    var stack = [top]
    while let ref = stack.popLast() {
      guard ref.kind != .none else {
        proof.entries.append(nil)
        continue
      }
      guard included.contains(ref) else {
        var entry: [UInt8] = [2]
        tree.knownHash(ref).append(to: &entry)
        proof.entries.append(entry)
        continue
      }
      var entry: [UInt8] = [1]
      serialize(ref, to: &entry)
      proof.entries.append(entry)
      if ref.kind == .inner {
        let node = arena.inner(ref)
        stack.append(node.pointee.right)
        stack.append(node.pointee.left)
        if version > 0 { stack.append(node.pointee.leaf) }
      }
    }
    return proof
  }
}
