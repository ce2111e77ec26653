public import CBOR
public import JSONText
public import Wire

extension SGXAttestation {
  /// TCB information with Intel's signature. Its JSON form carries the information as JSON, its CBOR form as bytes.
  public struct SignedTCBInfo: Hashable, Sendable {
    /// JSON as signed.
    public var tcbInfo: [UInt8]?
    public var signature = ""
    public init() {}
  }

  /// Identity of the quoting enclave with Intel's signature. Forms as of ``SignedTCBInfo``.
  public struct SignedQEIdentity: Hashable, Sendable {
    /// JSON as signed.
    public var enclaveIdentity: [UInt8]?
    public var signature = ""
    public init() {}
  }
}

/// The JSON form of both: a JSON text under a key, and its signature.
private enum SignedJSON {
  static func encode(_ content: [UInt8]?, key: String, signature: String, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.write(key: key)
    if let content, let value = try? JSONParser.parse(content) { writer.write(value) } else { writer.writeNull() }
    writer.write(key: "signature")
    writer.write(string: signature)
    writer.endObject()
  }

  static func decode(_ json: JSONValue, key: String) throws(JSONError) -> (content: [UInt8]?, signature: String) {
    guard case .object = json else { throw .mismatch("object", json) }
    return (json[key].map { [UInt8]($0.text().utf8) }, json["signature"]?.string ?? "")
  }
}

extension SGXAttestation.SignedTCBInfo: WireValue {
  struct Plain: WireMap {
    var value = SGXAttestation.SignedTCBInfo()
    init() {}
    static let fields: [Field<Self>] = [.init("tcb_info", \.value.tcbInfo), .init("signature", \.value.signature)]
  }

  public var isEmpty: Bool { false }

  public func encode(to writer: inout CBORWriter) {
    var plain = Plain()
    plain.value = self
    plain.encode(to: &writer)
  }

  public init(from reader: inout CBORReader) throws(CBORError) { self = try Plain(from: &reader).value }

  public func encode(to writer: inout JSONWriter) { SignedJSON.encode(tcbInfo, key: "tcbInfo", signature: signature, to: &writer) }

  public init(json: JSONValue) throws(JSONError) {
    self.init()
    (tcbInfo, signature) = try SignedJSON.decode(json, key: "tcbInfo")
  }
}

extension SGXAttestation.SignedQEIdentity: WireValue {
  struct Plain: WireMap {
    var value = SGXAttestation.SignedQEIdentity()
    init() {}
    static let fields: [Field<Self>] = [.init("enclave_identity", \.value.enclaveIdentity), .init("signature", \.value.signature)]
  }

  public var isEmpty: Bool { false }

  public func encode(to writer: inout CBORWriter) {
    var plain = Plain()
    plain.value = self
    plain.encode(to: &writer)
  }

  public init(from reader: inout CBORReader) throws(CBORError) { self = try Plain(from: &reader).value }

  public func encode(to writer: inout JSONWriter) {
    SignedJSON.encode(enclaveIdentity, key: "enclaveIdentity", signature: signature, to: &writer)
  }

  public init(json: JSONValue) throws(JSONError) {
    self.init()
    (enclaveIdentity, signature) = try SignedJSON.decode(json, key: "enclaveIdentity")
  }
}
