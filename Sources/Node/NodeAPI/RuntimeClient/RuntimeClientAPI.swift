internal import Bytes
internal import CBOR
internal import ConsensusApp
public import ConsensusService
public import GRPC
internal import MKVS
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// Transactions, blocks and queries of ParaTimes for their clients. Rule: sheet 08 C6.
public struct RuntimeClientAPI: APIService {
  private let consensus: any ConsensusBackend
  private let runtimes: [Namespace: any RuntimeClientBackend]

  public init(_ consensus: any ConsensusBackend, runtimes: [any RuntimeClientBackend]) {
    self.consensus = consensus
    self.runtimes = Dictionary(runtimes.map { ($0.runtimeID, $0) }) { first, _ in first }
  }

  public var methods: [GRPCMethod] { transactions + blocks + queries }

  /// A runtime whose blocks the node has.
  private func known(_ id: Namespace) throws -> any RuntimeClientBackend {
    guard let runtime = runtimes[id] else { throw CodedError.uncoded("runtime/registry: runtime \(id.hex) not found") }
    return runtime
  }

  /// A runtime that can answer by itself.
  private func hosted(_ id: Namespace) async throws -> any RuntimeClientBackend {
    guard let runtime = runtimes[id], await runtime.isHosted() else { throw RuntimeClient.noHostedRuntime }
    return runtime
  }

  private func accepting(_ id: Namespace) async throws -> any RuntimeClientBackend {
    let runtime = try await hosted(id)
    guard await consensus.isSynced() else { throw RuntimeClient.notSynced }
    return runtime
  }

  /// A refusal of the runtime as an error of this service.
  private func checked<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
    do { return try await body() } catch let failure as RuntimeCheckFailure { throw RuntimeClient.checkFailed.detailed("\(failure)") }
  }

  private var transactions: [GRPCMethod] {
    let table = MethodTable("RuntimeClient")
    return [
      table.answer("SubmitTx") { (submission: RuntimeClient.Submission) in
        let runtime = try await accepting(submission.runtimeID)
        return try await checked { try await runtime.submitAndWait(submission.data ?? []).output }
      },
      table.answer("SubmitTxMeta") { (submission: RuntimeClient.Submission) in
        let runtime = try await accepting(submission.runtimeID)
        var result = RuntimeClient.SubmissionResult()
        do {
          let included = try await runtime.submitAndWait(submission.data ?? [])
          (result.data, result.round, result.batchOrder) = (included.output, included.round, included.batchOrder)
        } catch let failure as RuntimeCheckFailure { result.checkError = RuntimeClient.CheckError(failure) }
        return result
      },
      table.take("SubmitTxNoWait") { (submission: RuntimeClient.Submission) in
        let runtime = try await accepting(submission.runtimeID)
        try await checked { try await runtime.submit(submission.data ?? []) }
      },
      table.take("CheckTx") { (submission: RuntimeClient.Submission) in
        let runtime = try await accepting(submission.runtimeID)
        try await checked { try await runtime.check(submission.data ?? []) }
      },
      table.answer("GetUnconfirmedTransactions") { (id: Namespace) in
        guard let runtime = runtimes[id] else { throw RuntimeClient.notFound }
        return try await runtime.unconfirmedTransactions()
      },
    ]
  }

  private var blocks: [GRPCMethod] {
    let table = MethodTable("RuntimeClient")
    return [
      table.answer("GetBlock") { (request: RuntimeClient.RoundRequest) in
        let runtime = try known(request.runtimeID)
        return try await notFoundStatus { try await runtime.block(round: request.round) }
      },
      table.answer("GetGenesisBlock") { (id: Namespace) in try await consensus.read(0) { try RootHashQueries($0).genesisBlock(id) } },
      table.answer("GetLastRetainedBlock") { (id: Namespace) in try await known(id).lastRetainedBlock() },
      table.answer("GetTransactions") { (request: RuntimeClient.RoundRequest) in
        try await known(request.runtimeID).readIO(round: request.round) { try $0.transactions().map(\.input) }
      },
      table.answer("GetTransactionsWithResults") { (request: RuntimeClient.RoundRequest) in
        try await known(request.runtimeID).readIO(round: request.round) { tree in
          let events = Dictionary(grouping: try tree.tags(), by: \.transaction)
          return try tree.transactions().map { transaction in
            var item = RuntimeClient.TransactionWithResults()
            (item.transaction, item.result) = (transaction.input, transaction.output)
            item.events = (events[transaction.hash] ?? []).map { RuntimeClient.PlainEvent(key: $0.key, value: $0.value) }
            return item
          }.nilIfEmpty
        }
      },
      table.answer("GetEvents") { (request: RuntimeClient.RoundRequest) in
        try await known(request.runtimeID).readIO(round: request.round) { tree in
          try tree.tags().map { RuntimeClient.Event(key: $0.key, value: $0.value, transactionHash: $0.transaction) }
        }
      },
      table.stream("WatchBlocks") { (id: Namespace, send: Sink<RootHash.AnnotatedBlock>) in
        try await watch(try known(id), send)
      },
    ]
  }

  /// Sends every block, in the order of rounds. A client that reads slowly makes the runtime's stream lose blocks: those are read from
  /// the history, as far as it still has them.
  private func watch(_ runtime: any RuntimeClientBackend, _ send: Sink<RootHash.AnnotatedBlock>) async throws {
    var last: UInt64?
    for await block in try await runtime.blocks() {
      guard let round = block.block?.header.round else { continue }
      if let last {
        guard round > last else { continue }  // sent already
        try await sendMissed(after: last, before: round, of: runtime, send)
      }
      try await send(block)
      last = round
    }
  }

  private func sendMissed(
    after last: UInt64, before end: UInt64, of runtime: any RuntimeClientBackend, _ send: Sink<RootHash.AnnotatedBlock>
  ) async throws {
    var round = last + 1  // at most `end`
    while round < end {
      try Task.checkCancellation()
      let block: RootHash.AnnotatedBlock
      do { block = try await runtime.annotatedBlock(round: round) } catch {
        guard isNotFound(APIErrors.coded(error)) else { throw error }
        // Pruned meanwhile: go on where the history begins now.
        let oldest = (try? await runtime.lastRetainedBlock().header.round) ?? 0
        round = max(round + 1, min(oldest, end))
        continue
      }
      try await send(block)
      round += 1
    }
  }

  private var queries: [GRPCMethod] {
    let table = MethodTable("RuntimeClient")
    return [
      table.answer("Query") { (query: RuntimeClient.Query) in
        let runtime = try await hosted(query.runtimeID)
        return try await notFoundStatus("client: failed to fetch annotated block from history") {
          RuntimeClient.QueryResult(
            try await runtime.query(query.component, round: query.round, method: query.method, arguments: query.arguments))
        }
      },
      table.answer("StateSyncGet") { (request: GetRequest) in try await known(request.tree.root.namespace).syncGet(request) },
      table.answer("StateSyncGetPrefixes") { (request: GetPrefixesRequest) in
        try await known(request.tree.root.namespace).syncGetPrefixes(request)
      },
      table.answer("StateSyncIterate") { (request: IterateRequest) in try await known(request.tree.root.namespace).syncIterate(request) },
    ]
  }

  private func isNotFound(_ error: CodedError) -> Bool { error.isSame(as: CodedError(RootHash.Failure(.notFound))) }

  /// A block that is not there has a status of its own (sheet 09 §5.2).
  private func notFoundStatus<Answer>(_ context: String? = nil, _ body: () async throws -> Answer) async throws -> Answer {
    do { return try await body() } catch {
      let coded = APIErrors.coded(error)
      guard isNotFound(coded) else { throw error }
      throw APIErrors.status(.notFound, context.map { coded.text.hasPrefix($0) ? coded : coded.wrapped($0) } ?? coded)
    }
  }
}
