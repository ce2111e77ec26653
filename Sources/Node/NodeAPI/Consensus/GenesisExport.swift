internal import ConsensusApp
internal import JSONText
internal import OasisTypes
internal import Wire

/// The state of a height as a genesis document. Rule: sheet 03 §18, StateToGenesis.
struct GenesisExport: Sendable {
  let original: OasisTypes.GenesisDocument

  /// - Parameters:
  ///   - time: of the block.
  func document(_ state: StateTree, height: Int64, time: OasisTypes.Timestamp) throws -> OasisTypes.GenesisDocument {
    var document = OasisTypes.GenesisDocument()
    (document.height, document.time, document.chainID) = (height, time, original.chainID)
    document.consensus = original.consensus
    guard let parameters = try ConsensusState.parameters.get(state) else { throw StateError("consensus parameters are missing") }
    document.consensus.parameters = parameters
    let request = ExportRequest(genesis: Genesis(document: original.json()), height: height)
    for service in ServiceList.all() {
      for section in try service.exportGenesis(state, request) {
        switch section.value {
        case let value as Registry.Genesis: document.registry = value
        case let value as RootHash.Genesis: document.rootHash = value
        case let value as StakingGenesis: document.staking = value
        case let value as KeyManager.Genesis: document.keyManager = value
        case let value as SchedulerGenesis: document.scheduler = value
        case let value as BeaconGenesis: document.beacon = value
        case let value as Governance.Genesis: document.governance = value
        case let value as Vault.Genesis: document.vault = value
        default: throw StateError("section \(section.key) is not part of a genesis document")
        }
      }
    }
    return document
  }
}

extension Service {
  /// The service's one section of a genesis document that describes `state`.
  ///
  /// - Parameters:
  ///   - original: the document that the chain began with, for services that need it.
  func section<Value: WireValue>(
    _ state: StateTree, original: OasisTypes.GenesisDocument = .init(), as type: Value.Type = Value.self
  ) throws -> Value {
    let request = ExportRequest(genesis: Genesis(document: original.json()), height: 0)
    guard let value = try exportGenesis(state, request).first?.value as? Value else { throw StateError("\(name) exports no \(Value.self)") }
    return value
  }
}
