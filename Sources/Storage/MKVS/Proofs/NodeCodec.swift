// The forms in which nodes travel (sheet 02 §1.4, §1.5).

extension Arena {
  /// Appends `00 ‖ u16le(key length) ‖ key ‖ u32le(value length) ‖ value`.
  func serialize(leaf: UnsafeMutablePointer<LeafNode>, to bytes: inout [UInt8]) {
    let keyCount = leaf.pointee.keyCount, valueCount = leaf.pointee.valueCount
    bytes.append(0)
    bytes.append(UInt8(truncatingIfNeeded: keyCount))
    bytes.append(UInt8(truncatingIfNeeded: keyCount >> 8))
    bytes.append(contentsOf: UnsafeBufferPointer(start: leaf.pointee.key, count: Int(keyCount)))
    for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: valueCount >> shift)) }
    bytes.append(contentsOf: UnsafeBufferPointer(start: leaf.pointee.value, count: Int(valueCount)))
  }

  /// Appends the compact form of an inner node: version 0 holds the embedded leaf (which must be loaded), version 1 does not.
  func serialize(inner node: UnsafeMutablePointer<InnerNode>, version: UInt16, to bytes: inout [UInt8]) {
    let bits = node.pointee.labelBits
    bytes.append(1)
    bytes.append(UInt8(truncatingIfNeeded: bits))
    bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
    bytes.append(contentsOf: UnsafeBufferPointer(start: label(node), count: BitString.byteCount(Int(bits))))
    if version == 0, node.pointee.leaf.kind == .leaf {
      serialize(leaf: leaf(node.pointee.leaf), to: &bytes)
    } else {
      bytes.append(2)
    }
  }

  /// Appends the full form: compact version 0 and the hashes of both children.
  func serialize(full node: UnsafeMutablePointer<InnerNode>, to bytes: inout [UInt8]) {
    serialize(inner: node, version: 0, to: &bytes)
    hash(node.pointee.left).append(to: &bytes)
    hash(node.pointee.right).append(to: &bytes)
  }

  /// Reads a node from bytes that anyone may have made; bytes behind it are ignored. Without `hasher` nothing is hashed.
  func deserialize(_ bytes: UnsafeBufferPointer<UInt8>, _ hasher: inout NodeHasher) throws(MKVSError) -> Ref {
    guard inners.count < 0x3fff_ff00, leaves.count < 0x3fff_ff00, stubs.count < 0x3fff_ff00 else { throw .tooManyNodes }
    guard bytes.count >= 2 else { throw .malformedNode }
    switch bytes[0] {
    case 0: return try deserializeLeaf(bytes, from: 0, &hasher).leaf
    case 1: return try deserializeInner(bytes, &hasher)
    default: throw .malformedNode
    }
  }

  private func deserializeLeaf(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, _ hasher: inout NodeHasher
  ) throws(MKVSError) -> (leaf: Ref, end: Int) {
    guard bytes.count - start >= 7, bytes[start] == 0 else { throw .malformedNode }
    let keyCount = Int(bytes[start + 1]) | Int(bytes[start + 2]) << 8
    let key = start + 3
    guard bytes.count - key >= keyCount else { throw .malformedKey }
    let size = key + keyCount
    guard bytes.count - size >= 4 else { throw .malformedNode }
    var valueCount = 0
    for i in 0..<4 { valueCount |= Int(bytes[size + i]) << (8 * i) }
    let value = size + 4
    guard bytes.count - value >= valueCount else { throw .malformedNode }
    let ref = newLeaf(
      UnsafeBufferPointer(rebasing: bytes[key..<size]), UnsafeBufferPointer(rebasing: bytes[value..<value + valueCount]),
      flags: [.hashKnown, .existed])
    let node = leaf(ref)
    node.pointee.hash = computeHash(node, &hasher)
    return (ref, value + valueCount)
  }

  private func deserializeInner(_ bytes: UnsafeBufferPointer<UInt8>, _ hasher: inout NodeHasher) throws(MKVSError) -> Ref {
    guard bytes.count >= 4 else { throw .malformedNode }
    let labelBits = Int(bytes[1]) | Int(bytes[2]) << 8, labelBytes = BitString.byteCount(labelBits)
    guard bytes.count - 3 > labelBytes else { throw .malformedNode }
    let ref = newInner(flags: [])
    let node = inner(ref)
    setLabel(node, verbatim: UnsafeBufferPointer(rebasing: bytes[3..<3 + labelBytes]), labelBits)
    var position = 3 + labelBytes
    if bytes[position] == 2 {
      position += 1
    } else {
      (node.pointee.leaf, position) = try deserializeLeaf(bytes, from: position, &hasher)
    }
    guard bytes.count - position >= 64, let base = bytes.baseAddress else { return ref }
    node.pointee.left = link(NodeHash(reading: base + position))
    node.pointee.right = link(NodeHash(reading: base + position + 32))
    node.pointee.hash = computeHash(node, &hasher)
    node.pointee.flags = .hashKnown
    return ref
  }

  /// A link to a node of which only the hash is known; the empty hash stands for no node.
  func link(_ hash: NodeHash) -> Ref {
    hash == .empty ? .none : newStub(hash)
  }
}
