// Records are what a node database stores (this project's own format; sheet 02 §3 leaves it free).
//
//   leaf    00 ‖ varint(key length) ‖ key ‖ value
//   inner   01 ‖ node
//   node    shape byte ‖ varint(label bits) ‖ label ‖ [embedded leaf] ‖ [left] ‖ [right]
//   shape   bit 0: embedded leaf; bits 1–2 left, bits 3–4 right: 0 none, 1 leaf, 2 record, 3 a node in this record
//   link    hash ‖ varint(own version - version) ‖ varint(sequence) ‖ varint(index)
//
// An inner node whose branch bit lies in the same window of 4 bits as its parent's shares its parent's record: a record holds up
// to 15 inner nodes, so that a lookup costs a fourth of the reads. The hashes of the nodes inside are not stored; they are
// computed again when one is needed.

enum NodeRecord {
  /// Inner nodes whose branch bits agree above these low bits share a record.
  static let windowBits = 4

  @inline(__always)
  static func window(_ branchBit: Int) -> Int { branchBit / windowBits }

  static func append(varint value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }
}

/// A leaf's key and value from its record; nil for a record of inner nodes or a damaged one.
public func leafOfRecord(_ record: [UInt8]) -> (key: [UInt8], value: [UInt8])? {
  guard record.first == 0 else { return nil }
  var reader = RecordReader(record[...], arena: nil, location: .zero)
  reader.position = 1
  guard let count = reader.varint(), count <= 8191, reader.left >= Int(count) else { return nil }
  let middle = reader.position + Int(count)
  return (Array(record[reader.position..<middle]), Array(record[middle...]))
}

extension Arena {
  /// Puts a record's nodes into the arena.
  func read(_ record: [UInt8], stub: StubNode) throws -> Ref {
    guard inners.count < 0x3fff_ff00, leaves.count < 0x3fff_ff00, stubs.count < 0x3fff_ff00 else { throw MKVSError.tooManyNodes }
    if stub.flags.contains(.leafStub) {
      guard let (key, value) = leafOfRecord(record) else { throw MKVSError.corruptedRecord(stub.location) }
      let ref = key.withUnsafeBufferPointer { key in
        value.withUnsafeBufferPointer { newLeaf(key, $0, flags: [.hashKnown, .stored, .existed]) }
      }
      leaf(ref).pointee.hash = stub.hash
      leaf(ref).pointee.location = stub.location
      return ref
    }
    var reader = RecordReader(record[...], arena: self, location: stub.location)
    reader.position = 1
    guard record.first == 1, let ref = reader.node(deep: 0) else { throw MKVSError.corruptedRecord(stub.location) }
    inner(ref).pointee.flags = [.hashKnown, .stored]
    inner(ref).pointee.hash = stub.hash
    inner(ref).pointee.location = stub.location
    return ref
  }

  /// The bytes of a leaf's record.
  func record(leaf: UnsafeMutablePointer<LeafNode>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(leaf.pointee.keyCount) + Int(leaf.pointee.valueCount) + 4)
    bytes.append(0)
    NodeRecord.append(varint: UInt64(leaf.pointee.keyCount), to: &bytes)
    bytes.append(contentsOf: UnsafeBufferPointer(start: leaf.pointee.key, count: Int(leaf.pointee.keyCount)))
    bytes.append(contentsOf: UnsafeBufferPointer(start: leaf.pointee.value, count: Int(leaf.pointee.valueCount)))
    return bytes
  }

  /// The bytes of the record that starts with an inner node at `depth`; all of its children must have locations.
  func record(inner node: UnsafeMutablePointer<InnerNode>, depth: Int, location: NodeLocation) -> [UInt8] {
    var bytes: [UInt8] = [1]
    bytes.reserveCapacity(512)
    append(node, depth: depth, location, to: &bytes)
    return bytes
  }

  private func append(_ node: UnsafeMutablePointer<InnerNode>, depth: Int, _ own: NodeLocation, to bytes: inout [UInt8]) {
    let end = depth + Int(node.pointee.labelBits)
    let left = node.pointee.left, right = node.pointee.right
    let leftShape = shape(left, end), rightShape = shape(right, end)
    bytes.append((node.pointee.leaf.isNone ? 0 : 1) | leftShape << 1 | rightShape << 3)
    NodeRecord.append(varint: UInt64(node.pointee.labelBits), to: &bytes)
    bytes.append(contentsOf: UnsafeBufferPointer(start: label(node), count: BitString.byteCount(Int(node.pointee.labelBits))))
    if !node.pointee.leaf.isNone { append(link: node.pointee.leaf, own, to: &bytes) }
    for (child, shape) in [(left, leftShape), (right, rightShape)] where shape != 0 {
      if shape == 3 { append(inner(child), depth: end, own, to: &bytes) } else { append(link: child, own, to: &bytes) }
    }
  }

  private func shape(_ ref: Ref, _ end: Int) -> UInt8 {
    switch ref.kind {
    case .none: 0
    case .leaf: 1
    case .stub: stub(ref).pointee.flags.contains(.leafStub) ? 1 : 2
    case .inner: isInline(ref, parentEnd: end) ? 3 : 2
    }
  }

  /// Whether a child shares the record of a parent that ends at `parentEnd`.
  @inline(__always)
  func isInline(_ ref: Ref, parentEnd: Int) -> Bool {
    ref.kind == .inner
      && NodeRecord.window(parentEnd) == NodeRecord.window(parentEnd + Int(inner(ref).pointee.labelBits))
  }

  private func append(link ref: Ref, _ own: NodeLocation, to bytes: inout [UInt8]) {
    let location: NodeLocation
    switch ref.kind {
    case .none: return
    case .leaf: location = leaf(ref).pointee.location
    case .inner: location = inner(ref).pointee.location
    case .stub: location = stub(ref).pointee.location
    }
    hash(ref).append(to: &bytes)
    NodeRecord.append(varint: own.version &- location.version, to: &bytes)
    NodeRecord.append(varint: UInt64(location.sequence), to: &bytes)
    NodeRecord.append(varint: UInt64(location.index), to: &bytes)
  }
}

/// Reads a record. Records are our own, but a damaged one must not trap.
struct RecordReader {
  private let bytes: ArraySlice<UInt8>
  private let arena: Arena?
  private let own: NodeLocation
  var position = 0

  init(_ bytes: ArraySlice<UInt8>, arena: Arena?, location: NodeLocation) {
    self.bytes = bytes
    self.arena = arena
    own = location
  }

  var left: Int { bytes.count - position }

  mutating func byte() -> UInt8? {
    guard left > 0 else { return nil }
    defer { position += 1 }
    return bytes[position]
  }

  mutating func varint() -> UInt64? {
    var value: UInt64 = 0, shift: UInt64 = 0
    while shift < 64, let next = byte() {
      value |= UInt64(next & 0x7f) << shift
      if next < 0x80 { return value }
      shift += 7
    }
    return nil
  }

  private mutating func link(leaf: Bool) -> Ref? {
    guard left >= 32, let arena else { return nil }
    let hash = bytes.withUnsafeBufferPointer { $0.baseAddress.map { NodeHash(reading: $0 + position) } }
    position += 32
    guard let hash, let back = varint(), back <= own.version, let sequence = varint(), sequence <= UInt16.max, let index = varint(),
      index <= UInt32.max
    else { return nil }
    let location = NodeLocation(version: own.version - back, sequence: UInt16(sequence), index: UInt32(index))
    return arena.newStub(hash, location: location, flags: leaf ? [.stored, .leafStub] : .stored)
  }

  /// One inner node with those that share its record. Windows of 4 bits allow chains of 4 nodes.
  mutating func node(deep: Int) -> Ref? {
    guard let arena, deep < NodeRecord.windowBits, let shape = byte(), shape < 32, let labelBits = varint(), labelBits <= 65528
    else { return nil }
    let labelBytes = BitString.byteCount(Int(labelBits))
    guard left >= labelBytes else { return nil }
    let ref = arena.newInner(flags: [])
    let node = arena.inner(ref)
    bytes.withUnsafeBufferPointer {
      if let base = $0.baseAddress { arena.setLabel(node, base + position, 0, Int(labelBits)) }
    }
    position += labelBytes
    if shape & 1 != 0 {
      guard let leaf = link(leaf: true) else { return nil }
      node.pointee.leaf = leaf
    }
    for (kind, right) in [(shape >> 1 & 3, false), (shape >> 3 & 3, true)] where kind != 0 {
      guard let child = kind == 3 ? self.node(deep: deep + 1) : link(leaf: kind == 1) else { return nil }
      if right { node.pointee.right = child } else { node.pointee.left = child }
    }
    return ref
  }
}
