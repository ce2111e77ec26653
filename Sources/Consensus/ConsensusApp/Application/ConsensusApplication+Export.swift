public import JSONText
import OasisTypes
import Wire

/// The state as a genesis document (sheet 03 §18, StateToGenesis).
extension ConsensusApplication {
  /// The sections in the order of the document.
  private static let order = [
    "registry", "roothash", "staking", "keymanager", "scheduler", "beacon", "governance", "vault", "consensus",
  ]

  /// The document that describes the last committed state.
  ///
  /// - Parameters:
  ///   - time: of the block, in RFC 3339
  ///   - chainID: the name that the original document gives
  public func exportGenesis(time: String, chainID: String) throws -> JSONValue {
    try exportGenesis(committedState(), height: chain.lastHeight, time: time, chainID: chainID)
  }

  /// The document that describes a state.
  public func exportGenesis(_ state: StateTree, height: Int64, time: String, chainID: String) throws -> JSONValue {
    let request = ExportRequest(genesis: genesis, height: height)
    var sections: [String: JSONValue] = [:]
    for service in services {
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
