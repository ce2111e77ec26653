internal import CRocksDB
public import KeyValueStore
internal import Synchronization

/// A store on RocksDB, one directory each.
///
/// Every batch goes through the write-ahead log, so that a crash leaves whole batches only. The database closes when the store and
/// all of its iterators and snapshots are gone.
public final class RocksDBStore: KeyValueStore {
  /// How a database is opened. Sizes are in bytes.
  public struct Options: Sendable {
    public var createIfMissing = true
    public var readOnly = false
    /// Uncompressed blocks kept for reading.
    public var blockCacheSize = 32 << 20
    /// What is gathered in memory before it becomes a file; two such buffers may exist.
    public var writeBufferSize = 16 << 20
    /// Files held open at once; each costs a descriptor and its index blocks in memory.
    public var maxOpenFiles: Int32 = 256

    public init() {}
  }

  /// The directory of the database.
  public let directory: String
  private let handle: Mutex<Handle?>

  /// Opens (and by default creates) the database in `directory`; its parent must exist.
  /// - Throws: ``StoreError/Reason/locked`` when another process has it open; the error names the directory.
  public init(directory: String, options: Options = Options()) throws(StoreError) {
    self.directory = directory
    handle = Mutex(try Handle(directory: directory, options: options))
  }

  func use(_ operation: String) throws(StoreError) -> Handle {
    guard let handle = handle.withLock({ $0 }) else { throw StoreError(.closed, operation: operation, store: directory) }
    return handle
  }

  public func get(_ key: [UInt8]) throws(StoreError) -> [UInt8]? {
    let handle = try use("get")
    return try handle.get(key, handle.readOptions)
  }

  public func has(_ key: [UInt8]) throws(StoreError) -> Bool {
    let handle = try use("has")
    return try handle.has(key, handle.readOptions)
  }

  public func iterator(from lower: [UInt8]?, to upper: [UInt8]?, reverse: Bool) throws(StoreError) -> any StoreIterator {
    RocksDBIterator(try use("iterate"), snapshot: nil, from: lower, to: upper, reverse: reverse)
  }

  public func write(_ batch: WriteBatch, sync: Bool) throws(StoreError) {
    try use("write").write(batch, sync: sync)
  }

  public func snapshot() throws(StoreError) -> any StoreReader {
    RocksDBSnapshot(try use("snapshot"))
  }

  /// Syncs the write-ahead log.
  public func sync() throws(StoreError) {
    try use("sync").write(WriteBatch(), sync: true)
  }

  public func compact() throws(StoreError) {
    rocksdb_compact_range(try use("compact").database, nil, 0, nil, 0)
  }

  public func size() throws(StoreError) -> UInt64 {
    try use("size").number("rocksdb.total-sst-files-size")
  }

  public func close() {
    handle.withLock { $0 = nil }
  }
}

/// An open database. Freed when the store and its last reader let go.
final class Handle: @unchecked Sendable {  // RocksDB's objects may be used from any thread
  let directory: String
  let database: OpaquePointer
  let readOptions: OpaquePointer
  private let options: OpaquePointer
  private let writeOptions: OpaquePointer
  private let syncOptions: OpaquePointer
  private let cache: OpaquePointer
  private let readOnly: Bool

  /// Options without files that are larger than what is in them: a node has eight stores, most of them small.
  private static func frugalOptions() -> OpaquePointer? {
    let standard = rocksdb_options_create()
    defer { rocksdb_options_destroy(standard) }
    let frugal = rocksdb_options_create()
    var message: UnsafeMutablePointer<CChar>?
    rocksdb_get_options_from_string(standard, "allow_fallocate=false;manifest_preallocation_size=65536", frugal, &message)
    if let message { rocksdb_free(message) }  // an unknown option costs disk space only
    return frugal
  }

  init(directory: String, options: RocksDBStore.Options) throws(StoreError) {
    self.directory = directory
    readOnly = options.readOnly
    let cache = rocksdb_cache_create_lru(options.blockCacheSize)
    let table = rocksdb_block_based_options_create()
    rocksdb_block_based_options_set_block_cache(table, cache)
    let settings = Self.frugalOptions()
    rocksdb_options_set_block_based_table_factory(settings, table)
    rocksdb_block_based_options_destroy(table)
    rocksdb_options_set_create_if_missing(settings, options.createIfMissing ? 1 : 0)
    rocksdb_options_set_write_buffer_size(settings, options.writeBufferSize)
    rocksdb_options_set_max_open_files(settings, options.maxOpenFiles)
    rocksdb_options_set_advise_random_on_open(settings, 0)  // with it cold reads take twice as long (design/mkvs-notes)
    rocksdb_options_set_compression(settings, 0)  // hashes do not shrink
    // Nothing goes into the library's own text log: on a full disk its second failed line aborts the process (an assertion of 7.8), and
    // what goes wrong comes back as an error anyway. A bound on the log's size would bring its header lines back.
    rocksdb_options_set_info_log_level(settings, 4)  // fatal
    rocksdb_options_set_keep_log_file_num(settings, 2)
    rocksdb_options_set_max_total_wal_size(settings, 64 << 20)
    rocksdb_options_set_bytes_per_sync(settings, 1 << 20)

    var message: UnsafeMutablePointer<CChar>?
    let opened =
      options.readOnly
      ? rocksdb_open_for_read_only(settings, directory, 0, &message) : rocksdb_open(settings, directory, &message)
    guard let opened, let cache, let settings, let read = rocksdb_readoptions_create(), let write = rocksdb_writeoptions_create(),
      let sync = rocksdb_writeoptions_create()
    else {
      rocksdb_options_destroy(settings)
      rocksdb_cache_destroy(cache)
      throw storeError(message, operation: "open", directory: directory)
    }
    rocksdb_writeoptions_set_sync(sync, 1)
    database = opened
    self.cache = cache
    self.options = settings
    readOptions = read
    writeOptions = write
    syncOptions = sync
  }

  deinit {
    rocksdb_close(database)
    rocksdb_readoptions_destroy(readOptions)
    rocksdb_writeoptions_destroy(writeOptions)
    rocksdb_writeoptions_destroy(syncOptions)
    rocksdb_options_destroy(options)
    rocksdb_cache_destroy(cache)
  }

  func get(_ key: [UInt8], _ options: OpaquePointer) throws(StoreError) -> [UInt8]? {
    var message: UnsafeMutablePointer<CChar>?
    let found = withChars(key) { rocksdb_get_pinned(database, options, $0, $1, &message) }
    if message != nil { throw storeError(message, operation: "get", directory: directory) }
    guard let found else { return nil }
    defer { rocksdb_pinnableslice_destroy(found) }
    var length = 0
    return copy(rocksdb_pinnableslice_value(found, &length), length)
  }

  func has(_ key: [UInt8], _ options: OpaquePointer) throws(StoreError) -> Bool {
    var message: UnsafeMutablePointer<CChar>?
    let found = withChars(key) { rocksdb_get_pinned(database, options, $0, $1, &message) }
    if message != nil { throw storeError(message, operation: "get", directory: directory) }
    guard let found else { return false }
    rocksdb_pinnableslice_destroy(found)
    return true
  }

  func write(_ batch: WriteBatch, sync: Bool) throws(StoreError) {
    guard !readOnly else { throw StoreError(.readOnly, operation: "write", store: directory) }
    let native = rocksdb_writebatch_create()
    defer { rocksdb_writebatch_destroy(native) }
    batch.forEach { (operation) throws(Never) in
      switch operation {
      case .put(let key, let value): rocksdb_writebatch_put(native, chars(key), key.count, chars(value), value.count)
      case .delete(let key): rocksdb_writebatch_delete(native, chars(key), key.count)
      case .deleteRange(let lower, let upper):
        rocksdb_writebatch_delete_range(native, chars(lower), lower.count, chars(upper), upper.count)
      }
    }
    var message: UnsafeMutablePointer<CChar>?
    rocksdb_write(database, sync ? syncOptions : writeOptions, native, &message)
    if message != nil { throw storeError(message, operation: "write", directory: directory) }
  }

  func number(_ property: String) -> UInt64 {
    var value: UInt64 = 0
    return rocksdb_property_int(database, property, &value) == 0 ? value : 0
  }
}

/// RocksDB wants a valid pointer also for an empty string; an empty buffer may have none.
private let nothing: StaticString = ""

private func chars(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafePointer<CChar> {
  UnsafeRawPointer(bytes.baseAddress ?? nothing.utf8Start).assumingMemoryBound(to: CChar.self)
}

func withChars<R>(_ bytes: [UInt8], _ body: (UnsafePointer<CChar>, Int) -> R) -> R {
  bytes.withUnsafeBufferPointer { body(chars($0), $0.count) }
}

func copy(_ pointer: UnsafePointer<CChar>?, _ count: Int) -> [UInt8] {
  guard let pointer, count > 0 else { return [] }
  return Array(UnsafeRawBufferPointer(start: pointer, count: count))
}

/// Turns RocksDB's message into a typed error, and frees it.
func storeError(_ message: UnsafeMutablePointer<CChar>?, operation: String, directory: String) -> StoreError {
  guard let message else { return StoreError(.failed("out of memory"), operation: operation, store: directory) }
  let text = String(cString: message)
  rocksdb_free(message)
  if text.contains("While lock file") || text.contains("lock hold by current process") {
    return StoreError(.locked, operation: operation, store: directory)
  }
  let damaged = text.hasPrefix("Corruption") || text.hasPrefix("Invalid argument")
  return StoreError(damaged ? .corrupted(text) : .failed(text), operation: operation, store: directory)
}
