public import OasisTypes

/// ParaTime rounds: commitments, discrepancies, finalized blocks, messages both ways, liveness and slashing (sheet 05 part C).
public final class RootHashService: Service {
  public static let name = "999_roothash"
  public var name: String { Self.name }
  public var priority: Int64 { 15000 }

  /// Hears of every commitment that is checked for the mempool, before it is verified.
  private let observer: ((Namespace, RootHash.ExecutorCommitment) -> Void)?

  public init(observer: ((Namespace, RootHash.ExecutorCommitment) -> Void)? = nil) { self.observer = observer }

  public var methods: [Method] {
    let malformed = AppError.rootHash(.invalidArgument)
    return [
      Method("roothash.ExecutorCommit", RootHash.ExecutorCommit.self, malformed: malformed) { try self.executorCommit($0, $1) },
      Method("roothash.Evidence", RootHash.Evidence.self, malformed: malformed) { try self.submitEvidence($0, $1) },
      Method("roothash.SubmitMsg", RootHash.SubmitMessage.self, malformed: malformed) { try self.submitMessage($0, $1) },
    ]
  }

  func observe(_ id: Namespace, _ commitment: RootHash.ExecutorCommitment) { observer?(id, commitment) }

  public func subscribe(to messages: MessageDispatcher) {
    messages.subscribe(.newRuntimeRegistered, of: self) { context, runtime in
      if !context.isInitChain { try self.createState(context, runtime, genesis: nil, suspended: false) }
      return nil
    }
    messages.subscribe(.runtimeUpdated, of: self) { context, runtime in
      if !context.isInitChain { try self.verifyLimits(context, runtime) }
      return nil
    }
    messages.subscribe(.runtimeResumed, of: self) { _, _ in nil }
    messages.subscribe(.beforeSchedule, of: self) { context, epoch in
      try self.evaluateLiveness(context, epoch)
      return nil
    }
    messages.subscribe(.changeParameters, of: self) { try self.changeParameters($0, $1, apply: true) }
    messages.subscribe(.validateParameterChanges, of: self) { try self.changeParameters($0, $1, apply: false) }
  }

  public func beginBlock(_ context: Context) throws {
    let isReelected = context.hasEvent(service: ServiceList.electing, kind: "elected")
    guard try context.newEpoch() != nil || isReelected else { return }
    try changeCommittees(context)
  }

  public func endBlock(_ context: Context) throws -> [ValidatorChange] {
    for id in (context.block?[RoundsToFinalize.self].runtimes ?? []).sorted() { try tryFinalizeRound(context, id, isTimeout: false) }
    for id in try RootHashState(context.state).runtimes(timingOutAt: context.height) {
      try tryFinalizeRound(context, id, isTimeout: true)
    }
    return []
  }

  /// A runtime that may emit or take more messages than allowed is refused.
  private func verifyLimits(_ context: Context, _ runtime: Registry.Runtime) throws {
    let parameters = try RootHashState(context.state).parameters()
    guard runtime.executor.maxMessages <= parameters.maxRuntimeMessages else { throw AppError.rootHash(.maxMessagesTooBig) }
    guard runtime.transactionScheduler.maxInMessages <= parameters.maxInRuntimeMessages else {
      throw AppError.rootHash(.maxInMessagesTooBig)
    }
  }

  /// Validates changes of the parameters, and makes them if `apply`. Answers nil for another module.
  private func changeParameters(_ context: Context, _ change: ParameterChange, apply: Bool) throws -> [UInt8]? {
    guard change.module == RootHash.moduleName else { return nil }
    let changes = try RootHash.ConsensusParameterChanges.decodeBody(
      change.changes, malformed: .uncoded("roothash: failed to unmarshal consensus parameter changes"))
    let state = RootHashState(context.state)
    var parameters = try state.parameters()
    let stored = parameters.maxPastRootsStored
    guard !changes.isEmptyProposal else { throw AppError.uncoded("roothash: consensus parameter changes should not be empty") }
    changes.apply(to: &parameters)
    if !context.chain.node.allowsDebug, parameters.debugDoNotSuspendRuntimes || parameters.debugBypassStake {
      throw AppError.uncoded("roothash: one or more unsafe debug flags set")
    }
    guard apply else { return [0xa0] }
    if parameters.maxPastRootsStored < stored { try state.shrinkPastRoots(to: parameters.maxPastRootsStored) }
    try state.setParameters(context, parameters)
    return [0xa0]
  }
}

/// Runtimes with new commitments in this block: their rounds may be finalized at its end.
public struct RoundsToFinalize: BlockValue {
  public var runtimes: Set<Namespace> = []
  public init() {}
}
