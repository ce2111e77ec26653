internal import Bytes
public import CometBFT
public import OasisCrypto
public import OasisTypes

/// The Oasis consensus layer as an application of CometBFT: runs the services over the state, block by block (sheet 03).
///
/// Not thread safe: the engine calls one method at a time. Committed states may be read beside it through the ``StateStore``.
public final class ConsensusApplication: Application {
  /// What a node chooses.
  public struct Configuration {
    public var node = NodeFacts()
    /// Signs block metadata as proposer; the validator's consensus key.
    public var proposer: (any Signer)?
    /// The node stops before it executes this height; 0 for never.
    public var haltHeight: Int64 = 0
    /// The node stops before the first block of this epoch; 0 for never.
    public var haltEpoch: Epoch = 0
    /// How many versions of the state to keep; nil for all. Older ones are removed as blocks are committed.
    public var keptVersions: Int64?
    /// Versions that one commit removes at most: where pruning is switched on late, blocks are not held up.
    public var mostPruned: Int64 = 100
    public init() {}
  }

  public static let appVersion: UInt64 = 7 << 32

  public let configuration: Configuration
  public let genesis: Genesis
  public let services: [any Service]
  public let chain: ChainState
  public let store: any StateStore
  /// Called once when the node has to stop: at an upgrade or a configured height or epoch.
  public var onHalt: (any Error) -> Void = { _ in }

  let methods: [String: (service: any Service, method: Method)]
  let state: WorkingState
  /// The mempool's view: the last committed state and what checked transactions changed.
  var checkState: StateTree?
  var block: BlockContext?
  var proposal: Proposal?
  /// Events of InitChain: they appear in the first block.
  var initialEvents: [BlockEvent] = []
  /// Time of the last block committed by this process.
  var lastTime = BlockTime()
  var hasHalted = false
  /// The layer that takes the writes of one phase while a block is traced.
  var tracedLayer: StateTree?
  /// The lowest height whose state somebody on this node still reads: it and those above are not pruned.
  public var neededFrom: () -> Int64 = { .max }
  /// Told why a proposed block was rejected, or one of our own could not be executed.
  public var onRejected: (any Error) -> Void = { _ in }
  /// Tells who waits for a transaction that it left the mempool: its hash and why.
  public var onInvalidated: (_ hash: Hash, ResultCode) -> Void = { _, _ in }

  /// - Parameters:
  ///   - chainContext: lower-case hex of the genesis document's hash
  ///   - services: in registration order (``ServiceList``)
  /// - Throws: if the store holds the state of another chain.
  public init(
    genesis: Genesis, chainContext: String, services: [any Service], store: any StateStore, upgrades: any UpgradeManager = NoUpgrades(),
    configuration: Configuration = Configuration()
  ) throws {
    (self.genesis, self.store, self.configuration) = (genesis, store, configuration)
    let initialHeight = try genesis.height
    let messages = MessageDispatcher()
    for service in services { service.subscribe(to: messages) }
    self.services = services.sorted { $0.name < $1.name }
    var methods: [String: (any Service, Method)] = [:]
    for service in services { for method in service.methods { methods[method.name] = (service, method) } }
    self.methods = methods
    state = try WorkingState(store)
    var node = configuration.node
    let blacklisted = try genesis.section("consensus", as: ConsensusGenesis.self)?.parameters.publicKeyBlacklist ?? []
    for key in blacklisted { _ = node.blacklist.insert(key) }  // from the document for good, whatever the state says later
    chain = ChainState(
      chainContext: chainContext, initialHeight: initialHeight,
      baseEpoch: try genesis.section("beacon", as: BeaconGenesis.self)?.base ?? 0, lastHeight: initialHeight - 1, node: node,
      messages: messages,
      upgrades: upgrades)
    chain.callMethod = { [unowned self] context, method, body in try self.dispatch(context, method, body) }
    if let latest = try store.latest, latest.version >= initialHeight { try resume(latest.version, latest.root) }
  }

  /// Takes up the committed state of an earlier run.
  private func resume(_ version: Int64, _ root: Hash) throws {
    let tree = state.overlay
    guard let stored = try ConsensusState.chainContext(tree) else { throw StateError("state \(version) has no chain context") }
    guard stored == chain.chainContext else {
      throw StateError("state belongs to chain \(stored), the genesis document to \(chain.chainContext)")
    }
    try noteCommit(version, root)
    // Services that act on restored state hear of it in a block that is thrown away (sheet 03 §20).
    let context = Context(mode: .endBlock, state: StateTree(over: tree), chain: chain, block: nil, now: lastTime)
    do { try context.publish(.stateSyncCompleted, ()) } catch is NoSubscribers {}
  }

  /// Updates what contexts know of the last commit.
  func noteCommit(_ version: Int64, _ root: Hash) throws {
    chain.lastHeight = version
    chain.lastStateRoot = root
    chain.lastEpoch = try EpochState.current.get(state.overlay)?.epoch ?? 0  // no record before the first transition
    chain.parameters = try ConsensusState.parameters.get(state.overlay)
    checkState = nil
  }

  public func info() throws -> ApplicationInfo {
    guard chain.hasCommitted else { return ApplicationInfo(appVersion: Self.appVersion, lastBlockHeight: 0, lastBlockAppHash: []) }
    return ApplicationInfo(
      appVersion: Self.appVersion, lastBlockHeight: chain.lastHeight, lastBlockAppHash: chain.lastStateRoot?.bytes ?? [])
  }

  public func initChain(_ request: CometBFT.InitChainRequest) throws -> InitChainResponse {
    guard request.initialHeight == chain.initialHeight else {
      throw AppError.uncoded("mux: initial height is \(request.initialHeight), the genesis document says \(chain.initialHeight)")
    }
    proposal = nil
    block = nil
    try state.beginInitial()
    let time = BlockTime(request.time)
    let context = Context(mode: .initChain, state: state.overlay, chain: chain, block: nil, now: time)
    ConsensusState.setChainContext(context.state, chain.chainContext)
    let validators = try request.validators.map { update throws in
      guard let bytes = update.publicKey.ed25519, let key = PublicKey(bytes) else { throw AppError.uncoded("mux: bad validator key") }
      return ValidatorChange(publicKey: key, power: update.power)
    }
    let forServices = InitChainRequest(genesis: genesis, validators: validators)
    for service in services { try service.initChain(context, forServices) }
    initialEvents = context.events.events
    let section: ConsensusGenesis = try genesis.required("consensus")
    ConsensusState.parameters.set(context.state, to: section.parameters)
    chain.parameters = section.parameters
    let root = try state.keepInitial(version: chain.initialHeight - 1)
    return InitChainResponse(consensusParameters: request.consensusParameters, appHash: root.bytes)
  }

  /// The state after the last commit with its own cache, as queries and estimates use it.
  public func committedState() throws -> StateTree {
    guard chain.hasCommitted else { throw AppError.noCommittedBlocks }
    return StateTree(over: try store.reader(at: chain.lastHeight))
  }
}

/// The consensus layer's own state (sheet 03 §13.2).
public enum ConsensusState {
  private static let chainContextKey: [UInt8] = [0xf0]
  public static let parameters = StateMap<OasisTypes.ConsensusParameters>(0xf1)

  /// Stored as plain text, not CBOR.
  public static func chainContext(_ state: some StateReader) throws -> String? {
    try state.get(chainContextKey).map { String(decoding: $0, as: UTF8.self) }
  }

  static func setChainContext(_ state: StateTree, _ context: String) { state.set(chainContextKey, to: [UInt8](context.utf8)) }
}

extension Context {
  /// Whether the chain has reached a feature version (sheet 03 §14); in InitChain every feature is on.
  public func hasFeature(major: UInt16, minor: UInt16) throws -> Bool {
    guard let parameters = try ConsensusState.parameters.get(state) else { return isInitChain }
    guard let version = parameters.featureVersion else { return false }
    return (version.major, version.minor) >= (major, minor)
  }
}

extension BlockTime {
  public init(_ time: CometBFT.Timestamp) { self.init(seconds: time.seconds, nanoseconds: time.nanoseconds) }
}

extension Event {
  init(_ event: BlockEvent) {
    self.init(type: event.type, attributes: event.attributes.map { Attribute(key: $0.key, value: $0.value) })
  }
}
