import Foundation
import KeyValueStore
import RocksDBStore
import Testing

@Suite struct RocksDBStoreTests {
  let directory = NSTemporaryDirectory() + "rocksdb-\(UUID().uuidString)"

  @Test func keepsBatchesAcrossReopening() throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    var store = try RocksDBStore(directory: directory)
    var batch = WriteBatch()
    for i in 0..<100 { batch.put([1, UInt8(i)], Array("value \(i)".utf8)) }
    batch.put([0], [])
    batch.put([], [9])
    batch.deleteRange(from: [1, 10], to: [1, 20])
    try store.write(batch, sync: true)
    store.close()
    #expect(throws: StoreError(.closed, operation: "get", store: directory)) { try store.get([0]) }
    store = try RocksDBStore(directory: directory)
    #expect(try store.get([0]) == [])
    #expect(try store.get([]) == [9])
    #expect(try store.get([1, 9]) == Array("value 9".utf8))
    #expect(try store.get([1, 10]) == nil)
    #expect(try store.has([1, 20]))
    let keys = try all(store.iterator(prefix: [1])).map(\.key)
    #expect(keys == (Array(0..<10) + Array(20..<100)).map { [1, UInt8($0)] })
  }

  @Test func iteratesBothWaysWithinBounds() throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let store = try RocksDBStore(directory: directory)
    let memory = MemoryStore()
    for i in stride(from: 0, to: 200, by: 3) {
      try store.put([UInt8(i)], [UInt8(i)])
      try memory.put([UInt8(i)], [UInt8(i)])
    }
    let bounds: [[UInt8]?] = [nil, [], [0], [3], [4], [99], [99, 0], [198], [255]]
    for from in bounds {
      for to in bounds {
        for reverse in [false, true] {
          let found = try all(store.iterator(from: from, to: to, reverse: reverse))
          #expect(
            try found == all(memory.iterator(from: from, to: to, reverse: reverse)), "\(String(describing: from)) \(String(describing: to))"
          )
        }
      }
    }
  }

  @Test func snapshotsStand() throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let store = try RocksDBStore(directory: directory)
    try store.put([1], [1])
    let view = try store.snapshot()
    try store.put([1], [2])
    try store.put([2], [2])
    #expect(try view.get([1]) == [1])
    #expect(try all(view.iterator(from: nil, to: nil)).count == 1)
    #expect(try store.get([1]) == [2])
    try store.sync()
    try store.compact()
  }

  @Test func namesTheDirectoryThatAnotherHolds() throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let store = try RocksDBStore(directory: directory)
    #expect(throws: StoreError(.locked, operation: "open", store: directory)) { try RocksDBStore(directory: directory) }
    store.close()
    _ = try RocksDBStore(directory: directory)
  }

  @Test func refusesWhatItMayNotDo() throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    var options = RocksDBStore.Options()
    options.createIfMissing = false
    #expect(throws: StoreError.self) { try RocksDBStore(directory: directory, options: options) }
    try RocksDBStore(directory: directory).put([1], [1])
    options.readOnly = true
    let store = try RocksDBStore(directory: directory, options: options)
    #expect(try store.get([1]) == [1])
    #expect(throws: StoreError(.readOnly, operation: "write", store: directory)) { try store.put([1], [2]) }
  }
}

func all(_ iterator: any StoreIterator) throws -> [StoreEntry] {
  var entries: [StoreEntry] = []
  while let entry = try iterator.next() { entries.append(entry) }
  return entries
}
