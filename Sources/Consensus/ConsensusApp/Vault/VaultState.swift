public import OasisTypes

/// The state of vaults on one tree (sheet 06 C.3). Open it on the tree that its writes shall go to.
public struct VaultsState {
  public static let vaults = StateMap<Vault.Account, Address>(0x30)
  /// By vault and address.
  public static let addressStates = StateMap<Vault.AddressState, Address, Address>(0x31)
  /// By vault and nonce.
  public static let pendingActions = StateMap<Vault.PendingAction, Address, UInt64>(0x32)
  public static let parameters = StateMap<Vault.Parameters>(0x33)

  public let tree: StateTree

  public init(_ tree: StateTree) { self.tree = tree }

  /// Disabled where none were stored.
  public func parameters() throws -> Vault.Parameters { try Self.parameters.get(tree) ?? Vault.Parameters() }

  /// - Throws: outside of InitChain and EndBlock, where parameters must not change.
  public func setParameters(_ context: Context, _ parameters: Vault.Parameters) throws {
    try context.requireParameterChangeAllowed()
    Self.parameters.set(tree, to: parameters)
  }

  /// - Throws: `vault`/2 if there is none.
  public func vault(_ address: Address) throws -> Vault.Account {
    guard let vault = try Self.vaults.get(tree, address) else { throw VaultError.noSuchVault }
    return vault
  }

  /// Stores a vault under its own address.
  public func setVault(_ vault: Vault.Account) { Self.vaults.set(tree, vault.address, to: vault) }

  /// All vaults, in the order of their addresses.
  public func allVaults() throws -> [Vault.Account] { try Self.vaults.entries(tree).map(\.value) }
}

/// An event of the vault service.
protocol VaultServiceEvent: ServiceEvent {}

extension VaultServiceEvent {
  public static var service: String { VaultService.name }
}

extension Vault.ActionSubmitted: VaultServiceEvent { public static var kind: String { "action_submitted" } }
extension Vault.ActionCanceled: VaultServiceEvent { public static var kind: String { "action_canceled" } }
extension Vault.ActionExecuted: VaultServiceEvent { public static var kind: String { "action_executed" } }
extension Vault.StateChanged: VaultServiceEvent { public static var kind: String { "state_changed" } }
extension Vault.PolicyUpdated: VaultServiceEvent { public static var kind: String { "policy_updated" } }
extension Vault.AuthorityUpdated: VaultServiceEvent { public static var kind: String { "authority_updated" } }
