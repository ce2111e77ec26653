internal import OasisCrypto

/// The checked transactions (08 C3.4): per sender by number, over all by priority. A value without clock or input/output.
///
/// Scheduling goes through the senders' next transactions, best priority first; a session remembers how far it went. Of equal priorities
/// the older one goes first and is evicted last.
struct MainQueue: Sendable {
  private struct Sender: Sendable {
    /// The number that its next transaction must have.
    var sequence: UInt64
    /// The number of the next transaction of the present session; never below `sequence`.
    var cursor: UInt64
    var transactions: [UInt64: Hash] = [:]
  }

  private struct Entry: Sendable {
    var transaction: PooledTransaction
    var age: UInt64
  }

  private struct Rank: Sendable {
    var priority: UInt64
    var age: UInt64
  }

  private let capacity: Int
  private var entries: [Hash: Entry] = [:]
  private var senders: [[UInt8]: Sender] = [:]
  private var age: UInt64 = 0
  /// The worst transaction first.
  private var worst = IndexedHeap<Hash, Rank> { ($0.priority, $1.age) < ($1.priority, $0.age) }
  /// The transaction at each sender's cursor, best first.
  private var heads = IndexedHeap<Hash, Rank> { ($1.priority, $0.age) < ($0.priority, $1.age) }
  /// Senders whose cursor the session has moved.
  private var advanced: Set<[UInt8]> = []

  init(capacity: Int) { self.capacity = max(capacity, 1) }

  var count: Int { entries.count }
  var transactions: [PooledTransaction] { entries.values.sorted { $0.age < $1.age }.map(\.transaction) }
  func transaction(_ hash: Hash) -> PooledTransaction? { entries[hash]?.transaction }

  /// Adds a transaction whose sender's next number in state is `stateSequence`.
  mutating func add(_ transaction: PooledTransaction, stateSequence: UInt64) throws(PoolError) {
    if senders[transaction.sender] == nil { senders[transaction.sender] = Sender(sequence: stateSequence, cursor: stateSequence) }
    forward(transaction.sender, to: stateSequence)
    defer { forgetIfEmpty(transaction.sender) }
    guard let sender = senders[transaction.sender], transaction.sequence >= sender.sequence else { throw .expired }
    if let old = sender.transactions[transaction.sequence] {
      guard let entry = entries[old], entry.transaction.priority < transaction.priority else { throw .replacementUnderpriced }
      drop(old)
    }
    insert(transaction)
    guard entries.count > capacity, let victim = worst.first else { return }
    remove(victim)
    if victim == transaction.hash { throw .underpriced }
  }

  /// The runtime checked a transaction anew: its sender's number may have grown.
  mutating func refresh(_ transaction: PooledTransaction, stateSequence: UInt64) {
    guard let old = entries[transaction.hash] else { return }
    forward(old.transaction.sender, to: stateSequence)
    guard let kept = entries[transaction.hash] else { return }
    if kept.transaction != transaction {
      drop(transaction.hash)
      forgetIfEmpty(kept.transaction.sender)
      try? add(transaction, stateSequence: stateSequence)
    }
  }

  /// Transactions are in a block: their senders go on.
  mutating func used(_ hashes: [Hash]) {
    for hash in hashes {
      guard let entry = entries[hash] else { continue }
      let (next, overflow) = entry.transaction.sequence.addingReportingOverflow(1)
      drop(hash)
      if !overflow { forward(entry.transaction.sender, to: next) }
      forgetIfEmpty(entry.transaction.sender)
    }
  }

  /// Removes a transaction without any meaning for its sender.
  mutating func remove(_ hash: Hash) {
    guard let sender = entries[hash]?.transaction.sender else { return }
    drop(hash)
    forgetIfEmpty(sender)
  }

  mutating func removeAll() { self = MainQueue(capacity: capacity) }
}

// MARK: Scheduling

extension MainQueue {
  /// Begins a session and takes its first transactions; they stay in the queue until they are used.
  mutating func schedule(_ limit: Int, bytes: Int = .max) -> [PooledTransaction] {
    for key in advanced {
      guard let sender = senders[key] else { continue }
      moveCursor(key, to: sender.sequence)
    }
    advanced = []
    return scheduleMore(limit, bytes: bytes)
  }

  /// Goes on with the session. What has not room in `bytes` comes later.
  mutating func scheduleMore(_ limit: Int, bytes: Int = .max) -> [PooledTransaction] {
    var batch: [PooledTransaction] = []
    var room = bytes
    while batch.count < limit, let hash = heads.first, let entry = entries[hash], entry.transaction.bytes.count <= room {
      room -= entry.transaction.bytes.count
      batch.append(entry.transaction)
      let (next, overflow) = entry.transaction.sequence.addingReportingOverflow(1)
      if overflow {
        heads.remove(hash)
        continue
      }
      moveCursor(entry.transaction.sender, to: next)
      advanced.insert(entry.transaction.sender)
    }
    return batch
  }

  private mutating func moveCursor(_ key: [UInt8], to cursor: UInt64) {
    guard let sender = senders[key] else { return }
    if let hash = sender.transactions[sender.cursor] { heads.remove(hash) }
    senders[key]?.cursor = cursor
    if let hash = sender.transactions[cursor], let entry = entries[hash] { heads.insert(hash, rank(entry)) }
  }
}

// MARK: Bookkeeping

extension MainQueue {
  private func rank(_ entry: Entry) -> Rank { Rank(priority: entry.transaction.priority, age: entry.age) }

  private mutating func insert(_ transaction: PooledTransaction) {
    age += 1
    let entry = Entry(transaction: transaction, age: age)
    entries[transaction.hash] = entry
    worst.insert(transaction.hash, rank(entry))
    senders[transaction.sender]?.transactions[transaction.sequence] = transaction.hash
    if senders[transaction.sender]?.cursor == transaction.sequence { heads.insert(transaction.hash, rank(entry)) }
  }

  private mutating func drop(_ hash: Hash) {
    guard let entry = entries.removeValue(forKey: hash) else { return }
    worst.remove(hash)
    heads.remove(hash)
    senders[entry.transaction.sender]?.transactions[entry.transaction.sequence] = nil
  }

  /// The sender's next number grows; transactions below it are dropped.
  private mutating func forward(_ key: [UInt8], to sequence: UInt64) {
    guard let sender = senders[key], sequence > sender.sequence else { return }
    for (number, hash) in sender.transactions where number < sequence { drop(hash) }
    senders[key]?.sequence = sequence
    if sender.cursor < sequence { moveCursor(key, to: sequence) }
  }

  private mutating func forgetIfEmpty(_ key: [UInt8]) {
    guard senders[key]?.transactions.isEmpty ?? false else { return }
    senders[key] = nil
    advanced.remove(key)
  }
}
