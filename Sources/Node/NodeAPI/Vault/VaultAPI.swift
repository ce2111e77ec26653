internal import ConsensusApp
public import ConsensusService
public import GRPC
internal import OasisTypes
internal import Wire

/// Reads of vaults. Rule: sheet 06 C.8.
public struct VaultAPI: APIService {
  private let backend: any ConsensusBackend
  public init(_ backend: any ConsensusBackend) { self.backend = backend }

  public var methods: [GRPCMethod] {
    let (table, backend) = (MethodTable("Vault"), backend)
    return [
      table.answer("Vaults") { (height: Int64) in try await backend.read(height) { try VaultsState($0).allVaults().nilIfEmpty } },
      table.answer("Vault") { (query: Vault.VaultQuery) in
        try await backend.read(query.height) { try VaultsState($0).vault(query.address) }
      },
      table.answer("AddressState") { (query: Vault.AddressQuery) in
        try await backend.read(query.height) { tree in
          guard let state = try VaultsState.addressStates.get(tree, query.vault, query.address) else { throw VaultError.noSuchState }
          return state
        }
      },
      table.answer("PendingActions") { (query: Vault.VaultQuery) in
        try await backend.read(query.height) { tree in
          try VaultsState.pendingActions.entries(tree, under: query.address).map(\.value).nilIfEmpty
        }
      },
      table.answer("ConsensusParameters") { (height: Int64) in try await backend.read(height) { try VaultsState($0).parameters() } },
      table.answer("StateToGenesis") { (height: Int64) in
        try await backend.read(height) { try VaultService().section($0, as: Vault.Genesis.self) }
      },
      table.answer("GetEvents") { (height: Int64) in try await backend.events(height, Vault.Event.self) },
      table.stream("WatchEvents") { (send: Sink<Vault.Event>) in try await backend.watchEvents { try await send($0) } },
    ]
  }
}

extension Vault.Event: APIEvent {
  static var service: String { VaultService.name }

  mutating func set(kind: String, value: [UInt8]) throws -> Bool {
    switch kind {
    case Vault.ActionSubmitted.kind: actionSubmitted = try decodeEvent(value)
    case Vault.ActionCanceled.kind: actionCanceled = try decodeEvent(value)
    case Vault.ActionExecuted.kind: actionExecuted = try decodeEvent(value)
    case Vault.StateChanged.kind: stateChanged = try decodeEvent(value)
    case Vault.PolicyUpdated.kind: policyUpdated = try decodeEvent(value)
    case Vault.AuthorityUpdated.kind: authorityUpdated = try decodeEvent(value)
    default: return false
    }
    return true
  }
}
