internal import CometBFT
internal import ConsensusApp
internal import ConsensusService
internal import OasisCrypto
internal import OasisTypes

/// How services ask the consensus layer: heights as the reference takes them, and its errors.
extension ConsensusBackend {
  /// Reads the state after a height; 0 and below mean the last committed one, as in the reference's state queries.
  func read<Answer: Sendable>(_ height: Int64, _ body: @Sendable (StateTree) throws -> Answer) async throws -> Answer {
    try await query(at: max(height, 0), body)
  }

  /// A height of the API as one of the block store.
  ///
  /// - Throws: an uncoded error where no such block is there.
  private func stored(_ height: Int64, _ what: String) async throws -> Int64 {
    let latest = await latestHeight()
    guard latest > 0 else { throw CodedError.noCommittedBlocks }
    if height == 0 { return latest }
    func refuse(_ reason: String) -> CodedError { .uncoded("cometbft: \(what) query failed: \(reason)") }
    guard height > 0 else { throw refuse("height must be greater than 0, but got \(height)") }
    guard height <= latest else { throw refuse("height \(height) must be less than or equal to the current blockchain height \(latest)") }
    let first = await lastRetainedHeight()
    guard height >= first else { throw refuse("height \(height) is not available, lowest height is \(first)") }
    return height
  }

  func storedBlock(_ height: Int64) async throws -> CometBFT.Block { try await block(at: try await stored(height, "block")) }

  func storedResults(_ height: Int64) async throws -> (height: Int64, results: BlockResults) {
    let height = try await stored(height, "block results")
    return (height, try await results(at: height))
  }

  /// Updates of blocks that are committed from now on.
  func newUpdates() async -> AsyncStream<ConsensusUpdate> {
    let known = await latestHeight()
    let all = await updates()
    return AsyncStream { continuation in
      let task = Task {
        for await update in all where update.height > known { continuation.yield(update) }
        continuation.finish()
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }
}
