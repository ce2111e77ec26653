internal import Synchronization

/// A store in memory, for tests and for nodes that keep nothing.
///
/// Pages of sorted entries; snapshots and iterators share pages with the store until it changes them (copy on write).
public final class MemoryStore: KeyValueStore {
  private let state = Mutex<SortedPages?>(SortedPages())

  public init() {}

  private func pages(_ operation: String) throws(StoreError) -> SortedPages {
    guard let pages = state.withLock({ $0 }) else { throw StoreError(.closed, operation: operation, store: "memory") }
    return pages
  }

  public func get(_ key: [UInt8]) throws(StoreError) -> [UInt8]? {
    try pages("get").value(of: key)
  }

  public func iterator(from lower: [UInt8]?, to upper: [UInt8]?, reverse: Bool) throws(StoreError) -> any StoreIterator {
    MemoryIterator(try pages("iterate"), from: lower, to: upper, reverse: reverse)
  }

  public func write(_ batch: WriteBatch, sync: Bool) throws(StoreError) {
    let open = state.withLock { pages in
      guard pages != nil else { return false }
      batch.forEach { (operation) throws(Never) in
        switch operation {
        case .put(let key, let value): pages?.set(Array(key), Array(value))
        case .delete(let key): pages?.remove(Array(key))
        case .deleteRange(let lower, let upper): pages?.removeRange(Array(lower), Array(upper))
        }
      }
      return true
    }
    if !open { throw StoreError(.closed, operation: "write", store: "memory") }
  }

  public func snapshot() throws(StoreError) -> any StoreReader {
    MemorySnapshot(pages: try pages("snapshot"))
  }

  public func sync() throws(StoreError) {
    _ = try pages("sync")
  }

  public func compact() throws(StoreError) {
    _ = try pages("compact")
  }

  public func size() throws(StoreError) -> UInt64 {
    try pages("size").byteCount
  }

  public func close() {
    state.withLock { $0 = nil }
  }
}

private final class MemorySnapshot: StoreReader {
  private let pages: SortedPages

  init(pages: SortedPages) {
    self.pages = pages
  }

  func get(_ key: [UInt8]) throws(StoreError) -> [UInt8]? {
    pages.value(of: key)
  }

  func iterator(from lower: [UInt8]?, to upper: [UInt8]?, reverse: Bool) throws(StoreError) -> any StoreIterator {
    MemoryIterator(pages, from: lower, to: upper, reverse: reverse)
  }
}

private final class MemoryIterator: StoreIterator {
  private let pages: SortedPages
  private let reverse: Bool
  private let bound: [UInt8]?  // exclusive end when ascending, inclusive start when descending
  private var position: SortedPages.Position?

  init(_ pages: SortedPages, from lower: [UInt8]?, to upper: [UInt8]?, reverse: Bool) {
    self.pages = pages
    self.reverse = reverse
    if reverse {
      bound = lower
      position = pages.last(below: upper)
    } else {
      bound = upper
      position = pages.first(from: lower)
    }
  }

  func next() throws(StoreError) -> StoreEntry? {
    guard let here = position else { return nil }
    let entry = pages[here]
    if let bound, reverse ? precedes(entry.key, bound) : !precedes(entry.key, bound) {
      position = nil
      return nil
    }
    position = reverse ? pages.before(here) : pages.after(here)
    return entry
  }
}

/// Sorted entries in pages of at most `limit`; no page is empty.
struct SortedPages: Sendable {
  struct Position { var page: Int, slot: Int }
  private static let limit = 128
  private var pages: [[StoreEntry]] = []

  subscript(position: Position) -> StoreEntry { pages[position.page][position.slot] }

  var byteCount: UInt64 { pages.reduce(0) { $1.reduce($0) { $0 + UInt64($1.key.count + $1.value.count) } } }

  /// The last page whose first key is not above `key` (the first page if all are above).
  private func page(for key: [UInt8]) -> Int {
    var low = 0, high = pages.count
    while low < high {
      let middle = (low + high) / 2
      if precedes(key, pages[middle][0].key) { high = middle } else { low = middle + 1 }
    }
    return max(low - 1, 0)
  }

  /// The first slot of a page whose key is not below `key`.
  private func slot(in page: Int, for key: [UInt8]) -> Int {
    var low = 0, high = pages[page].count
    while low < high {
      let middle = (low + high) / 2
      if precedes(pages[page][middle].key, key) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func value(of key: [UInt8]) -> [UInt8]? {
    guard !pages.isEmpty else { return nil }
    let page = page(for: key)
    let slot = slot(in: page, for: key)
    guard slot < pages[page].count, pages[page][slot].key == key else { return nil }
    return pages[page][slot].value
  }

  func first(from lower: [UInt8]?) -> Position? {
    guard !pages.isEmpty else { return nil }
    guard let lower else { return Position(page: 0, slot: 0) }
    let page = page(for: lower)
    let slot = slot(in: page, for: lower)
    if slot < pages[page].count { return Position(page: page, slot: slot) }
    return page + 1 < pages.count ? Position(page: page + 1, slot: 0) : nil
  }

  func last(below upper: [UInt8]?) -> Position? {
    guard let end = pages.indices.last else { return nil }
    guard let upper else { return Position(page: end, slot: pages[end].count - 1) }
    let page = page(for: upper)
    return before(Position(page: page, slot: slot(in: page, for: upper)))
  }

  func after(_ position: Position) -> Position? {
    if position.slot + 1 < pages[position.page].count { return Position(page: position.page, slot: position.slot + 1) }
    return position.page + 1 < pages.count ? Position(page: position.page + 1, slot: 0) : nil
  }

  func before(_ position: Position) -> Position? {
    if position.slot > 0 { return Position(page: position.page, slot: position.slot - 1) }
    return position.page > 0 ? Position(page: position.page - 1, slot: pages[position.page - 1].count - 1) : nil
  }

  mutating func set(_ key: [UInt8], _ value: [UInt8]) {
    guard !pages.isEmpty else {
      pages = [[StoreEntry(key: key, value: value)]]
      return
    }
    let page = page(for: key)
    let slot = slot(in: page, for: key)
    if slot < pages[page].count, pages[page][slot].key == key {
      pages[page][slot].value = value
      return
    }
    pages[page].insert(StoreEntry(key: key, value: value), at: slot)
    if pages[page].count > Self.limit {
      let upper = Array(pages[page][(Self.limit / 2)...])
      pages[page].removeSubrange((Self.limit / 2)...)
      pages.insert(upper, at: page + 1)
    }
  }

  mutating func remove(_ key: [UInt8]) {
    guard !pages.isEmpty else { return }
    let page = page(for: key)
    let slot = slot(in: page, for: key)
    guard slot < pages[page].count, pages[page][slot].key == key else { return }
    pages[page].remove(at: slot)
    if pages[page].isEmpty { pages.remove(at: page) }
  }

  mutating func removeRange(_ lower: [UInt8], _ upper: [UInt8]) {
    guard !pages.isEmpty, precedes(lower, upper) else { return }
    let first = page(for: lower), last = page(for: upper)
    for page in first...last {
      pages[page].removeAll { !precedes($0.key, lower) && precedes($0.key, upper) }
    }
    pages.removeAll(where: \.isEmpty)
  }
}
