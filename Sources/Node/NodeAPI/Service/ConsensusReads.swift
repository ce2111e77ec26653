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

  /// Hands over every block that is committed from now on, in order.
  ///
  /// For a reader that is slower than the chain nothing is kept: what it missed is read from the stores, as far as it is still there.
  func follow(_ each: (ConsensusUpdate) async throws -> Void) async throws {
    var last = await latestHeight()
    for await update in await updates() where update.height > last {
      if last > 0, update.height > last + 1 {  // + 1: heights of stored blocks
        for height in (last + 1)..<update.height {
          do { try await each(try await self.update(at: height)) } catch let error as CodedError where error.isSame(as: .versionNotFound) {}
        }
      }
      last = update.height
      try await each(update)
    }
  }

  /// The update of a stored block.
  private func update(at height: Int64) async throws -> ConsensusUpdate {
    let (block, results) = (try await block(at: height), try await results(at: height))
    let record = try await query(at: height) { try BeaconState($0).epoch() }
    return ConsensusUpdate(
      height: height, hash: block.header.hash(), header: block.header, results: results, epoch: record.epoch,
      isEpochChange: record.height == height)
  }
}
