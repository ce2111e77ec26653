public import CommitteeWorker
public import ConsensusService
public import MKVS
public import MKVSDatabase
internal import OasisCrypto
public import OasisTypes
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
  private let committee: CommitteeWorker
  public nonisolated let pool: TransactionPool
  public nonisolated let history: RuntimeHistory
  public nonisolated let database: NodeDatabase
  private let log: Log
  private var waiting: [Hash: [UInt64: CheckedContinuation<Included, any Error>]] = [:]
  private var nextWaiter: UInt64 = 0

  public init(
    runtimeID: Namespace, backend: any ConsensusBackend, committee: CommitteeWorker, pool: TransactionPool, history: RuntimeHistory,
    database: NodeDatabase, log: Log
  ) {
    (self.runtimeID, self.backend, self.committee, self.pool) = (runtimeID, backend, committee, pool)
    (self.history, self.database) = (history, database)
    self.log = log.module("worker/client/committee").with(["runtime_id": "\(runtimeID)"])
  }

  /// Looks for the transactions that are waited for in every new block, until the task is cancelled.
  public func run() async {
    for await annotated in await history.syncedBlocks() {
      guard let block = annotated.block else { continue }
      do { try await settle(block) } catch {
        log.error("failed to look for transactions in a block", ["round": block.header.round, "err": "\(error)"])
      }
    }
    for waiters in waiting.values { for waiter in waiters.values { waiter.resume(throwing: CancellationError()) } }
    waiting = [:]
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

  /// Whether the active version is hosted here.
  public func isHosted() async -> Bool { await !committee.registrableVersions().isEmpty }

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
    var request = RuntimeQueryRequest()
    (request.header, request.method, request.arguments) = (block.header, method, arguments)
    request.consensusBlock = try await backend.lightBlock(at: annotated.height)
    request.maxMessages = await committee.latest?.descriptor.executor.maxMessages ?? 0
    request.epoch = try await epoch(at: annotated.height)
    let body = try await committee.host.call(.runtimeQueryRequest(request))
    guard case .runtimeQueryResponse(let response) = body else { throw CallError.dispatch("runtime answered a query with \(body.name)") }
    return response.data
  }
}
