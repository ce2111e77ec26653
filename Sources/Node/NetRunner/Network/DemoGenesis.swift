public import OasisCrypto
public import OasisTypes
internal import Wire

/// The genesis of a network with one entity and one node, which is validator and compute node of one ParaTime.
///
/// Values after the model of the recorded chain `basic`; what differs keeps a network of one node alive: no penalty freezes its only
/// validator, and fees may be zero. Rule: sheet 01 §14; it passes the checks of §14.9 with debug switches.
public struct DemoGenesis: Sendable {
  /// The keys that sign a node's descriptor.
  public struct NodeKeys: Sendable {
    public var node: any Signer, p2p: any Signer, consensus: any Signer, vrf: any Signer, tls: any Signer

    public init(node: any Signer, p2p: any Signer, consensus: any Signer, vrf: any Signer, tls: any Signer) {
      (self.node, self.p2p, self.consensus, self.vrf, self.tls) = (node, p2p, consensus, vrf, tls)
    }
  }

  public var time: Timestamp
  public var entity: any Signer
  public var keys: NodeKeys
  /// Hash of the bundle's manifest.
  public var bundleChecksum: [UInt8]
  /// Most epochs that a node may register for; the genesis registration lasts as long.
  public var maxNodeExpiration: Epoch = 15

  public init(time: Timestamp, entity: any Signer, keys: NodeKeys, bundleChecksum: [UInt8]) {
    (self.time, self.entity, self.keys, self.bundleChecksum) = (time, entity, keys, bundleChecksum)
  }

  public static let chainID = "oasis-net-runner demo"
  /// `simple-keyvalue` as the reference's tests name it (sheet 11 C.4).
  public static let runtimeID: Namespace = {
    Namespace(name: [UInt8](repeating: 0, count: 24), flags: .test) ?? Namespace()
  }()
  /// Blocks of an epoch: about four seconds.
  public static let epochInterval: Int64 = 20
  /// Nanoseconds after a block before the next is proposed.
  public static let timeoutCommit: Int64 = 200_000_000
  /// Nobody listens there while nodes have no peers, but descriptors must name an address.
  public static let consensusAddress = "127.0.0.1:26656"
  public static let p2pAddress = "127.0.0.1:9200"

  /// Base units (10^-9 TEST) that the entity has escrowed, and those that it and its node can spend.
  private static let escrow: Quantity = 1_000_000_000_000_000
  private static let spendable: Quantity = 1_000_000_000_000_000
  private static let commonPool: Quantity = 1_000_000_000_000_000

  /// The whole document.
  public func document() throws -> GenesisDocument {
    var document = GenesisDocument()
    document.height = 1
    document.time = time
    document.chainID = Self.chainID
    document.registry = try registry()
    document.rootHash = rootHash
    document.staking = staking
    document.keyManager.parameters = KeyManager.Parameters(gasCosts: KeyManager.defaultGasCosts)
    document.scheduler = scheduler
    document.beacon = beacon
    document.governance = governance
    var vault = Vault.Genesis()
    vault.parameters = .enabledByUpgrade
    document.vault = vault
    document.consensus = consensus
    return document
  }

  private var entityAddress: Address { Address(entity.publicKey) }

  // MARK: Registry

  private func registry() throws -> Registry.Genesis {
    var genesis = Registry.Genesis()
    var parameters = Registry.ConsensusParameters()
    parameters.debugAllowUnroutableAddresses = true  // the node's address is 127.0.0.1
    parameters.debugAllowTestRuntimes = true
    parameters.gasCosts = Registry.defaultGasCosts
    parameters.maxNodeExpiration = maxNodeExpiration
    parameters.enableRuntimeGovernanceModels = [.entity: true, .runtime: true]
    var tee = TEEFeatures()
    (tee.sgx.pcs, tee.sgx.signedAttestations, tee.sgx.maxAttestationAge, tee.freshnessProofs) = (true, true, 1200, true)
    parameters.teeFeatures = tee
    genesis.parameters = parameters
    let owner = Entity(id: entity.publicKey, nodes: [keys.node.publicKey])
    genesis.entities = [try SignedEnvelope(owner, by: entity, context: .registerEntity)]
    genesis.runtimes = [runtime]
    genesis.nodes = [
      try MultiSigned(try node(), by: [keys.node, keys.p2p, keys.consensus, keys.vrf, keys.tls], context: .registerNode)
    ]
    return genesis
  }

  /// The validator alone: it registers as compute node once its runtime runs.
  private func node() throws -> Node {
    guard let p2p = NodeAddress(text: Self.p2pAddress), let address = NodeAddress(text: Self.consensusAddress) else {
      throw RunnerError("\(Self.p2pAddress), \(Self.consensusAddress): not addresses")
    }
    var node = Node()
    (node.version, node.id, node.entityID) = (Node.latestVersion, keys.node.publicKey, entity.publicKey)
    node.expiration = maxNodeExpiration
    node.tls = .init(publicKey: keys.tls.publicKey)
    node.p2p = .init(id: keys.p2p.publicKey, addresses: [p2p])
    node.consensus = .init(id: keys.consensus.publicKey, addresses: [ConsensusAddress(id: keys.p2p.publicKey, address: address)])
    node.vrf = .init(id: keys.vrf.publicKey)
    node.roles = .validator
    return node
  }

  private var runtime: Registry.Runtime {
    var runtime = Registry.Runtime()
    (runtime.version, runtime.id, runtime.entityID) = (Registry.Runtime.latestVersion, Self.runtimeID, entity.publicKey)
    runtime.genesis.stateRoot = .empty
    runtime.kind = .compute
    runtime.governanceModel = .entity
    var executor = Registry.ExecutorParameters()
    (executor.groupSize, executor.roundTimeout, executor.maxMessages) = (1, Self.epochInterval, 128)
    runtime.executor = executor
    var scheduler = Registry.TransactionSchedulerParameters()
    (scheduler.batchFlushTimeout, scheduler.proposeBatchTimeout) = (100_000_000, 2_000_000_000)
    (scheduler.maxBatchSize, scheduler.maxBatchSizeBytes, scheduler.maxInMessages) = (100, 1 << 20, 128)
    runtime.transactionScheduler = scheduler
    runtime.admissionPolicy.anyNode = Registry.AdmissionPolicy.AnyNode()
    var deployment = Registry.VersionInfo()
    deployment.bundleChecksum = bundleChecksum
    runtime.deployments = [deployment]
    return runtime
  }

  // MARK: Other services

  private var staking: StakingGenesis {
    var genesis = StakingGenesis()
    (genesis.tokenSymbol, genesis.tokenValueExponent) = ("TEST", 9)
    genesis.parameters = stakingParameters
    var owner = Account()
    owner.general.balance = Self.spendable
    owner.escrow.active = SharePool(balance: Self.escrow, totalShares: Self.escrow)
    var node = Account()
    node.general.balance = Self.spendable
    genesis.ledger = [entityAddress: owner, Address(keys.node.publicKey): node]
    genesis.delegations = [entityAddress: [entityAddress: Delegation(shares: Self.escrow)]]
    genesis.commonPool = Self.commonPool
    genesis.totalSupply = Self.escrow + Self.spendable + Self.spendable + Self.commonPool
    return genesis
  }

  private var stakingParameters: StakingParameters {
    var parameters = StakingParameters()
    parameters.thresholds = [
      .entity: 100, .nodeValidator: 1000, .nodeCompute: 500, .nodeObserver: 50, .nodeKeyManager: 300, .runtimeCompute: 2000,
      .runtimeKeyManager: 2500, .keyManagerChurp: 10,
    ]
    parameters.debondingInterval = 2
    parameters.rewardSchedule = [RewardStep(until: 1_000_000, scale: 1000)]
    (parameters.signingRewardThresholdNumerator, parameters.signingRewardThresholdDenominator) = (3, 4)
    var rules = CommissionScheduleRules()
    (rules.rateChangeInterval, rules.rateBoundLead, rules.maxRateSteps, rules.maxBoundSteps) = (2, 4, 4, 3)
    parameters.commissionScheduleRules = rules
    parameters.gasCosts = [
      "transfer": 10, "burn": 10, "add_escrow": 10, "reclaim_escrow": 10, "amend_commission_schedule": 10, "allow": 10, "withdraw": 10,
    ]
    (parameters.minDelegation, parameters.minTransfer) = (100, 10)
    parameters.allowEscrowMessages = true
    parameters.maxAllowances = 16
    (parameters.feeSplitWeightPropose, parameters.feeSplitWeightVote, parameters.feeSplitWeightNextPropose) = (2, 1, 1)
    (parameters.rewardFactorEpochSigned, parameters.rewardFactorBlockProposed) = (1, 1)
    return parameters
  }

  private var rootHash: RootHash.Genesis {
    var genesis = RootHash.Genesis()
    genesis.parameters.gasCosts = RootHash.defaultGasCosts
    (genesis.parameters.maxRuntimeMessages, genesis.parameters.maxInRuntimeMessages) = (128, 128)
    (genesis.parameters.maxEvidenceAge, genesis.parameters.maxPastRootsStored) = (50, 1200)
    return genesis
  }

  private var scheduler: SchedulerGenesis {
    var genesis = SchedulerGenesis()
    (genesis.parameters.minValidators, genesis.parameters.maxValidators, genesis.parameters.maxValidatorsPerEntity) = (1, 100, 1)
    genesis.parameters.rewardFactorEpochElectionAny = 1
    return genesis
  }

  private var beacon: BeaconGenesis {
    var genesis = BeaconGenesis()
    genesis.parameters.backend = BeaconParameters.vrfBackend
    var vrf = VRFParameters()
    (vrf.alphaHighQualityThreshold, vrf.interval, vrf.proofDelay) = (1, Self.epochInterval, Self.epochInterval * 2 / 5)
    vrf.gasCosts = ["vrf_prove": 1000]
    genesis.parameters.vrf = vrf
    return genesis
  }

  private var governance: Governance.Genesis {
    var genesis = Governance.Genesis()
    genesis.parameters.gasCosts = Governance.defaultGasCosts
    genesis.parameters.minProposalDeposit = 1000
    (genesis.parameters.votingPeriod, genesis.parameters.stakeThreshold) = (2, 68)
    (genesis.parameters.upgradeMinEpochDiff, genesis.parameters.upgradeCancelMinEpochDiff) = (3, 3)
    genesis.parameters.enableChangeParametersProposal = true
    genesis.parameters.allowVoteWithoutEntity = true
    genesis.parameters.allowProposalMetadata = true
    return genesis
  }

  private var consensus: ConsensusGenesis {
    var genesis = ConsensusGenesis()
    genesis.backend = "tendermint"
    var parameters = ConsensusParameters()
    parameters.timeoutCommit = Self.timeoutCommit
    (parameters.maxTransactionSize, parameters.maxBlockSize, parameters.maxEvidenceSize) = (131_072, 4_194_304, 1_048_576)
    parameters.gasCosts = ["tx_byte": 1]
    parameters.featureVersion = Version(26, 1)
    genesis.parameters = parameters
    return genesis
  }
}
