public import OasisCrypto

/// Where the states of committed heights lie, and the tree in which the next one grows. One per application; see `MKVSStateStore`.
public protocol StateStore: AnyObject {
  /// The last committed version and its root; nil before the first. An error is not "no state": the chain would begin anew.
  var latest: (version: Int64, root: Hash)? { get throws }
  /// The oldest version that is still there; nil before the first.
  var earliestVersion: Int64? { get }
  /// A view of a committed version with a cache of its own.
  ///
  /// - Throws: `consensus`/3 if the version is not there.
  func reader(at version: Int64) throws -> any StateReader
  /// A tree on the last committed version, or an empty one before the first.
  func workingTree() throws -> any WorkingTree
  /// Removes the versions below `version`, and makes durable what is left.
  func prune(below version: Int64) throws
}

/// A tree that takes changes and is hashed.
public protocol WorkingTree: StateReader {
  func apply(_ changes: [(key: [UInt8], value: [UInt8]?)]) throws
  /// The root hash that the tree would be committed with; nothing is stored.
  func root(version: Int64) throws -> Hash
  /// Stores the tree as `version`, which follows the last one.
  func commit(version: Int64) throws -> Hash
}

/// The state of the next height: a working tree, and the writes of the block that is being executed over it.
final class WorkingState {
  private let store: any StateStore
  private var tree: any WorkingTree
  private var isFlushed = false
  /// State written by InitChain, kept until the first commit so that a first proposal can be dropped.
  private var initial: [(key: [UInt8], value: [UInt8]?)] = []
  private(set) var overlay: StateTree

  init(_ store: any StateStore) throws {
    self.store = store
    tree = try store.workingTree()
    overlay = StateTree(over: tree)
  }

  /// Drops all that was written since the last commit (or InitChain).
  func reset() throws {
    if isFlushed {
      tree = try store.workingTree()
      try tree.apply(initial)
      isFlushed = false
    }
    overlay = StateTree(over: tree)
  }

  /// Takes what InitChain wrote as the state to start from; returns its root as `version`.
  func keepInitial(version: Int64) throws -> Hash {
    tree = try store.workingTree()
    initial = overlay.pendingChanges
    try tree.apply(initial)
    overlay = StateTree(over: tree)
    isFlushed = false
    return try tree.root(version: version)
  }

  /// A state before the first commit, as InitChain would leave it.
  func start(from contents: [(key: [UInt8], value: [UInt8])]) throws {
    initial = contents.map { ($0.key, $0.value) }
    isFlushed = true
    try reset()
  }

  /// An empty state for InitChain.
  func beginInitial() throws {
    initial = []
    tree = try store.workingTree()
    isFlushed = false
    overlay = StateTree(over: tree)
  }

  private func flush() throws {
    guard overlay.hasChanges else { return }
    isFlushed = true
    try tree.apply(overlay.pendingChanges)
    overlay.discard()
  }

  /// All keys and values, in key order.
  func contents() throws -> [(key: [UInt8], value: [UInt8])] {
    var pairs: [(key: [UInt8], value: [UInt8])] = []
    try overlay.scan(from: []) { key, value in
      pairs.append((key, value))
      return true
    }
    return pairs
  }

  func root(version: Int64) throws -> Hash {
    try flush()
    return try tree.root(version: version)
  }

  func commit(version: Int64) throws -> Hash {
    try flush()
    let root = try tree.commit(version: version)
    initial = []
    isFlushed = false
    return root
  }
}
