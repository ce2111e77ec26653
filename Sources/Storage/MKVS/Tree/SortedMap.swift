/// Pending changes of an overlay in key order: pages of at most 128 entries, no page empty. A nil value marks a removed key.
struct SortedMap {
  struct Entry {
    var key: [UInt8]
    var value: [UInt8]?
  }
  struct Position: Equatable { var page: Int, slot: Int }

  private static let limit = 128
  private var pages: [[Entry]] = []

  var isEmpty: Bool { pages.isEmpty }

  subscript(position: Position) -> Entry { pages[position.page][position.slot] }

  /// The entry of a key: nil if the map says nothing about it.
  func entry(_ key: [UInt8]) -> Entry? {
    guard !pages.isEmpty else { return nil }
    let (position, found) = locate(key)
    return found ? pages[position.page][position.slot] : nil
  }

  mutating func set(_ key: [UInt8], _ value: [UInt8]?) {
    guard !pages.isEmpty else {
      pages = [[Entry(key: key, value: value)]]
      return
    }
    let (position, found) = locate(key)
    if found {
      pages[position.page][position.slot].value = value
      return
    }
    pages[position.page].insert(Entry(key: key, value: value), at: position.slot)
    guard pages[position.page].count > Self.limit else { return }
    // Keys that arrive in order fill their pages; others split them in half.
    let isLast = position.slot == Self.limit
    let cut = isLast ? Self.limit : Self.limit / 2
    let upper = Array(pages[position.page][cut...])
    pages[position.page].removeSubrange(cut...)
    pages.insert(upper, at: position.page + 1)
  }

  mutating func removeAll() { pages = [] }

  /// The first entry whose key is not below `key` (or is above it, if not inclusive).
  func first(from key: [UInt8], inclusive: Bool) -> Position? {
    guard !pages.isEmpty else { return nil }
    let (position, found) = locate(key)
    let here = position.slot < pages[position.page].count ? position : after(position)
    return found && !inclusive ? after(position) : here
  }

  func after(_ position: Position) -> Position? {
    if position.slot + 1 < pages[position.page].count { return Position(page: position.page, slot: position.slot + 1) }
    return position.page + 1 < pages.count ? Position(page: position.page + 1, slot: 0) : nil
  }

  func forEach(_ body: (Entry) throws -> Void) rethrows {
    for page in pages { for entry in page { try body(entry) } }
  }

  private func locate(_ key: [UInt8]) -> (position: Position, found: Bool) {
    var low = 0, high = pages.count
    while low < high {
      let middle = (low + high) / 2
      if precedes(key, pages[middle][0].key) { high = middle } else { low = middle + 1 }
    }
    let page = max(low - 1, 0)
    low = 0
    high = pages[page].count
    while low < high {
      let middle = (low + high) / 2
      if precedes(pages[page][middle].key, key) { low = middle + 1 } else { high = middle }
    }
    return (Position(page: page, slot: low), low < pages[page].count && pages[page][low].key == key)
  }
}

/// Bytewise order.
@inline(__always)
func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  a.withUnsafeBufferPointer { a in
    b.withUnsafeBufferPointer { b in
      let common = min(a.count, b.count)
      var i = 0
      while i < common {
        if a[i] != b[i] { return a[i] < b[i] }
        i &+= 1
      }
      return a.count < b.count
    }
  }
}
