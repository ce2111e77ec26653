internal import AsyncValues
public import CometBFT
public import ConsensusApp
public import OasisCrypto
public import OasisTypes
internal import Protobuf
public import Telemetry
internal import Wire

/// Reads committed states, from any thread.
public protocol StateSource: Sendable {
  /// The state of a version with a cache of its own.
  ///
  /// - Throws: `consensus`/3 if it is not there.
  func reader(at version: Int64) throws -> any StateReader
}

/// A full node's consensus layer: the engine and the application joined, with queries, submission and updates. Rule: sheet 03 §18.
public actor ConsensusService: ConsensusBackend {
  public nonisolated let chainContext: String
  public nonisolated let initialHeight: Int64
  /// The engine, for evidence and the state of the running round.
  public nonisolated let engine: Engine
  private let states: any StateSource
  private let now: @Sendable () -> Int64
  private let log: Log
  private var latest: ConsensusUpdate?
  private var lastEpoch: Epoch?
  private let feed = Broadcast<ConsensusUpdate>(.bufferingNewest(backlog), replaysLatest: true)
  private let synced = Gate()
  /// How many blocks a listener may lag behind before it loses the oldest; a worker catches up from the latest one.
  private static let backlog = 1024

  /// - Parameters:
  ///   - engine: not started yet; ``run()`` does.
  ///   - states: the application's states.
  ///   - now: Unix seconds, to tell whether the latest block is recent.
  public init(
    engine: Engine, chainContext: String, initialHeight: Int64, states: any StateSource, log: Log, now: @escaping @Sendable () -> Int64
  ) {
    (self.engine, self.chainContext, self.initialHeight) = (engine, chainContext, initialHeight)
    (self.states, self.now) = (states, now)
    self.log = log.module("cometbft/full")
  }

  /// Replays what is stored, then follows the chain until the task is cancelled or the engine fails.
  ///
  /// Those who listen or wait for the node to be synced end with it, also if it cannot start.
  public func run() async throws {
    defer {
      feed.finish()
      synced.abandon()
    }
    do { try await follow() } catch {
      // Told here too: the listeners end as well, and which of them is heard of first is chance.
      if !Task.isCancelled { log.error("the consensus layer failed", ["err": "\(error)"]) }
      throw error
    }
  }

  private func follow() async throws {
    let blocks = engine.newBlocks()
    try await engine.start()
    try loadLatest()
    log.info("consensus service started", ["height": latest?.height ?? 0])
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { for await block in blocks { await self.publish(block) } }
      try await self.engine.run()  // ends the blocks too, before it throws: which of both is over is not left to chance
    }
  }

  /// Ends ``run()`` after the step in hand.
  public func stop() async { await engine.stop() }

  /// The newest stored block is told to the first listeners like a new one.
  private func loadLatest() throws {
    let height = try engine.chain.latestHeight()
    guard height > 0 else { return }
    let block = try engine.chain.block(at: height)
    note(try update(height, block.header, try engine.chain.results(at: height)))
  }

  private func publish(_ block: NewBlock) {
    do { note(try update(block.height, block.block.header, block.responses)) } catch {
      log.error("failed to tell of a block", ["height": block.height, "err": "\(error)"])
    }
  }

  private func update(_ height: Int64, _ header: Header, _ responses: BlockResponses) throws -> ConsensusUpdate {
    let record = try EpochState.current.get(try states.reader(at: height))
    let epoch = record?.epoch ?? 0
    defer { lastEpoch = epoch }
    return ConsensusUpdate(
      height: height, hash: header.hash(), header: header,
      results: BlockResults(
        begin: responses.beginBlock ?? BeginBlockResponse(), transactions: responses.deliverTransactions,
        end: responses.endBlock ?? EndBlockResponse()),
      epoch: epoch, isEpochChange: record?.height == height || (lastEpoch != nil && lastEpoch != epoch))
  }

  private func note(_ update: ConsensusUpdate) {
    latest = update
    feed.send(update)
    if now() - update.header.time.seconds < 60 { synced.open() }
  }

  // MARK: - ConsensusBackend

  public nonisolated func isSynced() -> Bool { synced.isOpen }

  public nonisolated func waitSynced() async throws { try await synced.wait() }

  public func latestHeight() -> Int64 { latest?.height ?? 0 }

  /// The newest committed block and its epoch; nil before the first.
  public func latestUpdate() -> ConsensusUpdate? { latest }

  public func lastRetainedHeight() -> Int64 { max((try? engine.chain.earliestHeight()) ?? 0, initialHeight) }

  public nonisolated func updates() -> AsyncStream<ConsensusUpdate> { feed.subscribe() }

  /// 0 becomes the last height that the application committed.
  private func resolve(_ height: Int64) throws -> Int64 {
    guard height >= 0 else { throw CodedError.invalidConsensusArgument }
    guard height == 0 else { return height }
    guard let latest else { throw CodedError.noCommittedBlocks }
    return latest.height
  }

  public nonisolated func query<Answer: Sendable>(at height: Int64, _ body: @Sendable (StateTree) throws -> Answer) async throws -> Answer {
    let reader = try states.reader(at: try await resolve(height))
    return try body(StateTree(over: reader))
  }

  public func lightBlock(at height: Int64) throws -> Consensus.LightBlock {
    let height = try resolve(height)
    if height > latestHeight() {
      // Of a block to come only the validators are known.
      var block = CometBFT.LightBlock()
      block.validatorSet = try found { try engine.chain.validators(at: height).message(withTotal: true) }
      return Consensus.LightBlock(height: height, meta: block.protobuf())
    }
    return Consensus.LightBlock(height: height, meta: try found { try engine.chain.lightBlock(at: height).protobuf() })
  }

  public func block(at height: Int64) throws -> CometBFT.Block {
    let height = try resolve(height)
    return try found { try engine.chain.block(at: height) }
  }

  public func results(at height: Int64) throws -> BlockResults {
    let height = try resolve(height)
    let responses = try found { try engine.chain.results(at: height) }
    return BlockResults(
      begin: responses.beginBlock ?? BeginBlockResponse(), transactions: responses.deliverTransactions,
      end: responses.endBlock ?? EndBlockResponse())
  }

  /// What is not stored is a version that is not there, to those who ask.
  private func found<T>(_ body: () throws -> T) throws -> T {
    do { return try body() } catch let error as StorageError {
      if case .notFound = error { throw CodedError.versionNotFound }
      throw error
    }
  }

  public nonisolated func submit(_ transaction: SignedEnvelope) async throws -> SubmittedTransaction {
    let outcome: SubmissionOutcome
    do { outcome = try await engine.submitAndWait(transaction.cbor()) } catch let error as EngineError { throw error.forSubmitter }
    switch outcome {
    case .refused(let check), .dropped(let check): throw CodedError(check.codespace, check.code, check.log)
    case .evicted: throw PoolFailure(reason: .full)
    case .included(let result):
      guard result.response.isSuccess else { throw CodedError(result.response.codespace, result.response.code, result.response.log) }
      return SubmittedTransaction(height: result.height, index: result.index, result: result.response)
    }
  }

  public nonisolated func estimateGas(signer: PublicKey, _ transaction: Transaction) async throws -> UInt64 {
    try await engine.ask { application in
      guard let application = application as? ConsensusApplication else { throw CodedError.unsupported }
      return try application.estimateGas(signer: signer, transaction)
    }
  }
}
