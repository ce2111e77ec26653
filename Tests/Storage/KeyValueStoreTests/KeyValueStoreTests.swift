import KeyValueStore
import Testing

@Suite struct MemoryStoreTests {
  @Test func prefixEnds() {
    #expect(prefixEnd([1, 2]) == [1, 3])
    #expect(prefixEnd([1, 0xff]) == [2])
    #expect(prefixEnd([0xff, 0xff]) == nil)
    #expect(prefixEnd([]) == nil)
  }

  @Test func readsBackWhatABatchWrote() throws {
    let store = MemoryStore()
    var batch = WriteBatch()
    batch.put([1], [10])
    batch.put([2], [])
    batch.put([3], [30])
    batch.delete([3])
    try store.write(batch, sync: true)
    #expect(try store.get([1]) == [10])
    #expect(try store.get([2]) == [])
    #expect(try store.get([3]) == nil)
    let before = try store.snapshot()
    try store.delete([1])
    #expect(try store.get([1]) == nil)
    #expect(try before.get([1]) == [10])
    store.close()
    #expect(throws: StoreError.self) { try store.get([1]) }
  }

  /// Random operations against a sorted dictionary, with every kind of range.
  @Test func agreesWithADictionary() throws {
    var random = SplitMix(state: 7)
    let store = MemoryStore()
    var model: [[UInt8]: [UInt8]] = [:]
    for _ in 0..<200 {
      var batch = WriteBatch()
      for _ in 0..<random.below(60) {
        let key = random.bytes(random.below(3))
        switch random.below(10) {
        case 0...6:
          let value = random.bytes(random.below(4))
          batch.put(key, value)
          model[key] = value
        case 7, 8:
          batch.delete(key)
          model[key] = nil
        default:
          let end = random.bytes(2)
          batch.deleteRange(from: key, to: end)
          for other in model.keys where !precedes(other, key) && precedes(other, end) { model[other] = nil }
        }
      }
      try store.write(batch, sync: false)
      let from = random.below(3) == 0 ? nil : random.bytes(random.below(3))
      let to = random.below(3) == 0 ? nil : random.bytes(random.below(3))
      let reverse = random.below(2) == 0
      var expected = model.filter { entry in
        (from.map { !precedes(entry.key, $0) } ?? true) && (to.map { precedes(entry.key, $0) } ?? true)
      }.map { StoreEntry(key: $0.key, value: $0.value) }.sorted { precedes($0.key, $1.key) }
      if reverse { expected.reverse() }
      var found: [StoreEntry] = []
      try store.forEach(from: from, to: to, reverse: reverse) { (entry) throws(StoreError) in
        found.append(entry)
        return true
      }
      #expect(found == expected)
    }
  }
}

struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }

  mutating func below(_ bound: UInt64) -> Int { Int(next() % bound) }
  mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next() % 8) } }
}
