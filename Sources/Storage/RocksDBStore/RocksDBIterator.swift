internal import CRocksDB
internal import KeyValueStore

/// A frozen view: reads see the content at the time it was made.
final class RocksDBSnapshot: StoreReader, @unchecked Sendable {  // immutable, and RocksDB's snapshots are shared freely
  private let handle: Handle
  let native: OpaquePointer?
  private let options: OpaquePointer?

  init(_ handle: Handle) {
    self.handle = handle
    native = rocksdb_create_snapshot(handle.database)
    options = rocksdb_readoptions_create()
    rocksdb_readoptions_set_snapshot(options, native)
  }

  deinit {
    rocksdb_readoptions_destroy(options)
    rocksdb_release_snapshot(handle.database, native)
  }

  func get(_ key: [UInt8]) throws(StoreError) -> [UInt8]? {
    try handle.get(key, options ?? handle.readOptions)
  }

  func iterator(from lower: [UInt8]?, to upper: [UInt8]?, reverse: Bool) throws(StoreError) -> any StoreIterator {
    RocksDBIterator(handle, snapshot: self, from: lower, to: upper, reverse: reverse)
  }
}

final class RocksDBIterator: StoreIterator {
  private let handle: Handle
  private let snapshot: RocksDBSnapshot?  // lives as long as the iterator that reads it
  private let options: OpaquePointer?
  private let native: OpaquePointer?
  private let reverse: Bool
  // RocksDB keeps pointers to the bounds: they must not move while the iterator lives.
  private let lower: UnsafeMutableBufferPointer<UInt8>?
  private let upper: UnsafeMutableBufferPointer<UInt8>?
  private var ended = false

  init(_ handle: Handle, snapshot: RocksDBSnapshot?, from: [UInt8]?, to: [UInt8]?, reverse: Bool) {
    self.handle = handle
    self.snapshot = snapshot
    self.reverse = reverse
    lower = from.map(allocate)
    upper = to.map(allocate)
    options = rocksdb_readoptions_create()
    if let snapshot { rocksdb_readoptions_set_snapshot(options, snapshot.native) }
    if let lower { rocksdb_readoptions_set_iterate_lower_bound(options, pointer(lower), lower.count) }
    if let upper { rocksdb_readoptions_set_iterate_upper_bound(options, pointer(upper), upper.count) }
    native = rocksdb_create_iterator(handle.database, options)
    // An inverted range is empty; RocksDB does not promise that for its bounds.
    if let from, let to, !precedes(from, to) { ended = true }
    if reverse { rocksdb_iter_seek_to_last(native) } else { rocksdb_iter_seek_to_first(native) }
  }

  deinit {
    rocksdb_iter_destroy(native)
    rocksdb_readoptions_destroy(options)
    lower?.deallocate()
    upper?.deallocate()
  }

  func next() throws(StoreError) -> StoreEntry? {
    guard !ended else { return nil }
    guard rocksdb_iter_valid(native) != 0 else {
      ended = true
      var message: UnsafeMutablePointer<CChar>?
      rocksdb_iter_get_error(native, &message)
      if message != nil { throw storeError(message, operation: "iterate", directory: handle.directory) }
      return nil
    }
    var keyLength = 0, valueLength = 0
    let key = rocksdb_iter_key(native, &keyLength), value = rocksdb_iter_value(native, &valueLength)
    let entry = StoreEntry(key: copy(key, keyLength), value: copy(value, valueLength))
    if reverse { rocksdb_iter_prev(native) } else { rocksdb_iter_next(native) }
    return entry
  }
}

private func allocate(_ bytes: [UInt8]) -> UnsafeMutableBufferPointer<UInt8> {
  let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(bytes.count, 1))
  _ = buffer.initialize(from: bytes.isEmpty ? [0] : bytes)
  return UnsafeMutableBufferPointer(start: buffer.baseAddress, count: bytes.count)
}

private func pointer(_ buffer: UnsafeMutableBufferPointer<UInt8>) -> UnsafePointer<CChar>? {
  buffer.baseAddress.map { UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self) }
}
