public import Wire

/// A message of the Runtime Host Protocol: a map that travels under its own name (07 C.2).
public protocol RuntimeProtocolMessage: WireMap, Hashable, Sendable {
  /// The key of the message in the body.
  static var name: String { get }
}

/// The general answer without content.
public struct EmptyMessage: RuntimeProtocolMessage {
  public static let name = "Empty"
  public static let fields: [Field<Self>] = []

  /// The only value.
  public init() {}
}

/// Asks for any answer within 5 s (07 C.5).
public struct RuntimePingRequest: RuntimeProtocolMessage {
  public static let name = "RuntimePingRequest"
  public static let fields: [Field<Self>] = []

  /// The only value.
  public init() {}
}

/// Asks the runtime to end; no host sends it.
public struct RuntimeShutdownRequest: RuntimeProtocolMessage {
  public static let name = "RuntimeShutdownRequest"
  public static let fields: [Field<Self>] = []

  /// The only value.
  public init() {}
}

/// Asks the runtime to give up what it does, within 1 s (07 B.2).
public struct RuntimeAbortRequest: RuntimeProtocolMessage {
  public static let name = "RuntimeAbortRequest"
  public static let fields: [Field<Self>] = []

  /// The only value.
  public init() {}
}

/// Work was given up.
public struct RuntimeAbortResponse: RuntimeProtocolMessage {
  public static let name = "RuntimeAbortResponse"
  public static let fields: [Field<Self>] = []

  /// The only value.
  public init() {}
}

/// The target information was taken.
public struct RuntimeCapabilityTEERakInitResponse: RuntimeProtocolMessage {
  public static let name = "RuntimeCapabilityTEERakInitResponse"
  public static let fields: [Field<Self>] = []

  /// The only value.
  public init() {}
}

/// Asks for an attestation report.
public struct RuntimeCapabilityTEERakReportRequest: RuntimeProtocolMessage {
  public static let name = "RuntimeCapabilityTEERakReportRequest"
  public static let fields: [Field<Self>] = []

  /// The only value.
  public init() {}
}

/// The verification report was taken.
public struct RuntimeCapabilityTEERakAvrResponse: RuntimeProtocolMessage {
  public static let name = "RuntimeCapabilityTEERakAvrResponse"
  public static let fields: [Field<Self>] = []

  /// The only value.
  public init() {}
}

/// The endorsement was taken.
public struct RuntimeCapabilityTEEUpdateEndorsementResponse: RuntimeProtocolMessage {
  public static let name = "RuntimeCapabilityTEEUpdateEndorsementResponse"
  public static let fields: [Field<Self>] = []

  /// The only value.
  public init() {}
}

/// The key manager status was taken.
public struct RuntimeKeyManagerStatusUpdateResponse: RuntimeProtocolMessage {
  public static let name = "RuntimeKeyManagerStatusUpdateResponse"
  public static let fields: [Field<Self>] = []

  /// The only value.
  public init() {}
}

/// The key manager quote policy was taken.
public struct RuntimeKeyManagerQuotePolicyUpdateResponse: RuntimeProtocolMessage {
  public static let name = "RuntimeKeyManagerQuotePolicyUpdateResponse"
  public static let fields: [Field<Self>] = []

  /// The only value.
  public init() {}
}

/// The runtime's verifier reached the height.
public struct RuntimeConsensusSyncResponse: RuntimeProtocolMessage {
  public static let name = "RuntimeConsensusSyncResponse"
  public static let fields: [Field<Self>] = []

  /// The only value.
  public init() {}
}

/// The notification was taken; the stock guest answers `Empty` instead.
public struct RuntimeNotifyResponse: RuntimeProtocolMessage {
  public static let name = "RuntimeNotifyResponse"
  public static let fields: [Field<Self>] = []

  /// The only value.
  public init() {}
}

/// The feedback was noted.
public struct HostSubmitPeerFeedbackResponse: RuntimeProtocolMessage {
  public static let name = "HostSubmitPeerFeedbackResponse"
  public static let fields: [Field<Self>] = []

  /// The only value.
  public init() {}
}

/// The value is on disk.
public struct HostLocalStorageSetResponse: RuntimeProtocolMessage {
  public static let name = "HostLocalStorageSetResponse"
  public static let fields: [Field<Self>] = []

  /// The only value.
  public init() {}
}

/// Asks for the height of the genesis document.
public struct HostFetchGenesisHeightRequest: RuntimeProtocolMessage {
  public static let name = "HostFetchGenesisHeightRequest"
  public static let fields: [Field<Self>] = []

  /// The only value.
  public init() {}
}

/// Asks for the identity of the host's node.
public struct HostIdentityRequest: RuntimeProtocolMessage {
  public static let name = "HostIdentityRequest"
  public static let fields: [Field<Self>] = []

  /// The only value.
  public init() {}
}

/// The subscription was replaced.
public struct HostRegisterNotifyResponse: RuntimeProtocolMessage {
  public static let name = "HostRegisterNotifyResponse"
  public static let fields: [Field<Self>] = []

  /// The only value.
  public init() {}
}
