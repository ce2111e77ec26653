public import KeyValueStore
import Synchronization

/// How many more writes all stores of a process make before it is dead.
public final class Fuse: Sendable {
  private let left: Mutex<Int>
  public init(_ writes: Int) { left = Mutex(writes) }
  public var isBurnt: Bool { left.withLock { $0 <= 0 } }
  func spend() -> Bool {
    left.withLock { left in
      left -= 1
      return left >= 0
    }
  }
}

/// A store of a process that dies: what it wrote before stays.
public final class DyingStore: KeyValueStore {
  private let inner: MemoryStore
  private let fuse: Fuse

  public init(_ inner: MemoryStore, _ fuse: Fuse) { (self.inner, self.fuse) = (inner, fuse) }

  public func write(_ batch: WriteBatch, sync: Bool) throws(StoreError) {
    guard fuse.spend() else { throw StoreError(.failed("dead"), operation: "write", store: "test") }
    try inner.write(batch, sync: sync)
  }
  public func get(_ key: [UInt8]) throws(StoreError) -> [UInt8]? { try inner.get(key) }
  public func iterator(from lower: [UInt8]?, to upper: [UInt8]?, reverse: Bool) throws(StoreError) -> any StoreIterator {
    try inner.iterator(from: lower, to: upper, reverse: reverse)
  }
  public func snapshot() throws(StoreError) -> any StoreReader { try inner.snapshot() }
  public func sync() throws(StoreError) {}
  public func compact() throws(StoreError) {}
  public func size() throws(StoreError) -> UInt64 { 0 }
  public func close() {}
}
