package import OasisCrypto

/// The nodes of a tree as values, for tests and recorded data.
package indirect enum TreeShape: Equatable {
  case none
  /// A node that is known only by its hash.
  case pruned(Hash)
  case leaf(Hash, key: [UInt8], value: [UInt8])
  case inner(Hash, labelBits: Int, label: [UInt8], leaf: TreeShape, left: TreeShape, right: TreeShape)
}

extension Tree {
  /// What is in memory of a clean tree; recursive, for small trees.
  package var shape: TreeShape { shape(arena.root.pointee) }

  private func shape(_ ref: Ref) -> TreeShape {
    switch ref.kind {
    case .none: return .none
    case .stub: return .pruned(arena.hash(ref).hash)
    case .leaf: return .leaf(arena.hash(ref).hash, key: arena.key(arena.leaf(ref)), value: arena.value(arena.leaf(ref)))
    case .inner:
      let node = arena.inner(ref)
      let bits = Int(node.pointee.labelBits)
      return .inner(
        knownHash(ref).hash, labelBits: bits,
        label: Array(UnsafeBufferPointer(start: arena.label(node), count: BitString.byteCount(bits))),
        leaf: shape(node.pointee.leaf), left: shape(node.pointee.left), right: shape(node.pointee.right))
    }
  }

  /// A proof of the nodes at the given paths (letters e, l, r from the root), with the builder's size after each.
  package func proof(including paths: [String], subtree: String, version: UInt16) throws -> (sizes: [Int], proof: Proof) {
    var builder = ProofBuilder(tree: self, version: version, position: knownHash(node(at: subtree)))
    var sizes: [Int] = []
    for path in paths {
      try builder.include(node(at: path))
      sizes.append(builder.size)
    }
    return (sizes, builder.build())
  }

  private func node(at path: String) -> Ref {
    var ref = arena.root.pointee
    for letter in path where ref.kind == .inner {
      let node = arena.inner(ref).pointee
      ref = letter == "e" ? node.leaf : letter == "l" ? node.left : node.right
    }
    return ref
  }
}
