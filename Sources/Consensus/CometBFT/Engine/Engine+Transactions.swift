/// A transaction in a block.
public struct TransactionResult: Hashable, Sendable {
  public var height: Int64
  /// Its place in the block.
  public var index: Int
  public var response: DeliverTransactionResponse
}

/// What became of a submitted transaction.
public enum SubmissionOutcome: Hashable, Sendable {
  /// The application did not let it into the pool.
  case refused(CheckTransactionResponse)
  /// It was in the pool, but a later check threw it out.
  case dropped(CheckTransactionResponse)
  /// It was in the pool, but made room there for better ones.
  case evicted
  /// It is in a block; its result may still be a failure.
  case included(TransactionResult)
}

extension Engine {
  /// Checks a transaction and puts it into the pool. The application's refusal is in the answer; the pool's own is an error
  /// (``EngineError/refused(_:)``).
  public func submit(_ transaction: [UInt8]) throws(EngineError) -> CheckTransactionResponse {
    if isStopped { throw .stopped }
    let response = try mempool.check(transaction, application: application)
    tellDropped()
    if response.isAccepted { announceTransactions() }
    return response
  }

  /// Submits a transaction and waits until it is in a block or thrown out.
  /// - Throws: as `submit`; ``EngineError/stopped`` when the engine stops first; `CancellationError` when the task is cancelled.
  public func submitAndWait(_ transaction: [UInt8]) async throws -> SubmissionOutcome {
    let response = try submit(transaction)
    if !response.isAccepted { return .refused(response) }
    let key = transactionKey(transaction)
    let number = waiters.nextNumber()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        if Task.isCancelled { continuation.resume(throwing: CancellationError()) } else { waiters.add(number, key, continuation) }
      }
    } onCancel: {
      Task { await self.cancelWaiter(number) }
    }
  }

  /// Asks the application something between two of the engine's own calls; it must not be changed.
  public func ask<Answer: Sendable>(_ question: @Sendable (any Application) throws -> Answer) rethrows -> Answer {
    try question(application)
  }

  /// Answers those who wait for what left the pool without a block.
  func tellDropped() {
    for dropped in mempool.takeDropped() { waiters.resolve(dropped.key, dropped.outcome) }
  }

  private func cancelWaiter(_ number: Int) { waiters.cancel(number) }

  /// Transactions in the pool: how many, and their bytes.
  public var pool: (count: Int, bytes: Int64) { (mempool.count, mempool.byteCount) }

  /// All transactions in the pool, in the order of arrival.
  public var pooledTransactions: [[UInt8]] { mempool.transactions }
}

/// Those who wait for transactions.
struct TransactionWaiters {
  private struct Waiter {
    let key: [UInt8]
    let continuation: CheckedContinuation<SubmissionOutcome, any Error>
  }
  private var waiters: [Int: Waiter] = [:]
  private var numbers: [[UInt8]: [Int]] = [:]
  private var last = 0

  mutating func nextNumber() -> Int {
    last += 1
    return last
  }

  mutating func add(_ number: Int, _ key: [UInt8], _ continuation: CheckedContinuation<SubmissionOutcome, any Error>) {
    waiters[number] = Waiter(key: key, continuation: continuation)
    numbers[key, default: []].append(number)
  }

  private mutating func take(_ key: [UInt8]) -> [Waiter] {
    (numbers.removeValue(forKey: key) ?? []).compactMap { waiters.removeValue(forKey: $0) }
  }

  mutating func resolve(_ block: NewBlock) {
    guard !waiters.isEmpty else { return }
    for (index, transaction) in block.block.data.transactions.enumerated() where index < block.responses.deliverTransactions.count {
      let result = TransactionResult(height: block.height, index: index, response: block.responses.deliverTransactions[index])
      for waiter in take(transactionKey(transaction)) { waiter.continuation.resume(returning: .included(result)) }
    }
  }

  mutating func resolve(_ key: [UInt8], _ outcome: SubmissionOutcome) {
    for waiter in take(key) { waiter.continuation.resume(returning: outcome) }
  }

  /// Whether nobody waits, and nothing is kept of those who did.
  var isEmpty: Bool { waiters.isEmpty && numbers.isEmpty }

  mutating func cancel(_ number: Int) {
    guard let waiter = waiters.removeValue(forKey: number) else { return }
    numbers[waiter.key]?.removeAll { $0 == number }
    if numbers[waiter.key]?.isEmpty == true { numbers[waiter.key] = nil }
    waiter.continuation.resume(throwing: CancellationError())
  }

  mutating func failAll(_ error: EngineError) {
    let all = waiters.values
    (waiters, numbers) = ([:], [:])
    for waiter in all { waiter.continuation.resume(throwing: error) }
  }
}
