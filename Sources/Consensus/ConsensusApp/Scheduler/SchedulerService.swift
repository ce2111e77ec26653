internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// Elects validators and committees (sheet 05 part B).
public final class SchedulerService: Service {
  public static let name = "200_scheduler"
  public var name: String { Self.name }

  public init() {}

  public func subscribe(to messages: MessageDispatcher) {
    messages.subscribe(.changeParameters, of: self) { context, change in try self.changeParameters(context, change, apply: true) }
    messages.subscribe(.validateParameterChanges, of: self) { context, change in
      try self.changeParameters(context, change, apply: false)
    }
  }

  // MARK: Genesis

  public func initChain(_ context: Context, _ request: InitChainRequest) throws {
    let genesis: SchedulerGenesis = try request.genesis.required("scheduler")
    let parameters = genesis.parameters
    SchedulerState.parameters.set(context.state, to: parameters)
    guard parameters.minValidators > 0, parameters.maxValidators > 0, parameters.maxValidatorsPerEntity > 0 else {
      throw AppError.uncoded("scheduler: validator limits are not positive")
    }
    let nodes = try RegistryState(context.state).allNodes().filter { $0.hasRoles(.validator) }
    let nodesByKey = Dictionary(nodes.map { ($0.consensus.id, $0) }, uniquingKeysWith: { $1 })
    let staking = StakingState(context.state)
    var validators: [PublicKey: Validator] = [:]
    for initial in request.validators {
      guard let node = nodesByKey[initial.publicKey] else {
        throw AppError.uncoded("scheduler: genesis validator \(initial.publicKey) is not a registered validator node")
      }
      var power: Int64 = 1
      if !parameters.debugBypassStake {
        let stake = try staking.account(Address(node.entityID)).escrow.active.balance
        power = try votingPower(stake, parameters)
      }
      guard initial.power == power else {
        throw AppError.uncoded("scheduler: genesis validator \(initial.publicKey) has power \(initial.power), its stake gives \(power)")
      }
      validators[initial.publicKey] = Validator(id: node.id, entityID: node.entityID, votingPower: power)
    }
    if !parameters.debugBypassStake {
      let total = try votingPower(try staking.totalSupply(), parameters)
      guard total <= Int64.max / 8 else { throw AppError.uncoded("scheduler: total voting power could become \(total)") }
    }
    SchedulerState.currentValidators.set(context.state, to: validators)
  }

  public func exportGenesis(_ state: StateTree, _ request: ExportRequest) throws -> [GenesisSection] {
    var genesis = SchedulerGenesis()
    genesis.parameters = try SchedulerState(state).parameters()
    return [GenesisSection("scheduler", genesis)]
  }

  private func checkDebug(_ context: Context, _ parameters: SchedulerParameters) throws {
    guard !parameters.usesDebugFeatures || context.chain.node.allowsDebug else {
      throw AppError.uncoded("scheduler: sanity check failed: one or more unsafe debug flags set")
    }
  }

  // MARK: Blocks

  public func beginBlock(_ context: Context) throws {
    let (changed, epoch) = try context.epochChanged()
    guard epoch != context.chain.baseEpoch else { return }
    // A slash in this block's evidence can cost a validator its place, so it elects anew, without rewards.
    guard changed || context.hasEvent(service: StakingService.name, kind: TakeEscrowEvent.kind) else { return }
    do { try context.publish(.beforeSchedule, epoch) } catch is NoSubscribers {}
    var election = try Election(context, epoch: epoch)
    try election.electValidators()
    try election.electCommittees()
    context.emit(ElectedEvent(kinds: [.executor]))
    guard changed else { return }
    let factor = election.parameters.rewardFactorEpochElectionAny
    try StakingState(context.state).addRewards(context, epoch: epoch, factor: factor, to: election.rewardable.sorted())
  }

  public func endBlock(_ context: Context) throws -> [ValidatorChange] {
    guard let pending = try SchedulerState.pendingValidators.get(context.state) else { return [] }
    let current = try SchedulerState(context.state).validators()
    SchedulerState.pendingValidators.remove(context.state)
    SchedulerState.currentValidators.set(context.state, to: pending)
    let removed = current.keys.filter { pending[$0] == nil }.map { ValidatorChange(publicKey: $0, power: 0) }
    let changed = pending.filter { current[$0.key]?.votingPower != $0.value.votingPower }
      .map { ValidatorChange(publicKey: $0.key, power: $0.value.votingPower) }
    return (removed + changed).sorted { $0.publicKey < $1.publicKey }
  }

  // MARK: Parameters

  private func changeParameters(_ context: Context, _ change: ParameterChange, apply: Bool) throws -> [UInt8]? {
    guard change.module == "scheduler" else { return nil }
    let changes: SchedulerParameterChanges
    do { changes = try SchedulerParameterChanges.decode(cbor: change.changes) } catch {
      throw AppError.uncoded("scheduler: failed to unmarshal consensus parameter changes: \(error)")
    }
    guard !changes.changesNothing else {
      throw AppError.uncoded("scheduler: consensus parameter changes should not be empty")
    }
    let parameters = changes.applied(to: try SchedulerState(context.state).parameters())
    try checkDebug(context, parameters)
    if apply {
      try context.requireParameterChangeAllowed()
      SchedulerState.parameters.set(context.state, to: parameters)
    }
    return [0xa0]
  }
}

/// The voting power of a stake.
///
/// - Throws: an uncoded error if it exceeds what CometBFT can count.
func votingPower(_ stake: Quantity, _ parameters: SchedulerParameters) throws -> Int64 {
  guard let power = parameters.votingPowerDistribution.power(ofStake: stake) else {
    throw AppError.uncoded("scheduler: voting power of \(stake) is too large")
  }
  return power
}
