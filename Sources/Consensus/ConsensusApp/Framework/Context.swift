public import OasisCrypto
public import OasisTypes

/// What a context executes (sheet 03 §4).
public enum ExecutionMode: Sendable {
  case initChain, checkTransaction, deliverTransaction, simulateTransaction, beginBlock, endBlock
}

/// The environment of one call: state, time, caller, gas and events.
///
/// Contexts nest. A *child* shares its parent's state tree; a *transaction* has a tree of its own that is committed or dropped as a whole. Both
/// inherit signer, caller, gas and block. Gas that was used stays used. Synchronous, for one thread.
public final class Context {
  public let mode: ExecutionMode
  /// The state of this context. A handle to an outer context's tree may be kept while a transaction is open; its writes then bypass the transaction.
  public let state: StateTree
  /// What is fixed for all contexts of a block: chain, last committed version, node.
  public let chain: ChainState
  /// The block's own values; nil in `initChain`, `checkTransaction` and `simulateTransaction`.
  public let block: BlockContext?
  /// Block time; outside of blocks that of the last committed block.
  public let now: BlockTime
  public var gas: any GasAccountant
  /// Signer of the transaction being executed.
  public var signer: PublicKey
  /// Who calls: the signer's address, or the runtime for runtime messages, or the vault for subcalls.
  public var caller: Address
  /// Whether a runtime message is being executed and not a transaction.
  public var isMessageExecution = false
  /// Mempool priority, set by services when checking.
  public var priority: Int64 = 0
  /// Number of contexts around this one.
  public let depth: Int
  var log = EventLog()
  private let parent: Context?
  private let isTransaction: Bool

  public init(
    mode: ExecutionMode, state: StateTree, chain: ChainState, block: BlockContext?, now: BlockTime, gas: any GasAccountant = FreeGas(),
    signer: PublicKey = PublicKey(), caller: Address = Address()
  ) {
    (self.mode, self.state, self.chain, self.block, self.now) = (mode, state, chain, block, now)
    (self.gas, self.signer, self.caller) = (gas, signer, caller)
    (depth, parent, isTransaction) = (0, nil, false)
  }

  private init(inside parent: Context, mode: ExecutionMode, state: StateTree, isTransaction: Bool) {
    (self.mode, self.state, self.chain, self.block, self.now) = (mode, state, parent.chain, parent.block, parent.now)
    (gas, signer, caller) = (parent.gas, parent.signer, parent.caller)
    isMessageExecution = parent.isMessageExecution
    (depth, self.parent, self.isTransaction) = (parent.depth + 1, parent, isTransaction)
  }

  /// Whether the state of the genesis document is being made.
  public var isInitChain: Bool { mode == .initChain }
  /// Whether the pool checks a transaction: nothing of it is kept.
  public var isCheckOnly: Bool { mode == .checkTransaction }
  /// Whether only the gas matters.
  public var isSimulation: Bool { mode == .simulateTransaction }

  /// The height of the last committed block; one below the initial height before the first.
  public var lastHeight: Int64 { chain.lastHeight }
  /// The height being executed.
  public var height: Int64 { chain.lastHeight + 1 }

  /// Events of this context so far, those of closed children included.
  public var events: EventLog { log }

  // MARK: Nesting

  /// Runs `body` in a child on the same state. Its events join this context's, also when `body` throws; those of a simulation do not.
  ///
  /// - Parameters:
  ///   - mode: another mode, `.simulateTransaction` to charge gas only
  ///   - configure: sets caller, gas and the like
  public func child<Result>(
    mode: ExecutionMode? = nil, configure: (Context) -> Void = { _ in }, _ body: (Context) throws -> Result
  ) rethrows -> Result {
    let child = Context(inside: self, mode: mode ?? self.mode, state: state, isTransaction: false)
    configure(child)
    defer { if !child.isSimulation { log.append(child.log) } }
    return try body(child)
  }

  /// Runs `body` with a state tree of its own: committed, with its events, if `body` returns; dropped if it throws.
  public func transaction<Result>(_ body: (Context) throws -> Result) rethrows -> Result {
    let child = openTransaction()
    let result = try body(child)
    child.commit()
    return result
  }

  /// Opens a transaction to be committed by hand; without ``commit()`` it changes nothing.
  public func openTransaction() -> Context { Context(inside: self, mode: mode, state: StateTree(over: state), isTransaction: true) }

  /// Commits a transaction: state and events go to the parent.
  ///
  /// - Precondition: made by ``openTransaction()``.
  public func commit() {
    guard isTransaction, let parent else { preconditionFailure("only a transaction can be committed") }
    state.commit()
    if !isSimulation { parent.log.append(log) }
    log = EventLog()
  }
}

/// A moment in block time.
public struct BlockTime: Hashable, Comparable, Sendable {
  /// Unix seconds.
  public var seconds: Int64
  /// 0 to 999,999,999.
  public var nanoseconds: Int32

  public init(seconds: Int64 = 0, nanoseconds: Int32 = 0) { (self.seconds, self.nanoseconds) = (seconds, nanoseconds) }

  public static func < (left: BlockTime, right: BlockTime) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }
}
