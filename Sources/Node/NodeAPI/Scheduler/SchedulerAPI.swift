internal import ConsensusApp
public import ConsensusService
public import GRPC
internal import OasisTypes
internal import Wire

/// Reads of the scheduler: validators and committees. Rule: sheet 05 §B.11.
public struct SchedulerAPI: APIService {
  private let backend: any ConsensusBackend
  public init(_ backend: any ConsensusBackend) { self.backend = backend }

  public var methods: [GRPCMethod] {
    let (table, backend) = (MethodTable("Scheduler"), backend)
    /// Failures here are wrapped, unlike elsewhere.
    @Sendable func parameters(_ height: Int64) async throws -> SchedulerParameters {
      do { return try await backend.read(height) { try SchedulerState($0).parameters() } } catch {
        throw APIErrors.coded(error).wrapped("scheduler: genesis query failed")
      }
    }
    return [
      table.answer("GetValidators") { (height: Int64) in
        try await backend.read(height) { tree in
          try SchedulerState(tree).validators().sorted { $0.key < $1.key }.map(\.value).nilIfEmpty
        }
      },
      table.answer("GetCommittees") { (request: CommitteesRequest) in
        try await backend.read(request.height) { tree in
          try SchedulerState(tree).committees().filter { $0.runtimeID == request.runtimeID }.nilIfEmpty
        }
      },
      table.answer("StateToGenesis") { (height: Int64) in
        var genesis = SchedulerGenesis()
        genesis.parameters = try await parameters(height)
        return genesis
      },
      table.answer("ConsensusParameters") { (height: Int64) in try await parameters(height) },
      table.stream("WatchCommittees") { (send: Sink<Committee>) in
        for committee in try await backend.read(0, { try SchedulerState($0).committees() }) { try await send(committee) }
        try await backend.follow { update in
          let kinds = Set(update.events(ElectedEvent.self).flatMap(\.kinds))
          guard !kinds.isEmpty else { return }
          for committee in try await backend.read(update.height, { try SchedulerState($0).committees() })
          where kinds.contains(committee.kind) {
            try await send(committee)
          }
        }
      },
    ]
  }
}
