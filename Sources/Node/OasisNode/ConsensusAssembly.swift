internal import Bytes
internal import CometBFT
public import ConsensusApp
public import ConsensusService
internal import Glibc
internal import KeyValueStore
internal import MKVSDatabase
internal import NodeConfiguration
internal import NodeIdentity
internal import OasisCrypto
internal import OasisTypes
internal import RocksDBStore
internal import Telemetry

/// Puts the consensus layer together: stores, application, engine. Rule: sheet 03 §19, §20.
struct ConsensusAssembly {
  let service: ConsensusService
  /// Trees of the consensus layer, for proofs.
  let state: NodeDatabase
  /// When the network begins.
  private let begins: OasisTypes.Timestamp
  /// Executor commitments on their way into the mempool.
  let commitments = CommitmentFeed()
  /// What is open on disk.
  let stores: [any KeyValueStore]
  /// Set when the chain has to stop here.
  let halt: ChainHalt
  /// Who still reads old states.
  let readers: StateReaders

  init(
    _ configuration: NodeConfiguration, directory: DataDirectory, identity: NodeIdentity, document: OasisTypes.GenesisDocument,
    genesis: Genesis, upgrades: Upgrades, flags: DebugFlags, log: Log
  ) throws {
    let absent = ConsensusStore.absent(directory)
    for folder in [directory.consensus, directory.consensusState, directory.consensusData] { try DataDirectory.prepare(folder) }
    let chainContext = document.chainContext
    begins = document.time
    let blacklist: PublicKeyBlacklist = flags.allowTestKeys ? .reserved : .production
    let derived = try genesis.engineGenesis(chainContext: chainContext, allowsDebug: flags.dontBlameOasis, blacklist: blacklist)
    try Self.checkValidators(derived, identity)

    var options = NodeDatabase.Options()
    options.discardWriteLogs = true
    let trees = try Self.open("\(directory.consensusState)/mkvs_storage.rocksdb.db")
    state = try NodeDatabase(store: trees, namespace: Namespace(), options: options)
    let states = MKVSStateStore(state)
    var application = ConsensusApplication.Configuration()
    application.node.identity = identity.node.publicKey
    application.node.minimumGasPrice = configuration.consensus.minGasPrice
    application.node.blacklist = blacklist
    application.node.allowsDebug = flags.dontBlameOasis
    application.proposer = identity.consensus
    application.haltHeight = Int64(clamping: configuration.consensus.haltHeight)
    application.haltEpoch = configuration.consensus.haltEpoch
    if configuration.consensus.prune.strategy.lowercased() == "keep_n" {
      application.keptVersions = Int64(clamping: max(configuration.consensus.prune.numKept, 1))
    }
    if let height = try states.latest?.version { try ConsensusStore.check(absent, height: height) }
    let app: ConsensusApplication
    do {
      app = try ConsensusApplication(
        genesis: genesis, chainContext: chainContext,
        services: ServiceList.all(commitments: { [commitments] in commitments.observe($0, $1) }), store: states, upgrades: upgrades.manager,
        configuration: application)
    } catch {
      throw StartError(
        "failed to initialize cometbft consensus backend: \(error)",
        remedy: "\(configuration.place(of: "genesis.file")) must name the document that the state in \(directory.consensus) began with")
    }
    let consensusLog = log.module("cometbft/mux")
    app.onRejected = { consensusLog.error("rejected a proposal", ["err": "\($0)"]) }
    let (halt, readers) = (ChainHalt(), StateReaders())
    (self.halt, self.readers) = (halt, readers)
    app.onHalt = { [unowned app] reason in
      log.module("abci-mux").debug("dispatching halt hooks for upgrade")
      consensusLog.warn("consensus halt", ["reason": "\(reason)", "height": app.chain.lastHeight])
      halt.note(height: app.chain.lastHeight, reason: "\(reason)")
    }
    app.neededFrom = { readers.neededFrom }

    let context = SignatureContext.tendermint.base
    // In every mode, as in the reference: who is in the validator set votes.
    let key = try ValidatorKey(signer: ContextSigner(identity.consensus, context: context), path: directory.validatorState)
    var engineConfiguration = Engine.Configuration()
    engineConfiguration.storePrefix = [1]
    let parameters = document.consensus.parameters
    engineConfiguration.timeouts.commit = Nanoseconds(parameters.timeoutCommit)
    engineConfiguration.timeouts.skipCommit = parameters.skipTimeoutCommit
    engineConfiguration.timeouts.emptyBlocksInterval = Nanoseconds(parameters.emptyBlockInterval)
    let blocks = try Self.open("\(directory.consensusData)/blockstore.rocksdb.db")
    let chain = try Self.open("\(directory.consensusData)/state.rocksdb.db")
    let evidence = try Self.open("\(directory.consensusData)/evidence.rocksdb.db")
    stores = [trees, blocks, chain, evidence]
    let storage = Engine.Storage(
      blocks: blocks, state: chain, evidence: evidence,
      log: try FileLog(folder: "\(directory.consensusData)/cs.wal", now: SystemEngineClock().now()))
    let engine = Engine(
      configuration: engineConfiguration, genesis: derived, application: app, storage: storage, key: key,
      scheme: ContextSignatureScheme(context: context), log: log.module("cometbft"))
    service = ConsensusService(
      engine: engine, chainContext: chainContext, initialHeight: document.height, states: states, log: log,
      now: { Int64(time(nil)) })
  }

  /// A network that begins later is waited for.
  func waitForGenesis(_ log: Log) async throws {
    let (seconds, now) = (begins.seconds, Int64(time(nil)))
    guard seconds > now else { return }
    log.module("cometbft:base").info("Genesis time is in the future. Sleeping until then...", ["genTime": "\(LogTime(seconds: seconds))"])
    while Int64(time(nil)) < seconds { try await Task.sleep(for: .seconds(min(seconds - Int64(time(nil)), 60))) }
  }

  /// Without peers only a network whose validator is this node goes on.
  private static func checkValidators(
    _ genesis: CometBFT.GenesisDocument, _ identity: NodeIdentity
  ) throws(StartError) {
    let ours = identity.consensus.publicKey.bytes
    guard genesis.validators.contains(where: { $0.publicKey == ours }), genesis.validators.count == 1 else {
      throw StartError(
        "genesis: the validators of this network are not this node alone (its consensus key is \(identity.consensus.publicKey)): this version cannot join a network yet"
      )
    }
  }

  private static func open(_ path: String) throws -> RocksDBStore { try RocksDBStore(directory: path) }
}

extension MKVSStateStore: StateSource {}
