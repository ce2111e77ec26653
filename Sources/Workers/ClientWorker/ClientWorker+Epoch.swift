internal import ConsensusApp
internal import ConsensusService
internal import OasisTypes

extension ClientWorker {
  /// The epoch in the state after a height.
  func epoch(at height: Int64) async throws -> Epoch {
    try await backend.query(at: height) { try EpochState.current.get($0)?.epoch ?? 0 }
  }
}
