internal import Bytes
internal import OasisTypes

extension RootHashService {
  /// Makes the state of a new compute runtime; unusable until the first committee (sheet 05 §C.12).
  func createState(_ context: Context, _ runtime: Registry.Runtime, genesis: RootHash.Genesis?, suspended: Bool) throws {
    guard runtime.isCompute else { return }
    let roothash = RootHashState(context.state)
    guard try roothash.runtime(runtime.id) == nil else { return }
    var block = RootHash.Block(genesis: runtime.id, timestamp: context.timestamp)
    block.header.round = runtime.genesis.round
    block.header.stateRoot = runtime.genesis.stateRoot
    if let dumped = genesis?.runtimeStates[runtime.id] ?? nil {
      block.header.round = dumped.round
      block.header.stateRoot = dumped.stateRoot
      if suspended { block.header.type = .suspended }
      var results = RootHash.RoundResults()
      results.messages = dumped.messageResults.map { $0 ?? RootHash.MessageEvent() }
      RootHashState.roundResults.set(context.state, Hashed(runtime.id), to: results)
    }
    var state = RootHash.RuntimeState()
    state.runtime = runtime
    state.suspended = true
    state.genesisBlock = block
    state.lastBlock = block
    state.lastBlockHeight = context.height
    state.lastNormalRound = block.header.round
    state.lastNormalHeight = context.height
    try roothash.setRuntime(try ActiveRuntime(state))
    context.emit(RootHash.FinalizedEvent(round: block.header.round), runtime: runtime.id)
  }

  /// Gives every active runtime its new committee, or suspends it.
  func changeCommittees(_ context: Context) throws {
    let claims = try StakeClaims(context.state)
    let parameters = try RootHashState(context.state).parameters()
    for runtime in try RegistryState(context.state).activeRuntimes() where runtime.isCompute {
      try changeCommittee(context, of: runtime, parameters, claims)
    }
  }

  private func changeCommittee(
    _ context: Context, of runtime: Registry.Runtime, _ parameters: RootHash.ConsensusParameters, _ claims: StakeClaims
  ) throws {
    let roothash = RootHashState(context.state)
    guard let stored = try roothash.runtime(runtime.id) else { throw StateError("roothash: no state of runtime \(runtime.id.hex)") }
    var state = try ActiveRuntime(stored)
    let round = state.lastBlock.header.round
    if round > parameters.maxEvidenceAge { try roothash.removeExpiredEvidence(runtime.id, upTo: round - parameters.maxEvidenceAge) }
    let committee = try SchedulerState(context.state).committee(.executor, of: runtime.id)
    if let committee, try hasStake(runtime, parameters, claims) {
      finalizeBlock(context, &state, type: .epochTransition)
      state.value.suspended = false
      state.value.committee = committee
    } else {
      // Without a committee nobody pays for maintenance.
      try RegistryState(context.state).suspendRuntime(context, runtime.id)
      finalizeBlock(context, &state, type: .suspended)
      state.value.suspended = true
      state.value.committee = nil
    }
    state.value.livenessStatistics = nil
    state.descriptor = runtime
    try roothash.setRuntime(state)
  }

  /// Whether the runtime's owner still has the stake for it.
  private func hasStake(_ runtime: Registry.Runtime, _ parameters: RootHash.ConsensusParameters, _ claims: StakeClaims) throws -> Bool {
    if parameters.debugDoNotSuspendRuntimes || parameters.debugBypassStake { return true }
    guard let address = runtime.stakingAddress else { throw StateError("roothash: runtime \(runtime.id.hex) has nobody to hold its stake") }
    do { try claims.check(address) } catch let error as AppError where error == .insufficientStake { return false }
    return true
  }
}

extension Context {
  /// Block time in Unix seconds, as ParaTime headers carry it.
  var timestamp: UInt64 { UInt64(bitPattern: now.seconds) }
}
