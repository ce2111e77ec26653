internal import Bytes
internal import CommitteeWorker
internal import ConsensusApp
internal import ConsensusService
internal import MKVS
internal import MKVSDatabase
internal import OasisCrypto
internal import OasisTypes
internal import RuntimeHost
internal import RuntimeHistory
internal import RuntimeProtocol
internal import Telemetry
internal import TransactionPool

/// What the runtime computed for a round, on its way to a commitment.
struct ComputedRound: Sendable {
  var schedulerID: PublicKey
  var header: RootHash.ComputeResultsHeader
  var failure = RootHash.CommitmentFailure.none
  var rakSignature: Signature?
  var messages: [RootHash.Message] = []
  /// From the empty tree to the I/O tree, and from the old state to the new.
  var ioWriteLog = WriteLog()
  var stateWriteLog = WriteLog()
  var transactions: [Hash] = []
  /// Set where this node proposed the batch.
  var proposal: RootHash.Proposal?

  /// A commitment that says: no results for this proposal.
  static func failure(of proposal: RootHash.Proposal, round: UInt64, previous: Hash) -> ComputedRound {
    var header = RootHash.ComputeResultsHeader()
    (header.round, header.previousHash) = (round, previous)
    return ComputedRound(schedulerID: proposal.nodeID, header: header, failure: .unknown)
  }
}

/// What a batch execution could not do.
struct BatchError: Error, CustomStringConvertible {
  let description: String
}

extension ExecutorWorker {
  /// Builds a batch from the pool and lets the runtime choose and execute; nil where there is nothing to do. Rule: sheet 08 §C4.4.
  func schedule(_ dispatch: Dispatch, force: Bool) async throws -> ComputedRound? {
    let latest = await backend.latestHeight()
    let future = try await backend.query(at: latest) { try BeaconState($0).futureEpoch() }
    if future?.height == latest + 1 { return nil }
    guard let control = try? await committee.host.information().features.scheduleControl else { return nil }
    let limit = Int(clamping: control.initialBatchSize)
    // Clients whose transactions the last block brought send their next ones now: without a moment for them, the first to come would be
    // a batch of its own, and the others wait for another round.
    if !force, 1..<limit ~= (await pool.sizes.schedule) { try await Task.sleep(for: Self.gathering(dispatch.descriptor)) }
    let batch = await pool.schedule(limit: limit)
    let state = dispatch.state
    guard
      force || !batch.isEmpty || !dispatch.roundResults.messages.isEmpty || !dispatch.incomingMessages.isEmpty
        || state.lastNormalRound == state.genesisBlock?.header.round
    else { return nil }
    var request = try await self.request(.schedule, dispatch)
    request.inputs = batch.map(\.bytes)
    let response = try await execute(request, dispatch)
    await pool.reject(response.rejectedHashes)
    _ = await pool.promote(response.transactionHashes)
    var proposal = RootHash.Proposal()
    proposal.nodeID = node.publicKey
    proposal.header.round = dispatch.block.header.round &+ 1
    (proposal.header.previousHash, proposal.header.batchHash) = (dispatch.block.header.hash, response.inputRoot)
    proposal.batch = response.transactionHashes
    var computed = ComputedRound(schedulerID: node.publicKey, header: response.batch.header)
    (computed.messages, computed.transactions, computed.proposal) = (response.batch.messages ?? [], response.transactionHashes, proposal)
    (computed.ioWriteLog, computed.stateWriteLog) = (response.inputWriteLog + response.batch.ioWriteLog, response.batch.stateWriteLog)
    computed.rakSignature = response.batch.rakSignature
    return computed
  }

  /// How long a batch that is not full waits for more at the beginning of a round.
  private static func gathering(_ descriptor: Registry.Runtime) -> Duration {
    min(.milliseconds(50), .nanoseconds(max(0, descriptor.transactionScheduler.batchFlushTimeout)) / 4)
  }

  /// Lets the runtime execute another scheduler's batch. Rule: sheet 08 §C4.5.
  func execute(_ dispatch: Dispatch, _ proposal: RootHash.Proposal, rank: UInt64) async throws -> ComputedRound? {
    var request = try await self.request(.execute, dispatch)
    request.ioRoot = proposal.header.batchHash
    request.inputs = try await pool.batch(proposal.batch).map { bytes throws in
      guard let bytes else { throw BatchError(description: "a transaction of the proposal was lost") }
      return bytes
    }
    let response = try await execute(request, dispatch)
    var computed = ComputedRound(schedulerID: proposal.nodeID, header: response.batch.header)
    (computed.ioWriteLog, computed.stateWriteLog) = (response.inputWriteLog + response.batch.ioWriteLog, response.batch.stateWriteLog)
    (computed.rakSignature, computed.transactions) = (response.batch.rakSignature, proposal.batch)
    return computed
  }

  private func request(_ mode: RuntimeProtocol.ExecutionMode, _ dispatch: Dispatch) async throws -> RuntimeExecuteTxBatchRequest {
    try await history.waitSynced(round: dispatch.block.header.round)
    var request = RuntimeExecuteTxBatchRequest(mode: mode)
    (request.consensusBlock, request.roundResults) = (dispatch.lightBlock, dispatch.roundResults)
    (request.incomingMessages, request.block) = (dispatch.incomingMessages, dispatch.block)
    (request.epoch, request.maxMessages) = (dispatch.epoch, dispatch.descriptor.executor.maxMessages)
    return request
  }

  /// At most three propose timeouts; then the runtime is told to give up, which restarts it where it does not listen.
  private func execute(
    _ request: RuntimeExecuteTxBatchRequest, _ dispatch: Dispatch
  ) async throws -> RuntimeExecuteTxBatchResponse {
    let limit = Duration.nanoseconds(max(1, dispatch.state.runtime?.transactionScheduler.proposeBatchTimeout ?? 0)) * 3
    let body: Body
    do { body = try await committee.host.call(.runtimeExecuteTxBatchRequest(request), within: limit) } catch let error as ConnectionError {
      if error == .timedOut { await committee.host.abort(force: false) }
      throw error
    }
    guard case .runtimeExecuteTxBatchResponse(let response) = body else {
      throw BatchError(description: "runtime answered a batch with \(body.name)")
    }
    guard response.batch.header.isBased(on: dispatch.block) else {
      throw BatchError(
        description: "runtime computed round \(response.batch.header.round), asked for \(dispatch.block.header.round &+ 1)")
    }
    return response
  }

  /// Stores the results, then signs the commitment and hands it to the consensus layer. Rule: sheet 08 §C4.5, results 3 to 5.
  func commit(_ computed: ComputedRound, _ dispatch: Dispatch) async throws {
    var computed = computed
    if computed.failure == .none {
      do { try store(computed, dispatch) } catch {
        log.error("storage failure, submitting failed round", ["err": "\(error)"])
        computed.failure = .unknown
      }
    }
    var commitment = RootHash.ExecutorCommitment()
    commitment.nodeID = node.publicKey
    (commitment.header.schedulerID, commitment.header.header) = (computed.schedulerID, computed.header)
    if computed.failure == .none {
      commitment.header.rakSignature = computed.rakSignature
      if computed.schedulerID == node.publicKey { commitment.messages = computed.messages }
    } else {
      commitment.header.setFailure(computed.failure)
    }
    try commitment.sign(with: node, runtime: runtimeID, chainContext: backend.chainContext)
    let body = RootHash.ExecutorCommit(id: runtimeID, commits: [commitment])
    let round = computed.header.round
    Task { [submission, node, log] in
      do {
        try await submission.submit("roothash.ExecutorCommit", body, signer: node)
        log.info("executor commit finalized", ["round": round, "batch_size": computed.transactions.count])
      } catch is CancellationError {  // the node stops
      } catch {
        log.error("failed to submit executor commit", ["round": round, "err": "\(error)"])
      }
    }
  }

  /// Both trees of the round, durable before anything is signed.
  private func store(_ computed: ComputedRound, _ dispatch: Dispatch) throws {
    guard let ioRoot = computed.header.ioRoot, let stateRoot = computed.header.stateRoot else {
      throw BatchError(description: "runtime gave no roots")
    }
    let round = computed.header.round
    var io = ApplyRequest()
    (io.namespace, io.rootType, io.sourceRound, io.sourceRoot) = (runtimeID, .io, round, .empty)
    (io.destinationRound, io.destinationRoot, io.writeLog) = (round, ioRoot, computed.ioWriteLog)
    try database.apply(io)
    var state = ApplyRequest()
    (state.namespace, state.rootType) = (runtimeID, .state)
    (state.sourceRound, state.sourceRoot) = (dispatch.block.header.round, dispatch.block.header.stateRoot)
    (state.destinationRound, state.destinationRoot, state.writeLog) = (round, stateRoot, computed.stateWriteLog)
    try database.apply(state)
    try database.sync()
  }
}
