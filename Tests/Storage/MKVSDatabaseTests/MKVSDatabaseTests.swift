import Bytes
import Foundation
import KeyValueStore
import MKVS
import MKVSDatabase
import OasisTypes
import RocksDBStore
import Testing

@Suite struct NodeDatabaseTests {
  func key(_ number: Int) -> [UInt8] { Array("key \(number)".utf8) }

  /// Versions one after another, pruned behind; every kept version stays readable and nothing is left of the others.
  @Test func keepsAndPrunesVersions() throws {
    let store = MemoryStore()
    let database = try NodeDatabase(store: store, namespace: Namespace())
    var models: [UInt64: [[UInt8]: [UInt8]]] = [:], roots: [UInt64: Root] = [:]
    var model: [[UInt8]: [UInt8]] = [:]
    var tree = try Tree(store: database, root: Root(type: .state))
    for version in 1...UInt64(40) {
      for i in 0..<30 {
        let number = Int(version) * 7 + i * i
        if i % 4 == 0 {
          try tree.remove(key(number % 200))
          model[key(number % 200)] = nil
        } else {
          try tree.insert(key(number % 200), key(Int(version)))
          model[key(number % 200)] = key(Int(version))
        }
      }
      let commit = try tree.commit(namespace: Namespace(), version: version)
      try database.finalize([commit.root])
      (models[version], roots[version]) = (model, commit.root)
      if version % 3 == 0 { tree = try Tree(store: database, root: commit.root) }
      if version > 5 { try database.prune(version - 5) }
      for old in 1...version {
        guard let root = roots[old], let expected = models[old] else { continue }
        if version > 5, old <= version - 5 {
          #expect(throws: DatabaseError.nodeNotFound) { try Tree(store: database, root: root) }
        } else {
          let found = try Tree(store: database, root: root).pairs()
          #expect(found.map(\.key) == expected.keys.sorted { $0.lexicographicallyPrecedes($1) })
          #expect(found.allSatisfy { expected[$0.key] == $0.value })
        }
      }
    }
    // What is left after pruning all but the last is what a fresh database with the last content alone would need.
    for version in 36..<UInt64(40) { try database.prune(version) }
    let records = try count(store, [1])
    let fresh = MemoryStore()
    let other = try NodeDatabase(store: fresh, namespace: Namespace())
    let copy = try Tree(store: other, root: Root(type: .state))
    for (key, value) in model { try copy.insert(key, value) }
    _ = try copy.commit(namespace: Namespace(), version: 1)
    #expect(try records == count(fresh, [1]))
  }

  func count(_ store: MemoryStore, _ prefix: [UInt8]) throws -> Int {
    let iterator = try store.iterator(prefix: prefix)
    var count = 0
    while try iterator.next() != nil { count += 1 }
    return count
  }

  /// A store that dies after some number of writes leaves a database that opens at an old or a new version, whole.
  @Test func survivesDyingAtAnyWrite() throws {
    for limit in 0..<40 {
      let memory = MemoryStore()
      let dying = DyingStore(memory, limit: limit)
      var finals: [UInt64: Root] = [:]
      do {
        let database = try NodeDatabase(store: dying, namespace: Namespace())
        let tree = try Tree(store: database, root: Root(type: .state))
        for version in 1...UInt64(10) {
          for i in 0..<(version == 3 ? 20_000 : 50) { try tree.insert(key(i * Int(version)), key(Int(version))) }
          let commit = try tree.commit(namespace: Namespace(), version: version)
          try database.finalize([commit.root])
          finals[version] = commit.root
          if version > 2 { try database.prune(version - 2) }
        }
      } catch is StoreError {}
      let database = try NodeDatabase(store: memory, namespace: Namespace())
      guard let last = database.latestVersion else { continue }
      let root = try #require(try database.roots(version: last).first)
      if let known = finals[last] { #expect(root == known) }
      let tree = try Tree(store: database, root: root)
      #expect(try !tree.pairs().isEmpty)
      #expect(try tree.rootHash() == root.hash)
      try tree.insert([1], [2])
      try database.finalize([tree.commit(namespace: Namespace(), version: last + 1).root])
      #expect(try database.roots(version: last + 2).isEmpty)
    }
  }

  @Test func largestVersionIsRefused() throws {
    let database = try NodeDatabase(store: MemoryStore(), namespace: Namespace())
    var root = Root(type: .state)
    root.version = .max
    #expect(throws: (any Error).self) { try database.finalize([root]) }
    #expect(database.latestVersion == nil)
  }

  @Test func readsFromDisk() throws {
    let directory = NSTemporaryDirectory() + "nodedb-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    var root = Root()
    do {
      let database = try NodeDatabase(store: RocksDBStore(directory: directory), namespace: Namespace())
      let tree = try Tree(store: database, root: Root(type: .state))
      for i in 0..<10_000 { try tree.insert(key(i), key(i)) }
      root = try tree.commit(namespace: Namespace(), version: 1).root
      try database.finalize([root])
      try database.sync()
      database.close()
    }
    let database = try NodeDatabase(store: RocksDBStore(directory: directory), namespace: Namespace())
    var options = Tree.Options()
    options.cacheSize = 200_000
    let tree = try Tree(store: database, root: root, options: options)
    for i in 0..<10_000 { #expect(try tree.get(key(i)) == key(i)) }
    #expect(throws: (any Error).self) {
      try NodeDatabase(store: MemoryStoreWith(namespace: Namespace()), namespace: #require(Namespace(testSeed: [1])))
    }
  }

  func MemoryStoreWith(namespace: Namespace) throws -> MemoryStore {
    let store = MemoryStore()
    _ = try NodeDatabase(store: store, namespace: namespace)
    return store
  }
}

/// Fails every write from the n-th on, as if the process had been killed.
final class DyingStore: KeyValueStore, @unchecked Sendable {
  private let inner: MemoryStore
  private var left: Int

  init(_ inner: MemoryStore, limit: Int) { (self.inner, left) = (inner, limit) }

  func write(_ batch: WriteBatch, sync: Bool) throws(StoreError) {
    guard left > 0 else { throw StoreError(.failed("dead"), operation: "write", store: "test") }
    left -= 1
    try inner.write(batch, sync: sync)
  }
  func get(_ key: [UInt8]) throws(StoreError) -> [UInt8]? { try inner.get(key) }
  func iterator(from lower: [UInt8]?, to upper: [UInt8]?, reverse: Bool) throws(StoreError) -> any StoreIterator {
    try inner.iterator(from: lower, to: upper, reverse: reverse)
  }
  func snapshot() throws(StoreError) -> any StoreReader { try inner.snapshot() }
  func sync() throws(StoreError) {}
  func compact() throws(StoreError) {}
  func size() throws(StoreError) -> UInt64 { 0 }
  func close() {}
}
