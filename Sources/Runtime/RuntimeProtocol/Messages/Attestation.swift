public import OasisCrypto
public import OasisTypes
public import Wire

/// Target information of the quoting enclave for the next report.
public struct RuntimeCapabilityTEERakInitRequest: RuntimeProtocolMessage {
  public static let name = "RuntimeCapabilityTEERakInitRequest"
  public static let fields: [Field<Self>] = [.init("target_info", \.targetInfo)]

  /// SGX target information, 512 bytes.
  public var targetInfo: [UInt8]?

  /// An empty request, to be filled.
  public init() {}
}

/// A report that binds the runtime's keys.
public struct RuntimeCapabilityTEERakReportResponse: RuntimeProtocolMessage {
  public static let name = "RuntimeCapabilityTEERakReportResponse"
  public static let fields: [Field<Self>] = [
    .init("rak_pub", \.rakPublicKey), .init("rek_pub", \.rekPublicKey, .omitEmpty), .init("report", \.report), .init("nonce", \.nonce),
  ]

  /// The runtime attestation key.
  public var rakPublicKey = PublicKey()
  /// The runtime encryption key.
  public var rekPublicKey: X25519PublicKey?
  /// The enclave's report.
  public var report: [UInt8]?
  /// The nonce in the report, base64.
  public var nonce = ""

  /// An empty answer, to be filled.
  public init() {}
}

/// An EPID verification report; no host sends it any more.
public struct RuntimeCapabilityTEERakAvrRequest: RuntimeProtocolMessage {
  public static let name = "RuntimeCapabilityTEERakAvrRequest"
  public static let fields: [Field<Self>] = [.init("avr", \.avr)]

  /// The report bundle.
  public var avr = SGXAttestation.AVRBundle()

  /// An empty request, to be filled.
  public init() {}
}

/// The quote made from the runtime's report, for the runtime to check and sign.
public struct RuntimeCapabilityTEERakQuoteRequest: RuntimeProtocolMessage {
  public static let name = "RuntimeCapabilityTEERakQuoteRequest"
  public static let fields: [Field<Self>] = [.init("quote", \.quote)]

  /// The quote.
  public var quote = SGXAttestation.Quote()

  /// An empty request, to be filled.
  public init() {}
}

/// The runtime's signature under its attestation.
public struct RuntimeCapabilityTEERakQuoteResponse: RuntimeProtocolMessage {
  public static let name = "RuntimeCapabilityTEERakQuoteResponse"
  public static let fields: [Field<Self>] = [.init("height", \.height), .init("signature", \.signature)]

  /// Latest verified consensus height.
  public var height: UInt64 = 0
  /// Signature by the attestation key.
  public var signature = Signature()

  /// An empty answer, to be filled.
  public init() {}
}

/// The node's endorsement of the runtime's TEE capability.
public struct RuntimeCapabilityTEEUpdateEndorsementRequest: RuntimeProtocolMessage {
  public static let name = "RuntimeCapabilityTEEUpdateEndorsementRequest"
  public static let fields: [Field<Self>] = [.init("ect", \.endorsedCapability)]

  /// The capability and the signature under it.
  public var endorsedCapability = Node.EndorsedCapabilityTEE()

  /// An empty request, to be filled.
  public init() {}
}
