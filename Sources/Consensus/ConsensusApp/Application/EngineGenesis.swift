internal import Bytes
public import CometBFT
public import OasisCrypto
internal import OasisTypes
internal import Wire

/// The genesis that CometBFT starts from, derived from the Oasis document (sheet 03 §1).
extension Genesis {
  /// - Parameters:
  ///   - chainContext: lower-case hex of the document's hash
  ///   - allowsDebug: the node runs with debug switches; a debonding interval of 0 counts as 1 then
  ///   - blacklist: keys whose signatures count for nothing
  /// - Throws: if a needed section or parameter is missing, or a node's descriptor is not signed properly
  public func engineGenesis(
    chainContext: String, allowsDebug: Bool, blacklist: PublicKeyBlacklist = .production
  ) throws -> CometBFT.GenesisDocument {
    let consensus: ConsensusGenesis = try required("consensus")
    let parameters = consensus.parameters
    let staking: StakingGenesis = try required("staking")
    let time: OasisTypes.Timestamp = try required("genesis_time")
    var debonding = staking.parameters.debondingInterval
    if debonding == 0, allowsDebug { debonding = 1 }
    let interval = try epochInterval(allowsDebug: allowsDebug)
    let (blocks, overflow) = debonding.multipliedReportingOverflow(by: interval)
    let (step, stepOverflow) = parameters.timeoutCommit.addingReportingOverflow(1_000_000_000)
    guard debonding > 0, !overflow, !stepOverflow, let age = Int64(exactly: blocks),
      case let (duration, tooLong) = age.multipliedReportingOverflow(by: step), !tooLong
    else { throw AppError.uncoded("genesis: debonding interval \(debonding) with epochs of \(interval) blocks gives no evidence age") }
    func bytes(_ size: UInt64) -> Int64 { Int64(clamping: size) }
    let engine = CometBFT.ConsensusParameters(
      block: .init(maxBytes: bytes(parameters.maxBlockSize), maxGas: parameters.maxBlockGas == 0 ? -1 : bytes(parameters.maxBlockGas)),
      evidence: .init(maxAgeBlocks: age, maxAgeDuration: Nanoseconds(duration), maxBytes: bytes(parameters.maxEvidenceSize)),
      validator: .init(publicKeyTypes: ["ed25519"]), version: .init(app: ConsensusApplication.appVersion))
    return CometBFT.GenesisDocument(
      time: CometBFT.Timestamp(seconds: time.seconds, nanoseconds: time.nanoseconds), chainID: String(chainContext.prefix(50)),
      initialHeight: try height, consensusParameters: engine,
      validators: try engineValidators(staking, blacklist),
      appState: [UInt8](try OasisTypes.GenesisDocument.decode(json: document).jsonText().utf8))
  }

  private func epochInterval(allowsDebug: Bool) throws -> UInt64 {
    let beacon: BeaconGenesis = try required("beacon")
    guard ["insecure", "vrf"].contains(beacon.parameters.backend) else {
      throw AppError.uncoded("genesis: unknown beacon backend \(beacon.parameters.backend)")
    }
    let interval = beacon.parameters.interval
    if interval == 0, allowsDebug, beacon.parameters.debugMockBackend { return 100 }
    guard interval > 0 else { throw AppError.uncoded("genesis: epoch interval \(interval)") }
    return UInt64(interval)
  }

  private func power(of stake: Quantity, _ parameters: SchedulerParameters) throws -> Int64 {
    guard let power = parameters.votingPowerDistribution.power(ofStake: stake) else {
      throw AppError.uncoded("genesis: voting power of stake \(stake) is too large")
    }
    return power
  }

  private func engineValidators(
    _ staking: StakingGenesis, _ blacklist: PublicKeyBlacklist
  ) throws -> [CometBFT.GenesisDocument.GenesisValidator] {
    let registry: Registry.Genesis = try required("registry")
    let scheduler: SchedulerGenesis = try required("scheduler")
    let beacon: BeaconGenesis = try required("beacon")
    var perEntity: [PublicKey: Int] = [:]
    var validators: [CometBFT.GenesisDocument.GenesisValidator] = []
    for case let envelope? in registry.nodes {
      let node: Node = try envelope.open(context: .registerNode, blacklist: blacklist)
      guard node.roles.contains(.validator), !node.isExpired(at: beacon.base) else { continue }
      let count = perEntity[node.entityID] ?? 0
      guard count == 0 || count < scheduler.parameters.maxValidatorsPerEntity else { continue }
      perEntity[node.entityID] = count + 1
      let stake = staking.ledger[Address(node.entityID)]?.escrow.active.balance ?? Quantity()
      let power = scheduler.parameters.debugBypassStake ? 1 : try power(of: stake, scheduler.parameters)
      validators.append(
        .init(publicKey: node.consensus.id.bytes, power: power, name: "oasis-validator-\(node.id.bytes.base64)"))
    }
    // Equal powers keep the document's order; the reference leaves them in any.
    let order = validators.indices.sorted { (validators[$0].power, $1) > (validators[$1].power, $0) }
    return order.prefix(max(0, scheduler.parameters.maxValidators)).map { validators[$0] }
  }
}
