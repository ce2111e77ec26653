internal import ConsensusApp
public import ConsensusService
public import GRPC
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// Reads of the registry. Rule: sheet 04 §24.
public struct RegistryAPI: APIService {
  private let backend: any ConsensusBackend
  public init(_ backend: any ConsensusBackend) { self.backend = backend }

  public var methods: [GRPCMethod] { reads + streams }

  private var reads: [GRPCMethod] {
    let (table, backend) = (MethodTable("Registry"), backend)
    return [
      table.answer("GetEntity") { (query: Registry.IDQuery) in
        try await backend.read(query.height) { try RegistryQueries($0).entity(query.id) }
      },
      table.answer("GetEntities") { (height: Int64) in
        try await backend.read(height) { try RegistryQueries($0).entities().nilIfEmpty }
      },
      table.answer("GetNode") { (query: Registry.IDQuery) in
        try await backend.read(query.height) { try RegistryQueries($0).node(query.id) }
      },
      table.answer("GetNodeByConsensusAddress") { (query: Registry.ConsensusAddressQuery) in
        try await backend.read(query.height) { try RegistryQueries($0).node(consensusAddress: query.address ?? []) }
      },
      table.answer("GetNodeStatus") { (query: Registry.IDQuery) in
        try await backend.read(query.height) { try RegistryQueries($0).nodeStatus(query.id) }
      },
      table.answer("GetNodes") { (height: Int64) in try await backend.read(height) { try RegistryQueries($0).nodes() } },
      table.answer("GetRuntime") { (query: Registry.GetRuntimeQuery) in
        try await backend.read(query.height) { try RegistryQueries($0).runtime(query.id, includeSuspended: query.includeSuspended) }
      },
      table.answer("GetRuntimes") { (query: Registry.GetRuntimesQuery) in
        try await backend.read(query.height) { try RegistryQueries($0).runtimes(includeSuspended: query.includeSuspended) }
      },
      table.answer("StateToGenesis") { (height: Int64) in try await backend.read(height) { try RegistryQueries($0).genesis() } },
      table.answer("ConsensusParameters") { (height: Int64) in try await backend.read(height) { try RegistryQueries($0).parameters() } },
      table.answer("GetEvents") { (height: Int64) in try await backend.events(height, Registry.Event.self) },
    ]
  }

  private var streams: [GRPCMethod] {
    let (table, backend) = (MethodTable("Registry"), backend)
    return [
      table.stream("WatchEvents") { (send: Sink<Registry.Event>) in try await backend.watchEvents { try await send($0) } },
      table.stream("WatchEntities") { (send: Sink<Registry.EntityEvent>) in
        try await backend.watchEvents(Registry.Event.self) { if let entity = $0.entity { try await send(entity) } }
      },
      table.stream("WatchNodes") { (send: Sink<Registry.NodeEvent>) in
        try await backend.watchEvents(Registry.Event.self) { if let node = $0.node { try await send(node) } }
      },
      table.stream("WatchRuntimes") { (send: Sink<Registry.Runtime>) in
        for runtime in try await backend.read(0, { try RegistryQueries($0).runtimes(includeSuspended: true) }) ?? [] {
          try await send(runtime)
        }
        try await backend.watchEvents(Registry.Event.self) { if let runtime = $0.runtimeStarted?.runtime { try await send(runtime) } }
      },
      table.stream("WatchNodeList") { (send: Sink<Registry.NodeList>) in
        try await send(Registry.NodeList(nodes: try await backend.read(0) { try RegistryQueries($0).nodes() }))
        try await backend.follow { update in
          guard update.isEpochChange else { return }
          try await send(Registry.NodeList(nodes: try await backend.read(update.height) { try RegistryQueries($0).nodes() }))
        }
      },
    ]
  }
}

extension Registry.Event: APIEvent {
  static var service: String { RegistryService.name }

  mutating func set(kind: String, value: [UInt8]) throws -> Bool {
    switch kind {
    case Registry.EntityEvent.kind: entity = try decodeEvent(value)
    case Registry.NodeEvent.kind: node = try decodeEvent(value)
    case Registry.RuntimeStartedEvent.kind: runtimeStarted = try decodeEvent(value)
    case Registry.RuntimeSuspendedEvent.kind: runtimeSuspended = try decodeEvent(value)
    case Registry.NodeUnfrozenEvent.kind: nodeUnfrozen = try decodeEvent(value)
    default: return false
    }
    return true
  }
}
