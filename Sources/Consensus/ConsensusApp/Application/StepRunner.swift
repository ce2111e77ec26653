internal import Bytes
package import OasisCrypto
package import OasisTypes
internal import Wire

/// Runs single steps of block execution on any state, as recorded rule cases need it. Not for nodes.
package final class StepRunner {
  package struct Outcome {
    /// Keys whose values changed, ascending; nil means removed.
    package var changes: [(key: [UInt8], value: [UInt8]?)] = []
    package var events: [BlockEvent] = []
    package var result: [UInt8]?
    package var error: (any Error)?
    package var gasUsed: UInt64 = 0
    package var gasWanted: UInt64 = 0
    package var priority: Int64 = 0
    package var validatorChanges: [ValidatorChange] = []
  }

  package let application: ConsensusApplication
  /// The state beneath the step.
  private let state: StateTree
  private var beginContext: Context?
  private var endContext: Context?
  private var checkState: StateTree?
  /// Whether all checks of the run see each other.
  package var sharesCheckState = false
  private var time: BlockTime

  /// - Parameters:
  ///   - height: of the block to execute
  ///   - previousEpoch: the epoch at the height before; that of the state if nil
  ///   - time: of the last committed block
  package init(
    genesis: Genesis, state contents: [(key: [UInt8], value: [UInt8])], height: Int64, previousEpoch: Epoch?, time: BlockTime,
    configuration: ConsensusApplication.Configuration, services: [any Service], upgrades: any UpgradeManager
  ) throws {
    let base = MemoryState(Dictionary(contents.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }))
    let context = try ConsensusState.chainContext(base) ?? ""
    let store = try MemoryStateStore(version: height > 1 ? height - 1 : nil, contents: contents)
    application = try ConsensusApplication(
      genesis: genesis, chainContext: context, services: services, store: store, upgrades: upgrades, configuration: configuration)
    application.chain.lastHeight = height - 1
    application.chain.parameters = try ConsensusState.parameters.get(base)
    if let previousEpoch { application.chain.lastEpoch = previousEpoch }
    if height == 1 { try application.state.start(from: contents) }
    state = application.state.overlay
    self.time = time
    application.lastTime = time
    application.proposal = Proposal(hash: [1])
  }

  package func openBlock(time: BlockTime, proposer: [UInt8], votes: [CommitVote], misbehavior: [Misbehavior]) {
    let limit = application.chain.parameters?.maxBlockGas ?? 0
    application.block = BlockContext(
      time: time, proposerAddress: proposer, lastCommit: votes, misbehavior: misbehavior,
      gas: limit > 0 ? LimitedGas(limit: limit) : FreeGas())
    (beginContext, endContext) = (nil, nil)
  }

  private func context(_ mode: ExecutionMode) -> Context {
    Context(
      mode: mode, state: state, chain: application.chain, block: application.block, now: application.block?.time ?? time)
  }

  /// Runs `body` and reports what it changed in `tree` and emitted in `context`.
  private func observe(_ context: Context, _ tree: StateTree, _ body: (inout Outcome) throws -> Void) throws -> Outcome {
    let before = Dictionary(uniqueKeysWithValues: tree.pendingChanges.map { ($0.key, $0.value) })
    let eventCount = context.events.events.count
    let provableCount = context.events.provable.count
    var outcome = Outcome()
    do { try body(&outcome) } catch { outcome.error = error }
    for (key, value) in tree.pendingChanges {
      let old = try before[key] ?? tree.base.get(key)
      if old != value { outcome.changes.append((key, value)) }
    }
    outcome.events = [BlockEvent](context.events.events.dropFirst(eventCount))
    if context.mode != .checkTransaction, context.mode != .simulateTransaction {
      application.block?.provableEvents += context.events.provable.dropFirst(provableCount)
    }
    (outcome.gasUsed, outcome.gasWanted) = (context.gas.used, context.gas.wanted)
    return outcome
  }

  private func service(_ name: String) throws -> any Service {
    guard let service = application.services.first(where: { $0.name == name }) else { throw AppError.uncoded("no service \(name)") }
    return service
  }

  package func beginBlock(_ name: String) throws -> Outcome {
    let context = beginContext ?? context(.beginBlock)
    beginContext = context
    return try observe(context, state) { _ in try service(name).beginBlock(context) }
  }

  package func endBlock(_ name: String) throws -> Outcome {
    let context = endContext ?? context(.endBlock)
    endContext = context
    return try observe(context, state) { $0.validatorChanges = try service(name).endBlock(context) }
  }

  package func deliver(_ raw: [UInt8]) throws -> Outcome {
    let context = context(.deliverTransaction)
    return try observe(context, state) { $0.result = try application.execute(context, raw) ?? [0xf6] }
  }

  package func check(_ raw: [UInt8]) throws -> Outcome {
    let tree = sharesCheckState ? checkState ?? StateTree(over: state) : StateTree(over: state)
    checkState = tree
    let context = Context(mode: .checkTransaction, state: tree, chain: application.chain, block: nil, now: time)
    var outcome = try observe(context, tree) { _ in _ = try application.execute(context, raw) }
    outcome.priority = context.priority
    return outcome
  }

  package func estimate(signer: PublicKey, _ transaction: Transaction) throws -> Outcome {
    var outcome = Outcome()
    outcome.gasUsed = try application.estimateGas(signer: signer, transaction, in: StateTree(over: state))
    return outcome
  }

  package func publish<Payload>(_ kind: MessageKind<Payload>, _ payload: Payload, mode: ExecutionMode) throws -> Outcome {
    let context = context(mode)
    return try observe(context, state) { outcome in
      do { outcome.result = try context.publish(kind, payload) ?? [0xf6] } catch is NoSubscribers { outcome.result = [0xf6] }
    }
  }

  /// Checks the block metadata that the block holds.
  package func checkSystemTransactions() throws {
    guard let block = application.block else { throw StateError("no block is open") }
    try application.checkSystemTransactions(block)
  }

  /// Whether this node is building the block, where system transactions are forbidden.
  package var isBeingProposed = false {
    didSet { application.proposal = Proposal(hash: isBeingProposed ? [] : [1]) }
  }

  /// Runs anything in a context of the given mode.
  package func run(mode: ExecutionMode, _ body: (Context) throws -> Void) throws -> Outcome {
    let context = context(mode)
    return try observe(context, state) { _ in try body(context) }
  }

  /// The roots of state and provable events of the block so far.
  package func roots() throws -> (state: [UInt8], events: [UInt8]) {
    let copy = try MemoryStateStore(version: 1, contents: application.state.contents())
    let events = application.block.map { application.eventsRoot($0) } ?? []
    return (copy.latest?.root.bytes ?? [], events)
  }

  /// Takes the state as committed at the current height.
  package func commit() throws {
    application.chain.lastHeight += 1
    application.chain.lastStateRoot = Hash(try roots().state)
    application.chain.lastEpoch = try EpochState.current.get(state)?.epoch ?? 0
    application.chain.parameters = try ConsensusState.parameters.get(state)
    time = application.block?.time ?? time
    application.lastTime = time
  }
}
