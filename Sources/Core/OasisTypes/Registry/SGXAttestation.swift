public import CBOR
public import JSONText
public import OasisCrypto
public import Wire

/// A remote attestation: the bytes of `CapabilityTEE.attestation` (sheet 04 §16.4).
///
/// Version 0 is a bare report of Intel's old attestation service.
public struct SGXAttestation: Hashable, Sendable {
  public var version: UInt16 = 0
  public var quote = Quote()
  /// Consensus height at which the attestation was made.
  public var height: UInt64 = 0
  /// By the runtime attestation key.
  public var signature = Signature()

  public init() {}

  /// One of both is set.
  public struct Quote: WireMap, Hashable, Sendable {
    public var ias: AVRBundle?
    public var pcs: QuoteBundle?
    /// The Rust codec has no default for it.
    public static var isMandatoryForGuest: Bool { true }
    public init() {}
    public static let fields: [Field<Self>] = [.init("ias", \.ias, .omitEmpty), .init("pcs", \.pcs, .omitEmpty)]
  }

  /// A signed report of Intel's old attestation service.
  public struct AVRBundle: WireMap, Hashable, Sendable {
    public var body: [UInt8]?
    public var certificateChain: [UInt8]?
    public var signature: [UInt8]?
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("body", \.body), .init("certificate_chain", \.certificateChain), .init("signature", \.signature),
    ]
  }

  /// A DCAP quote with what verifies it.
  public struct QuoteBundle: WireMap, Hashable, Sendable {
    public var quote: [UInt8]?
    public var tcb = TCBBundle()
    public init() {}
    public static let fields: [Field<Self>] = [.init("quote", \.quote), .init("tcb", \.tcb)]
  }

  /// What Intel says about platform and quoting enclave, with certificates (PEM).
  public struct TCBBundle: WireMap, Hashable, Sendable {
    public var tcbInfo = SignedTCBInfo()
    public var qeIdentity = SignedQEIdentity()
    public var certificates: [UInt8]?
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("tcb_info", \.tcbInfo), .init("qe_id", \.qeIdentity), .init("certs", \.certificates),
    ]
  }
}

extension SGXAttestation: WireValue {
  public var isEmpty: Bool { false }

  struct Version1: WireMap, Sendable {
    var value = SGXAttestation()
    init() {}
    static let fields: [Field<Self>] = [
      .init("v", \.value.version), .init("quote", \.value.quote), .init("height", \.value.height), .init("signature", \.value.signature),
    ]
  }

  private var plain: Version1 {
    var plain = Version1()
    plain.value = self
    return plain
  }

  public func encode(to writer: inout CBORWriter) {
    if version == 0 { quote.ias.encode(to: &writer) } else { plain.encode(to: &writer) }
  }

  public init(from reader: inout CBORReader) throws(CBORError) {
    let item = try VersionedItem(from: &reader, optional: true)
    switch item.version {
    case 0:
      self.init()
      quote.ias = try item.decode(AVRBundle.self)
    case 1: self = try item.decode(Version1.self).value
    default: throw item.invalid("SGX attestation version \(item.version) is not supported")
    }
  }

  public func encode(to writer: inout JSONWriter) { plain.encode(to: &writer) }

  public init(json: JSONValue) throws(JSONError) { self = try Version1(json: json).value }
}
