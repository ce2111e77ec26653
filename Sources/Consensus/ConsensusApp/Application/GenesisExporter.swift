internal import JSONText
public import OasisTypes
internal import Wire

/// Writes states as genesis documents (sheet 03 §18, StateToGenesis); usable beside a running application.
public struct GenesisExporter: Sendable {
  /// The document that the chain began with.
  public let genesis: Genesis

  public init(genesis: Genesis) { self.genesis = genesis }

  /// The sections in the order of the document.
  private static let order = [
    "registry", "roothash", "staking", "keymanager", "scheduler", "beacon", "governance", "vault", "consensus",
  ]

  /// The document that describes a state.
  ///
  /// - Parameters:
  ///   - height: of the block that the state comes from
  ///   - time: of that block
  public func export(_ state: any StateReader, height: Int64, time: OasisTypes.Timestamp) throws -> OasisTypes.GenesisDocument {
    guard let text = time.json().string, let chainID = genesis.document["chain_id"]?.string else {
      throw AppError.uncoded("genesis: no chain id")
    }
    return try .decode(json: try export(StateTree(over: state), height: height, time: text, chainID: chainID))
  }

  /// The same as a JSON tree, with time and name as they shall stand there.
  func export(_ state: StateTree, height: Int64, time: String, chainID: String) throws -> JSONValue {
    let request = ExportRequest(genesis: genesis, height: height)
    var sections: [String: JSONValue] = [:]
    for service in ServiceList.all() {
      for section in try service.exportGenesis(state, request) { sections[section.key] = section.value.json() }
    }
    var consensus: ConsensusGenesis = try genesis.required("consensus")
    guard let parameters = try ConsensusState.parameters.get(state) else { throw StateError("consensus parameters are missing") }
    consensus.parameters = parameters
    sections["consensus"] = consensus.json()
    var members = [
      JSONMember(key: "height", value: .integer(height)), JSONMember(key: "genesis_time", value: .string(time)),
      JSONMember(key: "chain_id", value: .string(chainID)),
    ]
    members += Self.order.compactMap { key in sections[key].map { JSONMember(key: key, value: $0) } }
    members.append(JSONMember(key: "extra_data", value: .null))
    return .object(members)
  }
}
