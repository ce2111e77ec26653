public import MKVS
public import OasisCrypto
public import OasisTypes
public import RuntimeProtocol

/// A ParaTime: what a runtime does with transactions. Written once, run by ``Guest``.
///
/// Execution must be deterministic: it may depend on nothing but its arguments and the state it reads through the context. Throw
/// ``GuestAbort`` where going on would be wrong on every node; any other error fails the request.
public protocol ParaTime: Sendable {
  /// The version of this program; must equal its bundle's.
  var version: Version { get }
  /// How many transactions the scheduler gets at first.
  var initialBatchSize: UInt32 { get }

  /// Executes exactly the given transactions (`mode` execute), or chooses from them and from what it fetches (`mode` schedule).
  func execute(_ batch: [[UInt8]], mode: ExecutionMode, in context: RoundContext) throws -> ExecutedBatch
  /// Says of each transaction whether it may enter the pool; one result an input, in order. Writes are discarded.
  func check(_ batch: [[UInt8]], in context: RoundContext) throws -> [CheckTxResult]
  /// Answers a query. Writes are discarded.
  func query(_ method: String, _ arguments: [UInt8], in context: RoundContext) throws -> [UInt8]
  /// Answers a call of the node itself (`RuntimeLocalRPCCall`, or a query by RPC); by default there are no methods.
  func localCall(_ request: LocalCall) throws -> LocalCall.Answer
}

extension ParaTime {
  public func localCall(_ request: LocalCall) throws -> LocalCall.Answer { .failure("method not found") }
}

/// The process must end: state or host are not what they must be. The host starts the runtime anew.
public struct GuestAbort: Error, CustomStringConvertible {
  public let description: String
  public init(_ reason: String) { description = reason }
}

/// Everything a ParaTime may look at while it works on one request.
public final class RoundContext {
  /// The runtime's state: changes are kept only by ``ParaTime/execute(_:mode:in:)``, and only if it succeeds.
  public let state: Overlay
  /// Consensus state that belongs to the round.
  public let consensus: ConsensusState
  /// The header of the block before the round that is computed.
  public let header: RootHash.Header
  public let epoch: UInt64
  /// Results of the messages of the last normal round.
  public let roundResults: RootHash.RoundResults
  /// How many messages the round may emit.
  public let maxMessages: UInt32
  public let incomingMessages: [RootHash.IncomingMessage]
  /// For fetching more transactions, and for what is not consensus-critical.
  public let host: any Host
  public let runtimeID: Namespace
  /// Messages to the consensus layer, in the order of their indices.
  public private(set) var messages: [RootHash.Message] = []

  public init(
    state: Overlay, consensus: ConsensusState, header: RootHash.Header, epoch: UInt64, roundResults: RootHash.RoundResults,
    maxMessages: UInt32, incomingMessages: [RootHash.IncomingMessage], host: any Host, runtimeID: Namespace
  ) {
    self.state = state
    self.consensus = consensus
    self.header = header
    self.epoch = epoch
    self.roundResults = roundResults
    self.maxMessages = maxMessages
    self.incomingMessages = incomingMessages
    self.host = host
    self.runtimeID = runtimeID
  }

  /// Emits a message to the consensus layer.
  /// - Returns: its index, by which its result comes back; nil when the round's limit is reached.
  public func emit(_ message: RootHash.Message) -> UInt32? {
    guard messages.count < maxMessages else { return nil }
    messages.append(message)
    return UInt32(messages.count - 1)
  }
}

/// What a batch came to.
public struct ExecutedBatch: Sendable {
  /// A transaction that is part of the batch.
  public struct Result: Sendable {
    public var input: [UInt8]
    public var output: [UInt8]
    public var tags: [Tag]

    public init(input: [UInt8], output: [UInt8], tags: [Tag] = []) {
      self.input = input
      self.output = output
      self.tags = tags
    }
  }

  /// An event for whoever watches the runtime.
  public struct Tag: Hashable, Sendable {
    public var key: [UInt8]
    public var value: [UInt8]

    public init(_ key: [UInt8], _ value: [UInt8]) {
      self.key = key
      self.value = value
    }
  }

  /// In batch order; in execute mode exactly the given transactions.
  public var results: [Result] = []
  public var blockTags: [Tag] = []
  /// Transactions that the pool should forget (schedule mode).
  public var rejected: [Hash] = []
  /// How many incoming messages were processed, from the first.
  public var incomingMessageCount = 0

  public init() {}
}

/// A call by method name and CBOR arguments, outside of transactions (sheet 07 D.12).
public struct LocalCall: Sendable {
  public var method: String
  /// CBOR.
  public var arguments: [UInt8]

  public init(method: String, arguments: [UInt8]) {
    self.method = method
    self.arguments = arguments
  }

  /// What a local call gives.
  public enum Answer: Sendable {
    /// CBOR.
    case success([UInt8])
    case failure(String)
  }
}
