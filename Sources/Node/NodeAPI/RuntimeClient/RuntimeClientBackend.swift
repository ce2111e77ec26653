public import MKVS
public import OasisTypes

/// One ParaTime, as its clients use it: what the client worker offers (sheet 08 C6).
public protocol RuntimeClientBackend: Sendable {
  var runtimeID: Namespace { get }
  /// Whether the node hosts a runtime that can check and answer. Where it does not, submissions and queries fail with `runtime/client`/6.
  func isHosted() async -> Bool

  /// Has the runtime check a transaction and forgets it.
  ///
  /// - Throws: ``RuntimeCheckFailure``.
  func check(_ transaction: [UInt8]) async throws
  /// Has a transaction checked and puts it into the pool.
  ///
  /// - Throws: ``RuntimeCheckFailure``; the pool's own error, such as `duplicate transaction`.
  func submit(_ transaction: [UInt8]) async throws
  /// The same, and waits until a block holds the transaction.
  func submitAndWait(_ transaction: [UInt8]) async throws -> IncludedTransaction
  /// Transactions that wait to be scheduled.
  func unconfirmedTransactions() async throws -> [[UInt8]]

  /// The block of a round that is stored, with its state where the node keeps state; ``RuntimeClient/latestRound`` is the last such.
  ///
  /// - Throws: `roothash`/2.
  func block(round: UInt64) async throws -> RootHash.Block
  /// The same block with the height of consensus that finalized it.
  ///
  /// - Throws: `roothash`/2.
  func annotatedBlock(round: UInt64) async throws -> RootHash.AnnotatedBlock
  /// The oldest block whose state is there.
  func lastRetainedBlock() async throws -> RootHash.Block
  /// Blocks as they become complete, the last one first. Who reads slowly loses the oldest unread ones.
  func blocks() async throws -> AsyncStream<RootHash.AnnotatedBlock>
  /// What the round's I/O tree holds. The tree must not leave `body`.
  ///
  /// - Throws: `roothash`/2.
  func readIO<Answer: Sendable>(round: UInt64, _ body: @Sendable (IOTree) throws -> Answer) async throws -> Answer

  /// Asks a component about the state of a round; arguments and answer are CBOR.
  ///
  /// - Throws: `roothash`/2; the runtime's own error.
  func query(_ component: ComponentID?, round: UInt64, method: String, arguments: [UInt8]?) async throws -> [UInt8]

  func syncGet(_ request: GetRequest) async throws -> ProofResponse
  func syncGetPrefixes(_ request: GetPrefixesRequest) async throws -> ProofResponse
  func syncIterate(_ request: IterateRequest) async throws -> ProofResponse
}

/// Where a transaction ended up, and what came of it.
public struct IncludedTransaction: Sendable, Hashable {
  public var output: [UInt8]
  public var round: UInt64
  public var batchOrder: UInt32
  public init(output: [UInt8], round: UInt64, batchOrder: UInt32) {
    (self.output, self.round, self.batchOrder) = (output, round, batchOrder)
  }
}

/// The runtime did not accept a transaction.
public struct RuntimeCheckFailure: Error, Sendable, Hashable, CustomStringConvertible {
  public var module: String
  public var code: UInt32
  public var message: String
  public init(module: String, code: UInt32, message: String) { (self.module, self.code, self.message) = (module, code, message) }
  public var description: String { "runtime error: module: \(module) code: \(code) message: \(message)" }
}

/// The state of one ParaTime on this node (sheet 08 C5.7).
public protocol StorageWorkerBackend: Sendable {
  var runtimeID: Namespace { get }
  /// The last round whose roots are stored.
  func lastSyncedRound() async throws -> (round: UInt64, ioRoot: Root, stateRoot: Root)
  /// - Throws: `worker/storage`/2 outside of debugging.
  func pauseCheckpointer(_ pause: Bool) async throws
}
