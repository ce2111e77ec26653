internal import Bytes
public import OasisCrypto

/// A single node outside of a tree, with the forms in which it travels (sheet 02 §1.3 to §1.5).
public struct SerializedNode: Hashable, Sendable {
  /// A key with its value.
  public struct Leaf: Hashable, Sendable {
    public var key: [UInt8]
    public var value: [UInt8]

    public init(key: [UInt8], value: [UInt8]) { (self.key, self.value) = (key, value) }

    /// Over tag 0, key and value, each with its length.
    public var hash: Hash { Hash.digest([0] + littleEndian(key.count, 4) + key + littleEndian(value.count, 4) + value) }
    /// As it lies in proofs and databases.
    public var bytes: [UInt8] { [0] + littleEndian(key.count, 2) + key + littleEndian(value.count, 4) + value }
  }

  /// A fork: bits that all keys below share, and what lies left (0) and right (1).
  public struct Inner: Hashable, Sendable {
    public var labelBits: Int
    public var label: [UInt8]
    public var leaf: Leaf?
    /// The children's hashes; nil for none, and for both where a compact form does not tell.
    public var left: Hash?
    public var right: Hash?
    /// Whether the children are known, and with them the node's hash.
    public var isComplete: Bool

    public init(labelBits: Int, label: [UInt8], leaf: Leaf?, left: Hash?, right: Hash?, isComplete: Bool = true) {
      (self.labelBits, self.label, self.leaf, self.left, self.right) = (labelBits, label, leaf, left, right)
      self.isComplete = isComplete
    }

    /// The hash over any embedded leaf's hash, for nodes whose leaf is known only by its hash.
    public func hash(leafHash: Hash) -> Hash {
      Hash.digest(
        [1] + littleEndian(labelBits, 2) + label + leafHash.bytes + (left ?? .empty).bytes + (right ?? .empty).bytes)
    }
    /// Over label, leaf and children by their hashes.
    public var hash: Hash { hash(leafHash: leaf?.hash ?? .empty) }
    /// Without children, the leaf inside: how proofs of version 0 have it.
    public var compact0: [UInt8] { [1] + littleEndian(labelBits, 2) + label + (leaf?.bytes ?? [2]) }
    /// Without children and leaf, which follows as a node of its own: how proofs of version 1 have it.
    public var compact1: [UInt8] { [1] + littleEndian(labelBits, 2) + label + [2] }
    /// With the hashes of both children, as databases have it.
    public var full: [UInt8] { compact0 + (left ?? .empty).bytes + (right ?? .empty).bytes }
  }

  /// What a node is.
  public enum Content: Hashable, Sendable {
    case leaf(Leaf)
    case inner(Inner)
  }

  public var content: Content

  /// Reads a node in any form; bytes behind it are ignored.
  public init(decoding bytes: [UInt8]) throws(MKVSError) {
    let arena = Arena()
    var hasher = NodeHasher()
    defer { hasher.deallocate() }
    let result: Result<Ref, MKVSError> = bytes.withUnsafeBufferPointer { bytes in
      do throws(MKVSError) { return .success(try arena.deserialize(bytes, &hasher)) } catch { return .failure(error) }
    }
    let ref = try result.get()
    func leaf(_ ref: Ref) -> Leaf? {
      ref.kind == .leaf ? Leaf(key: arena.key(arena.leaf(ref)), value: arena.value(arena.leaf(ref))) : nil
    }
    if let single = leaf(ref) {
      content = .leaf(single)
      return
    }
    let node = arena.inner(ref)
    let bits = Int(node.pointee.labelBits)
    content = .inner(
      Inner(
        labelBits: bits, label: Array(UnsafeBufferPointer(start: arena.label(node), count: BitString.byteCount(bits))),
        leaf: leaf(node.pointee.leaf), left: node.pointee.left.isNone ? nil : arena.hash(node.pointee.left).hash,
        right: node.pointee.right.isNone ? nil : arena.hash(node.pointee.right).hash,
        isComplete: node.pointee.flags.contains(.hashKnown)))
  }

  /// The hash, where the form told enough to know it.
  public var hash: Hash? {
    switch content {
    case .leaf(let leaf): leaf.hash
    case .inner(let inner): inner.isComplete ? inner.hash : nil
    }
  }
}

private func littleEndian(_ value: Int, _ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}
