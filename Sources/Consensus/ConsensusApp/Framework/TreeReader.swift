public import MKVS
internal import OasisCrypto

/// Reads a Merklized tree as state.
public final class TreeReader: StateReader {
  let tree: any KeyValueTree

  public init(_ tree: any KeyValueTree) { self.tree = tree }

  public func get(_ key: [UInt8]) throws -> [UInt8]? {
    do { return try tree.get(key) } catch { throw StateError("state cannot be read: \(error)") }
  }

  public func scan(from start: [UInt8], _ body: (_ key: [UInt8], _ value: [UInt8]) throws -> Bool) throws {
    let iterator: any KeyValueIterator
    do {
      iterator = try tree.iterator()
      try iterator.seek(start)
    } catch { throw StateError("state cannot be read: \(error)") }
    while true {
      let pair: (key: [UInt8], value: [UInt8])?
      do { pair = try iterator.next() } catch { throw StateError("state cannot be read: \(error)") }
      guard let pair, try body(pair.key, pair.value) else { return }
    }
  }
}

/// A Merklized tree on which a block's state is built.
final class MKVSWorkingTree: WorkingTree {
  let tree: Tree
  private let reader: TreeReader
  /// Stores the tree; returns the root.
  private let store: (Tree, _ version: UInt64) throws -> Hash

  init(_ tree: Tree, store: @escaping (Tree, _ version: UInt64) throws -> Hash) {
    (self.tree, self.store) = (tree, store)
    reader = TreeReader(tree)
  }

  func get(_ key: [UInt8]) throws -> [UInt8]? { try reader.get(key) }

  func scan(from start: [UInt8], _ body: (_ key: [UInt8], _ value: [UInt8]) throws -> Bool) throws { try reader.scan(from: start, body) }

  func apply(_ changes: [(key: [UInt8], value: [UInt8]?)]) throws {
    do {
      for (key, value) in changes { if let value { try tree.insert(key, value) } else { try tree.remove(key) } }
    } catch { throw StateError("state cannot be written: \(error)") }
  }

  func root(version: Int64) throws -> Hash {
    do { return try tree.rootHash() } catch { throw StateError("state cannot be hashed: \(error)") }
  }

  func commit(version: Int64) throws -> Hash {
    do { return try store(tree, UInt64(version)) } catch { throw StateError("state \(version) cannot be stored: \(error)") }
  }
}
