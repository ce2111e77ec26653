internal import OasisTypes

/// Accounts under several authorities (sheet 06 C). Exists only while its parameters enable it.
public final class VaultService: Service {
  public static let name = "400_vault"
  public var name: String { Self.name }
  public var priority: Int64 { 5000 }

  public init() {}

  public func isEnabled(_ state: StateTree) throws -> Bool { try VaultsState(state).parameters().enabled }

  public var methods: [Method] {
    let malformed = VaultError.invalidArgument
    return [
      Method("vault.Create", Vault.Create.self, malformed: malformed) { try self.create($0, $1) },
      Method("vault.AuthorizeAction", Vault.AuthorizeAction.self, malformed: malformed) { try self.authorizeAction($0, $1) },
      Method("vault.CancelAction", Vault.CancelAction.self, malformed: malformed) { try self.cancelAction($0, $1) },
    ]
  }

  public func subscribe(to messages: MessageDispatcher) {
    messages.subscribe(.accountHook, of: self) { context, hook in
      guard hook.destination.module == Vault.moduleName else { return nil }
      try self.authorizeWithdrawal(context, hook)
      return nil
    }
    messages.subscribe(.changeParameters, of: self) { try self.changeParameters($0, $1, apply: true) }
    messages.subscribe(.validateParameterChanges, of: self) { try self.changeParameters($0, $1, apply: false) }
  }

  /// Counts a withdrawal against what the vault's policy allows the address (sheet 06 C.7).
  private func authorizeWithdrawal(_ context: Context, _ hook: WithdrawHook) throws {
    guard try VaultsState(context.state).vault(hook.from).isActive else { throw VaultError.forbidden }
    guard var state = try VaultsState.addressStates.get(context.state, hook.from, hook.to) else { throw VaultError.noSuchState }
    guard state.authorize(hook.amount, height: context.height) else { throw VaultError.forbidden }
    VaultsState.addressStates.set(context.state, hook.from, hook.to, to: state)
  }

  private func changeParameters(_ context: Context, _ change: ParameterChange, apply: Bool) throws -> [UInt8]? {
    guard change.module == Vault.moduleName else { return nil }
    let changes = try Vault.ParameterChanges.decodeBody(change.changes, malformed: .uncoded("vault: failed to decode parameter changes"))
    if let violation = changes.violation { throw AppError.uncoded("vault: failed to validate parameter changes: \(violation)") }
    let state = VaultsState(context.state)
    var parameters = try state.parameters()
    changes.apply(to: &parameters)
    if let violation = parameters.violation { throw AppError.uncoded("vault: failed to validate parameters: \(violation)") }
    if apply { try state.setParameters(context, parameters) }
    return [0xa0]
  }
}

// MARK: Genesis

extension VaultService {
  public func initChain(_ context: Context, _ request: InitChainRequest) throws {
    guard let genesis: Vault.Genesis = try request.genesis.section("vault") else { return }
    let state = VaultsState(context.state)
    try state.setParameters(context, genesis.parameters)
    for vault in genesis.vaults { state.setVault(vault) }
    for (vault, states) in genesis.states {
      for (address, addressState) in states ?? [:] { VaultsState.addressStates.set(context.state, vault, address, to: addressState) }
    }
    for (vault, actions) in genesis.pendingActions {
      for action in actions ?? [] { VaultsState.pendingActions.set(context.state, vault, action.nonce, to: action) }
    }
  }

  public func exportGenesis(_ state: StateTree, _ request: ExportRequest) throws -> [GenesisSection] {
    let vaults = VaultsState(state)
    var genesis = Vault.Genesis()
    genesis.parameters = try vaults.parameters()
    genesis.vaults = try vaults.allVaults()
    for (key, value) in try VaultsState.addressStates.entries(state) {
      genesis.states[key.0, default: nil] = (genesis.states[key.0, default: nil] ?? [:]).merging([key.1: value]) { $1 }
    }
    for (key, value) in try VaultsState.pendingActions.entries(state) {
      genesis.pendingActions[key.0, default: nil] = (genesis.pendingActions[key.0, default: nil] ?? []) + [value]
    }
    return [GenesisSection("vault", genesis)]
  }
}
