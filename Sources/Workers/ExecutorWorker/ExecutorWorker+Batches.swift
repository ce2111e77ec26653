internal import AsyncValues
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
  /// One call of the runtime at a time: a new one starts when the one before has ended, also if nobody waits for it any more. A run that
  /// was given up while it waited does not begin.
  func call(_ run: ExecutorMachine.Run, _ dispatch: Dispatch, _ body: @escaping @Sendable () async throws -> ComputedRound?) {
    let previous = lastCall
    let round = dispatch.block.header.round &+ 1
    lastCall = Task { [inbox, log] in
      await previous?.value
      guard machine.isCurrent(run), !Task.isCancelled else { return }
      do {
        if let computed = try await body() {
          log.info("worker has finished processing a batch", ["round": round, "batch_size": computed.transactions.count])
          await inbox.send(.computed(run, computed))
        } else {
          await inbox.send(.machine(.nothingScheduled(run), round: round))
        }
      } catch {
        if machine.isCurrent(run), !Task.isCancelled { log.error("runtime batch execution failed", ["round": round, "err": "\(error)"]) }
        await inbox.send(.machine(.failed(run), round: round))
      }
    }
  }

  /// Builds a batch from the pool and lets the runtime choose and execute; nil where there is nothing to do. Rule: sheet 08 §C4.4.
  func schedule(_ run: ExecutorMachine.Run, _ dispatch: Dispatch, force: Bool) async throws -> ComputedRound? {
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
    var request = try await self.request(.schedule, run, dispatch)
    request.inputs = batch.map(\.bytes)
    let response = try await execute(request, dispatch)
    log.info(
      "runtime has finished scheduling a batch",
      ["input_root": response.inputRoot.description, "batch_size": response.transactionHashes.count])
    await pool.reject(response.rejectedHashes)
    let missing = await pool.promote(response.transactionHashes).missing
    guard missing.isEmpty else { throw BatchError(description: "runtime scheduled \(missing.count) transactions that nobody gave it") }
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
  func execute(_ run: ExecutorMachine.Run, _ dispatch: Dispatch, _ proposal: RootHash.Proposal) async throws -> ComputedRound? {
    var request = try await self.request(.execute, run, dispatch)
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

  private func request(
    _ mode: RuntimeProtocol.ExecutionMode, _ run: ExecutorMachine.Run, _ dispatch: Dispatch
  ) async throws -> RuntimeExecuteTxBatchRequest {
    try await waitForStorage(of: dispatch.block.header.round, run)
    var request = RuntimeExecuteTxBatchRequest(mode: mode)
    (request.consensusBlock, request.roundResults) = (dispatch.lightBlock, dispatch.roundResults)
    (request.incomingMessages, request.block) = (dispatch.incomingMessages, dispatch.block)
    (request.epoch, request.maxMessages) = (dispatch.epoch, dispatch.descriptor.executor.maxMessages)
    return request
  }

  /// Waits until the trees of a round are there; giving up the run ends the wait.
  private func waitForStorage(of round: UInt64, _ run: ExecutorMachine.Run) async throws {
    let wait = Task { [history] in try await history.waitSynced(round: round) }
    storageWaits[run] = wait
    defer { storageWaits[run] = nil }
    if !machine.isCurrent(run) { wait.cancel() }
    try await withTaskCancellationHandler {
      try await wait.value
    } onCancel: {
      wait.cancel()
    }
  }

  /// At most three propose timeouts; then the runtime is told to give up, which restarts it where it does not listen.
  private func execute(
    _ request: RuntimeExecuteTxBatchRequest, _ dispatch: Dispatch
  ) async throws -> RuntimeExecuteTxBatchResponse {
    let limit = Duration.nanoseconds(max(1, dispatch.state.runtime?.transactionScheduler.proposeBatchTimeout ?? 0)) * 3
    let body: Body
    let began = ContinuousClock.now
    do { body = try await committee.host.call(.runtimeExecuteTxBatchRequest(request), within: limit) } catch {
      if !Task.isCancelled { log.error("error while sending batch processing request to runtime", ["err": "\(error)"]) }
      if error as? ConnectionError == .timedOut { await committee.host.abort(force: false) }
      throw error
    }
    metrics?.called(after: .now - began)
    guard case .runtimeExecuteTxBatchResponse(let response) = body else {
      throw BatchError(description: "runtime answered a batch with \(body.name)")
    }
    guard response.batch.header.isBased(on: dispatch.block) else {
      throw BatchError(
        description: "runtime computed round \(response.batch.header.round), asked for \(dispatch.block.header.round &+ 1)")
    }
    return response
  }
}

// MARK: - Commitments

extension ExecutorWorker {
  /// Stores the results, signs proposal and commitment, and hands them to the peers and to the consensus layer. Rule: sheet 08 §C4.5,
  /// results 1 to 5; other than there, nothing leaves the node before the journal has it, the proposal included.
  ///
  /// All of it happens within one event, so that no newer round or better proposal comes in between.
  func commit(_ run: ExecutorMachine.Run, rank: UInt64, _ computed: ComputedRound, _ dispatch: Dispatch) async {
    var computed = computed
    let round = computed.header.round
    do {
      if computed.failure == .none {
        let began = ContinuousClock.now
        do { try store(computed, dispatch) } catch {
          log.error("storage failure, submitting failed round", ["round": round, "err": "\(error)"])
          computed.failure = .unknown
        }
        metrics?.stored(after: .now - began)
      }
      let commitment = try commitment(computed)
      var entry = CommitmentJournal.Entry()
      (entry.round, entry.previous, entry.rank, entry.commitment) = (round, dispatch.block.header.hash, rank, commitment)
      if computed.failure == .none, var proposal = computed.proposal {
        try proposal.sign(with: node, runtime: runtimeID, chainContext: backend.chainContext)
        entry.proposal = proposal
      }
      try journal.note(entry)
      if let proposal = entry.proposal { await peers.publish(proposal, epoch: dispatch.committee?.validFor ?? dispatch.epoch) }
      submit(commitment, transactions: computed.transactions.count)
    } catch {
      log.error("failed to commit to a round", ["round": round, "err": "\(error)"])
      return await handle(.failed(run))
    }
    committedAt = .now
    metrics?.committed(computed.transactions.count)
    let batch = computed.failure == .none ? computed.header.ioRoot : nil
    await handle(.committedOwn(run, batch: batch.map { .init(ioRoot: $0, transactions: computed.transactions) }))
  }

  private func commitment(_ computed: ComputedRound) throws -> RootHash.ExecutorCommitment {
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
    return commitment
  }

  /// Submits a commitment for as long as its round lasts; what comes of it is only logged.
  func submit(_ commitment: RootHash.ExecutorCommitment, transactions: Int) {
    let body = RootHash.ExecutorCommit(id: runtimeID, commits: [commitment])
    let round = commitment.header.header.round
    let task = Task { [submission, node, log] in
      do {
        try await submission.submit("roothash.ExecutorCommit", body, signer: node)
        log.info("executor commit finalized", ["round": round, "batch_size": transactions])
      } catch {
        // A cancelled one was overtaken by its round's end, mostly by its own success; or the node stops.
        if Task.isCancelled || error is CancellationError {
          return log.debug("executor commit dropped, its round is over", ["round": round])
        }
        log.error("failed to submit executor commit", ["round": round, "err": "\(error)"])
      }
    }
    submissions.append(task)
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
