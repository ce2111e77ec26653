internal import OasisCrypto
public import OasisTypes

/// Questions about ParaTimes at one height (sheet 05 §C.22). Failures carry the codes of the API.
public struct RootHashQueries {
  private let roothash: RootHashState

  public init(_ state: any StateReader) { roothash = RootHashState(StateTree(over: state)) }

  /// The parameters; a state without them is damaged.
  public func parameters() throws -> RootHash.ConsensusParameters { try roothash.parameters() }

  /// - Throws: `roothash`/3.
  public func runtimeState(_ id: Namespace) throws -> RootHash.RuntimeState {
    guard let state = try roothash.runtime(id) else { throw AppError.rootHash(.invalidRuntime) }
    return state
  }

  /// - Throws: `roothash`/3.
  public func genesisBlock(_ id: Namespace) throws -> RootHash.Block {
    guard let block = try runtimeState(id).genesisBlock else { throw StateError("roothash: no genesis block") }
    return block
  }

  /// - Throws: `roothash`/3.
  public func latestBlock(_ id: Namespace) throws -> RootHash.Block { try ActiveRuntime(runtimeState(id)).lastBlock }

  /// Results of the last normal round, empty before the first.
  public func lastRoundResults(_ id: Namespace) throws -> RootHash.RoundResults { try roothash.roundResults(id) }

  /// Nil if the round's roots are not stored (any more).
  public func roundRoots(_ id: Namespace, round: UInt64) throws -> RootHash.RoundRoots? {
    try RootHashState.pastRoots.get(roothash.tree, Hashed(id), round)
  }

  /// Roots of the last rounds, as many as the parameters keep.
  public func pastRoundRoots(_ id: Namespace) throws -> [UInt64: RootHash.RoundRoots] {
    Dictionary(uniqueKeysWithValues: try RootHashState.pastRoots.entries(roothash.tree, under: Hashed(id)).map { ($0.key.1, $0.value) })
  }

  /// Size and next number of a runtime's queue of messages.
  public func incomingMessageQueueMeta(_ id: Namespace) throws -> RootHash.IncomingMessageQueueMeta { try roothash.queueMeta(id) }

  /// The queue from message `offset` on, at most `limit` messages if that is not 0; nil if there are none.
  public func incomingMessageQueue(_ id: Namespace, offset: UInt64 = 0, limit: UInt32 = 0) throws -> [RootHash.IncomingMessage]? {
    let messages = try roothash.queue(id, offset: offset, limit: limit)
    return messages.isEmpty ? nil : messages
  }

  /// The service's section of a genesis document.
  public func genesis() throws -> RootHash.Genesis { try roothash.genesis() }
}
