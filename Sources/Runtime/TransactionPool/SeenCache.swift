internal import OasisCrypto

/// Hashes of transactions that came by, with the time of their last publication; the least recently noted go first (08 C3.2).
struct SeenCache: Sendable {
  private let capacity: Int
  private var times: [Hash: (time: ContinuousClock.Instant?, stamp: UInt64)] = [:]
  private var order: [(stamp: UInt64, hash: Hash)] = []
  private var start = 0
  private var stamp: UInt64 = 0

  init(capacity: Int) { self.capacity = max(capacity, 1) }

  var count: Int { times.count }
  func contains(_ hash: Hash) -> Bool { times[hash] != nil }
  /// When it was last published; nil inside where never.
  func published(_ hash: Hash) -> ContinuousClock.Instant?? { times[hash].map(\.time) }

  /// Notes a transaction; `published` is nil where it has yet to be published.
  mutating func note(_ hash: Hash, published: ContinuousClock.Instant?) {
    stamp += 1
    times[hash] = (published, stamp)
    order.append((stamp, hash))
    while times.count > capacity, start < order.count {
      let oldest = order[start]
      start += 1
      if times[oldest.hash]?.stamp == oldest.stamp { times[oldest.hash] = nil }
    }
    if start > 1024, start * 2 > order.count {
      order.removeFirst(start)
      start = 0
    }
    if order.count - start > 4 * capacity + 1024 {
      order.removeAll { times[$0.hash]?.stamp != $0.stamp }  // all before `start` among them
      start = 0
    }
  }

  mutating func remove(_ hash: Hash) { times[hash] = nil }
}
