/// The replicated state machine that the engine drives (ABCI 0.37, in process).
///
/// The engine calls one method at a time, in the order of engine sheet A8: `initChain` once; for each block, any number of
/// `prepareProposal` and `processProposal`, then `beginBlock`, `deliverTransaction` for each transaction, `endBlock`, `commit`.
/// `checkTransaction` comes at any time between these calls. All but the last must depend only on their arguments and on the state;
/// an error that is thrown stops the engine, except from `prepareProposal` (no proposal is made), `processProposal` (the block is
/// rejected) and `checkTransaction` (the transaction is refused).
public protocol Application: AnyObject {
  /// What the application has committed; height 0 before the first block.
  func info() throws -> ApplicationInfo
  /// Builds the state before the first block.
  func initChain(_ request: InitChainRequest) throws -> InitChainResponse
  /// As proposer, chooses the transactions of a block from those offered.
  func prepareProposal(_ request: PrepareProposalRequest) throws -> [[UInt8]]
  /// Judges a proposed block; false rejects it.
  func processProposal(_ request: ProcessProposalRequest) throws -> Bool
  /// Judges a transaction for the pool.
  func checkTransaction(_ request: CheckTransactionRequest) throws -> CheckTransactionResponse
  func beginBlock(_ request: BeginBlockRequest) throws -> BeginBlockResponse
  func deliverTransaction(_ transaction: [UInt8]) throws -> DeliverTransactionResponse
  func endBlock(height: Int64) throws -> EndBlockResponse
  /// Makes the block's state durable.
  func commit() throws -> CommitResponse
}

/// What `info` answers.
public struct ApplicationInfo: Hashable, Sendable {
  public var data: String
  public var version: String
  /// The application's protocol version, as block headers carry it.
  public var appVersion: UInt64
  /// Height of the last committed block; 0 before the first.
  public var lastBlockHeight: Int64
  /// Hash of the state after that block.
  public var lastBlockAppHash: [UInt8]

  public init(data: String = "", version: String = "", appVersion: UInt64, lastBlockHeight: Int64, lastBlockAppHash: [UInt8]) {
    (self.data, self.version, self.appVersion) = (data, version, appVersion)
    (self.lastBlockHeight, self.lastBlockAppHash) = (lastBlockHeight, lastBlockAppHash)
  }
}

/// The chain's start, from its genesis document.
public struct InitChainRequest: Hashable, Sendable {
  public var time: Timestamp
  public var chainID: String
  public var consensusParameters: ConsensusParameters
  /// The validators of the genesis document, in the order of the validator set.
  public var validators: [ValidatorUpdate]
  /// The genesis document's application state (JSON).
  public var appState: [UInt8]
  public var initialHeight: Int64

  public init(
    time: Timestamp, chainID: String, consensusParameters: ConsensusParameters, validators: [ValidatorUpdate], appState: [UInt8],
    initialHeight: Int64
  ) {
    (self.time, self.chainID, self.consensusParameters) = (time, chainID, consensusParameters)
    (self.validators, self.appState, self.initialHeight) = (validators, appState, initialHeight)
  }
}

/// What the application makes of the start.
public struct InitChainResponse: Hashable, Sendable {
  /// Parts that are present replace those of the genesis document.
  public var consensusParameters: ConsensusParameters?
  /// When not empty, replaces the validators of the genesis document.
  public var validators: [ValidatorUpdate]
  public var appHash: [UInt8]

  public init(consensusParameters: ConsensusParameters? = nil, validators: [ValidatorUpdate] = [], appHash: [UInt8]) {
    (self.consensusParameters, self.validators, self.appHash) = (consensusParameters, validators, appHash)
  }
}

/// Asks a proposer for the transactions of its block.
public struct PrepareProposalRequest: Hashable, Sendable {
  /// Most bytes that the returned transactions may take, each counted with its field tag and length.
  public var maxBytes: Int64
  /// The pool's choice.
  public var transactions: [[UInt8]]
  public var localLastCommit: CommitInfo
  public var misbehavior: [Misbehavior]
  public var height: Int64
  public var time: Timestamp
  public var nextValidatorsHash: [UInt8]
  public var proposerAddress: [UInt8]

  public init(
    maxBytes: Int64, transactions: [[UInt8]], localLastCommit: CommitInfo, misbehavior: [Misbehavior], height: Int64, time: Timestamp,
    nextValidatorsHash: [UInt8], proposerAddress: [UInt8]
  ) {
    (self.maxBytes, self.transactions, self.localLastCommit) = (maxBytes, transactions, localLastCommit)
    (self.misbehavior, self.height, self.time) = (misbehavior, height, time)
    (self.nextValidatorsHash, self.proposerAddress) = (nextValidatorsHash, proposerAddress)
  }
}

/// Asks whether a proposed block is valid.
public struct ProcessProposalRequest: Hashable, Sendable {
  public var transactions: [[UInt8]]
  public var proposedLastCommit: CommitInfo
  public var misbehavior: [Misbehavior]
  /// Hash of the proposed block's header.
  public var hash: [UInt8]
  public var height: Int64
  public var time: Timestamp
  public var nextValidatorsHash: [UInt8]
  public var proposerAddress: [UInt8]

  public init(
    transactions: [[UInt8]], proposedLastCommit: CommitInfo, misbehavior: [Misbehavior], hash: [UInt8], height: Int64, time: Timestamp,
    nextValidatorsHash: [UInt8], proposerAddress: [UInt8]
  ) {
    (self.transactions, self.proposedLastCommit, self.misbehavior) = (transactions, proposedLastCommit, misbehavior)
    (self.hash, self.height, self.time) = (hash, height, time)
    (self.nextValidatorsHash, self.proposerAddress) = (nextValidatorsHash, proposerAddress)
  }
}

/// Asks whether a transaction may wait in the pool.
public struct CheckTransactionRequest: Hashable, Sendable {
  /// Whether a transaction is new to the pool.
  public enum Kind: Hashable, Sendable {
    /// The transaction is new to the pool.
    case new
    /// The transaction was in the pool when a block was applied.
    case recheck
  }
  public var transaction: [UInt8]
  public var kind: Kind
  public init(transaction: [UInt8], kind: Kind) { (self.transaction, self.kind) = (transaction, kind) }
}

/// Whether a transaction may wait, and how it ranks.
public struct CheckTransactionResponse: Hashable, Sendable {
  /// 0 accepts the transaction.
  public var code: UInt32 = 0
  public var data: [UInt8] = []
  public var log = ""
  public var codespace = ""
  public var gasWanted: Int64 = 0
  public var gasUsed: Int64 = 0
  /// Higher goes into blocks first.
  public var priority: Int64 = 0
  public var sender = ""
  public init() {}
  /// Whether it may wait.
  public var isAccepted: Bool { code == 0 }
}

/// A decided block begins.
public struct BeginBlockRequest: Hashable, Sendable {
  /// Hash of the header.
  public var hash: [UInt8]
  public var header: Header
  public var lastCommit: CommitInfo
  public var misbehavior: [Misbehavior]
  public init(hash: [UInt8], header: Header, lastCommit: CommitInfo, misbehavior: [Misbehavior]) {
    (self.hash, self.header, self.lastCommit, self.misbehavior) = (hash, header, lastCommit, misbehavior)
  }
}
