internal import ConsensusApp
public import ConsensusService
public import GRPC
internal import OasisTypes
internal import Wire

/// Reads of key managers' secrets, under both names of the service. Rule: sheet 06 B.8.
public struct KeyManagerAPI: APIService {
  private let backend: any ConsensusBackend
  public init(_ backend: any ConsensusBackend) { self.backend = backend }

  public var methods: [GRPCMethod] { methods(of: "KeyManager.Secrets") + methods(of: "KeyManager") }

  private func methods(of service: String) -> [GRPCMethod] {
    let (table, backend) = (MethodTable(service), backend)
    return [
      table.answer("GetStatus") { (query: Registry.NamespaceQuery) in
        try await backend.read(query.height) { tree in
          guard let status = try KeyManagerState(tree).status(query.id) else { throw KeyManagerError.noSuchStatus }
          return status
        }
      },
      table.answer("StateToGenesis") { (height: Int64) in
        try await backend.read(height) { try KeyManagerService().section($0, as: KeyManager.Genesis.self) }
      },
      table.answer("GetStatuses") { (height: Int64) in
        try await backend.read(height) { try KeyManagerState($0).allStatuses().nilIfEmpty }
      },
      table.answer("GetMasterSecret") { (query: Registry.NamespaceQuery) in
        try await backend.read(query.height) { tree in
          guard let secret = try KeyManagerState.masterSecrets.get(tree, Hashed(query.id)) else { throw KeyManagerError.noSuchMasterSecret }
          return secret
        }
      },
      table.answer("GetEphemeralSecret") { (query: Registry.NamespaceQuery) in
        try await backend.read(query.height) { tree in
          guard let secret = try KeyManagerState.ephemeralSecrets.get(tree, Hashed(query.id)) else {
            throw KeyManagerError.noSuchEphemeralSecret
          }
          return secret
        }
      },
      table.stream("WatchStatuses") { (send: Sink<KeyManager.Status>) in
        for status in try await backend.read(0, { try KeyManagerState($0).allStatuses() }) { try await send(status) }
        try await backend.follow { update in
          for status in update.events(KeyManager.StatusUpdate.self).flatMap({ $0.statuses ?? [] }) {
            if let status { try await send(status) }
          }
        }
      },
      table.stream("WatchMasterSecrets") { (send: Sink<KeyManager.SignedMasterSecret>) in
        try await backend.follow { update in
          for event in update.events(KeyManager.MasterSecretPublished.self) { if let secret = event.secret { try await send(secret) } }
        }
      },
      table.stream("WatchEphemeralSecrets") { (send: Sink<KeyManager.SignedEphemeralSecret>) in
        try await backend.follow { update in
          for event in update.events(KeyManager.EphemeralSecretPublished.self) { if let secret = event.secret { try await send(secret) } }
        }
      },
    ]
  }
}

/// Reads of key managers' CHURP schemes. Rule: sheet 06 B.11.
public struct ChurpAPI: APIService {
  private let backend: any ConsensusBackend
  public init(_ backend: any ConsensusBackend) { self.backend = backend }

  public var methods: [GRPCMethod] {
    let (table, backend) = (MethodTable("KeyManager.Churp"), backend)
    return [
      table.answer("ConsensusParameters") { (height: Int64) in
        try await backend.read(height) { try KeyManagerState($0).churpParameters() }
      },
      table.answer("StateToGenesis") { (height: Int64) in
        try await backend.read(height) { try KeyManagerService().section($0, as: KeyManager.Genesis.self).churp ?? Churp.Genesis() }
      },
      table.stream("WatchStatuses") { (send: Sink<Churp.Status>) in
        for status in try await backend.read(0, { try KeyManagerState($0).allChurpStatuses() }) { try await send(status) }
        try await backend.follow { update in
          for status in update.events(Churp.Created.self).compactMap(\.status) { try await send(status) }
        }
      },
      table.answer("Status") { (query: Churp.StatusQuery) in
        try await backend.read(query.height) { tree in
          guard let status = try KeyManagerState.churpStatuses.get(tree, Hashed(query.runtimeID), query.churpID) else {
            throw KeyManagerError.noSuchChurpStatus
          }
          return status
        }
      },
      table.answer("Statuses") { (query: Registry.NamespaceQuery) in
        try await backend.read(query.height) { try KeyManagerState($0).churpStatuses(query.id).nilIfEmpty }
      },
      table.answer("AllStatuses") { (height: Int64) in
        try await backend.read(height) { try KeyManagerState($0).allChurpStatuses().nilIfEmpty }
      },
    ]
  }
}
