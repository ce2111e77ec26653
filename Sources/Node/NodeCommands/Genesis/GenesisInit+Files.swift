internal import Bytes
internal import CommandLineTool
internal import JSONText
internal import OasisCrypto
internal import OasisTypes
internal import Telemetry
internal import Wire

/// Services whose state comes from files.
extension GenesisInit {
  func registry() throws -> Registry.Genesis {
    var genesis = Registry.Genesis()
    genesis.parameters = try registryParameters()
    genesis.entities = try entities()
    genesis.runtimes = try values(call[F.runtimes], Registry.Runtime.self, what: "genesis runtime registration")
    genesis.nodes = try values(call[F.nodes], MultiSigned.self, what: "genesis node registration")
    return genesis
  }

  private func registryParameters() throws -> Registry.ConsensusParameters {
    var parameters = Registry.ConsensusParameters()
    parameters.debugAllowUnroutableAddresses = call[F.allowUnroutable]
    parameters.debugAllowTestRuntimes = call[F.allowTestRuntimes]
    parameters.disableRuntimeRegistration = call[F.disableRuntimes]
    parameters.gasCosts = Registry.defaultGasCosts
    parameters.maxNodeExpiration = call[F.maxNodeExpiration]
    for name in call[F.governanceModels] {
      guard let word = Registry.GovernanceModel.words.first(where: { $0.1 == name.lowercased() }) else {
        throw FileProblem("registry: invalid runtime governance model: '\(name)'")
      }
      parameters.enableRuntimeGovernanceModels[Registry.GovernanceModel(rawValue: word.0)] = true
    }
    var features = TEEFeatures()
    (features.sgx.pcs, features.sgx.signedAttestations) = (call[F.pcs], call[F.signedAttestations])
    (features.sgx.maxAttestationAge, features.freshnessProofs) = (call[F.maxAttestationAge], call[F.freshnessProofs])
    parameters.teeFeatures = features
    return parameters
  }

  /// The entities of the files, and the test entity. A repeated entity is left out, and the log says so.
  private func entities() throws -> [SignedEnvelope] {
    var known: Set<PublicKey> = []
    var result: [SignedEnvelope] = []
    for path in call[F.entities] {
      let (envelope, id) = try entity(path)
      if known.insert(id).inserted {
        result.append(envelope)
      } else {
        environment.log.error(
          "failed to process genesis entity", ["err": "genesis: duplicate entity registration", "filename": path])
      }
    }
    guard environment.usesTestEntity else { return result }
    environment.log.warn("registering debug test entity")
    let test = TestKeys.entity
    guard known.insert(test.publicKey).inserted else { throw FileProblem("genesis: duplicate entity registration") }
    return result + [try SignedEnvelope(Entity(id: test.publicKey), by: test, context: .registerEntity)]
  }

  private func entity(_ path: String) throws -> (SignedEnvelope, PublicKey) {
    do {
      let envelope = try SignedEnvelope.decode(json: try CommandEnvironment.read(path, limit: 1 << 24))
      let entity = try envelope.open(as: Entity.self, context: .registerEntity, blacklist: environment.blacklist)
      return (envelope, entity.id)
    } catch {
      environment.log.error("failed to load genesis entity", ["err": "\(error)", "filename": path])
      throw error
    }
  }

  func rootHash() throws -> RootHash.Genesis {
    var genesis = RootHash.Genesis()
    genesis.parameters.gasCosts = RootHash.defaultGasCosts
    (genesis.parameters.debugDoNotSuspendRuntimes, genesis.parameters.debugBypassStake) = (
      call[F.doNotSuspend], call[F.rootHashBypassStake]
    )
    genesis.parameters.maxRuntimeMessages = call[F.maxRuntimeMessages]
    genesis.parameters.maxInRuntimeMessages = call[F.maxInRuntimeMessages]
    genesis.parameters.maxPastRootsStored = call[F.maxPastRoots]
    typealias States = [Namespace: RootHash.GenesisRuntimeState?]
    for states in try values(call[F.rootHash], States.self, what: "genesis roothash runtime states") {
      for (id, state) in states.sorted(by: { $0.key < $1.key }) {
        guard genesis.runtimeStates.updateValue(state, forKey: id) == nil else {
          environment.log.error("duplicate genesis roothash runtime state", ["runtime_id": id.hex])
          throw FileProblem("duplicate genesis roothash runtime states")
        }
      }
    }
    return genesis
  }

  func keyManager() throws -> KeyManager.Genesis {
    var genesis = KeyManager.Genesis()
    genesis.parameters = KeyManager.Parameters(gasCosts: KeyManager.defaultGasCosts)
    genesis.statuses = try values(call[F.keyManagers], KeyManager.Status.self, what: "genesis key manager status")
    return genesis
  }

  // MARK: Staking

  /// Base units that the test entity can spend, and as many in escrow for one share.
  private static let testEntityBalance: Quantity = 1_000_000_000_000_000

  func staking() throws -> StakingGenesis {
    var genesis = StakingGenesis()
    genesis.parameters.debondingInterval = 1
    let path = call[F.staking]
    if !path.isEmpty {
      let text: [UInt8]
      do { text = try CommandEnvironment.read(path) } catch {
        throw FileProblem("genesis/staking: failed to load staking genesis state: \(error)")
      }
      do { try genesis.update(json: try JSONParser.parse(text)) } catch {
        throw FileProblem("genesis/staking: failed to parse staking genesis state: \(error)")
      }
    }
    if genesis.parameters.feeSplitWeightVote.isZero { genesis.parameters.feeSplitWeightVote = 1 }
    if call[F.stakingBypassStake] { genesis.parameters.debugBypassStake = true }
    if !call[F.tokenSymbol].isEmpty { genesis.tokenSymbol = call[F.tokenSymbol] }
    if call[F.tokenExponent] != 0 { genesis.tokenValueExponent = call[F.tokenExponent] }
    guard !genesis.tokenSymbol.isEmpty else { throw FileProblem("genesis/staking: token symbol not set") }
    if environment.usesTestEntity { try fundTestEntity(&genesis) }
    if genesis.parameters.thresholds.isEmpty {
      for (kind, _) in ThresholdKind.words { genesis.parameters.thresholds[ThresholdKind(rawValue: kind)] = .zero }
    }
    return genesis
  }

  private func fundTestEntity(_ genesis: inout StakingGenesis) throws {
    let address = Address(TestKeys.entity.publicKey)
    guard genesis.ledger[address] == nil else { throw FileProblem("genesis/staking: test entity already in ledger") }
    var delegations = genesis.delegations[address].flatMap { $0 } ?? [:]
    guard delegations[address] == nil else {
      throw FileProblem("genesis/staking: test entity already has a self-delegation")
    }
    var account = Account()
    account.general.balance = Self.testEntityBalance
    account.escrow.active = SharePool(balance: Self.testEntityBalance, totalShares: 1)
    genesis.ledger[address] = account
    delegations[address] = Delegation(shares: 1)
    genesis.delegations[address] = delegations
    genesis.totalSupply = genesis.totalSupply + Self.testEntityBalance + Self.testEntityBalance
  }
}
