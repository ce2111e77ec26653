internal import ConsensusApp
public import ConsensusService
public import GRPC
internal import OasisTypes
internal import Wire

/// Reads of governance. Rule: sheet 06 A.10.
public struct GovernanceAPI: APIService {
  private let backend: any ConsensusBackend
  public init(_ backend: any ConsensusBackend) { self.backend = backend }

  public var methods: [GRPCMethod] {
    let (table, backend) = (MethodTable("Governance"), backend)
    return [
      table.answer("ActiveProposals") { (height: Int64) in
        try await backend.read(height) { try GovernanceState($0).openProposals().nilIfEmpty }
      },
      table.answer("Proposals") { (height: Int64) in try await backend.read(height) { try GovernanceState($0).allProposals().nilIfEmpty } },
      table.answer("Proposal") { (query: Governance.ProposalQuery) in
        try await backend.read(query.height) { try GovernanceState($0).proposal(query.id) }
      },
      table.answer("Votes") { (query: Governance.ProposalQuery) in
        try await backend.read(query.height) { try GovernanceState($0).votes(query.id).nilIfEmpty }
      },
      table.answer("PendingUpgrades") { (height: Int64) in
        try await backend.read(height) { try GovernanceState($0).upgrades().nilIfEmpty }
      },
      table.answer("ConsensusParameters") { (height: Int64) in try await backend.read(height) { try GovernanceState($0).parameters() } },
      table.answer("StateToGenesis") { (height: Int64) in
        try await backend.read(height) { try GovernanceService().section($0, as: Governance.Genesis.self) }
      },
      table.answer("GetEvents") { (height: Int64) in try await backend.events(height, Governance.Event.self) },
      table.stream("WatchEvents") { (send: Sink<Governance.Event>) in try await backend.watchEvents { try await send($0) } },
    ]
  }
}

extension Governance.Event: APIEvent {
  static var service: String { GovernanceService.name }

  mutating func set(kind: String, value: [UInt8]) throws -> Bool {
    switch kind {
    case Governance.EventKind.proposalSubmitted: proposalSubmitted = try decodeEvent(value)
    case Governance.EventKind.proposalExecuted: proposalExecuted = try decodeEvent(value)
    case Governance.EventKind.proposalFinalized: proposalFinalized = try decodeEvent(value)
    case Governance.EventKind.vote: vote = try decodeEvent(value)
    default: return false
    }
    return true
  }
}
