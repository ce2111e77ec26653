internal import AsyncValues
public import KeyValueStore
public import Telemetry

/// A CometBFT node: agrees with its peers on blocks and has an ``Application`` execute them.
///
/// Make it, `start` it (the application is brought to the stored height), then `run` it until the task is cancelled. Without peers the
/// only validator makes the chain alone.
public actor Engine {
  /// How an engine runs.
  public struct Configuration: Sendable {
    public var timeouts = ConsensusTimeouts()
    public var mempool = Mempool.Configuration()
    /// Put in front of every key of the three stores.
    public var storePrefix: [UInt8] = []
    public init() {}
  }

  /// Where the engine keeps what it must not forget. The three stores may be one, if their keys do not meet elsewhere.
  public struct Storage {
    public var blocks: any KeyValueStore
    public var state: any KeyValueStore
    public var evidence: any KeyValueStore
    public var log: any ConsensusLog
    public init(blocks: any KeyValueStore, state: any KeyValueStore, evidence: any KeyValueStore, log: any ConsensusLog) {
      (self.blocks, self.state, self.evidence, self.log) = (blocks, state, evidence, log)
    }
  }

  enum Input: Sendable {
    case message(ConsensusMessage, peer: String)
    case timeout(TimeoutInfo)
    case transactionsAvailable
    case stop
  }

  private final class Outbox { var items: [ConsensusShell.Output] = [] }

  /// Answers from the stored chain.
  public nonisolated let chain: ChainReader
  private let configuration: Configuration
  private let genesis: GenesisDocument
  let application: any Application
  private let storage: Storage
  private let key: ValidatorKey?
  private let scheme: any SignatureScheme
  private let clock: any EngineClock
  let log: Log
  /// A listener that does not keep up makes its own queue grow; blocks are not dropped.
  private let feed = Broadcast<NewBlock>(.unbounded, replaysLatest: false)
  private let inputs: AsyncStream<Input>.Continuation
  private let inputStream: AsyncStream<Input>
  private let outbox = Outbox()
  let mempool: Mempool
  private(set) var shell: ConsensusShell?
  private var evidence: EvidencePool?
  private var timer: Task<Void, Never>?
  var waiters = TransactionWaiters()
  private var hasAnnouncedTransactions = false
  private(set) var isStopped = false

  /// - Parameters:
  ///   - key: our validator key, if we may be a validator.
  ///   - scheme: how votes are verified.
  public init(
    configuration: Configuration, genesis: GenesisDocument, application: sending any Application, storage: sending Storage,
    key: sending ValidatorKey?, scheme: any SignatureScheme, clock: any EngineClock = SystemEngineClock(), log: Log
  ) {
    (self.configuration, self.genesis, self.application, self.storage) = (configuration, genesis, application, storage)
    (self.key, self.scheme, self.clock, self.log) = (key, scheme, clock, log)
    mempool = Mempool(configuration: configuration.mempool)
    chain = ChainReader(
      blocks: BlockStore(storage.blocks, prefix: configuration.storePrefix),
      states: StateStore(storage.state, prefix: configuration.storePrefix))
    (inputStream, inputs) = AsyncStream.makeStream(of: Input.self)
  }

  // MARK: Life

  /// Brings application and stores to the same height, and takes up the consensus where the log ends. Once.
  public func start() throws(EngineError) {
    guard shell == nil else { throw .inconsistent("the engine was started already") }
    try validating { () throws(ValidationError) in try genesis.validateBasic() }
    var state = try loadState()
    let handshake = Handshake(
      genesis: genesis, application: application, states: chain.states, blocks: chain.blocks, log: log
    ) { [self] (application, state) throws(EngineError) in
      BlockExecutor(
        application: application, states: chain.states, blocks: chain.blocks, evidence: try openEvidence(state), mempool: nil,
        scheme: scheme, log: log)
    }
    state = try handshake.run(state)
    mempool.setLimits(state.consensusParameters, validators: state.validators.count)
    let pool = try openEvidence(state)
    evidence = pool
    let shell = try replayedShell(state, pool)
    self.shell = shell
    try act { (shell) throws(EngineError) in try shell.start(now: clock.now()) }
  }

  /// Takes part in the consensus until the task is cancelled or `stop` is called; throws when it cannot go on.
  public func run() async throws {
    if shell == nil { try start() }
    defer { finish() }
    for await input in inputStream {
      if case .stop = input { return }
      try handle(input)
      while try handleOwn() {
        await Task.yield()  // lets callers of the engine in between two steps
        if Task.isCancelled || isStopped { return }
      }
    }
  }

  /// Ends `run`.
  public func stop() {
    isStopped = true
    inputs.yield(.stop)
  }

  private func finish() {
    isStopped = true
    timer?.cancel()
    inputs.finish()
    feed.finish()
    waiters.failAll(.stopped)
  }

  private func loadState() throws(EngineError) -> ChainState {
    if let state = try stored({ () throws(StorageError) in try chain.states.load() }) {
      guard state.chainID == genesis.chainID else {
        throw .inconsistent("the stored chain is \(state.chainID), the genesis document is of \(genesis.chainID)")
      }
      return state
    }
    return try validating { () throws(ValidationError) in try ChainState(genesis: genesis) }
  }

  private func openEvidence(_ state: ChainState) throws(EngineError) -> EvidencePool {
    try stored { () throws(StorageError) in
      try EvidencePool(
        store: storage.evidence, prefix: configuration.storePrefix, states: chain.states, blocks: chain.blocks, state: state,
        scheme: scheme, log: log)
    }
  }

  /// A shell that has handled again what the log has since the last block; repairs a damaged log once.
  private func replayedShell(_ state: ChainState, _ pool: EvidencePool) throws(EngineError) -> ConsensusShell {
    for attempt in 0...1 {
      let shell = try makeShell(state, pool)
      let records: [TimedWALMessage]?
      do { records = try recordsToReplay(state) } catch {
        guard case .corrupt = error, attempt == 0 else { throw .inconsistent("\(error)") }
        log.error("the write-ahead log is damaged; trying to repair it", ["err": "\(error)"])
        do { try storage.log.repair() } catch { throw .inconsistent("\(error)") }
        continue
      }
      if let records { try shell.replay(records, now: clock.now()) }
      return shell
    }
    throw .inconsistent("the write-ahead log cannot be repaired")
  }

  private func recordsToReplay(_ state: ChainState) throws(LogError) -> [TimedWALMessage]? {
    let height = state.nextHeight
    if try storage.log.hasEnd(of: height) {
      log.error("the write-ahead log has the end of a height that is not stored; starting without it", ["height": height])
      return nil
    }
    let last = height == state.initialHeight ? 0 : height - 1
    let records = try storage.log.records(after: last)
    if records == nil { log.error("the write-ahead log has no end of the last height; starting without it", ["height": last]) }
    return records
  }

  private func makeShell(_ state: ChainState, _ pool: EvidencePool) throws(EngineError) -> ConsensusShell {
    var lastCommit: VoteSet?
    var lastAppHash: [UInt8]?
    if state.lastBlockHeight > 0 {
      let height = state.lastBlockHeight
      guard let seen = try stored({ () throws(StorageError) in try chain.blocks.seenCommit(at: height) }) else {
        throw .storage(.notFound("seen commit of block \(height)"))
      }
      lastCommit = VoteSet(seen, chainID: state.chainID, validators: state.lastValidators, scheme: scheme)
      lastAppHash = try stored { () throws(StorageError) in try chain.blocks.meta(at: height)?.header.appHash }
    }
    let machine = try validating { () throws(ValidationError) in
      try ConsensusMachine(
        state: state, timeouts: configuration.timeouts, ownAddress: key?.address, lastCommit: lastCommit, lastBlockAppHash: lastAppHash,
        scheme: scheme, now: clock.now())
    }
    let executor = BlockExecutor(
      application: application, states: chain.states, blocks: chain.blocks, evidence: pool, mempool: mempool, scheme: scheme, log: log)
    let outbox = outbox
    return ConsensusShell(
      machine: machine, executor: executor, blocks: chain.blocks, evidence: pool, log: storage.log, key: key, report: log
    ) { outbox.items.append($0) }
  }

  // MARK: Steps

  private func act(_ step: (ConsensusShell) throws(EngineError) -> Void) throws(EngineError) {
    guard let shell else { return }
    defer { deliver() }
    try step(shell)
  }

  private func handle(_ input: Input) throws(EngineError) {
    let now = clock.now()
    try act { (shell) throws(EngineError) in
      switch input {
      case .message(let message, let peer):
        if case .voteSetMaj23(let claim) = message.kind {
          try shell.peerMajority(claim, from: peer, now: now)
        } else {
          try shell.receive(message, from: peer, now: now)
        }
      case .timeout(let timeout): try shell.fire(timeout, now: now)
      case .transactionsAvailable: try shell.transactionsAvailable(now: now)
      case .stop: break
      }
    }
  }

  private func handleOwn() throws(EngineError) -> Bool {
    var handled = false
    try act { (shell) throws(EngineError) in handled = try shell.handleOwn(now: clock.now()) != nil }
    return handled
  }

  private func deliver() {
    let items = outbox.items
    outbox.items = []
    for item in items {
      switch item {
      case .schedule(let timeout, let taken): if taken { startTimer(timeout) }
      case .applied(let block): published(block)
      case .broadcast, .disconnect, .observed, .conflictingVotes: break  // nobody to tell yet: the node has no peers
      }
    }
  }

  private func startTimer(_ timeout: TimeoutInfo) {
    timer?.cancel()
    timer = Task { [clock, inputs] in
      do { try await clock.sleep(for: timeout.duration) } catch { return }
      inputs.yield(.timeout(timeout))
    }
  }

  private func published(_ block: NewBlock) {
    waiters.resolve(block)
    for dropped in mempool.takeDropped() { waiters.drop(dropped.key, dropped.response) }
    feed.send(block)
    hasAnnouncedTransactions = false
    announceTransactions()
  }

  /// Tells the consensus once a height that there are transactions.
  func announceTransactions() {
    guard mempool.count > 0, !hasAnnouncedTransactions else { return }
    hasAnnouncedTransactions = true
    inputs.yield(.transactionsAvailable)
  }

  // MARK: Listening

  /// All blocks from now on, each after it is applied and stored; ends with the engine.
  public nonisolated func newBlocks() -> AsyncStream<NewBlock> { feed.subscribe() }

  /// Adds evidence of misbehaviour to the pool.
  public func submit(_ evidence: Evidence) throws(EngineError) {
    guard let pool = self.evidence else { throw .inconsistent("the engine was not started") }
    try validating { () throws(ValidationError) in
      try evidence.validateBasic()
      try pool.add(evidence)
    }
  }

  /// Where the consensus is: height that is being decided, its round and step.
  public var position: (height: Int64, round: Int32, step: ConsensusStep)? {
    shell.map { ($0.machine.height, $0.machine.round, $0.machine.step) }
  }
}
