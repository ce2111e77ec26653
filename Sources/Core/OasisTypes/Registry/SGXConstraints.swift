public import CBOR
public import JSONText
internal import OasisCrypto
public import Wire

/// Which enclaves a runtime version accepts and under which policy: the bytes of `VersionInfo.tee` (sheet 04 §16.4).
///
/// Version 0 (without `v`) knows enclaves and allowed IAS statuses only. Re-encoding keeps the version.
public struct SGXConstraints: Hashable, Sendable {
  public var version: UInt16 = 0
  public var enclaves: [EnclaveIdentity] = []
  public var policy: QuotePolicy?
  /// In blocks; 0 takes the network's default.
  public var maxAttestationAge: UInt64 = 0

  public init() {}
}

extension SGXConstraints: WireValue {
  public var isEmpty: Bool { false }

  struct Version0: WireMap, Sendable {
    var enclaves: [EnclaveIdentity] = []
    var allowedQuoteStatuses: [QuotePolicy.QuoteStatus] = []
    init() {}
    static let fields: [Field<Self>] = [
      .init("enclaves", \.enclaves, .omitEmpty), .init("allowed_quote_statuses", \.allowedQuoteStatuses, .omitEmpty),
    ]
  }

  struct Version1: WireMap, Sendable {
    var value = SGXConstraints()
    init() {}
    static let fields: [Field<Self>] = [
      .init("v", \.value.version), .init("enclaves", \.value.enclaves, .omitEmpty), .init("policy", \.value.policy, .omitEmpty),
      .init("max_attestation_age", \.value.maxAttestationAge, .omitEmpty),
    ]
  }

  private var plain: Version1 {
    var plain = Version1()
    plain.value = self
    return plain
  }

  public func encode(to writer: inout CBORWriter) {
    guard version == 0 else { return plain.encode(to: &writer) }
    var old = Version0()
    old.enclaves = enclaves
    old.allowedQuoteStatuses = policy?.ias?.allowedQuoteStatuses ?? []
    old.encode(to: &writer)
  }

  public init(from reader: inout CBORReader) throws(CBORError) {
    let item = try VersionedItem(from: &reader, optional: true)
    switch item.version {
    case 0:
      let old = try item.decode(Version0.self)
      self.init()
      enclaves = old.enclaves
      var ias = QuotePolicy.IASPolicy()
      ias.allowedQuoteStatuses = old.allowedQuoteStatuses
      var policy = QuotePolicy()
      policy.ias = ias
      self.policy = policy
    case 1: self = try item.decode(Version1.self).value
    default: throw item.invalid("SGX constraints version \(item.version) is not supported")
    }
  }

  public func encode(to writer: inout JSONWriter) { plain.encode(to: &writer) }

  public init(json: JSONValue) throws(JSONError) { self = try Version1(json: json).value }
}

extension SGXConstraints {
  /// Whether the constraints are allowed with the network's features. `is261` is feature version 26.1.
  ///
  /// - Returns: what is wrong, or nil.
  public func violation(of features: TEEFeatures?, is261: Bool) -> String? {
    let sgx = features?.sgx ?? TEEFeatures.SGXFeatures()
    if !sgx.pcs, version != 0 { return "unsupported SGX constraints version \(version) without PCS" }
    guard let policy else { return nil }
    if !sgx.tdx, policy.pcs?.tdx != nil { return "TDX policy without TDX support" }
    return policy.violation(is261: is261)
  }
}

extension QuotePolicy {
  /// A white list of FMSPCs came with feature version 26.1.
  public func violation(is261: Bool) -> String? {
    !is261 && !(pcs?.fmspcWhitelist.isEmpty ?? true) ? "FMSPC whitelist is not supported" : nil
  }
}
