/// A node by kind and number: 32 bits, so that links cost little memory and no reference counting.
struct Ref: Hashable {
  enum Kind: UInt32 { case none, leaf, inner, stub }
  var raw: UInt32

  static let none = Ref(raw: 0)

  init(raw: UInt32) { self.raw = raw }
  init(_ kind: Kind, _ index: UInt32) { raw = kind.rawValue << 30 | index }

  @inline(__always) var kind: Kind { Kind(rawValue: raw >> 30) ?? .none }
  @inline(__always) var index: UInt32 { raw & 0x3fff_ffff }
  @inline(__always) var isNone: Bool { raw == 0 }
}

/// Where a record lies in a node database: version of the commit that wrote it, number of that commit within the version, and
/// number of the record within the commit.
public struct NodeLocation: Hashable, Sendable {
  public var version: UInt64
  public var index: UInt32
  public var sequence: UInt16

  public init(version: UInt64, sequence: UInt16, index: UInt32) {
    self.version = version
    self.sequence = sequence
    self.index = index
  }

  static let zero = NodeLocation(version: 0, sequence: 0, index: 0)
}

/// What is known of a node beside its content.
struct NodeFlags: OptionSet {
  var rawValue: UInt8
  /// Changed since the last commit.
  static let dirty = NodeFlags(rawValue: 1)
  static let hashKnown = NodeFlags(rawValue: 2)
  /// Stored at `location`: a leaf, or the first inner node of its record.
  static let stored = NodeFlags(rawValue: 4)
  /// A leaf whose key was in the tree at the last commit.
  static let existed = NodeFlags(rawValue: 8)
  /// A clean leaf that was inserted again with its old value: in the write log all the same.
  static let repeated = NodeFlags(rawValue: 16)
  /// A stub that stands for a leaf.
  static let leafStub = NodeFlags(rawValue: 32)
  /// Given a location by a commit that is not done yet.
  static let placed = NodeFlags(rawValue: 64)
}

struct InnerNode {
  /// At offset 0: the label's bytes if it has at most 64 bits, else the address of its bytes.
  var label: UInt64
  var hash = NodeHash()
  var location = NodeLocation.zero
  var leaf = Ref.none, left = Ref.none, right = Ref.none
  var labelBits: UInt16
  var flags: NodeFlags
}

struct LeafNode {
  var key: UnsafePointer<UInt8>
  var value: UnsafePointer<UInt8>
  var hash = NodeHash()
  var location = NodeLocation.zero
  var valueCount: UInt32
  var keyCount: UInt16
  var flags: NodeFlags
}

/// A node of which only the hash (and where to find it) is known.
struct StubNode {
  var hash: NodeHash
  var location: NodeLocation
  var flags: NodeFlags
}

/// Elements in chunks that double in size and never move; a slot is found by one bit scan.
struct Slab<Element> {
  private static var firstBits: Int { 6 }
  private let table = UnsafeMutablePointer<UnsafeMutablePointer<Element>>.allocate(capacity: 26)
  private let counter = UnsafeMutablePointer<Int>.allocate(capacity: 1)

  init() { counter.initialize(to: 0) }

  var count: Int { counter.pointee }

  @inline(__always)
  subscript(index: UInt32) -> UnsafeMutablePointer<Element> {
    let shifted = Int(index) + (1 << Self.firstBits)
    let chunk = Int.bitWidth - 1 - shifted.leadingZeroBitCount
    return table[chunk - Self.firstBits] + (shifted - (1 << chunk))
  }

  /// Adds an element and returns its number; the caller checks the limit of 2^30 - 1.
  @inline(__always)
  func append(_ element: Element) -> UInt32 {
    let index = counter.pointee
    let shifted = index + (1 << Self.firstBits)
    if shifted & (shifted - 1) == 0 {
      table[Int.bitWidth - 1 - shifted.leadingZeroBitCount - Self.firstBits] = .allocate(capacity: shifted)
    }
    counter.pointee = index + 1
    let number = UInt32(truncatingIfNeeded: index)
    self[number].initialize(to: element)
    return number
  }

  func deallocate() {
    var chunk = 0, start = 0
    while start < counter.pointee {
      table[chunk].deallocate()
      start += 1 << (chunk + Self.firstBits)
      chunk += 1
    }
    table.deallocate()
    counter.deallocate()
  }
}

/// Byte strings in chunks that never move, freed all at once.
struct BytePool {
  private struct State {
    var next: UnsafeMutablePointer<UInt8>?
    var left = 0
    var total = 0
    var chunks: [UnsafeMutablePointer<UInt8>] = []
  }
  private let state = UnsafeMutablePointer<State>.allocate(capacity: 1)

  init() { state.initialize(to: State()) }

  var total: Int { state.pointee.total }

  @inline(__always)
  func allocate(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    if let next = state.pointee.next, count <= state.pointee.left {
      state.pointee.next = next + count
      state.pointee.left -= count
      return next
    }
    return grow(count)
  }

  @inline(never)
  private func grow(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    let size = min(max(state.pointee.total, 4096), 1 << 20)
    let alone = count > size / 4
    let chunk = UnsafeMutablePointer<UInt8>.allocate(capacity: alone ? max(count, 1) : size)
    state.pointee.chunks.append(chunk)
    state.pointee.total += alone ? count : size
    if !alone {
      state.pointee.next = chunk + count
      state.pointee.left = size - count
    }
    return chunk
  }

  @inline(__always)
  func copy(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UnsafePointer<UInt8> {
    let target = allocate(count)
    target.update(from: bytes, count: count)
    return UnsafePointer(target)
  }

  func deallocate() {
    for chunk in state.pointee.chunks { chunk.deallocate() }
    state.deinitialize(count: 1)
    state.deallocate()
  }
}

/// The nodes of one tree. Nothing in it moves or is freed before the arena is: pointers into it stay valid that long.
final class Arena {
  let inners = Slab<InnerNode>()
  let leaves = Slab<LeafNode>()
  let stubs = Slab<StubNode>()
  let bytes = BytePool()
  let root = UnsafeMutablePointer<Ref>.allocate(capacity: 1)

  init() { root.initialize(to: .none) }

  deinit {
    inners.deallocate()
    leaves.deallocate()
    stubs.deallocate()
    bytes.deallocate()
    root.deallocate()
  }

  /// Roughly what the arena holds, in bytes.
  var size: Int {
    inners.count * MemoryLayout<InnerNode>.stride + leaves.count * MemoryLayout<LeafNode>.stride
      + stubs.count * MemoryLayout<StubNode>.stride + bytes.total
  }

  @inline(__always) func inner(_ ref: Ref) -> UnsafeMutablePointer<InnerNode> { inners[ref.index] }
  @inline(__always) func leaf(_ ref: Ref) -> UnsafeMutablePointer<LeafNode> { leaves[ref.index] }
  @inline(__always) func stub(_ ref: Ref) -> UnsafeMutablePointer<StubNode> { stubs[ref.index] }

  @inline(__always)
  func label(_ node: UnsafeMutablePointer<InnerNode>) -> UnsafePointer<UInt8> {
    if node.pointee.labelBits <= 64 { return UnsafePointer(UnsafeMutableRawPointer(node).assumingMemoryBound(to: UInt8.self)) }
    // Written by `setLabel` as an address.
    return UnsafePointer(bitPattern: UInt(node.pointee.label))
      ?? UnsafePointer(UnsafeMutableRawPointer(node).assumingMemoryBound(to: UInt8.self))
  }

  /// Sets the label to `count` bits of `source` from bit `from`; `source` may be the node's own label.
  func setLabel(_ node: UnsafeMutablePointer<InnerNode>, _ source: UnsafePointer<UInt8>, _ from: Int, _ count: Int) {
    if count <= 64 {
      var packed: UInt64 = 0
      withUnsafeMutableBytes(of: &packed) {
        if let target = $0.baseAddress { copyBits(source, from, count, to: target.assumingMemoryBound(to: UInt8.self)) }
      }
      node.pointee.label = packed
    } else {
      let target = bytes.allocate(BitString.byteCount(count))
      copyBits(source, from, count, to: target)
      node.pointee.label = UInt64(UInt(bitPattern: target))
    }
    node.pointee.labelBits = UInt16(truncatingIfNeeded: count)
  }

  /// Sets the label to bytes as they came, whatever their unused bits hold: the hash covers them.
  func setLabel(_ node: UnsafeMutablePointer<InnerNode>, verbatim source: UnsafeBufferPointer<UInt8>, _ count: Int) {
    if count <= 64 {
      var packed: UInt64 = 0
      withUnsafeMutableBytes(of: &packed) { $0.copyBytes(from: source) }
      node.pointee.label = packed
    } else if let base = source.baseAddress {
      node.pointee.label = UInt64(UInt(bitPattern: bytes.copy(base, source.count)))
    }
    node.pointee.labelBits = UInt16(truncatingIfNeeded: count)
  }

  func newInner(flags: NodeFlags) -> Ref {
    Ref(.inner, inners.append(InnerNode(label: 0, labelBits: 0, flags: flags)))
  }

  @inline(__always)
  func newLeaf(_ key: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>, flags: NodeFlags) -> Ref {
    let keyBytes = bytes.allocate(key.count + value.count)
    if let source = key.baseAddress { keyBytes.update(from: source, count: key.count) }
    if let source = value.baseAddress { (keyBytes + key.count).update(from: source, count: value.count) }
    let leaf = LeafNode(
      key: UnsafePointer(keyBytes), value: UnsafePointer(keyBytes + key.count), valueCount: UInt32(truncatingIfNeeded: value.count),
      keyCount: UInt16(truncatingIfNeeded: key.count), flags: flags)
    return Ref(.leaf, leaves.append(leaf))
  }

  func newStub(_ hash: NodeHash, location: NodeLocation = .zero, flags: NodeFlags = []) -> Ref {
    Ref(.stub, stubs.append(StubNode(hash: hash, location: location, flags: flags)))
  }

  /// The hash of a node whose hash is known.
  @inline(__always)
  func hash(_ ref: Ref) -> NodeHash {
    switch ref.kind {
    case .none: .empty
    case .leaf: leaf(ref).pointee.hash
    case .inner: inner(ref).pointee.hash
    case .stub: stub(ref).pointee.hash
    }
  }

  func key(_ leaf: UnsafeMutablePointer<LeafNode>) -> [UInt8] {
    Array(UnsafeBufferPointer(start: leaf.pointee.key, count: Int(leaf.pointee.keyCount)))
  }

  func value(_ leaf: UnsafeMutablePointer<LeafNode>) -> [UInt8] {
    Array(UnsafeBufferPointer(start: leaf.pointee.value, count: Int(leaf.pointee.valueCount)))
  }
}
