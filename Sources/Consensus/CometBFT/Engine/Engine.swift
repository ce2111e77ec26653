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
    /// After the loss of our signing state: blocks in a row that must pass without our signature before we sign.
    public var blocksBeforeSigning = 3
    /// After the loss of our signing state, where no block can come without us: how long we wait before we sign.
    public var waitBeforeSigning = Nanoseconds.seconds(5)
    /// Whether others may have seen what we signed before this start.
    public var hasPeers = false
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
    /// The wait after the loss of the signing state is over.
    case signingAllowed
    case stop
  }

  final class Outbox { var items: [ConsensusShell.Output] = [] }

  /// Answers from the stored chain.
  public nonisolated let chain: ChainReader
  let configuration: Configuration
  let genesis: GenesisDocument
  let application: any Application
  let storage: Storage
  let key: ValidatorKey?
  let scheme: any SignatureScheme
  let clock: any EngineClock
  let log: Log
  /// A listener that does not keep up makes its own queue grow; blocks are not dropped.
  private let feed = Broadcast<NewBlock>(.unbounded, replaysLatest: false)
  let inputs: AsyncStream<Input>.Continuation
  private let inputStream: AsyncStream<Input>
  let outbox = Outbox()
  let mempool: Mempool
  var shell: ConsensusShell?
  var evidence: EvidencePool?
  var timer: Task<Void, Never>?
  var waiters = TransactionWaiters()
  var hasAnnouncedTransactions = false
  /// Set after the consensus was taken up, until it is known whether we can still vote in the round.
  var mayBeBarred = false
  /// Why the next shell does not sign at first.
  var pause: SigningPause?
  var isStarted = false
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

  /// Takes part in the consensus until the task is cancelled or `stop` is called; throws when it cannot go on.
  public func run() async throws {
    defer { finish() }
    if !isStarted { try start() }
    do {
      try await settle()
      for await input in inputStream {
        if case .stop = input { return }
        try handle(input)
        try await settle()
        if Task.isCancelled || isStopped { return }
      }
    } catch {
      let isFull = "\(error)".lowercased().contains("no space left on device")
      log.error(
        "CONSENSUS FAILURE!!!",
        [
          "height": shell?.machine.height ?? 0, "err": "\(error)",
          "remedy": isFull ? "make room on the disk and start again" : "find the cause and start again",
        ])
      throw error
    }
  }

  /// Handles own messages until none is left.
  private func settle() async throws {
    repeat {
      while try handleOwn() {
        await Task.yield()  // lets callers of the engine in between two steps
        if Task.isCancelled || isStopped { return }
      }
    } while try leaveBarredRound()
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

  // MARK: Steps

  func act(_ step: (ConsensusShell) throws(EngineError) -> Void) throws(EngineError) {
    guard let shell else { return }
    let result = Result { () throws(EngineError) in try step(shell) }
    try deliver()  // also after a failure: what was applied before it is
    try result.get()
  }

  private func handle(_ input: Input) throws(EngineError) {
    let now = clock.now()
    if case .signingAllowed = input { return try endWait() }
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
      case .signingAllowed, .stop: break
      }
    }
  }

  private func handleOwn() throws(EngineError) -> Bool {
    var handled = false
    try act { (shell) throws(EngineError) in handled = try shell.handleOwn(now: clock.now()) != nil }
    return handled
  }

  private func deliver() throws(EngineError) {
    let items = outbox.items
    outbox.items = []
    for item in items {
      switch item {
      // The shell goes when a block starts the wait before we sign: what it scheduled after that block must not end the wait's timer.
      case .schedule(let timeout, let taken): if taken, shell != nil { startTimer(timeout) }
      case .applied(let block): try published(block)
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

  private func published(_ block: NewBlock) throws(EngineError) {
    waiters.resolve(block)
    tellDropped()
    feed.send(block)
    hasAnnouncedTransactions = false
    announceTransactions()
    try waitIfNoneElse(block.state)
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
