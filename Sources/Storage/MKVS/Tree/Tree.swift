internal import Bytes
internal import Glibc
internal import OasisCrypto

/// A Merklized key-value tree (sheet 02 §1): a binary Patricia trie whose root hash depends only on the pairs in it.
///
/// Nodes live in an arena and are changed in place; nothing is hashed or stored before a commit. Nodes that were not loaded yet
/// come from where the tree was opened: a node database, a peer that proves what it says, or nowhere. A tree belongs to one thread
/// (or one isolation domain) at a time.
///
/// ```swift
/// let tree = Tree()
/// try tree.insert(Array("foo".utf8), Array("bar".utf8))
/// let commit = try tree.commit(namespace: Namespace(), version: 1)  // root and write log
/// ```
public final class Tree: KeyValueTree {
  /// Where nodes come from.
  enum Source {
    case none
    case store(any NodeStore)
    case remote(any ReadSyncer)
  }

  /// How a tree is opened.
  public struct Options: Sendable {
    /// Whether commits return a write log; consensus state has no use for it.
    public var writeLog = true
    /// Above how many bytes of nodes in memory a clean tree drops them (0 = never).
    public var cacheSize = 128 << 20
    /// How many keys an iterator asks for at once where nodes come from a peer.
    public var prefetch: UInt16 = 100

    public init() {}
  }

  var arena = Arena()
  let source: Source
  public let options: Options
  /// The root the tree was opened at or last committed as.
  public internal(set) var root: Root
  let type: RootType
  var isClosed = false
  /// Counts changes, so that iterators notice them.
  var generation: UInt64 = 0

  // What the next commit reports.
  var superseded: [NodeLocation] = []
  var repeated: [Ref] = []
  /// Removed keys that were in the tree at the last commit.
  var removed: Set<[UInt8]> = []
  /// The inner nodes passed on the way to a key, top first.
  var path: [Ref] = []
  /// Verified nodes of answers that are not linked into the tree yet, by hash.
  var verified: [NodeHash: Ref] = [:]

  /// An empty tree in memory.
  public init(type: RootType = .state, options: Options = Options()) {
    source = .none
    self.options = options
    self.type = type
    root = Root(type: type)
  }

  /// The tree with a root in a node database. An empty root need not be there.
  public init(store: any NodeStore, root: Root, options: Options = Options()) throws {
    source = .store(store)
    self.options = options
    self.root = root
    type = root.type
    if !root.hash.isEmptyHash { try link(store.open(root)) }
  }

  /// The tree with a trusted root whose nodes a peer answers for; every answer is verified.
  public init(remote: any ReadSyncer, root: Root, options: Options = Options()) {
    source = .remote(remote)
    self.options = options
    self.root = root
    type = root.type
    if !root.hash.isEmptyHash { arena.root.pointee = arena.newStub(NodeHash(root.hash)) }
  }

  /// A tree over nodes that were verified already (from a proof).
  init(verified arena: Arena, root: Root) {
    source = .none
    options = Options()
    self.arena = arena
    self.root = root
    type = root.type
  }

  func link(_ pointer: RootPointer) {
    let hash = NodeHash(root.hash)
    switch pointer {
    case .empty: arena.root.pointee = .none
    case .leaf(let location): arena.root.pointee = arena.newStub(hash, location: location, flags: [.stored, .leafStub])
    case .inner(let location): arena.root.pointee = arena.newStub(hash, location: location, flags: .stored)
    }
  }

  /// Whether the tree holds changes that no commit has stored.
  public var isDirty: Bool {
    let top = arena.root.pointee
    switch top.kind {
    case .inner: return arena.inner(top).pointee.flags.contains(.dirty)
    case .leaf: return arena.leaf(top).pointee.flags.contains(.dirty) || arena.hash(top) != NodeHash(root.hash)
    case .none, .stub: return arena.hash(top) != NodeHash(root.hash)
    }
  }

  /// Ends the use of the tree: everything but closing again fails afterwards.
  public func close() {
    isClosed = true
    arena = Arena()
    verified = [:]
  }

  func begin() throws {
    guard !isClosed else { throw MKVSError.closed }
    if options.cacheSize > 0, arena.size > options.cacheSize { shrink() }
  }

  /// Drops all nodes of a clean tree; they are loaded again when they are needed.
  func shrink() {
    if case .none = source { return }
    guard !isDirty, repeated.isEmpty, removed.isEmpty, !arena.root.pointee.isNone else { return }
    let top = arena.root.pointee
    let old = arena
    let stub: StubNode
    switch top.kind {
    case .leaf:
      let leaf = old.leaf(top)
      stub = StubNode(hash: leaf.pointee.hash, location: leaf.pointee.location, flags: [.stored, .leafStub])
    case .inner:
      let inner = old.inner(top)
      stub = StubNode(hash: NodeHash(root.hash), location: inner.pointee.location, flags: .stored)
    case .none, .stub: return
    }
    arena = Arena()
    verified = [:]
    generation += 1
    arena.root.pointee = arena.newStub(stub.hash, location: stub.location, flags: stub.flags)
  }

  // MARK: Lookup

  /// The value of a key, or nil. An empty value is not nil.
  public func get(_ key: [UInt8]) throws -> [UInt8]? {
    try begin()
    guard let leaf = try key.withUnsafeBufferPointer({ try find($0) }) else { return nil }
    return arena.value(leaf)
  }

  /// The leaf with exactly this key. Labels are not compared on the way: the leaf decides (sheet 02 §1.6).
  func find(_ key: UnsafeBufferPointer<UInt8>) throws -> UnsafeMutablePointer<LeafNode>? {
    let arena = arena
    let bits = key.count &* 8
    var slot = arena.root, depth = 0
    while true {
      let ref = slot.pointee
      switch ref.kind {
      case .none: return nil
      case .stub: try resolve(slot, key: key)
      case .leaf:
        let leaf = arena.leaf(ref)
        return matches(leaf, key) ? leaf : nil
      case .inner:
        let node = arena.inner(ref)
        depth &+= Int(node.pointee.labelBits)
        guard let next = child(node, key, bits, depth) else { return nil }
        slot = next
      }
    }
  }

  /// The link to follow from an inner node that ends at `end`, or nil where the key is too short.
  @inline(__always)
  func child(
    _ node: UnsafeMutablePointer<InnerNode>, _ key: UnsafeBufferPointer<UInt8>, _ bits: Int, _ end: Int
  ) -> UnsafeMutablePointer<Ref>? {
    if bits > end { return side(node, key[end >> 3] & (0x80 >> UInt8(truncatingIfNeeded: end & 7)) != 0) }
    return bits == end ? leafSlot(node) : nil
  }

  /// Loads what a stub stands for and puts it into the stub's place.
  func resolve(_ slot: UnsafeMutablePointer<Ref>, key: UnsafeBufferPointer<UInt8>) throws {
    try load(slot) { (syncer, tree) in
      try syncer.syncGet(GetRequest(tree: tree, key: Array(key), includeSiblings: false))
    }
  }

  /// Loads the node behind a stub: from a database, from earlier answers, or by a request that `ask` makes.
  func load(_ slot: UnsafeMutablePointer<Ref>, ask: (any ReadSyncer, TreeID) throws -> ProofResponse) throws {
    let stub = arena.stub(slot.pointee)
    switch source {
    case .none: throw MKVSError.nodeMissing(stub.pointee.hash.hash)
    case .store(let store):
      let record = try store.record(of: type, at: stub.pointee.location)
      slot.pointee = try arena.read(record, stub: stub.pointee)
    case .remote(let syncer):
      if let known = verified[stub.pointee.hash] {
        slot.pointee = known
        return
      }
      let answer = try ask(syncer, TreeID(root: root, position: stub.pointee.hash.hash))
      try merge(answer.proof, at: stub.pointee.hash)
      guard let known = verified[stub.pointee.hash] else { throw MKVSError.answerWithoutNode }
      slot.pointee = known
    }
  }

  /// Verifies an answer and remembers its nodes.
  func merge(_ proof: Proof, at hash: NodeHash) throws {
    let expected = hash.hash
    let anchor: Hash
    if proof.untrustedRoot == expected {
      anchor = expected
    } else if proof.untrustedRoot == root.hash {
      anchor = root.hash
    } else {
      throw MKVSError.unexpectedAnswerRoot(got: proof.untrustedRoot)
    }
    var verifier = ProofVerifier(arena: arena)
    defer { verifier.deallocate() }
    let top = try verifier.verify(proof, root: anchor)
    remember(top)
  }

  private func remember(_ top: Ref) {
    var stack = [top]
    while let ref = stack.popLast() {
      switch ref.kind {
      case .none, .stub: break
      case .leaf: verified[arena.leaf(ref).pointee.hash] = ref
      case .inner:
        let node = arena.inner(ref)
        verified[node.pointee.hash] = ref
        stack.append(node.pointee.leaf)
        stack.append(node.pointee.right)
        stack.append(node.pointee.left)
      }
    }
  }
}

@inline(__always)
func leafSlot(_ node: UnsafeMutablePointer<InnerNode>) -> UnsafeMutablePointer<Ref> {
  field(node, MemoryLayout<InnerNode>.offset(of: \.leaf))
}

@inline(__always)
func side(_ node: UnsafeMutablePointer<InnerNode>, _ right: Bool) -> UnsafeMutablePointer<Ref> {
  field(node, right ? MemoryLayout<InnerNode>.offset(of: \.right) : MemoryLayout<InnerNode>.offset(of: \.left))
}

@inline(__always)
private func field(_ node: UnsafeMutablePointer<InnerNode>, _ offset: Int?) -> UnsafeMutablePointer<Ref> {
  // A stored property of a struct without wrappers has an offset; the compiler knows it.
  (UnsafeMutableRawPointer(node) + (offset ?? 0)).assumingMemoryBound(to: Ref.self)
}

@inline(__always)
func matches(_ leaf: UnsafeMutablePointer<LeafNode>, _ key: UnsafeBufferPointer<UInt8>) -> Bool {
  guard Int(leaf.pointee.keyCount) == key.count else { return false }
  return equalBytes(leaf.pointee.key, key.baseAddress, key.count)
}

@inline(__always)
func equalBytes(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>?, _ count: Int) -> Bool {
  guard let b, count > 0 else { return count == 0 }
  return memcmp(a, b, count) == 0
}
