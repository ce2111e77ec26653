internal import AsyncValues
internal import Bytes
public import OasisCrypto
internal import OasisTypes
public import RuntimeProtocol
public import Telemetry

/// The transactions that wait to be in a block of one runtime (08 C3).
///
/// The queues are values; this actor feeds them from the runtime's opinions. `run` must be running for anything to be checked.
public actor TransactionPool {
  private let configuration: PoolConfiguration
  private let runtime: any PoolRuntime
  private let sleep: @Sendable (Duration) async throws -> Void
  private let log: Log
  private let metrics: PoolMetrics?

  private var seen: SeenCache
  private var checks: CheckQueue
  private var main: MainQueue
  private var rim: [Hash: [UInt8]] = [:]
  private var proposed: [Hash: [UInt8]] = [:]

  private var dispatch: DispatchInformation?
  private var lastRecheck: UInt64 = 0
  private var batchLimit: Int
  private var waiters: [UInt64: CheckedContinuation<Result<CheckTxResult, any Error>, Never>] = [:]
  private var nextWaiter: UInt64 = 0
  private let added = Broadcast<[PooledTransaction]>(.bufferingNewest(256), replaysLatest: false)
  private let signal: AsyncStream<Void>.Continuation
  private let signals: AsyncStream<Void>

  /// Transactions that the runtime refused and that entered the main queue, since the start.
  public private(set) var rejected = 0, accepted = 0

  /// An empty pool. `sleep` waits for a time; it must end early when its task is cancelled.
  public init(
    _ configuration: PoolConfiguration = PoolConfiguration(), runtime: any PoolRuntime, log: Log,
    metrics: PoolMetrics? = nil, sleep: @escaping @Sendable (Duration) async throws -> Void
  ) {
    (self.configuration, self.runtime, self.sleep) = (configuration, runtime, sleep)
    self.log = log.module("runtime/txpool")
    self.metrics = metrics
    seen = SeenCache(capacity: configuration.seenCapacity)
    checks = CheckQueue(capacity: configuration.checkCapacity)
    main = MainQueue(capacity: configuration.capacity)
    batchLimit = max(configuration.checkBatch, 1)
    (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Transactions that wait to be checked, to be scheduled, and that came as messages.
  public var sizes: (check: Int, schedule: Int, rim: Int) { (checks.count, main.count, rim.count) }
}

// MARK: Submitting

extension TransactionPool {
  /// Takes a transaction and returns what the runtime thinks of it. With `discard` it is checked only.
  public func submit(_ bytes: [UInt8], isLocal: Bool = true, discard: Bool = false) async throws -> CheckTxResult {
    let id = nextWaiter
    nextWaiter += 1
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Result<CheckTxResult, any Error>, Never>) in
        if Task.isCancelled { return continuation.resume(returning: .failure(CancellationError())) }
        waiters[id] = continuation
        do { try enqueue(bytes, isLocal: isLocal, discard: discard, waiter: id) } catch { answer(id, .failure(error)) }
      }
    } onCancel: {
      Task { await self.answer(id, .failure(CancellationError())) }
    }
    return try outcome.get()
  }

  /// Takes a transaction without waiting for the runtime.
  public func submitWithoutWaiting(_ bytes: [UInt8], isLocal: Bool) throws(PoolError) {
    try enqueue(bytes, isLocal: isLocal, discard: false, waiter: nil)
  }

  private func enqueue(_ bytes: [UInt8], isLocal: Bool, discard: Bool, waiter: UInt64?) throws(PoolError) {
    try fits(bytes)
    let hash = Hash.digest(bytes)
    guard !seen.contains(hash), !checks.contains(hash) else { throw .duplicate }
    guard !checks.isFull else { throw .checkQueueFull }
    checks.append(PendingCheck(bytes: bytes, hash: hash, isLocal: isLocal, isDiscarded: discard, waiter: waiter))
    measure()
    signal.yield()
  }

  /// Bytes that go to the runtime at once, and into a batch.
  private var batchBytes: Int {
    let limit = dispatch?.maxBatchBytes ?? 0
    return limit == 0 ? PoolConfiguration.largestMessage : min(Int(clamping: limit), PoolConfiguration.largestMessage)
  }

  private func fits(_ bytes: [UInt8]) throws(PoolError) {
    let limit = batchBytes
    guard bytes.count <= limit else { throw .tooLarge(size: bytes.count, limit: limit) }
  }

  private func measure() { metrics?.lengths(check: checks.count, schedule: main.count, rim: rim.count) }

  private func answer(_ waiter: UInt64?, _ result: Result<CheckTxResult, any Error>) {
    guard let waiter else { return }
    waiters.removeValue(forKey: waiter)?.resume(returning: result)
  }

  /// Transactions as they enter the main queue, a batch at a time.
  public nonisolated func newTransactions() -> AsyncStream<[PooledTransaction]> { added.subscribe() }
}

// MARK: Blocks and batches

extension TransactionPool {
  /// There is a new block: later checks are made against it, and the data of its queued messages are known as transactions.
  public func process(_ information: DispatchInformation, incomingMessages: [[UInt8]] = []) {
    let isTighter = information.maxBatchBytes != dispatch?.maxBatchBytes
    dispatch = information
    if isTighter {
      for transaction in main.transactions where transaction.bytes.count > batchBytes {
        seen.remove(transaction.hash)
        main.remove(transaction.hash)
      }
    }
    rim = Dictionary(incomingMessages.map { (Hash.digest($0), $0) }, uniquingKeysWith: { first, _ in first })
    let round = information.block.header.round
    if round < lastRecheck || round - lastRecheck > configuration.recheckInterval { recheck() }
    signal.yield()
  }

  /// Has everything in the main queue checked anew; it can be scheduled meanwhile.
  public func recheck() {
    lastRecheck = dispatch?.block.header.round ?? 0
    for transaction in main.transactions where !checks.contains(transaction.hash) {
      guard !checks.isFull else { return }  // the next recheck comes to the others
      checks.append(PendingCheck(bytes: transaction.bytes, hash: transaction.hash, isRecheck: true))
    }
    signal.yield()
  }

  /// Begins a scheduling session with its first transactions, at most 100 and no more bytes than a batch may have.
  public func schedule(limit: Int) -> [PooledTransaction] {
    main.schedule(min(limit, PoolConfiguration.largestSchedule), bytes: batchBytes)
  }

  /// Goes on with the session.
  public func scheduleMore(limit: Int) -> [PooledTransaction] {
    main.scheduleMore(min(limit, PoolConfiguration.largestSchedule), bytes: batchBytes)
  }

  /// Transactions are in a finalized block.
  public func used(_ hashes: [Hash]) {
    main.used(hashes)
    measure()
  }

  /// The runtime refused transactions while it scheduled them.
  public func reject(_ hashes: [Hash]) {
    for hash in hashes { seen.remove(hash) }
    main.used(hashes)
    rejected += hashes.count
  }

  /// A transaction, wherever it is known from.
  public func transaction(_ hash: Hash) -> [UInt8]? { rim[hash] ?? main.transaction(hash)?.bytes ?? proposed[hash] }

  /// Transactions that came as messages and those that wait to be scheduled.
  public var unconfirmed: [[UInt8]] { Array(rim.values) + main.transactions.map(\.bytes) }

  /// The known transactions of a batch, nil where one is missing.
  public func batch(_ hashes: [Hash]) -> [[UInt8]?] { hashes.map { transaction($0) } }

  /// Keeps transactions of a proposal, so that they are known until the round ends.
  public func addProposed(_ transactions: [[UInt8]]) { for bytes in transactions { proposed[Hash.digest(bytes)] = bytes } }

  /// The transactions of a batch, kept until the round ends whatever happens to the queues; hashes that are not known.
  public func promote(_ hashes: [Hash]) -> (known: [[UInt8]?], missing: [Hash]) {
    let known = batch(hashes)
    for (hash, bytes) in zip(hashes, known) { if let bytes { proposed[hash] = bytes } }
    return (known, zip(hashes, known).filter { $0.1 == nil }.map(\.0))
  }

  /// A round begins: proposals are forgotten.
  public func clearProposed() { proposed.removeAll() }

  /// Transactions to publish now, and how long until some are due again; those given count as published.
  public func takePublishable(now: ContinuousClock.Instant) -> (transactions: [PooledTransaction], next: Duration) {
    var due: [PooledTransaction] = []
    var next = configuration.republishInterval
    for transaction in main.transactions {
      if let time = seen.published(transaction.hash), let time, now - time < configuration.republishInterval {
        next = min(next, configuration.republishInterval - (now - time) + .seconds(1))
        continue
      }
      if due.count == configuration.publishBatch { return (due, .seconds(1)) }
      seen.note(transaction.hash, published: now)
      due.append(transaction)
    }
    return (due, next)
  }
}

// MARK: Checking

extension TransactionPool {
  /// Checks transactions until the task is cancelled.
  public func run() async {
    for await _ in signals {
      while checks.count > 0, !Task.isCancelled {
        if await checkBatch() { continue }
        do { try await sleep(configuration.retryDelay) } catch { break }
      }
    }
    let waiting = waiters
    waiters = [:]
    for continuation in waiting.values { continuation.resume(returning: .failure(CancellationError())) }
  }

  /// Checks one batch; false when it has to be tried again later.
  private func checkBatch() async -> Bool {
    guard let dispatch else { return false }
    let round = dispatch.block.header.round
    do { try await runtime.waitSynced(round: round, within: configuration.syncTimeout) } catch { return false }
    let batch = checks.take(batchLimit, bytes: PoolConfiguration.largestMessage)
    var request = RuntimeCheckTxBatchRequest()
    request.inputs = batch.map(\.bytes)
    (request.block, request.consensusBlock) = (dispatch.block, dispatch.consensusBlock)
    (request.epoch, request.maxMessages) = (dispatch.epoch, dispatch.maxMessages)
    do {
      let results = try await runtime.checkTransactions(request, within: configuration.checkTimeout).results ?? []
      guard results.count == batch.count else { throw WrongCount(results: results.count, inputs: batch.count) }
      batchLimit = min(batchLimit * 2, max(configuration.checkBatch, 1))
      finish(batch, results)
      return true
    } catch let error as CallError where error != .notReady {
      return divide(batch, error)
    } catch {
      log.warn("transaction batch check failed", ["err": "\(error)"])
      checks.putBack(batch)
      if !Task.isCancelled, !(error is CallError) { await runtime.abort() }
      return false
    }
  }

  private struct WrongCount: Error, CustomStringConvertible {
    let results: Int, inputs: Int
    var description: String { "runtime returned \(results) results for \(inputs) transactions" }
  }

  /// The runtime refused a whole batch. The reference repeats it for ever (sheet 00, 'wire'); here smaller batches find the culprit, which
  /// alone is refused.
  private func divide(_ batch: [PendingCheck], _ error: CallError) -> Bool {
    if batch.count == 1 {
      var result = CheckTxResult()
      result.error = error
      finish(batch, [result])
      return true
    }
    log.warn("transaction batch check failed", ["err": "\(error)", "batch_size": batch.count])
    checks.putBack(batch)
    batchLimit = max(batch.count / 2, 1)
    return true
  }

  private func finish(_ batch: [PendingCheck], _ results: [CheckTxResult]) {
    checks.finish(batch)
    var stateSequences: [[UInt8]: UInt64] = [:]
    var new: [PooledTransaction] = []
    defer {
      metrics?.checked(accepted: new.count, rejected: results.count { !$0.isSuccess })
      measure()
    }
    for (item, result) in zip(batch, results) {
      guard result.isSuccess else {
        log.debug("transaction check failed", ["tx_hash": item.hash.hex, "err": "\(result.error)"])
        rejected += 1
        seen.remove(item.hash)
        if item.isRecheck { main.remove(item.hash) }
        answer(item.waiter, .success(result))
        continue
      }
      if item.isDiscarded {
        answer(item.waiter, .success(result))
        continue
      }
      let metadata = result.metadata ?? CheckTxMetadata()
      let transaction = PooledTransaction(bytes: item.bytes, hash: item.hash, metadata: metadata)
      // Within a batch the first word on a sender counts: later transactions were checked on top of earlier ones.
      let sequence = stateSequences[transaction.sender] ?? metadata.senderStateSequence
      stateSequences[transaction.sender] = sequence
      if item.isRecheck {
        main.refresh(transaction, stateSequence: sequence)
        continue
      }
      do {
        try fits(item.bytes)  // the limit may have become known, or smaller, since it came
        try main.add(transaction, stateSequence: sequence)
        seen.note(item.hash, published: item.isLocal ? nil : .now)
        accepted += 1
        new.append(transaction)
        answer(item.waiter, .success(result))
      } catch {
        var refused = result
        refused.error = CallError(module: "txpool", code: 1, message: "\(error)")
        answer(item.waiter, .success(refused))
      }
    }
    guard !new.isEmpty else { return }
    added.send(new)
  }
}
