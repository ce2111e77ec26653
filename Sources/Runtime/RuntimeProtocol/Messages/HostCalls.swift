public import CBOR
public import OasisCrypto
public import OasisTypes
public import Wire

/// Calls a key manager or a service of the host (07 C.7, C.8).
public struct HostRPCCallRequest: RuntimeProtocolMessage {
  public static let name = "HostRPCCallRequest"
  public static let fields: [Field<Self>] = [
    .init("endpoint", \.endpoint), .init("request_id", \.requestID), .init("request", \.request), .init("kind", \.kind, .omitEmpty),
    .init("nodes", \.nodes), .init("pf", \.peerFeedback, .omitEmpty),
  ]

  /// Whom to call, such as `key-manager`.
  public var endpoint = ""
  /// A number for later feedback; 0 in the old mode.
  public var requestID: UInt64 = 0
  /// The call.
  public var request: [UInt8]?
  /// 0 noise session, 1 insecure query, 2 local query.
  public var kind: UInt8 = 0
  /// Nodes that may answer; none means any of the committee.
  public var nodes: [PublicKey]?
  /// Feedback on the previous call, in the old mode.
  public var peerFeedback: UInt8?

  /// An empty request, to be filled.
  public init() {}
}

/// The answer of the one who was called.
public struct HostRPCCallResponse: RuntimeProtocolMessage {
  public static let name = "HostRPCCallResponse"
  public static let fields: [Field<Self>] = [.init("response", \.response), .init("node", \.node)]

  /// The answer.
  public var response: [UInt8]?
  /// The node that answered.
  public var node = PublicKey()

  /// An empty answer, to be filled.
  public init() {}
}

/// Tells the host how a called peer did.
public struct HostSubmitPeerFeedbackRequest: RuntimeProtocolMessage {
  public static let name = "HostSubmitPeerFeedbackRequest"
  public static let fields: [Field<Self>] = [
    .init("endpoint", \.endpoint), .init("request_id", \.requestID), .init("peer_feedback", \.peerFeedback),
  ]

  /// The endpoint that was called.
  public var endpoint = ""
  /// The call's number.
  public var requestID: UInt64 = 0
  /// 0 success, 1 failure, 2 bad peer.
  public var peerFeedback: UInt8 = 0

  /// An empty request, to be filled.
  public init() {}
}

/// Submits a transaction to a runtime (only components beside the main one may).
public struct HostSubmitTxRequest: RuntimeProtocolMessage {
  public static let name = "HostSubmitTxRequest"
  public static let fields: [Field<Self>] = [
    .init("runtime_id", \.runtimeID), .init("data", \.data), .init("wait", \.wait, .omitEmpty), .init("prove", \.prove, .omitEmpty),
  ]

  /// The runtime to send to.
  public var runtimeID = Namespace()
  /// The transaction.
  public var data: [UInt8]?
  /// Wait until it is in a block.
  public var wait = false
  /// Ask for a proof of inclusion.
  public var prove = false

  /// An empty request, to be filled.
  public init() {}
}

/// Where the transaction went.
public struct HostSubmitTxResponse: RuntimeProtocolMessage {
  public static let name = "HostSubmitTxResponse"
  public static let fields: [Field<Self>] = [
    .init("output", \.output, .omitEmpty), .init("round", \.round, .omitEmpty), .init("batch_order", \.batchOrder, .omitEmpty),
    .init("proof", \.proof, .omitEmpty),
  ]

  /// Its output.
  public var output: [UInt8] = []
  /// Its round.
  public var round: UInt64 = 0
  /// Its place in the round.
  public var batchOrder: UInt32 = 0
  /// Proof of inclusion, verbatim; the reference never fills it.
  public var proof = RawCBOR()

  /// An empty answer, to be filled.
  public init() {}
}

/// Subscribes to blocks and events.
public struct HostRegisterNotifyRequest: RuntimeProtocolMessage {
  public static let name = "HostRegisterNotifyRequest"
  public static let fields: [Field<Self>] = [
    .init("runtime_block", \.runtimeBlock, .omitEmpty), .init("runtime_event", \.runtimeEvent, .omitEmpty),
  ]

  /// Tell about each block.
  public var runtimeBlock = false
  /// Tell about these events.
  public var runtimeEvent: EventSubscription?

  /// No subscription.
  public init() {}
}

/// The tags a component waits for.
public struct EventSubscription: WireMap, Hashable, Sendable {
  public static let fields: [Field<Self>] = [.init("tags", \.tags)]

  /// The tags.
  public var tags: [[UInt8]]?

  /// No tags.
  public init() {}
}

/// Who the host is.
public struct HostIdentityResponse: RuntimeProtocolMessage {
  public static let name = "HostIdentityResponse"
  public static let fields: [Field<Self>] = [.init("node_id", \.nodeID)]

  /// The node's identity key.
  public var nodeID = PublicKey()

  /// An empty answer, to be filled.
  public init() {}
}
