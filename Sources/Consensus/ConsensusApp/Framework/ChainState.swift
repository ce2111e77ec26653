public import OasisCrypto
public import OasisTypes

/// What the contexts of a block share: facts about the chain, the last committed version and the node.
public final class ChainState {
  /// Lower-case hex of the hash of the genesis document.
  public let chainContext: String
  public let initialHeight: Int64
  /// The first epoch, as the genesis document says.
  public let baseEpoch: Epoch
  /// Height of the last committed block; `initialHeight - 1` before the first.
  public internal(set) var lastHeight: Int64
  /// State root of the last committed block; nil before the first.
  public internal(set) var lastStateRoot: Hash?
  /// Epoch in the state of the last committed block (key 40); nil before the first.
  public internal(set) var lastEpoch: Epoch?
  /// Consensus parameters as of the last commit; nil before the first.
  public internal(set) var parameters: ConsensusParameters?
  public let node: NodeFacts
  /// Delivers messages between services.
  public let messages: MessageDispatcher
  /// The node's upgrade manager.
  public let upgrades: any UpgradeManager
  /// Calls methods of other services (see ``Context/subcall(caller:method:body:)``).
  var callMethod: (Context, _ method: String, _ body: [UInt8]) throws -> [UInt8]? = { _, method, _ in
    throw AppError.uncoded("mux: unknown method: \(method)")
  }

  public init(
    chainContext: String, initialHeight: Int64, baseEpoch: Epoch = 0, lastHeight: Int64, lastStateRoot: Hash? = nil,
    lastEpoch: Epoch? = nil,
    node: NodeFacts = NodeFacts(), messages: MessageDispatcher = MessageDispatcher(), upgrades: any UpgradeManager = NoUpgrades()
  ) {
    (self.chainContext, self.initialHeight, self.baseEpoch, self.lastHeight) = (chainContext, initialHeight, baseEpoch, lastHeight)
    (self.lastStateRoot, self.lastEpoch, self.node) = (lastStateRoot, lastEpoch, node)
    (self.messages, self.upgrades) = (messages, upgrades)
  }

  /// Whether a block of this chain was committed.
  public var hasCommitted: Bool { lastHeight >= initialHeight }
}

/// Facts about this node that are not part of the state; never used to compute it, but for the debug switches.
public struct NodeFacts: Sendable {
  /// The node's identity key, exempt from the local minimum gas price.
  public var identity: PublicKey?
  /// Base units per gas that this node wants at least to admit a transaction.
  public var minimumGasPrice: UInt64 = 0
  /// Keys whose signatures count for nothing: the reserved ones, those of the genesis document, and outside of debugging the test keys.
  public var blacklist = PublicKeyBlacklist.production
  /// The node runs with `--debug.dont_blame_oasis`: debug parameters and test keys are accepted.
  public var allowsDebug = false

  public init() {}
}

/// The local upgrade manager as the application sees it (sheet 03 §15).
public protocol UpgradeManager: AnyObject {
  /// Called in BeginBlock and EndBlock with a context, after Commit without; `height` is the last committed one.
  ///
  /// - Throws: ``StopForUpgrade``.
  func consensusUpgrade(_ context: Context?, epoch: Epoch, height: Int64) throws
  /// Takes an upgrade that governance decided on: the CBOR of the descriptor.
  func submit(descriptor: [UInt8]) throws
  /// Drops a pending upgrade.
  func cancel(descriptor: [UInt8]) throws
  /// Whether the upgrade is pending here and its startup stage done.
  func isReady(descriptor: [UInt8]) -> Bool
  /// Whether an unfinished upgrade stands for the height after `lastHeight`: nothing is admitted to the mempool then.
  func isPending(after lastHeight: Int64) -> Bool
}

/// No upgrade is ever pending.
public final class NoUpgrades: UpgradeManager {
  public init() {}
  public func consensusUpgrade(_ context: Context?, epoch: Epoch, height: Int64) {}
  public func submit(descriptor: [UInt8]) {}
  public func cancel(descriptor: [UInt8]) {}
  public func isReady(descriptor: [UInt8]) -> Bool { false }
  public func isPending(after lastHeight: Int64) -> Bool { false }
}
