internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// What an upgrade changes in the state (sheet 06 D.5).
public struct UpgradeHandler: Sendable {
  public var name: String
  /// Whether the node must restart before it goes on.
  public var hasStartupStage = false
  /// Runs in BeginBlock and EndBlock of the block that begins the upgrade's epoch.
  var migrate: @Sendable (Context) throws -> Void

  /// The handlers that this version of the node knows.
  public static let all: [UpgradeHandler] = [
    UpgradeHandler(name: "empty") { _ in },
    UpgradeHandler(name: "consensus240") { try inBlock($0, end: migrateTo240) },
    UpgradeHandler(name: "consensus261") { try inBlock($0, end: migrateTo261) },
    UpgradeHandler(name: "__e2e-test-valid", hasStartupStage: true) { try inBlock($0, begin: addTestEntity, end: growTransactions) },
  ]

  /// The handler that this program has for an upgrade; nil for an unknown one.
  public static func named(_ name: String) -> UpgradeHandler? { all.first { $0.name == name } }

  /// Runs the handler as a block would.
  package func run(_ context: Context) throws { try migrate(context) }

  private static func inBlock(_ context: Context, begin: (Context) throws -> Void = { _ in }, end: (Context) throws -> Void) throws {
    switch context.mode {
    case .beginBlock: try begin(context)
    case .endBlock: try end(context)
    default: throw AppError.uncoded("upgrade handler called in unexpected context: \(context.mode)")
    }
  }

  private static func changeParameters(_ context: Context, _ change: (inout ConsensusParameters) -> Void) throws {
    guard var parameters = try ConsensusState.parameters.get(context.state) else { throw StateError("consensus parameters are missing") }
    change(&parameters)
    ConsensusState.parameters.set(context.state, to: parameters)
  }

  private static func migrateTo240(_ context: Context) throws {
    try changeParameters(context) {
      $0.maxTransactionSize = 131_072
      $0.maxBlockSize = 4_194_304
      $0.maxBlockGas = 5_000_000
    }
    let registry = RegistryState(context.state)
    var registryParameters = try registry.parameters()
    registryParameters.enableKeyManagerCHURP = true
    try registry.setParameters(context, registryParameters)
    KeyManagerState.churpParameters.set(context.state, to: Churp.Parameters(gasCosts: Churp.defaultGasCosts))
    let staking = StakingState(context.state)
    var stakingParameters = try staking.parameters()
    stakingParameters.thresholds[.keyManagerChurp] = 10_000_000_000_000
    try staking.setParameters(context, stakingParameters)
    guard var governance = try GovernanceState.parameters.get(context.state) else { throw StateError("governance parameters are missing") }
    governance.allowVoteWithoutEntity = true
    governance.allowProposalMetadata = true
    GovernanceState.parameters.set(context.state, to: governance)
    VaultsState.parameters.set(context.state, to: Vault.Parameters.enabledByUpgrade)
  }

  private static func migrateTo261(_ context: Context) throws {
    try changeParameters(context) { $0.featureVersion = Version(26, 1) }
  }

  /// The entity that the reference's upgrade test adds; its account is written anew.
  private static func addTestEntity(_ context: Context) throws {
    var entity = Entity()
    (entity.version, entity.id) = (2, TestKeys.migrationEntity.publicKey)
    let envelope = try SignedEnvelope(entity, by: TestKeys.migrationEntity, context: .registerEntity)
    RegistryState.entities.set(context.state, Hashed(entity.id), to: envelope)
    var account = Account()
    account.escrow.stakeAccumulator.claims = ["registry.RegisterEntity": [StakeThreshold(global: .entity)]]
    StakingState(context.state).setAccount(Address(entity.id), account)
  }

  private static func growTransactions(_ context: Context) throws {
    try changeParameters(context) { $0.maxTransactionSize += 1 }
  }
}
