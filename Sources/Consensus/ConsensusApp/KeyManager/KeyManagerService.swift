internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// Key managers: their status and secrets, and CHURP (sheet 06 B).
public final class KeyManagerService: Service {
  public static let name = "999_keymanager"
  public var name: String { Self.name }
  public var priority: Int64 { 50000 }

  public init() {}

  public var methods: [Method] {
    let malformed = KeyManagerError.invalidArgument
    let malformedChurp = AppError.invalidConsensusArgument
    return [
      Method("keymanager.UpdatePolicy", KeyManager.SignedPolicy.self, malformed: malformed) { try self.updatePolicy($0, $1) },
      Method("keymanager.PublishMasterSecret", KeyManager.SignedMasterSecret.self, malformed: malformed) {
        try self.publishMasterSecret($0, $1)
      },
      Method("keymanager.PublishEphemeralSecret", KeyManager.SignedEphemeralSecret.self, malformed: malformed) {
        try self.publishEphemeralSecret($0, $1)
      },
      Method("keymanager/churp.Create", Churp.CreateRequest.self, malformed: malformedChurp) { try self.createScheme($0, $1) },
      Method("keymanager/churp.Update", Churp.UpdateRequest.self, malformed: malformedChurp) { try self.updateScheme($0, $1) },
      Method("keymanager/churp.Apply", Churp.SignedApplication.self, malformed: malformedChurp) { try self.applyForHandoff($0, $1) },
      Method("keymanager/churp.Confirm", Churp.SignedConfirmation.self, malformed: malformedChurp) { try self.confirmHandoff($0, $1) },
    ]
  }

  public func beginBlock(_ context: Context) throws {
    guard let epoch = try context.newEpoch() else { return }
    try suspendUnderstaked(context)
    try updateStatuses(context, epoch)
    try updateSchemes(context, epoch)
  }

  /// Suspends key managers whose account no longer covers its claims (sheet 06 B.1).
  private func suspendUnderstaked(_ context: Context) throws {
    let staking = StakingState(context.state)
    let parameters = try staking.parameters()
    if parameters.debugBypassStake { return }
    let registry = RegistryState(context.state)
    for runtime in try registry.activeRuntimes() where runtime.kind == .keyManager && runtime.governanceModel != .consensus {
      guard let address = runtime.stakingAddress else { throw StateError("key manager \(runtime.id) has no staking address") }
      let escrow = try staking.account(address).escrow
      do { try escrow.checkClaims(parameters.thresholds) } catch  where !error.isFatal {
        try registry.suspendRuntime(context, runtime.id)
      }
    }
  }
}

// MARK: Genesis

extension KeyManagerService {
  public func initChain(_ context: Context, _ request: InitChainRequest) throws {
    let genesis: KeyManager.Genesis = try request.genesis.required("keymanager")
    let state = KeyManagerState(context.state)
    try state.setParameters(context, genesis.parameters)
    let registry = RegistryState(context.state)
    var accepted: [KeyManager.Status] = []
    for status in genesis.statuses.compactMap(\.self) {
      // A status of an unknown key manager is passed over, as in the reference.
      guard try registry.runtime(status.id)?.kind == .keyManager else { continue }
      guard status.nodes == nil else { throw AppError.uncoded("genesis: status of key manager \(status.id) lists nodes") }
      state.setStatus(status)
      accepted.append(status)
    }
    if !accepted.isEmpty { context.emit(KeyManager.StatusUpdate(accepted)) }
    guard let churp = genesis.churp else { return }
    // The section's own parameters are not used, as in the reference.
    KeyManagerState.churpParameters.set(context.state, to: Churp.Parameters(gasCosts: Churp.defaultGasCosts))
    let epoch = try context.currentEpoch()
    for var status in churp.statuses.compactMap(\.self) {
      guard try registry.runtime(status.identity.runtimeID)?.kind == .keyManager else {
        throw AppError.uncoded("genesis: CHURP scheme of unknown key manager \(status.identity.runtimeID)")
      }
      status.disableHandoff()
      if !status.areHandoffsDisabled { status.nextHandoff = epoch &+ 1 }  // wraps to 0: there is no epoch yet
      state.setChurpStatus(status)
      context.emit(Churp.Updated(status))
    }
  }

  public func exportGenesis(_ state: StateTree, _ request: ExportRequest) throws -> [GenesisSection] {
    let keyManagers = KeyManagerState(state)
    var genesis = KeyManager.Genesis()
    genesis.parameters = try keyManagers.parameters()
    genesis.statuses = try keyManagers.allStatuses().map { status in
      var status = status
      status.nodes = nil
      return status
    }
    var churp = Churp.Genesis()
    churp.parameters = try keyManagers.churpParameters()
    churp.statuses = try keyManagers.allChurpStatuses().map { status in
      var status = status
      status.disableHandoff()
      return status
    }
    genesis.churp = churp
    return [GenesisSection("keymanager", genesis)]
  }
}

extension Churp.Status {
  /// Forgets the handoff in progress; none is scheduled.
  mutating func disableHandoff() { (nextHandoff, nextChecksum, applications) = (Churp.handoffsDisabled, nil, [:]) }
}
