/// An ordered store of byte strings: what the node keeps on disk goes through it.
///
/// Keys are ordered bytewise. A batch is applied whole or not at all, also when the process is killed or the machine loses power
/// half way; with `sync` it has reached the disk when `write` returns. Every method may be called from any thread.
public protocol KeyValueStore: StoreReader {
  /// Applies all operations of a batch, in their order, atomically.
  /// - Parameter sync: waits until the batch is on stable storage. Without it, a power failure may lose the newest batches, but
  ///   never part of one and never an older one before a newer one.
  func write(_ batch: WriteBatch, sync: Bool) throws(StoreError)

  /// A frozen view of the present content, for readers that must not see later writes.
  func snapshot() throws(StoreError) -> any StoreReader

  /// Makes every batch written so far durable.
  func sync() throws(StoreError)

  /// Rewrites the files of the store without what was deleted. Slow; call it while nothing writes.
  func compact() throws(StoreError)

  /// The size of the store on disk in bytes, as far as the store knows it.
  func size() throws(StoreError) -> UInt64

  /// Ends the use of the store: later calls fail with ``StoreError/Reason/closed``. Calls and iterators under way finish first.
  func close()
}

/// The reading side of a store or of a snapshot of it.
public protocol StoreReader: AnyObject, Sendable {
  /// The value of a key, or nil where there is none (an empty value is not nil).
  func get(_ key: [UInt8]) throws(StoreError) -> [UInt8]?

  /// Whether a key is present.
  func has(_ key: [UInt8]) throws(StoreError) -> Bool

  /// The entries with `lower <= key < upper` in ascending order, or in descending order with `reverse`; nil means unbounded.
  /// The iterator sees the content as it was when it was made.
  func iterator(from lower: [UInt8]?, to upper: [UInt8]?, reverse: Bool) throws(StoreError) -> any StoreIterator
}

/// Steps through entries of a store. Belongs to one thread at a time; frees its resources when released.
public protocol StoreIterator: AnyObject {
  /// The next entry, or nil at the end (and ever after).
  func next() throws(StoreError) -> StoreEntry?
}

/// A key with its value.
public struct StoreEntry: Hashable, Sendable {
  public var key: [UInt8]
  public var value: [UInt8]

  public init(key: [UInt8], value: [UInt8]) {
    self.key = key
    self.value = value
  }
}

extension StoreReader {
  public func has(_ key: [UInt8]) throws(StoreError) -> Bool {
    try get(key) != nil
  }

  /// The entries in a range, ascending.
  public func iterator(from lower: [UInt8]?, to upper: [UInt8]?) throws(StoreError) -> any StoreIterator {
    try iterator(from: lower, to: upper, reverse: false)
  }

  /// The entries whose keys start with `prefix`.
  public func iterator(prefix: [UInt8], reverse: Bool = false) throws(StoreError) -> any StoreIterator {
    try iterator(from: prefix, to: prefixEnd(prefix), reverse: reverse)
  }

  /// Calls `body` for each entry in a range until it returns false.
  public func forEach(
    from lower: [UInt8]?, to upper: [UInt8]?, reverse: Bool = false, _ body: (StoreEntry) throws(StoreError) -> Bool
  ) throws(StoreError) {
    let iterator = try iterator(from: lower, to: upper, reverse: reverse)
    while let entry = try iterator.next() {
      guard try body(entry) else { return }
    }
  }
}

extension KeyValueStore {
  /// Writes one entry as a batch of its own.
  public func put(_ key: [UInt8], _ value: [UInt8], sync: Bool = false) throws(StoreError) {
    var batch = WriteBatch()
    batch.put(key, value)
    try write(batch, sync: sync)
  }

  /// Deletes one key as a batch of its own; an absent key is not an error.
  public func delete(_ key: [UInt8], sync: Bool = false) throws(StoreError) {
    var batch = WriteBatch()
    batch.delete(key)
    try write(batch, sync: sync)
  }
}

/// The smallest byte string above all that start with `prefix`; nil when there is none (an empty prefix, or only ff bytes).
public func prefixEnd(_ prefix: [UInt8]) -> [UInt8]? {
  guard let last = prefix.lastIndex(where: { $0 != 0xff }) else { return nil }
  var end = Array(prefix[...last])
  end[last] += 1  // not 0xff, by the search
  return end
}

/// Whether `a` sorts before `b` bytewise (a prefix before its extensions).
@inlinable
public func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  a.withUnsafeBufferPointer { a in
    b.withUnsafeBufferPointer { b in
      let common = min(a.count, b.count)
      var i = 0
      while i < common {
        if a[i] != b[i] { return a[i] < b[i] }
        i &+= 1  // below common
      }
      return a.count < b.count
    }
  }
}
