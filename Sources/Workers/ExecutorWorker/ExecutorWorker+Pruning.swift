internal import ConsensusApp
internal import ConsensusService
internal import OasisTypes
public import RuntimeHistory

extension ExecutorWorker: PruneHandler {
  /// Rounds from the last normal one on are still needed. Rule: sheet 08 §C4.6.
  public func prune(_ rounds: [UInt64]) async throws {
    let id = runtimeID
    let lastNormal = try await backend.query(at: 0) { try RootHashState($0).runtime(id)?.lastNormalRound }
    if let lastNormal, let round = rounds.first(where: { $0 >= lastNormal }) { throw RoundIsNeeded(round: round, lastNormal: lastNormal) }
  }
}

/// A round that the executor still reads cannot be forgotten.
struct RoundIsNeeded: Error, CustomStringConvertible {
  let round: UInt64, lastNormal: UInt64
  var description: String { "executor: tried to prune round \(round), the last normal one is \(lastNormal)" }
}
