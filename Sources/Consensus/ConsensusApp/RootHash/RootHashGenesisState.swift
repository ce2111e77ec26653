public import OasisTypes
internal import Wire

extension RootHashService {
  /// Sheet 05 §C.12.
  public func initChain(_ context: Context, _ request: InitChainRequest) throws {
    let genesis = try request.genesis.required("roothash", as: RootHash.Genesis.self)
    try RootHashState(context.state).setParameters(context, genesis.parameters)
    let registry = RegistryState(context.state)
    for runtime in try registry.activeRuntimes() { try createState(context, runtime, genesis: genesis, suspended: false) }
    for runtime in try registry.suspendedRuntimes() { try createState(context, runtime, genesis: genesis, suspended: true) }
  }

  public func exportGenesis(_ state: StateTree, _ request: ExportRequest) throws -> [GenesisSection] {
    [GenesisSection("roothash", try RootHashState(state).genesis())]
  }
}

extension RootHashState {
  /// The state as a section of a genesis document: last state root, round and message results of every runtime.
  public func genesis() throws -> RootHash.Genesis {
    var genesis = RootHash.Genesis()
    genesis.parameters = try parameters()
    for stored in try allRuntimes() {
      let runtime = try ActiveRuntime(stored)
      var dump = RootHash.GenesisRuntimeState()
      dump.stateRoot = runtime.lastBlock.header.stateRoot
      dump.round = runtime.lastBlock.header.round
      dump.messageResults = try roundResults(runtime.id).messages
      genesis.runtimeStates[runtime.id] = dump
    }
    return genesis
  }
}
