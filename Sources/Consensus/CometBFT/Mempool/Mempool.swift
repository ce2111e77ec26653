/// Transactions that wait for a block, ordered by priority. Rule: consensus sheet §16 (CometBFT's mempool v1).
public final class Mempool {
  /// Bounds of the pool; the defaults are those of the network's nodes.
  public struct Configuration: Hashable, Sendable {
    public var maxTransactions = 5000
    /// All transactions together, in bytes.
    public var maxBytes: Int64 = 1 << 30
    public var maxTransactionBytes = 1 << 20
    /// Keys of transactions seen lately.
    public var cacheSize = 10_000
    /// Check all that remains after each block.
    public var recheck = true
    public init() {}
  }

  private struct Entry {
    let transaction: [UInt8]
    let key: [UInt8]
    /// Number in the order of arrival.
    let arrival: UInt64
    var gasWanted: Int64
    var priority: Int64
    var sender: String
  }

  private let configuration: Configuration
  private var entries: [UInt64: Entry] = [:]
  private var arrivalOfKey: [[UInt8]: UInt64] = [:]
  private var senders: [String: UInt64] = [:]
  private var cache: KeyCache
  private var nextArrival: UInt64 = 0
  private var maxData: Int64?
  private var maxGas: Int64 = -1
  /// Bytes of all transactions.
  public private(set) var byteCount: Int64 = 0
  /// Transactions that left without a block since the last call of `takeDropped`: thrown out by a recheck, or by better ones.
  private var dropped: [(key: [UInt8], outcome: SubmissionOutcome)] = []

  public init(configuration: Configuration = .init()) {
    self.configuration = configuration
    cache = KeyCache(limit: configuration.cacheSize)
  }

  /// How many transactions wait.
  public var count: Int { entries.count }

  /// Sets what a block has room for.
  func setLimits(_ limits: ConsensusParameters, validators: Int) {
    maxData = maxDataBytes(maxBytes: limits.block?.maxBytes ?? 0, evidenceBytes: 0, validators: validators)
    maxGas = limits.block?.maxGas ?? -1
  }

  /// Asks the application about a transaction, and takes it in when it is good and there is room. A refusal by the application is its
  /// answer; `EngineError.refused` says that the pool itself does not take the transaction.
  public func check(_ transaction: [UInt8], application: any Application) throws(EngineError) -> CheckTransactionResponse {
    guard transaction.count <= configuration.maxTransactionBytes else {
      throw .refused(.tooLarge(bytes: Int64(transaction.count), limit: Int64(configuration.maxTransactionBytes)))
    }
    if let maxData, encodedSize(ofTransaction: transaction.count) > maxData {
      throw .refused(.tooLarge(bytes: encodedSize(ofTransaction: transaction.count), limit: maxData))
    }
    let key = transactionKey(transaction)
    guard cache.insert(key) else { throw .refused(.known) }
    var response: CheckTransactionResponse
    do { response = try application.checkTransaction(CheckTransactionRequest(transaction: transaction, kind: .new)) } catch {
      cache.remove(key)
      throw .application("check transaction: \(error)")
    }
    if maxGas > -1, response.isAccepted {
      guard response.gasWanted >= 0, response.gasWanted <= maxGas else {
        cache.remove(key)
        throw .refused(.tooMuchGas(wanted: response.gasWanted, limit: maxGas))
      }
    }
    guard response.isAccepted else {
      cache.remove(key)
      return response
    }
    if let failure = insert(transaction, key, response) { throw .refused(failure) }
    return response
  }

  private func insert(_ transaction: [UInt8], _ key: [UInt8], _ response: CheckTransactionResponse) -> PoolRefusal? {
    if !response.sender.isEmpty, senders[response.sender] != nil {
      cache.remove(key)
      return .sameSender
    }
    if entries.count >= configuration.maxTransactions || byteCount + Int64(transaction.count) > configuration.maxBytes {
      let victims = entries.values.filter { $0.priority < response.priority }
      let room = victims.reduce(Int64(0)) { $0 + Int64($1.transaction.count) }
      guard !victims.isEmpty, room >= Int64(transaction.count) else {
        cache.remove(key)
        return .full
      }
      var freed: Int64 = 0
      for victim in victims.sorted(by: { ($0.priority, $1.arrival) < ($1.priority, $0.arrival) }) {
        remove(victim)
        cache.remove(victim.key)
        dropped.append((victim.key, .evicted))
        freed += Int64(victim.transaction.count)
        if freed >= Int64(transaction.count) { break }
      }
    }
    let entry = Entry(
      transaction: transaction, key: key, arrival: nextArrival, gasWanted: response.gasWanted, priority: response.priority,
      sender: response.sender)
    nextArrival += 1
    entries[entry.arrival] = entry
    arrivalOfKey[key] = entry.arrival
    if !entry.sender.isEmpty { senders[entry.sender] = entry.arrival }
    byteCount += Int64(transaction.count)
    return nil
  }

  private func remove(_ entry: Entry) {
    guard entries.removeValue(forKey: entry.arrival) != nil else { return }
    arrivalOfKey[entry.key] = nil
    if !entry.sender.isEmpty { senders[entry.sender] = nil }
    byteCount -= Int64(entry.transaction.count)
  }

  private var byPriority: [Entry] { entries.values.sorted { ($1.priority, $0.arrival) < ($0.priority, $1.arrival) } }

  /// The best transactions that fit, by priority and arrival; stops at the first that does not. -1 means no limit.
  public func reap(maxBytes: Int64, maxGas: Int64) -> [[UInt8]] {
    var (bytes, gas): (Int64, Int64) = (0, 0)
    var result: [[UInt8]] = []
    for entry in byPriority {
      bytes += encodedSize(ofTransaction: entry.transaction.count)
      gas = gas.addingReportingOverflow(entry.gasWanted).partialValue
      if maxBytes >= 0 && bytes > maxBytes || maxGas >= 0 && gas > maxGas { break }
      result.append(entry.transaction)
    }
    return result
  }

  /// All transactions in the order of arrival.
  public var transactions: [[UInt8]] { entries.values.sorted { $0.arrival < $1.arrival }.map(\.transaction) }

  /// Whether a transaction is in the pool.
  public func contains(key: [UInt8]) -> Bool { arrivalOfKey[key] != nil }

  /// Removes a transaction, also from the cache.
  public func remove(key: [UInt8]) {
    cache.remove(key)
    if let arrival = arrivalOfKey[key], let entry = entries[arrival] { remove(entry) }
  }

  /// Takes note of a block: its transactions leave, the rest is checked again.
  func update(
    height: Int64, transactions: [[UInt8]], results: [DeliverTransactionResponse], limits: ConsensusParameters, validators: Int,
    application: any Application
  ) {
    setLimits(limits, validators: validators)
    for (transaction, result) in zip(transactions, results) {
      let key = transactionKey(transaction)
      if result.isSuccess { _ = cache.insert(key) } else { cache.remove(key) }
      if let arrival = arrivalOfKey[key], let entry = entries[arrival] { remove(entry) }
    }
    guard configuration.recheck else { return }
    for entry in entries.values.sorted(by: { $0.arrival < $1.arrival }) { recheck(entry, application) }
  }

  private func recheck(_ entry: Entry, _ application: any Application) {
    var response: CheckTransactionResponse
    do {
      response = try application.checkTransaction(CheckTransactionRequest(transaction: entry.transaction, kind: .recheck))
    } catch {
      response = CheckTransactionResponse()
      (response.code, response.log) = (1, "\(error)")
    }
    if response.isAccepted {
      entries[entry.arrival]?.priority = response.priority
      return
    }
    remove(entry)
    cache.remove(entry.key)
    dropped.append((entry.key, .dropped(response)))
  }

  /// What left without a block since the last call, and why.
  func takeDropped() -> [(key: [UInt8], outcome: SubmissionOutcome)] {
    defer { dropped = [] }
    return dropped
  }
}

/// The keys inserted last, up to a limit.
struct KeyCache {
  private let limit: Int
  private var order: [UInt64: [UInt8]] = [:]
  private var number: [[UInt8]: UInt64] = [:]
  private var (first, next): (UInt64, UInt64) = (0, 0)

  init(limit: Int) { self.limit = limit }

  /// False when the key is there already; it is then as good as new.
  mutating func insert(_ key: [UInt8]) -> Bool {
    let known = number[key]
    if let known { order[known] = nil }
    order[next] = key
    number[key] = next
    next += 1
    while number.count > limit {
      if let oldest = order.removeValue(forKey: first) { number[oldest] = nil }
      first += 1
    }
    return known == nil
  }

  mutating func remove(_ key: [UInt8]) {
    if let known = number.removeValue(forKey: key) { order[known] = nil }
  }
}
