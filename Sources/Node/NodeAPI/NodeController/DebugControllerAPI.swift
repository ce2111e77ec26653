internal import ConsensusApp
public import ConsensusService
public import GRPC
internal import OasisTypes

/// What tests ask of a node that runs with `--debug.dont_blame_oasis`; setting the epoch is not part of this version. Rule: sheet 09 §5.3.
public struct DebugControllerAPI: APIService {
  private let backend: any ConsensusBackend
  public init(_ backend: any ConsensusBackend) { self.backend = backend }

  public var methods: [GRPCMethod] {
    let (table, backend) = (MethodTable("DebugController"), backend)
    return [
      table.take("WaitNodesRegistered") { (count: Int64) in
        for await update in await backend.updates() {
          let nodes = try await backend.query(at: update.height) { try RegistryQueries($0).nodes()?.count ?? 0 }
          if nodes >= count { return }
        }
        throw CancellationError()
      }
    ]
  }
}
