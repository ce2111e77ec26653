internal import OasisCrypto

/// A transaction that waits for the runtime's opinion.
struct PendingCheck: Sendable {
  var bytes: [UInt8]
  var hash: Hash
  /// It came from this node, so that others have yet to hear of it.
  var isLocal = false
  /// Only the opinion is wanted.
  var isDiscarded = false
  /// It is in the main queue and was checked before.
  var isRecheck = false
  /// Who waits for the opinion.
  var waiter: UInt64?
}

/// Transactions in the order of their arrival, each once (08 C3.2, C3.3).
struct CheckQueue: Sendable {
  private let capacity: Int
  private var items: [PendingCheck] = []
  private var start = 0
  private var hashes: Set<Hash> = []

  init(capacity: Int) { self.capacity = capacity }

  var count: Int { items.count - start }
  var isFull: Bool { count >= capacity }
  func contains(_ hash: Hash) -> Bool { hashes.contains(hash) }

  mutating func append(_ item: PendingCheck) {
    items.append(item)
    hashes.insert(item.hash)
  }

  /// The next ones, of at most so many bytes where they are more than one; they count as waiting until they are done.
  mutating func take(_ limit: Int, bytes: Int) -> [PendingCheck] {
    var (end, size) = (start, 0)
    while end < min(start + limit, items.count) {
      size += items[end].bytes.count
      if size > bytes, end > start { break }
      end += 1
    }
    let batch = Array(items[start..<end])
    start += batch.count
    if start == items.count || start > 4096 {
      items.removeFirst(start)
      start = 0
    }
    return batch
  }

  /// Puts what was taken back to the front, in its order.
  mutating func putBack(_ batch: [PendingCheck]) { items.replaceSubrange(0..<start, with: batch); start = 0 }

  /// These are done.
  mutating func finish(_ batch: [PendingCheck]) { for item in batch { hashes.remove(item.hash) } }
}
