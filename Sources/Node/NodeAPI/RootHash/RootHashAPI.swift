internal import CBOR
internal import ConsensusApp
public import ConsensusService
public import GRPC
internal import OasisTypes
internal import Wire

/// Reads of the root hash service: ParaTime blocks as consensus has them. Rule: sheet 05 §C.22.
public struct RootHashAPI: APIService {
  private let backend: any ConsensusBackend
  private let commitments: CommitmentFeed

  /// - Parameters:
  ///   - commitments: what the application sees in transactions that are checked.
  public init(_ backend: any ConsensusBackend, commitments: CommitmentFeed) { (self.backend, self.commitments) = (backend, commitments) }

  public var methods: [GRPCMethod] { reads + streams }

  private var reads: [GRPCMethod] {
    let (table, backend) = (MethodTable("RootHash"), backend)
    /// A question about one runtime.
    func ask<Answer: WireValue>(
      _ name: String, _ body: @escaping @Sendable (RootHashQueries, Namespace) throws -> Answer
    ) -> GRPCMethod {
      table.answer(name) { (request: RootHash.RuntimeRequest) in
        try await backend.read(request.height) { try body(RootHashQueries($0), request.runtimeID) }
      }
    }
    return [
      ask("GetGenesisBlock") { try $0.genesisBlock($1) },
      ask("GetLatestBlock") { try $0.latestBlock($1) },
      ask("GetRuntimeState") { try $0.runtimeState($1) },
      ask("GetLastRoundResults") { try $0.lastRoundResults($1) },
      ask("GetPastRoundRoots") { try $0.pastRoundRoots($1) },
      ask("GetIncomingMessageQueueMeta") { try $0.incomingMessageQueueMeta($1) },
      table.answer("GetRoundRoots") { (request: RootHash.RoundRootsRequest) in
        try await backend.read(request.height) { try RootHashQueries($0).roundRoots(request.runtimeID, round: request.round) }
      },
      table.answer("GetIncomingMessageQueue") { (request: RootHash.InMessageQueueRequest) in
        try await backend.read(request.height) {
          try RootHashQueries($0).incomingMessageQueue(request.runtimeID, offset: request.offset, limit: request.limit)
        }
      },
      table.answer("StateToGenesis") { (height: Int64) in try await backend.read(height) { try RootHashQueries($0).genesis() } },
      table.answer("ConsensusParameters") { (height: Int64) in try await backend.read(height) { try RootHashQueries($0).parameters() } },
      table.answer("GetEvents") { (height: Int64) in try await backend.events(height, RootHash.Event.self) },
    ]
  }

  private var streams: [GRPCMethod] {
    let (table, backend, commitments) = (MethodTable("RootHash"), backend, commitments)
    return [
      table.stream("WatchExecutorCommitments") { (id: Namespace, send: Sink<RootHash.ExecutorCommitment>) in
        for await observed in commitments.commitments() where observed.runtimeID == id { try await send(observed.commitment) }
      },
      table.stream("WatchEvents") { (id: Namespace, send: Sink<RootHash.Event>) in
        try await backend.watchEvents(RootHash.Event.self) { event in
          if event.runtimeID == id, event.finalized == nil { try await send(event) }
        }
      },
      table.stream("WatchBlocks") { (id: Namespace, send: Sink<RootHash.AnnotatedBlock>) in
        var last: (round: UInt64, height: Int64)?
        for await update in await backend.updates() {
          // Blocks that were finalized while this reader lagged behind are fetched first.
          let from = last.map { $0.height + 1 } ?? update.height
          for height in from...max(from, update.height) {
            guard let block = try await Self.block(backend, id, height), last.map({ block.round > $0.round }) ?? true else { continue }
            last = (block.round, height)
            try await send(block.annotated)
          }
          last?.height = update.height
        }
      },
    ]
  }

  /// The runtime's last block as of a height; nil for a runtime that is not known there, and where the state is pruned.
  private static func block(
    _ backend: any ConsensusBackend, _ id: Namespace, _ height: Int64
  ) async throws -> (round: UInt64, annotated: RootHash.AnnotatedBlock)? {
    do {
      return try await backend.query(at: height) { tree in
        guard let state = try RootHashState(tree).runtime(id), let block = state.lastBlock else { return nil }
        return (block.header.round, RootHash.AnnotatedBlock(height: state.lastBlockHeight, block: block))
      }
    } catch let error as CodedError where error.isSame(as: .versionNotFound) { return nil }
  }
}

extension RootHash.Event: APIEvent {
  static var service: String { RootHashService.name }

  mutating func set(kind: String, value: [UInt8]) throws -> Bool {
    switch kind {
    case RootHash.ExecutorCommittedEvent.kind: executorCommitted = try decodeEvent(value)
    case RootHash.ExecutionDiscrepancyDetectedEvent.kind: executionDiscrepancyDetected = try decodeEvent(value)
    case RootHash.FinalizedEvent.kind: finalized = try decodeEvent(value)
    case RootHash.InMessageProcessedEvent.kind: inMessageProcessed = try decodeEvent(value)
    default: return false
    }
    return true
  }

  mutating func note(attribute: String, value: [UInt8]) {
    if attribute == "runtime_id", let id = Namespace(value) { runtimeID = id }
  }
}
