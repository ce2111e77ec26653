internal import OasisCrypto
internal import OasisTypes

extension RootHashService {
  /// Takes commitments of workers; the first bad one fails all (sheet 05 §C.13).
  func executorCommit(_ context: Context, _ body: RootHash.ExecutorCommit) throws {
    let commits = body.commits ?? []
    if context.isCheckOnly {
      for commit in commits { observe(body.id, commit) }
      return
    }
    let state = RootHashState(context.state)
    try context.gas.use(1, RootHash.GasOp.computeCommit, try state.parameters().gasCosts)
    if commits.isEmpty { return }
    var (runtime, committee, pool) = try activeRuntime(state, body.id)
    let previousRank = pool.highestRank
    for commit in commits {
      try verify(context, commit, runtime, committee)
      do { try pool.add(commit, committee: committee) } catch { throw AppError(error) }
    }
    if context.isSimulation { return }
    runtime.value.commitmentPool = pool
    try context.transaction { inner in
      if pool.highestRank != previousRank {
        rearm(inner, &runtime, inner.height &+ runtime.descriptor.executor.roundTimeout)
      }
      try RootHashState(inner.state).setRuntime(runtime)
      for commit in commits { inner.emit(RootHash.ExecutorCommittedEvent(commit: commit), runtime: body.id) }
    }
    context.block?[RoundsToFinalize.self].runtimes.insert(body.id)
  }

  /// Sheet 05 §C.9; the gas of messages is charged here, whatever comes of it.
  private func verify(
    _ context: Context, _ commit: RootHash.ExecutorCommitment, _ runtime: ActiveRuntime, _ committee: Committee
  ) throws {
    let blacklist = context.chain.node.blacklist
    guard commit.isSignatureValid(runtime: runtime.id, chainContext: context.chain.chainContext, blacklist: blacklist) else {
      throw AppError.uncoded("roothash/commitment: signature verification failed")
    }
    if let violation = commit.violation { throw AppError.rootHash(.badExecutorCommitment, violation) }
    guard commit.header.header.isBased(on: runtime.lastBlock) else { throw AppError.rootHash(.notBasedOnCorrectBlock) }
    let isScheduler = commit.nodeID == commit.header.schedulerID
    if commit.indicatesFailure {
      if isScheduler { throw AppError.rootHash(.badExecutorCommitment, "a scheduler cannot fail") }
      return
    }
    if runtime.descriptor.teeHardware != .none { try verifyEnclave(context, commit, runtime, epoch: committee.validFor) }
    guard isScheduler else {
      if !commit.messages.isEmpty { throw AppError.rootHash(.invalidMessages, "only the scheduler emits messages") }
      return
    }
    guard commit.messages.count <= Int(runtime.descriptor.executor.maxMessages) else {
      throw AppError.rootHash(.invalidMessages, "too many")
    }
    guard RootHash.Message.hash(of: commit.messages) == commit.header.header.messagesHash else {
      throw AppError.rootHash(.invalidMessages, "hash does not match")
    }
    if !commit.messages.isEmpty {
      try context.child(mode: .simulateTransaction) { _ = try executeMessages($0, runtime.id, commit.messages) }
    }
  }

  private func verifyEnclave(_ context: Context, _ commit: RootHash.ExecutorCommitment, _ runtime: ActiveRuntime, epoch: Epoch) throws {
    guard let node = try RegistryState(context.state).node(commit.nodeID) else { throw AppError.rootHash(.notInCommittee) }
    guard let deployment = runtime.descriptor.activeDeployment(at: epoch) else { throw AppError.rootHash(.noRuntime) }
    guard let entry = node.runtime(runtime.id, version: deployment.version) else { throw AppError.rootHash(.notInCommittee) }
    guard let rak = entry.capabilities.tee?.rak, let signature = commit.header.rakSignature,
      commit.header.header.isSigned(by: rak, signature, blacklist: context.chain.node.blacklist)
    else { throw AppError.rootHash(.rakSignatureInvalid) }
  }
}
