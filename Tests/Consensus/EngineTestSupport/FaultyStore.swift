public import KeyValueStore
internal import Synchronization

/// When writes fail: the n-th and all after it, over all stores that share the plan.
public final class FaultPlan: Sendable {
  private let left: Atomic<Int>

  /// - Parameter writes: how many writes still succeed.
  public init(after writes: Int) { left = Atomic(writes) }

  var isDue: Bool { left.subtract(1, ordering: .relaxed).oldValue <= 0 }
  /// Whether a write has failed.
  public var hasFailed: Bool { left.load(ordering: .relaxed) < 0 }
}

/// Fails writes as a full disk does.
public final class FaultyStore: KeyValueStore {
  private let base: any KeyValueStore
  private let plan: FaultPlan

  public init(_ base: any KeyValueStore, _ plan: FaultPlan) { (self.base, self.plan) = (base, plan) }

  public func write(_ batch: WriteBatch, sync: Bool) throws(StoreError) {
    if plan.isDue { throw StoreError(.failed("No space left on device"), operation: "write", store: "faulty") }
    try base.write(batch, sync: sync)
  }
  public func get(_ key: [UInt8]) throws(StoreError) -> [UInt8]? { try base.get(key) }
  public func iterator(from lower: [UInt8]?, to upper: [UInt8]?, reverse: Bool) throws(StoreError) -> any StoreIterator {
    try base.iterator(from: lower, to: upper, reverse: reverse)
  }
  public func snapshot() throws(StoreError) -> any StoreReader { try base.snapshot() }
  public func sync() throws(StoreError) { try base.sync() }
  public func compact() throws(StoreError) { try base.compact() }
  public func size() throws(StoreError) -> UInt64 { try base.size() }
  public func close() { base.close() }
}
