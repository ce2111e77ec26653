public import Wire

/// A call from another node or component into the runtime (07 D.12).
public struct RuntimeRPCCallRequest: RuntimeProtocolMessage {
  public static let name = "RuntimeRPCCallRequest"
  public static let fields: [Field<Self>] = [
    .init("request", \.request), .init("kind", \.kind, .omitEmpty), .init("peer_id", \.peerID, .omitEmpty),
  ]

  /// The call, as its kind wants it.
  public var request: [UInt8]?
  /// 0 noise session, 1 insecure query, 2 local query.
  public var kind: UInt8 = 0
  /// Who calls; empty for routed calls.
  public var peerID: [UInt8] = []

  /// An empty request, to be filled.
  public init() {}
}

/// The answer to a call.
public struct RuntimeRPCCallResponse: RuntimeProtocolMessage {
  public static let name = "RuntimeRPCCallResponse"
  public static let fields: [Field<Self>] = [.init("response", \.response)]

  /// The answer, as the call's kind wants it.
  public var response: [UInt8]?

  /// An empty answer, to be filled.
  public init() {}
}

/// A call from the node itself into the runtime.
public struct RuntimeLocalRPCCallRequest: RuntimeProtocolMessage {
  public static let name = "RuntimeLocalRPCCallRequest"
  public static let fields: [Field<Self>] = [.init("request", \.request)]

  /// The call: CBOR of method and arguments.
  public var request: [UInt8]?

  /// An empty request, to be filled.
  public init() {}
}

/// The answer to a local call.
public struct RuntimeLocalRPCCallResponse: RuntimeProtocolMessage {
  public static let name = "RuntimeLocalRPCCallResponse"
  public static let fields: [Field<Self>] = [.init("response", \.response)]

  /// The answer: CBOR of the message wrapper.
  public var response: [UInt8]?

  /// An empty answer, to be filled.
  public init() {}
}
