internal import AsyncValues
public import CommitteeWorker
internal import ConsensusApp
public import ConsensusService
public import MKVS
public import MKVSDatabase
internal import OasisCrypto
public import OasisTypes
public import RegistrationWorker
internal import RuntimeHost
public import RuntimeHistory
internal import RuntimeProtocol
public import Telemetry
public import TransactionPool

/// Serves the clients of one runtime: takes transactions, waits for their blocks, answers queries. Rule: sheet 08 §C6.
public actor ClientWorker {
  /// A transaction in a finalized block.
  public struct Included: Sendable, Hashable {
    public var output: [UInt8]
    public var round: UInt64
    public var batchOrder: UInt32
  }

  public nonisolated let runtimeID: Namespace
  let backend: any ConsensusBackend
  let committee: CommitteeWorker
  public nonisolated let pool: TransactionPool
  public nonisolated let history: RuntimeHistory
  public nonisolated let database: NodeDatabase
  private let observer: RoleProvider?
  private let log: Log
  private let sleep: @Sendable (Duration) async throws -> Void
  private let hostEvents: AsyncStream<RuntimeEvent>
  private var waiting: [Hash: [UInt64: CheckedContinuation<Included, any Error>]] = [:]
  private var nextWaiter: UInt64 = 0
  /// Blocks whose trees could not be read, oldest first.
  private var unread: [RootHash.Block] = []
  private var backoff = Backoff(from: .seconds(5), to: .seconds(60), growing: .half)
  private var retry: Task<Void, Never>?
  /// Blocks that are tried again at most.
  private static let mostUnread = 1024

  /// - Parameters:
  ///   - observer: the observer role of this runtime, in observer mode.
  ///   - sleep: waits before unreadable blocks are tried again.
  public init(
    runtimeID: Namespace, backend: any ConsensusBackend, committee: CommitteeWorker, pool: TransactionPool, history: RuntimeHistory,
    database: NodeDatabase, observer: RoleProvider? = nil, log: Log,
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    (self.runtimeID, self.backend, self.committee, self.pool) = (runtimeID, backend, committee, pool)
    (self.history, self.database, self.observer, self.sleep) = (history, database, observer, sleep)
    self.log = log.module("worker/client/committee").with(["runtime_id": "\(runtimeID)"])
    hostEvents = committee.host.events()
  }

  /// Looks for the transactions that are waited for in every new block, until the task is cancelled.
  public func run() async {
    let blocks = await history.syncedBlocks()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { for await annotated in blocks { if let block = annotated.block { await self.take(block) } } }
      if observer != nil { group.addTask { for await event in self.hostEvents { await self.hostDid(event) } } }
      await group.next()
      group.cancelAll()
    }
    retry?.cancel()
    for waiters in waiting.values { for waiter in waiters.values { waiter.resume(throwing: CancellationError()) } }
    waiting = [:]
  }

  private func hostDid(_ event: RuntimeEvent) async {
    switch event {
    case .started, .configurationUpdated:
      guard await (try? committee.host.information()) != nil else { return }
      observer?.setAvailable { [committee] node in node.runtimes = (node.runtimes ?? []) + (await committee.registrations()) }
    case .failedToStart, .stopped: observer?.setUnavailable()
    }
  }

  // MARK: - Blocks

  private func take(_ block: RootHash.Block) async {
    unread.append(block)
    if unread.count > Self.mostUnread { unread.removeFirst() }
    await settleAll()
  }

  /// Looks into all blocks that have not been read; those that cannot be read are tried again later, with growing delay.
  private func settleAll() async {
    let blocks = unread
    unread = []
    var failed: [RootHash.Block] = []
    for block in blocks {
      do { try await settle(block) } catch {
        log.error(
          "failed to look for transactions in a block, it is tried again", ["round": block.header.round, "err": "\(error)"])
        failed.append(block)
      }
    }
    unread = failed + unread
    guard !failed.isEmpty else {
      if unread.isEmpty { backoff.reset() }
      return
    }
    guard retry == nil else { return }
    let delay = backoff.next()
    retry = Task {
      guard (try? await sleep(delay)) != nil, !Task.isCancelled else { return }
      retry = nil
      await settleAll()
    }
  }

  private func settle(_ block: RootHash.Block) async throws {
    guard block.header.ioRoot != .empty, !waiting.isEmpty else { return }
    let found = try ioTree(of: block).transactions(Array(waiting.keys))
    guard !found.isEmpty else { return }
    for (hash, transaction) in found {
      let included = Included(
        output: transaction.output ?? [], round: block.header.round, batchOrder: transaction.batchOrder)
      for waiter in (waiting.removeValue(forKey: hash) ?? [:]).values { waiter.resume(returning: included) }
    }
    await pool.used(Array(found.keys))
  }

  // MARK: - Transactions

  /// Whether the version in force is among this node's bundles.
  public func isHosted() async -> Bool { await committee.hasVersion }

  /// Has the runtime check a transaction and forgets it; throws the runtime's refusal as ``RuntimeProtocol/CallError``.
  public func check(_ transaction: [UInt8]) async throws {
    let result = try await pool.submit(transaction, discard: true)
    guard result.isSuccess else { throw result.error }
  }

  /// Has a transaction checked and puts it into the pool.
  public func submit(_ transaction: [UInt8]) async throws {
    let result = try await pool.submit(transaction)
    guard result.isSuccess else { throw result.error }
  }

  /// The same, and waits until a block holds the transaction.
  public func submitAndWait(_ transaction: [UInt8]) async throws -> Included {
    let hash = Hash.digest(transaction)
    nextWaiter += 1
    let number = nextWaiter
    // Listening begins before the pool has it, so that no block is missed.
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Included, any Error>) in
        if Task.isCancelled { return continuation.resume(throwing: CancellationError()) }  // its handler found nothing to wake
        waiting[hash, default: [:]][number] = continuation
        Task {
          do { try await self.submit(transaction) } catch { self.give(up: number, on: hash, error) }
        }
      }
    } onCancel: {
      Task { await self.give(up: number, on: hash, CancellationError()) }
    }
  }

  private func give(up number: UInt64, on hash: Hash, _ error: any Error) {
    waiting[hash]?.removeValue(forKey: number)?.resume(throwing: error)
    if waiting[hash]?.isEmpty == true { waiting[hash] = nil }
  }

  // MARK: - Reading

  /// The block of a round that is stored here; the largest number stands for the latest.
  public func block(round: UInt64) async throws -> RootHash.AnnotatedBlock {
    round == .max ? try await history.latestBlock() : try await history.block(round: round)
  }

  /// The oldest block whose state is still here: the first of the history, or of storage where that begins later.
  ///
  /// - Throws: `roothash`/2 before the first.
  public func lastRetainedBlock() async throws -> RootHash.AnnotatedBlock {
    guard let earliest = try await history.earliestBlock() else { throw RootHash.Failure(.notFound) }
    guard database.latestVersion != nil, let round = earliest.block?.header.round, database.earliestVersion > round else { return earliest }
    return try await history.committedBlock(round: database.earliestVersion)
  }

  /// Reads the I/O tree of a round.
  public func readIO<Answer: Sendable>(round: UInt64, _ body: @Sendable (IOTree) throws -> Answer) async throws -> Answer {
    guard let block = try await block(round: round).block else { throw CallError.unknown("round \(round) has no block") }
    return try body(try ioTree(of: block))
  }

  private func ioTree(of block: RootHash.Block) throws -> IOTree {
    let header = block.header
    let root = Root(namespace: header.namespace, version: header.round, type: .io, hash: header.ioRoot)
    return IOTree(try Tree(store: database, root: root))
  }

  /// Asks the main component about the state of a round; arguments and answer are CBOR.
  public func query(round: UInt64, method: String, arguments: [UInt8]) async throws -> [UInt8] {
    let annotated = try await block(round: round)
    guard let block = annotated.block else { throw CallError.unknown("round \(round) has no block") }
    let id = runtimeID
    var request = RuntimeQueryRequest()
    (request.header, request.method, request.arguments) = (block.header, method, arguments)
    request.consensusBlock = try await backend.lightBlock(at: annotated.height)
    request.maxMessages = try await backend.query(at: 0) { try RootHashState($0).runtime(id)?.runtime?.executor.maxMessages ?? 0 }
    request.epoch = try await backend.query(at: annotated.height) { try EpochState.current.get($0)?.epoch ?? 0 }
    let body = try await committee.host.call(.runtimeQueryRequest(request), within: nil)
    guard case .runtimeQueryResponse(let response) = body else { throw CallError.dispatch("runtime answered a query with \(body.name)") }
    return response.data
  }
}
