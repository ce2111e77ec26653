internal import Bytes
internal import OasisCrypto
internal import OasisTypes

extension RootHashService {
  /// The runtime's state if commitments can be taken (sheet 05 §C.13).
  func activeRuntime(_ state: RootHashState, _ id: Namespace) throws -> (runtime: ActiveRuntime, committee: Committee, pool: RootHash.Pool)
  {
    guard let stored = try state.runtime(id) else { throw AppError.rootHash(.invalidRuntime) }
    if stored.suspended { throw AppError.rootHash(.runtimeSuspended) }
    guard let committee = stored.committee else { throw AppError.rootHash(.noCommittee) }
    guard let pool = stored.commitmentPool else { throw AppError.rootHash(.noExecutorPool) }
    return (try ActiveRuntime(stored), committee, pool)
  }

  /// Finalizes the runtime's round if the votes allow it, or fails it (sheet 05 §C.15). Every error is fatal for the block.
  func tryFinalizeRound(_ context: Context, _ id: Namespace, isTimeout: Bool) throws {
    try context.transaction { inner in
      let state = RootHashState(inner.state)
      var round: Round
      do { round = try Round(inner, try activeRuntime(state, id)) } catch let error as AppError {
        throw StateError("roothash: failed to get runtime state of \(id.hex): \(error)")
      }
      try process(inner, &round, isTimeout: isTimeout)
      try state.setRuntime(round.runtime)
    }
  }

  /// A round in progress with the parts of the runtime's state that it changes.
  struct Round {
    var runtime: ActiveRuntime
    let committee: Committee
    var pool: RootHash.Pool
    var statistics: RootHash.LivenessStatistics

    init(_ context: Context, _ active: (runtime: ActiveRuntime, committee: Committee, pool: RootHash.Pool)) throws {
      (runtime, committee, pool) = active
      statistics = runtime.value.livenessStatistics ?? RootHash.LivenessStatistics(members: committee.members?.count ?? 0)
    }

    /// The number of the round.
    var number: UInt64 { runtime.lastBlock.header.round &+ 1 }

    /// Position of the scheduler of rank 0.
    func firstScheduler() throws -> Int {
      guard let index = committee.schedulerIndex(round: number, rank: 0) else {
        throw StateError("roothash: no workers in the committee of runtime \(runtime.id.hex)")
      }
      return index
    }

    /// Puts pool and statistics back into the runtime's state.
    mutating func store() {
      runtime.value.commitmentPool = pool
      runtime.value.livenessStatistics = statistics
    }
  }

  private func process(_ context: Context, _ round: inout Round, isTimeout: Bool) throws {
    let stragglers = round.runtime.descriptor.executor.allowedStragglers
    var outcome = round.pool.process(committee: round.committee, allowedStragglers: stragglers, isTimeout: isTimeout)
    if outcome == .discrepancyDetected {
      let event = RootHash.ExecutionDiscrepancyDetectedEvent(round: round.number, rank: round.pool.highestRank, timeout: isTimeout)
      context.emit(event, runtime: round.runtime.id)
      // Backup workers get half as much time again.
      let timeout = context.height &+ (round.runtime.descriptor.executor.roundTimeout &* 15) / 10
      rearm(context, &round.runtime, timeout)
      // Backup workers may have voted already.
      outcome = round.pool.process(committee: round.committee, allowedStragglers: stragglers, isTimeout: timeout == context.height)
    }
    round.store()
    switch outcome {
    case .stillWaiting: return
    case .finalized(let commitment): try finish(context, &round, commitment)
    default: try fail(context, &round)
    }
  }

  /// Applies the accepted results of the round.
  private func finish(_ context: Context, _ round: inout Round, _ accepted: RootHash.SchedulerCommitment) throws {
    guard let commitment = accepted.commitment else { throw StateError("roothash: finalized without a commitment") }
    let results = commitment.header.header
    round.statistics.totalRounds &+= 1
    let first = try round.firstScheduler()
    if round.committee.members?[first].publicKey == commitment.header.schedulerID {
      round.statistics.finalizedProposals?[first] &+= 1
    } else {
      round.statistics.missedProposals?[first] &+= 1
    }
    let taken = results.inMessagesCount == 0 ? [] : try RootHashState(context.state).queue(round.runtime.id, limit: results.inMessagesCount)
    guard RootHash.IncomingMessage.hash(of: taken) == results.inMessagesHash else { return try fail(context, &round) }
    try removeFromQueue(context, round.runtime.id, taken, round: round.number)
    var roundResults = RootHash.RoundResults()
    roundResults.messages = try executeMessages(context, round.runtime.id, commitment.messages)
    try judge(context, &round, accepted, vote: commitment.vote, &roundResults)
    if round.pool.discrepancy {
      try slashIncorrectResults(
        context, round.runtime.descriptor, bad: roundResults.badComputeEntities, good: roundResults.goodComputeEntities)
    }
    RootHashState.roundResults.set(context.state, Hashed(round.runtime.id), to: roundResults)
    round.store()
    finalizeBlock(context, &round.runtime, type: .normal, results: results)
  }

  /// Sorts the entities of those who voted into good and bad, one entry a node.
  private func judge(
    _ context: Context, _ round: inout Round, _ accepted: RootHash.SchedulerCommitment, vote accepting: Hash?,
    _ results: inout RootHash.RoundResults
  ) throws {
    let registry = RegistryState(context.state)
    var seen: Set<PublicKey> = []
    for (index, member) in (round.committee.members ?? []).enumerated() {
      guard let vote = accepted.votes[member.publicKey] ?? nil, seen.insert(member.publicKey).inserted else { continue }
      guard let node = try registry.node(member.publicKey) else { continue }
      if vote == accepting {
        results.goodComputeEntities.append(node.entityID)
        round.statistics.goodRounds?[index] &+= 1
      } else {
        results.badComputeEntities.append(node.entityID)
      }
    }
  }

  /// Ends the round without results.
  private func fail(_ context: Context, _ round: inout Round) throws {
    let first = try round.firstScheduler()
    round.statistics.missedProposals?[first] &+= 1
    round.store()
    finalizeBlock(context, &round.runtime, type: .roundFailed)
  }

  /// Adds a block on top of the last one and clears pool and timer.
  func finalizeBlock(
    _ context: Context, _ runtime: inout ActiveRuntime, type: RootHash.HeaderType, results: RootHash.ComputeResultsHeader? = nil
  ) {
    var block = RootHash.Block(emptyAfter: runtime.lastBlock, timestamp: context.timestamp, type: type)
    if let results {
      block.header.ioRoot = results.ioRoot ?? .empty
      block.header.stateRoot = results.stateRoot ?? .empty
      block.header.messagesHash = results.messagesHash ?? .empty
      block.header.inMessagesHash = results.inMessagesHash ?? .empty
    }
    runtime.lastBlock = block
    runtime.value.lastBlockHeight = context.height
    if type == .normal {
      runtime.value.lastNormalRound = block.header.round
      runtime.value.lastNormalHeight = context.height
    }
    context.emit(RootHash.FinalizedEvent(round: block.header.round), runtime: runtime.id)
    runtime.value.commitmentPool = type == .suspended ? nil : .fresh
    rearm(context, &runtime, 0)
  }

  /// Moves the round's timeout to a height; 0 is none.
  func rearm(_ context: Context, _ runtime: inout ActiveRuntime, _ timeout: Int64) {
    let previous = runtime.value.timeout
    guard previous != timeout else { return }
    if previous != 0 { RootHashState.roundTimeouts.remove(context.state, previous, Hashed(runtime.id)) }
    if timeout != 0 { RootHashState.roundTimeouts.set(context.state, timeout, Hashed(runtime.id), to: runtime.id) }
    runtime.value.timeout = timeout
  }
}
