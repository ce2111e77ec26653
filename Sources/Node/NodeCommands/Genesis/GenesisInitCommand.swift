internal import Bytes
internal import CommandLineTool
internal import ConsensusApp
internal import Glibc
internal import JSONText
internal import NodeConfiguration
internal import OasisCrypto
internal import OasisTypes
internal import Wire

extension NodeCommands {
  /// `genesis init`: a new network's document. Rule: sheets 09 §3.5, 01 §14.10.
  static let genesisInit = Command(
    "init", "initialize the genesis file",
    example: "oasis-node genesis init --chain.id mynet --staking.token_symbol TEST --entity entity_genesis.json --node node_genesis.json",
    flags: GenesisInitFlags.all + [Flags.genesisFile.any, Flags.testEntity.any]
  ) { call in
    let environment = try CommandEnvironment(call, module: "cmd/genesis")
    let path = call[Flags.genesisFile]
    guard !path.isEmpty else { throw environment.failure("failed to determine output location") }
    let document = try GenesisInit(environment).document()
    do {
      try GenesisCheck.run(document, allowsDebug: environment.debug.dontBlameOasis, blacklist: environment.blacklist)
    } catch { throw environment.failure("genesis document failed sanity check", ["err": "\(error)"]) }
    let text: String
    do { text = try document.canonicalText() } catch {
      throw environment.failure("failed to get canonical form of genesis file", ["err": "\(error)"])
    }
    do { try CommandEnvironment.write(text, to: path) } catch {
      throw environment.failure("failed to write genesis file", ["err": "\(error)"])
    }
  }
}

/// Makes a document from flags and the files that they name.
struct GenesisInit {
  typealias F = GenesisInitFlags
  let environment: CommandEnvironment
  var call: Invocation { environment.call }

  init(_ environment: CommandEnvironment) { self.environment = environment }

  /// The document, which nobody has checked yet.
  func document() throws -> GenesisDocument {
    var document = GenesisDocument()
    document.chainID = call[F.chainID]
    guard !document.chainID.isEmpty else { throw environment.failure("genesis chain id missing") }
    document.height = call[F.initialHeight]
    document.time = now
    document.registry = try named("failed to parse registry genesis state") { try registry() }
    document.rootHash = try named("failed to parse roothash genesis state") { try rootHash() }
    document.keyManager = try named("failed to parse key manager genesis state") { try keyManager() }
    document.staking = try named("failed to append staking genesis state") { try staking() }
    document.scheduler = try scheduler()
    document.governance = governance
    document.beacon = try beacon()
    document.consensus = try consensus()
    return document
  }

  private var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
  }

  /// Runs a step; its failure is logged with what the step was for.
  private func named<T>(_ text: String, _ body: () throws -> T) throws -> T {
    do { return try body() } catch { throw environment.failure(text, ["err": "\(error)"]) }
  }

  // MARK: Files

  /// The JSON values of files, in order; what is wrong with one is logged first.
  func values<T: WireValue>(_ paths: [String], _ type: T.Type = T.self, what: String) throws -> [T] {
    try paths.map { path in
      let text: [UInt8]
      do { text = try CommandEnvironment.read(path) } catch {
        _ = environment.failure("failed to load \(what)", ["err": "\(error)", "filename": path])
        throw error
      }
      do { return try T.decode(json: text) } catch {
        _ = environment.failure("failed to parse \(what)", ["err": "\(error)", "filename": path])
        throw error
      }
    }
  }

  // MARK: Services of flags alone

  private func scheduler() throws -> SchedulerGenesis {
    var genesis = SchedulerGenesis()
    var parameters = SchedulerParameters()
    (parameters.minValidators, parameters.maxValidators) = (Int(call[F.minValidators]), Int(call[F.maxValidators]))
    parameters.maxValidatorsPerEntity = Int(call[F.maxValidatorsPerEntity])
    (parameters.debugBypassStake, parameters.debugAllowWeakAlpha) = (call[F.schedulerBypassStake], call[F.allowWeakAlpha])
    let forced = call[F.forceElect]
    if !forced.isEmpty {
      parameters.debugForceElect = try named("failed to parse forced elections") {
        try [Namespace: [PublicKey: ForcedElection]?].decode(json: forced)
      }
    }
    genesis.parameters = parameters
    return genesis
  }

  private var governance: Governance.Genesis {
    var genesis = Governance.Genesis()
    var parameters = Governance.Parameters()
    parameters.gasCosts = Governance.defaultGasCosts
    parameters.minProposalDeposit = Quantity(call[F.minProposalDeposit])
    (parameters.votingPeriod, parameters.stakeThreshold) = (call[F.votingPeriod], call[F.stakeThreshold])
    parameters.upgradeMinEpochDiff = call[F.upgradeMinEpochDiff]
    parameters.upgradeCancelMinEpochDiff = call[F.upgradeCancelMinEpochDiff]
    parameters.enableChangeParametersProposal = call[F.enableChangeParameters]
    genesis.parameters = parameters
    return genesis
  }

  private func beacon() throws -> BeaconGenesis {
    var genesis = BeaconGenesis()
    (genesis.parameters.backend, genesis.parameters.debugMockBackend) = (call[F.beaconBackend], call[F.mockBackend])
    switch genesis.parameters.backend {
    case BeaconParameters.insecureBackend:
      var insecure = InsecureBeaconParameters()
      insecure.interval = call[F.insecureInterval]
      genesis.parameters.insecure = insecure
    case BeaconParameters.vrfBackend:
      var vrf = VRFParameters()
      (vrf.alphaHighQualityThreshold, vrf.interval) = (call[F.alphaThreshold], call[F.vrfInterval])
      (vrf.proofDelay, vrf.gasCosts) = (call[F.submissionDelay], ["vrf_prove": 1000])
      genesis.parameters.vrf = vrf
    default: throw environment.failure("unsupported beacon backend", ["backend": genesis.parameters.backend])
    }
    return genesis
  }

  private func consensus() throws -> ConsensusGenesis {
    var genesis = ConsensusGenesis()
    genesis.backend = call[F.consensusBackend]
    var parameters = ConsensusParameters()
    (parameters.timeoutCommit, parameters.skipTimeoutCommit) = (nanoseconds(call[F.timeoutCommit]), call[F.skipTimeoutCommit])
    parameters.emptyBlockInterval = nanoseconds(call[F.emptyBlockInterval])
    parameters.maxTransactionSize = try size(F.maxTransactionSize)
    parameters.maxBlockSize = try size(F.maxBlockSize)
    parameters.maxBlockGas = call[F.maxBlockGas]
    parameters.maxEvidenceSize = try size(F.maxEvidenceSize)
    parameters.stateCheckpointInterval = call[F.checkpointInterval]
    parameters.stateCheckpointNumKept = call[F.checkpointNumKept]
    parameters.stateCheckpointChunkSize = try size(F.checkpointChunkSize)
    parameters.gasCosts = ["tx_byte": call[F.gasPerByte]]
    parameters.publicKeyBlacklist = try call[F.blacklist].map { text in
      guard let key = [UInt8](base64: text).flatMap({ PublicKey($0) }) else {
        throw environment.failure(
          "failed to parse blacklisted public key", ["err": NodeConfiguration.publicKeyProblem(text) ?? "", "public_key": text])
      }
      return key
    }
    if !call[F.featureVersion].isEmpty {
      guard let version = Version(text: call[F.featureVersion]) else {
        throw environment.failure("failed to parse feature version", ["err": "not a version", "version": call[F.featureVersion]])
      }
      parameters.featureVersion = version
    }
    genesis.parameters = parameters
    return genesis
  }

  private func nanoseconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000  // a flag's duration has been read from nanoseconds
  }

  private func size(_ flag: Flag<String>) throws -> UInt64 {
    guard let bytes = ByteSize.bytes(call[flag]) else {
      throw environment.failure("malformed size", ["flag": flag.name, "size": call[flag]])
    }
    return bytes
  }
}

/// Sizes as flags have them: `32768`, `128kb`, `4mb`, `1 GB`; a unit is a power of 1024.
enum ByteSize {
  /// Nil for text that is no size.
  static func bytes(_ text: String) -> UInt64? {
    var rest = Substring(text.lowercased()).filter { $0 != " " }
    var unit: UInt64 = 1
    if rest.hasSuffix("b") {
      rest.removeLast()
      if let scale = rest.last.flatMap({ (["k": 1 << 10, "m": 1 << 20, "g": 1 << 30] as [Character: UInt64])[$0] }) {
        unit = scale
        rest.removeLast()
      }
    }
    guard !rest.isEmpty, rest.allSatisfy(\.isNumber), let count = UInt64(rest) else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: unit)
    return overflow ? nil : bytes
  }
}
