public import OasisTypes
public import Wire

/// Asks the runtime about its state (07 D.4).
public struct RuntimeQueryRequest: RuntimeProtocolMessage {
  public static let name = "RuntimeQueryRequest"
  public static let fields: [Field<Self>] = [
    .init("consensus_block", \.consensusBlock), .init("header", \.header), .init("epoch", \.epoch), .init("max_messages", \.maxMessages),
    .init("method", \.method), .init("args", \.arguments, .omitEmpty),
  ]

  /// The consensus block at which the round was finalized.
  public var consensusBlock = LightBlock()
  /// Header of the round to look at.
  public var header = RootHash.Header()
  /// The epoch of that height.
  public var epoch: UInt64 = 0
  /// Messages that a round may emit.
  public var maxMessages: UInt32 = 0
  /// Name of the query.
  public var method = ""
  /// CBOR of its arguments.
  public var arguments: [UInt8] = []

  /// An empty request, to be filled.
  public init() {}
}

/// The answer to a query.
public struct RuntimeQueryResponse: RuntimeProtocolMessage {
  public static let name = "RuntimeQueryResponse"
  public static let fields: [Field<Self>] = [.init("data", \.data, .omitEmpty)]

  /// CBOR of the result.
  public var data: [UInt8] = []

  /// An empty answer, to be filled.
  public init() {}
}

/// There is a new consensus block: verify up to it.
public struct RuntimeConsensusSyncRequest: RuntimeProtocolMessage {
  public static let name = "RuntimeConsensusSyncRequest"
  public static let fields: [Field<Self>] = [.init("height", \.height)]

  /// The height; 0 means the latest.
  public var height: UInt64 = 0

  /// Up to the latest height.
  public init() {}

  /// Up to a height.
  public init(height: UInt64) { self.height = height }
}

/// Tells a component of a runtime block or of events it subscribed to.
public struct RuntimeNotifyRequest: RuntimeProtocolMessage {
  public static let name = "RuntimeNotifyRequest"
  public static let fields: [Field<Self>] = [
    .init("runtime_block", \.runtimeBlock, .omitEmpty), .init("runtime_event", \.runtimeEvent, .omitEmpty),
  ]

  /// A new block.
  public var runtimeBlock: RootHash.AnnotatedBlock?
  /// Tags of a new block that the component waits for.
  public var runtimeEvent: RuntimeNotifyEvent?

  /// An empty request, to be filled.
  public init() {}
}

/// Events of one block that a component waits for.
public struct RuntimeNotifyEvent: WireMap, Hashable, Sendable {
  public static let fields: [Field<Self>] = [.init("block", \.block), .init("tags", \.tags)]

  /// The block.
  public var block: RootHash.AnnotatedBlock?
  /// The tags that occurred, once for each occurrence.
  public var tags: [[UInt8]]?

  /// No events.
  public init() {}
}
