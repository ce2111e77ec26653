import ConsensusApp
import Testing

@Suite struct StateTreeTests {
  private func keys(_ tree: StateTree, from start: [UInt8] = []) throws -> [[UInt8]] {
    var keys: [[UInt8]] = []
    try tree.scan(from: start) { key, _ in
      keys.append(key)
      return true
    }
    return keys
  }

  @Test func scanMergesBothLayers() throws {
    let base = MemoryState([[1]: [1], [3]: [3], [5]: [5], [7]: [7]])
    let tree = StateTree(over: base)
    tree.set([0], to: [])
    tree.set([4], to: [4])
    tree.set([5], to: [55])
    tree.remove([3])
    tree.set([9], to: [9])
    #expect(try keys(tree) == [[0], [1], [4], [5], [7], [9]])
    #expect(try keys(tree, from: [3]) == [[4], [5], [7], [9]])
    #expect(try tree.get([5]) == [55])
    #expect(try tree.get([3]) == nil)
    #expect(try tree.get([0]) == [])
  }

  @Test func scanStopsWhereTheBodyWantsTo() throws {
    let tree = StateTree(over: MemoryState([[1]: [], [3]: []]))
    tree.set([2], to: [])
    tree.set([4], to: [])
    for limit in 1...4 {
      var seen = 0
      try tree.scan(from: []) { _, _ in
        seen += 1
        return seen < limit
      }
      #expect(seen == limit)
    }
  }

  @Test func nestedChangesReachTheBaseOnlyByCommit() throws {
    let base = StateTree(over: MemoryState([[1]: [1]]))
    let dropped = StateTree(over: base)
    dropped.set([1], to: [2])
    #expect(try base.get([1]) == [1])
    let kept = StateTree(over: base)
    kept.remove([1])
    kept.set([2], to: [2])
    kept.commit()
    #expect(try base.get([1]) == nil)
    #expect(base.pendingChanges.map(\.key) == [[1], [2]])
    #expect(!kept.hasChanges)
  }

  /// Random operations against a plain dictionary.
  @Test(arguments: 0..<20) func agreesWithADictionary(seed: UInt64) throws {
    var random = seed &* 0x9e37_79b9_7f4a_7c15 | 1
    func next(_ bound: UInt64) -> UInt64 {
      random ^= random << 13
      random ^= random >> 7
      random ^= random << 17
      return random % bound
    }
    var model: [[UInt8]: [UInt8]] = [:]
    for _ in 0..<30 { model[[UInt8(next(40)), UInt8(next(3))]] = [UInt8(next(256))] }
    let tree = StateTree(over: MemoryState(model))
    for _ in 0..<100 {
      let key = [UInt8(next(40)), UInt8(next(3))]
      if next(3) == 0 {
        tree.remove(key)
        model[key] = nil
      } else {
        let value = [UInt8(next(256))]
        tree.set(key, to: value)
        model[key] = value
      }
      let start = [UInt8(next(40))]
      let expected = model.keys.filter { !$0.lexicographicallyPrecedes(start) }.sorted { $0.lexicographicallyPrecedes($1) }
      #expect(try keys(tree, from: start) == expected)
    }
  }
}
