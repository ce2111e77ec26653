public import OasisCrypto

/// A node of a verified proof in its full form, by which a restore keeps it until all chunks are there.
public struct VerifiedNode: Sendable {
  public var hash: Hash
  public var bytes: [UInt8]
}

extension Proof {
  /// Checks the proof against a trusted hash and lists its nodes in full form (embedded leaves inside their parents).
  public func verifiedNodes(root: Hash) throws -> [VerifiedNode] {
    let arena = Arena()
    var verifier = ProofVerifier(arena: arena)
    defer { verifier.deallocate() }
    var nodes: [VerifiedNode] = []
    var stack = [try verifier.verify(self, root: root)]
    while let ref = stack.popLast() {
      var bytes: [UInt8] = []
      switch ref.kind {
      case .none, .stub: continue
      case .leaf: arena.serialize(leaf: arena.leaf(ref), to: &bytes)
      case .inner:
        let node = arena.inner(ref)
        arena.serialize(full: node, to: &bytes)
        stack.append(node.pointee.right)
        stack.append(node.pointee.left)
      }
      nodes.append(VerifiedNode(hash: arena.hash(ref).hash, bytes: bytes))
    }
    return nodes
  }
}

/// Turns nodes that are kept by hash into records kept by location, children first, with memory for one path only.
public struct RecordAssembler {
  /// One record under way: its inner nodes in an arena of their own, and what lies outside of it.
  private struct Frame {
    var arena: Arena
    var top: Ref
    var depth: Int
    var outside: [(slot: UnsafeMutablePointer<Ref>, depth: Int)]
    var next = 0
  }

  private let version: UInt64
  private let sequence: UInt16
  private let lookup: (Hash) throws -> [UInt8]?
  private var hasher = NodeHasher()
  /// The records written so far.
  public private(set) var count: UInt32 = 0

  /// - Parameter lookup: a node's full form by its hash, or nil where it is missing.
  public init(version: UInt64, sequence: UInt16, lookup: @escaping (Hash) throws -> [UInt8]?) {
    self.version = version
    self.sequence = sequence
    self.lookup = lookup
  }

  /// Writes the tree below a hash and says where its top lies. Missing nodes get a location at which nothing lies.
  public mutating func assemble(_ root: Hash, put: (UInt32, [UInt8]) throws -> Void) throws -> RootPointer {
    defer { hasher.deallocate() }
    if root == .empty { return .empty }
    let arena = Arena()
    arena.root.pointee = arena.newStub(NodeHash(root))
    var frames = [Frame(arena: arena, top: .none, depth: 0, outside: [(arena.root, 0)])]
    while let frame = frames.last {
      let last = frames.count - 1
      if frame.next < frame.outside.count {
        frames[last].next += 1
        let (slot, depth) = frame.outside[frame.next]
        if let inner = try visit(slot, depth, in: frame.arena, put) { frames.append(inner) }
        continue
      }
      guard frames.count > 1 else { break }
      frames.removeLast()
      // All children have locations: the record can be written, and the parent gets a link to it.
      let location = take()
      let node = frame.arena.inner(frame.top)
      try put(location.index, frame.arena.record(inner: node, depth: frame.depth, location: location))
      let parent = frames[last - 1]
      let slot = parent.outside[parent.next - 1].slot
      parent.arena.stub(slot.pointee).pointee.location = location
    }
    return arena.pointer(arena.root.pointee)
  }

  private mutating func take() -> NodeLocation {
    defer { count += 1 }
    return NodeLocation(version: version, sequence: sequence, index: count)
  }

  /// Writes a leaf outside of a record at once; for an inner node returns the frame that will write it.
  private mutating func visit(
    _ slot: UnsafeMutablePointer<Ref>, _ depth: Int, in arena: Arena, _ put: (UInt32, [UInt8]) throws -> Void
  ) throws -> Frame? {
    if slot.pointee.kind == .leaf {  // an embedded leaf, which came with its parent
      let leaf = arena.leaf(slot.pointee)
      leaf.pointee.location = take()
      try put(leaf.pointee.location.index, arena.record(leaf: leaf))
      return nil
    }
    let stub = arena.stub(slot.pointee)
    let own = Arena()
    guard let top = try load(stub.pointee.hash, into: own) else {
      stub.pointee.location = NodeLocation(version: version, sequence: sequence, index: .max)
      return nil
    }
    if top.kind == .leaf {
      let location = take()
      stub.pointee.location = location
      stub.pointee.flags = [.stored, .leafStub]
      try put(location.index, own.record(leaf: own.leaf(top)))
      return nil
    }
    var frame = Frame(arena: own, top: top, depth: depth, outside: [])
    try expand(top, depth, &frame)
    return frame
  }

  /// Loads the inner nodes that share a record and lists the links that leave it.
  private mutating func expand(_ ref: Ref, _ depth: Int, _ frame: inout Frame) throws {
    let node = frame.arena.inner(ref)
    let end = depth + Int(node.pointee.labelBits)
    if !node.pointee.leaf.isNone { frame.outside.append((leafSlot(node), end)) }
    for slot in [side(node, false), side(node, true)] where !slot.pointee.isNone {
      let stub = frame.arena.stub(slot.pointee).pointee
      // Only an inner node can share the record, and only if its branch bit lies in the same window.
      if let child = try load(stub.hash, into: frame.arena, windowOf: end) {
        slot.pointee = child
        try expand(child, end, &frame)
      } else {
        frame.outside.append((slot, end))
      }
    }
  }

  private mutating func load(_ hash: NodeHash, into arena: Arena, windowOf end: Int? = nil) throws -> Ref? {
    guard let bytes = try lookup(hash.hash) else { return nil }
    if let end {
      guard bytes.count >= 3, bytes[0] == 1 else { return nil }
      let labelBits = Int(bytes[1]) | Int(bytes[2]) << 8
      guard labelBits > 0, NodeRecord.window(end) == NodeRecord.window(end + labelBits) else { return nil }
    }
    return try bytes.withUnsafeBufferPointer { try arena.deserialize($0, &hasher) }
  }
}
