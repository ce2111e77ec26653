public import OasisTypes
internal import Wire

extension RegistryService {
  /// Sheet 04 §22.
  public func initChain(_ context: Context, _ request: InitChainRequest) throws {
    let genesis = try request.genesis.required("registry", as: Registry.Genesis.self)
    let registry = RegistryState(context.state)
    try registry.setParameters(context, genesis.parameters)
    for (index, entity) in genesis.entities.enumerated() {
      guard let entity else { throw AppError.uncoded("registry: genesis entity index \(index) is nil") }
      try registerEntity(context, entity)
    }
    let epoch = try context.currentEpoch()
    for kind in [Registry.RuntimeKind.keyManager, .compute] {
      for (index, runtime) in genesis.runtimes.enumerated() {
        guard let runtime else { throw AppError.uncoded("registry: genesis runtime index \(index) is nil") }
        try verify(context, runtime, genesis.parameters, epoch, is261: true)
        if runtime.kind == kind { _ = try registerRuntime(context, runtime) }
      }
    }
    for (index, runtime) in genesis.suspendedRuntimes.enumerated() {
      guard let runtime else { throw AppError.uncoded("registry: genesis suspended runtime index \(index) is nil") }
      _ = try registerRuntime(context, runtime)
      try registry.suspendRuntime(context, runtime.id)
    }
    for (index, node) in genesis.nodes.enumerated() {
      guard let node else { throw AppError.uncoded("registry: genesis node index \(index) is nil") }
      try registerNode(context, node)
    }
    for (id, status) in genesis.nodeStatuses.sorted(by: { $0.key < $1.key }) {
      guard let status else { throw AppError.uncoded("registry: genesis node status \(id) is nil") }
      registry.setNodeStatus(id, status)
    }
  }

  public func exportGenesis(_ state: StateTree, _ request: ExportRequest) throws -> [GenesisSection] {
    [GenesisSection("registry", try RegistryState(state).genesis())]
  }

  /// Validates changes of the parameters, and makes them if `apply`. Answers nil for another module.
  func changeParameters(_ context: Context, _ change: ParameterChange, apply: Bool) throws -> [UInt8]? {
    guard change.module == Registry.moduleName else { return nil }
    let changes = try Registry.ConsensusParameterChanges.decodeBody(
      change.changes, malformed: .uncoded("registry: failed to unmarshal consensus parameter changes"))
    let is261 = try context.isFeature261()
    let registry = RegistryState(context.state)
    var parameters = try registry.parameters()
    guard !changes.isEmptyProposal else { throw AppError.uncoded("registry: consensus parameter changes should not be empty") }
    changes.apply(to: &parameters)
    if let violation = parameters.violation(is261: is261, allowsDebug: context.chain.node.allowsDebug) {
      throw AppError.uncoded("registry: failed to validate consensus parameters: \(violation)")
    }
    if apply { try registry.setParameters(context, parameters) }
    return [0xa0]
  }
}

extension RegistryState {
  /// The state as a section of a genesis document (sheet 04 §22): of the nodes, only validators are kept.
  public func genesis() throws -> Registry.Genesis {
    var genesis = Registry.Genesis()
    genesis.parameters = try parameters()
    genesis.entities = try signedEntities()
    genesis.runtimes = try activeRuntimes()
    genesis.suspendedRuntimes = try suspendedRuntimes()
    for (node, envelope) in try signedNodes() where node.hasRoles(.validator) {
      guard let status = try nodeStatus(node.id) else { throw StateError("registry: no status of node \(node.id)") }
      genesis.nodes.append(envelope)
      genesis.nodeStatuses[node.id] = status
    }
    return genesis
  }
}
