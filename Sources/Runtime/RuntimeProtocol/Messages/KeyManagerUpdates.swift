public import CBOR
public import OasisTypes
public import Wire

/// The runtime's key manager has a new status (07 D.9).
public struct RuntimeKeyManagerStatusUpdateRequest: RuntimeProtocolMessage {
  public static let name = "RuntimeKeyManagerStatusUpdateRequest"
  public static let fields: [Field<Self>] = [.init("status", \.status)]

  /// The status as consensus holds it (07 C.6), verbatim.
  public var status = RawCBOR()

  /// An empty request, to be filled.
  public init() {}
}

/// The runtime's key manager has a new quote policy.
public struct RuntimeKeyManagerQuotePolicyUpdateRequest: RuntimeProtocolMessage {
  public static let name = "RuntimeKeyManagerQuotePolicyUpdateRequest"
  public static let fields: [Field<Self>] = [.init("policy", \.policy)]

  /// The policy.
  public var policy = QuotePolicy()

  /// An empty request, to be filled.
  public init() {}
}
