internal import Bytes
internal import CBOR
public import CometBFT
public import ConsensusApp
public import OasisCrypto
public import OasisTypes
internal import Wire

/// The consensus layer as workers, runtimes and the API see it. Heights: 0 stands for the latest committed one. Rule: sheet 03 §18.
public protocol ConsensusBackend: Sendable {
  /// Separates this network's signatures from others'.
  var chainContext: String { get }
  /// The first height of the chain.
  var initialHeight: Int64 { get }

  /// Whether the node has caught up: no sync is running and the latest block is younger than a minute. Once true it stays true.
  func isSynced() async -> Bool
  /// Returns when ``isSynced()`` holds.
  func waitSynced() async throws
  /// The last height that the application committed; 0 before the first.
  func latestHeight() async -> Int64
  /// The oldest height whose block is still there.
  func lastRetainedHeight() async -> Int64
  /// Every block after it was committed, from the latest one on (which comes first). A reader that falls far behind loses the oldest.
  func updates() async -> AsyncStream<ConsensusUpdate>
  /// Reads the state after `height`. The tree must not leave `body`; what is written to it is dropped.
  ///
  /// - Throws: `consensus`/3 where that state is not there (pruned, or not yet).
  func query<Answer: Sendable>(at height: Int64, _ body: @Sendable (StateTree) throws -> Answer) async throws -> Answer
  /// Header, commit and validators of a height as the API sends them: protobuf of a CometBFT light block. Above the latest height only the
  /// validators are in it, as far as they are known.
  func lightBlock(at height: Int64) async throws -> Consensus.LightBlock
  /// The block of a height.
  func block(at height: Int64) async throws -> CometBFT.Block
  /// What executing the block of a height gave.
  func results(at height: Int64) async throws -> BlockResults
  /// Checks a signed transaction, hands it to the pool and waits until a block holds it.
  ///
  /// - Throws: the error (module, code) of its check or execution as `CodedError`.
  func submit(_ transaction: SignedEnvelope) async throws -> SubmittedTransaction
  /// Gas that executing the transaction now would take.
  func estimateGas(signer: PublicKey, _ transaction: Transaction) async throws -> UInt64
}

/// What executing a block gave, events in order.
public struct BlockResults: Sendable {
  public var begin: BeginBlockResponse
  public var transactions: [DeliverTransactionResponse]
  public var end: EndBlockResponse
  public init(begin: BeginBlockResponse, transactions: [DeliverTransactionResponse], end: EndBlockResponse) {
    (self.begin, self.transactions, self.end) = (begin, transactions, end)
  }
}

/// Where a submitted transaction ended up.
public struct SubmittedTransaction: Sendable {
  public var height: Int64
  public var index: Int
  public var result: DeliverTransactionResponse
  public init(height: Int64, index: Int, result: DeliverTransactionResponse) {
    (self.height, self.index, self.result) = (height, index, result)
  }
}

/// A committed block, told to those who follow the chain.
public struct ConsensusUpdate: Sendable {
  public var height: Int64
  /// Hash of the header.
  public var hash: [UInt8]
  public var header: Header
  public var results: BlockResults
  /// The epoch in the state after this block.
  public var epoch: Epoch
  /// Whether this block began that epoch.
  public var isEpochChange: Bool

  public init(height: Int64, hash: [UInt8], header: Header, results: BlockResults, epoch: Epoch, isEpochChange: Bool) {
    (self.height, self.hash, self.header, self.results) = (height, hash, header, results)
    (self.epoch, self.isEpochChange) = (epoch, isEpochChange)
  }

  /// All events: begin block, transactions in order, end block.
  public var events: [Event] { results.begin.events + results.transactions.flatMap(\.events) + results.end.events }
}

extension ConsensusUpdate {
  /// The events of one kind, in order, of one runtime if given; those that do not decode are left out.
  public func events<Value: ServiceEvent>(_ type: Value.Type, runtime: Namespace? = nil) -> [Value] {
    let name = BlockEvent.type(of: Value.service)
    let id = runtime?.bytes.base64
    return events.lazy.filter { event in
      event.type == name && (id == nil || event.attributes.contains { $0.key == "runtime_id" && $0.value == id })
    }
    .flatMap(\.attributes).filter { $0.key == Value.kind }
    .compactMap { [UInt8](base64: $0.value).flatMap { try? Value.decode(cbor: $0, mode: .trusted) } }
  }
}
