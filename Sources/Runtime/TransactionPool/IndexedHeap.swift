/// A binary heap from which any element can be removed by its identifier: the first is the one that no other precedes.
struct IndexedHeap<ID: Hashable & Sendable, Rank: Sendable>: Sendable {
  private var items: [(id: ID, rank: Rank)] = []
  private var positions: [ID: Int] = [:]
  private let precedes: @Sendable (Rank, Rank) -> Bool

  init(_ precedes: @escaping @Sendable (Rank, Rank) -> Bool) { self.precedes = precedes }

  var count: Int { items.count }
  var first: ID? { items.first?.id }
  func contains(_ id: ID) -> Bool { positions[id] != nil }

  /// Adds an element; one with the same identifier is replaced.
  mutating func insert(_ id: ID, _ rank: Rank) {
    remove(id)
    items.append((id, rank))
    positions[id] = items.count - 1
    rise(items.count - 1)
  }

  @discardableResult
  mutating func remove(_ id: ID) -> Bool {
    guard let index = positions.removeValue(forKey: id) else { return false }
    let last = items.removeLast()
    guard index < items.count else { return true }
    items[index] = last
    positions[last.id] = index
    rise(index)
    sink(index)
    return true
  }

  mutating func removeAll() {
    items.removeAll(keepingCapacity: true)
    positions.removeAll(keepingCapacity: true)
  }

  private mutating func rise(_ start: Int) {
    var index = start
    while index > 0 {
      let parent = (index - 1) / 2
      guard precedes(items[index].rank, items[parent].rank) else { return }
      swap(index, parent)
      index = parent
    }
  }

  private mutating func sink(_ start: Int) {
    var index = start
    while true {
      var best = index
      for child in [2 * index + 1, 2 * index + 2] where child < items.count && precedes(items[child].rank, items[best].rank) {
        best = child
      }
      guard best != index else { return }
      swap(index, best)
      index = best
    }
  }

  private mutating func swap(_ a: Int, _ b: Int) {
    items.swapAt(a, b)
    positions[items[a].id] = a
    positions[items[b].id] = b
  }
}
