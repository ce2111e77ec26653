public import OasisCrypto
public import OasisTypes
public import Wire

/// What the service `RuntimeClient` speaks of (sheet 08 C6).
public enum RuntimeClient {
  /// Stands for the newest round in requests.
  public static let latestRound = UInt64.max

  public static let notFound = CodedError("runtime/client", 1, "client: not found")
  public static let internalError = CodedError("runtime/client", 2, "client: internal error")
  public static let expired = CodedError("runtime/client", 3, "client: transaction expired")
  public static let notSynced = CodedError("runtime/client", 4, "client: not finished initial sync")
  public static let checkFailed = CodedError("runtime/client", 5, "client: transaction check failed")
  public static let noHostedRuntime = CodedError("runtime/client", 6, "client: no hosted runtime is available")
}

extension RuntimeClient {
  /// A transaction for a runtime.
  public struct Submission: WireMap, Hashable, Sendable {
    public var runtimeID = Namespace()
    public var data: [UInt8]?
    public init() {}
    public init(runtimeID: Namespace, data: [UInt8]) { (self.runtimeID, self.data) = (runtimeID, data) }
    public static let fields: [Field<Self>] = [.init("runtime_id", \.runtimeID), .init("data", \.data)]
  }

  /// What became of a transaction.
  public struct SubmissionResult: WireMap, Hashable, Sendable {
    public var data: [UInt8] = []
    public var round: UInt64 = 0
    public var batchOrder: UInt32 = 0
    public var checkError: CheckError?
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("data", \.data, .omitEmpty), .init("round", \.round, .omitEmpty), .init("batch_order", \.batchOrder, .omitEmpty),
      .init("check_tx_error", \.checkError, .omitEmpty),
    ]
  }

  /// The runtime's refusal.
  public struct CheckError: WireMap, Hashable, Sendable {
    public var module = ""
    public var code: UInt32 = 0
    public var message = ""
    public init() {}
    public init(_ failure: RuntimeCheckFailure) { (module, code, message) = (failure.module, failure.code, failure.message) }
    public static let fields: [Field<Self>] = [
      .init("module", \.module, .omitEmpty), .init("code", \.code, .omitEmpty), .init("message", \.message, .omitEmpty),
    ]
  }

  /// Asks about a round.
  public struct RoundRequest: WireMap, Hashable, Sendable {
    public var runtimeID = Namespace()
    public var round: UInt64 = 0
    public init() {}
    public init(runtimeID: Namespace, round: UInt64) { (self.runtimeID, self.round) = (runtimeID, round) }
    public static let fields: [Field<Self>] = [.init("runtime_id", \.runtimeID), .init("round", \.round)]
  }

  /// A transaction with what it gave.
  public struct TransactionWithResults: WireMap, Hashable, Sendable {
    public var transaction: [UInt8]?
    public var result: [UInt8]?
    public var events: [PlainEvent] = []
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("tx", \.transaction), .init("result", \.result), .init("events", \.events, .omitEmpty),
    ]
  }

  /// A tag of a known transaction.
  public struct PlainEvent: WireMap, Hashable, Sendable {
    public var key: [UInt8]?
    public var value: [UInt8]?
    public init() {}
    public init(key: [UInt8], value: [UInt8]) { (self.key, self.value) = (key, value) }
    public static let fields: [Field<Self>] = [.init("key", \.key), .init("value", \.value)]
  }

  /// A tag with its transaction; the zero hash for the block's own.
  public struct Event: WireMap, Hashable, Sendable {
    public var key: [UInt8]?
    public var value: [UInt8]?
    public var transactionHash = Hash()
    public init() {}
    public init(key: [UInt8], value: [UInt8], transactionHash: Hash) {
      (self.key, self.value, self.transactionHash) = (key, value, transactionHash)
    }
    public static let fields: [Field<Self>] = [
      .init("key", \.key), .init("value", \.value), .init("tx_hash", \.transactionHash),
    ]
  }

  /// Asks a runtime something.
  public struct Query: WireMap, Hashable, Sendable {
    public var runtimeID = Namespace()
    /// Nil for the main component.
    public var component: ComponentID?
    public var round: UInt64 = 0
    public var method = ""
    /// CBOR.
    public var arguments: [UInt8]?
    public init() {}
    public init(runtimeID: Namespace, component: ComponentID? = nil, round: UInt64, method: String, arguments: [UInt8]) {
      (self.runtimeID, self.component, self.round, self.method) = (runtimeID, component, round, method)
      self.arguments = arguments
    }
    public static let fields: [Field<Self>] = [
      .init("runtime_id", \.runtimeID), .init("component", \.component, .omitEmpty), .init("round", \.round), .init("method", \.method),
      .init("args", \.arguments),
    ]
  }

  /// The answer to a ``Query``: CBOR.
  public struct QueryResult: WireMap, Hashable, Sendable {
    public var data: [UInt8]?
    public init() {}
    public init(_ data: [UInt8]) { self.data = data }
    public static let fields: [Field<Self>] = [.init("data", \.data)]
  }
}
