public import JSONText

extension ConsensusApplication {
  /// The document that describes the last committed state, as a JSON tree.
  ///
  /// - Parameters:
  ///   - time: of the block, in RFC 3339
  ///   - chainID: the name that the original document gives
  public func exportGenesis(time: String, chainID: String) throws -> JSONValue {
    try exportGenesis(committedState(), height: chain.lastHeight, time: time, chainID: chainID)
  }

  /// The document that describes a state (see ``GenesisExporter``).
  public func exportGenesis(_ state: StateTree, height: Int64, time: String, chainID: String) throws -> JSONValue {
    try GenesisExporter(genesis: genesis).export(state, height: height, time: time, chainID: chainID)
  }
}
