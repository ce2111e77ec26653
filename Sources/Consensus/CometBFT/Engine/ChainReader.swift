/// A block that was just applied, with what the application answered.
public struct NewBlock: Sendable {
  public var block: Block
  public var blockID: BlockID
  public var responses: BlockResponses
  /// The state after the block.
  public var state: ChainState

  /// The block's height.
  public var height: Int64 { block.header.height }
}

/// Answers questions about the stored chain. Height 0 means the newest. Usable from any thread.
public struct ChainReader: Sendable {
  public let blocks: BlockStore
  public let states: StateStore

  public init(blocks: BlockStore, states: StateStore) { (self.blocks, self.states) = (blocks, states) }

  /// Height of the newest applied block; 0 before the first.
  public func latestHeight() throws(StorageError) -> Int64 { try states.load()?.lastBlockHeight ?? 0 }
  /// Height of the oldest stored block; 0 before the first.
  public func earliestHeight() throws(StorageError) -> Int64 { try blocks.base() }

  private func resolve(_ height: Int64) throws(StorageError) -> Int64 { height == 0 ? try blocks.height() : height }

  /// A stored block; one that is not there is an error.
  public func block(at height: Int64) throws(StorageError) -> Block {
    let height = try resolve(height)
    guard let block = try blocks.block(at: height) else { throw .notFound("block \(height)") }
    return block
  }

  /// Header and size of a stored block; one that is not there is an error.
  public func meta(at height: Int64) throws(StorageError) -> BlockMeta {
    let height = try resolve(height)
    guard let meta = try blocks.meta(at: height) else { throw .notFound("block \(height)") }
    return meta
  }

  /// The commit of a block as the next block has it; for the newest, as this node saw it.
  public func commit(at height: Int64) throws(StorageError) -> Commit {
    let height = try resolve(height)
    if height == (try blocks.height()) {
      if let commit = try blocks.seenCommit(at: height) { return commit }
    } else if let commit = try blocks.commit(at: height) {
      return commit
    }
    throw .notFound("commit of block \(height)")
  }

  /// What the application answered for a block.
  public func results(at height: Int64) throws(StorageError) -> BlockResponses { try states.responses(at: try resolve(height)) }

  /// The validators of a height with their priorities then; known up to two heights above the newest block.
  public func validators(at height: Int64) throws(StorageError) -> ValidatorSet { try states.validators(at: try resolve(height)) }

  /// The engine's parameters that hold at a height.
  public func consensusParameters(at height: Int64) throws(StorageError) -> ConsensusParameters {
    try states.consensusParameters(at: try resolve(height))
  }

  /// Header, commit and validators of a height, with the set's total voting power filled in. Rule: engine sheet A22.
  public func lightBlock(at height: Int64) throws(StorageError) -> LightBlock {
    let height = try resolve(height)
    return LightBlock(
      signedHeader: SignedHeader(header: try meta(at: height).header, commit: try commit(at: height)),
      validatorSet: try validators(at: height).message(withTotal: true))
  }
}
