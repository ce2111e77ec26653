public import Bytes
public import CBOR
public import JSONText
internal import OasisCrypto
public import Wire

/// Which TEE features the network has (a registry parameter; sheet 04 §16.4). Absent means none.
public struct TEEFeatures: WireMap, Hashable, Sendable {
  public var sgx = SGXFeatures()
  public var freshnessProofs = false

  public init() {}
  public static let fields: [Field<Self>] = [.init("sgx", \.sgx), .init("freshness_proofs", \.freshnessProofs)]

  /// Features of SGX and TDX.
  public struct SGXFeatures: WireMap, Hashable, Sendable {
    /// Quotes by PCS are allowed; without it only the old form of constraints and attestations is.
    public var pcs = false
    public var signedAttestations = false
    public var defaultPolicy: QuotePolicy?
    /// In blocks.
    public var maxAttestationAge: UInt64 = 0
    public var tdx = false

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("pcs", \.pcs), .init("signed_attestations", \.signedAttestations, .omitEmpty),
      .init("default_policy", \.defaultPolicy, .omitEmpty), .init("max_attestation_age", \.maxAttestationAge, .omitEmpty),
      .init("tdx", \.tdx, .omitEmpty),
    ]
  }
}

/// Identity of an SGX enclave. CBOR: map; JSON: base64 of enclave and signer measurement (sheet 01 §14.2).
public struct EnclaveIdentity: Hashable, Comparable, Sendable {
  public var mrEnclave = FixedBytes<32>()
  public var mrSigner = FixedBytes<32>()

  public init() {}
  public init(mrEnclave: FixedBytes<32>, mrSigner: FixedBytes<32>) {
    self.mrEnclave = mrEnclave
    self.mrSigner = mrSigner
  }

  public static func < (left: EnclaveIdentity, right: EnclaveIdentity) -> Bool {
    left.mrEnclave == right.mrEnclave ? left.mrSigner < right.mrSigner : left.mrEnclave < right.mrEnclave
  }
}

extension EnclaveIdentity: WireKey {
  public var isEmpty: Bool { false }

  struct Plain: WireMap, Sendable {
    var mrEnclave = FixedBytes<32>()
    var mrSigner = FixedBytes<32>()
    init() {}
    static let fields: [Field<Self>] = [.init("mr_signer", \.mrSigner), .init("mr_enclave", \.mrEnclave)]
  }

  public func encode(to writer: inout CBORWriter) {
    var plain = Plain()
    plain.mrEnclave = mrEnclave
    plain.mrSigner = mrSigner
    plain.encode(to: &writer)
  }

  public init(from reader: inout CBORReader) throws(CBORError) {
    let plain = try Plain(from: &reader)
    self.init(mrEnclave: plain.mrEnclave, mrSigner: plain.mrSigner)
  }

  /// Base64 of both measurements.
  public var text: String { (mrEnclave.bytes + mrSigner.bytes).base64 }

  /// The kind by its word.
  public init?(text: String) {
    guard let bytes = [UInt8](base64: text), bytes.count == 64, let enclave = FixedBytes<32>(bytes[..<32]),
      let signer = FixedBytes<32>(bytes[32...])
    else { return nil }
    self.init(mrEnclave: enclave, mrSigner: signer)
  }

  public func encode(to writer: inout JSONWriter) { writer.write(string: text) }

  public init(json: JSONValue) throws(JSONError) {
    guard case .string(let text) = json else { throw .mismatch("enclave identity", json) }
    try self.init(jsonKey: text)
  }

  public var jsonKey: String { text }

  public init(jsonKey: String) throws(JSONError) {
    guard let identity = EnclaveIdentity(text: jsonKey) else { throw JSONError("enclave identity: expected base64 of 64 bytes") }
    self = identity
  }
}

/// What a quote must fulfil.
public struct QuotePolicy: WireMap, Hashable, Sendable {
  public var ias: IASPolicy?
  public var pcs: PCSPolicy?

  public init() {}
  public static let fields: [Field<Self>] = [.init("ias", \.ias, .omitEmpty), .init("pcs", \.pcs, .omitEmpty)]

  /// Rules for reports of Intel's old attestation service.
  public struct IASPolicy: WireMap, Hashable, Sendable {
    public var disabled = false
    public var allowedQuoteStatuses: [QuoteStatus] = []
    public var gidBlacklist: [UInt32] = []
    public var minTCBEvaluationDataNumber: UInt32 = 0

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("disabled", \.disabled, .omitEmpty), .init("allowed_quote_statuses", \.allowedQuoteStatuses, .omitEmpty),
      .init("gid_blacklist", \.gidBlacklist, .omitEmpty),
      .init("min_tcb_evaluation_data_number", \.minTCBEvaluationDataNumber, .omitEmpty),
    ]
  }

  /// Rules for DCAP quotes.
  public struct PCSPolicy: WireMap, Hashable, Sendable {
    public var disabled = false
    /// In days.
    public var tcbValidityPeriod: UInt16 = 0
    public var minTCBEvaluationDataNumber: UInt32 = 0
    public var fmspcWhitelist: [String] = []
    public var fmspcBlacklist: [String] = []
    public var tdx: TDXPolicy?

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("disabled", \.disabled, .omitEmpty), .init("tcb_validity_period", \.tcbValidityPeriod),
      .init("min_tcb_evaluation_data_number", \.minTCBEvaluationDataNumber), .init("fmspc_whitelist", \.fmspcWhitelist, .omitEmpty),
      .init("fmspc_blacklist", \.fmspcBlacklist, .omitEmpty), .init("tdx", \.tdx, .omitEmpty),
    ]
  }

  /// Rules for TDX quotes.
  public struct TDXPolicy: WireMap, Hashable, Sendable {
    public var allowedTDXModules: [TDXModule] = []
    public init() {}
    public static let fields: [Field<Self>] = [.init("allowed_tdx_modules", \.allowedTDXModules, .omitEmpty)]
  }

  /// Measurements of a TDX module and of its signer.
  public struct TDXModule: WireMap, Hashable, Sendable {
    public var mrSeam: PlainBytes<48>?
    public var mrSignerSeam = PlainBytes<48>()
    public init() {}
    public static let fields: [Field<Self>] = [.init("mr_seam", \.mrSeam, .omitEmpty), .init("mr_signer_seam", \.mrSignerSeam)]
  }

  /// Status of a quote by Intel's old attestation service. JSON uses words.
  public struct QuoteStatus: WireEnum {
    public var rawValue: Int = 0
    public init() {}
    public static let words: [(Int, String)] = [
      (1, "OK"), (2, "SIGNATURE_INVALID"), (3, "GROUP_REVOKED"), (4, "SIGNATURE_REVOKED"), (5, "KEY_REVOKED"),
      (6, "SIGRL_VERSION_MISMATCH"), (7, "GROUP_OUT_OF_DATE"), (8, "CONFIGURATION_NEEDED"), (9, "SW_HARDENING_NEEDED"),
      (10, "CONFIGURATION_AND_SW_HARDENING_NEEDED"),
    ]
  }
}
