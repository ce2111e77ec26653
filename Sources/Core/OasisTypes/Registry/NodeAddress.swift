internal import Bytes
public import CBOR
public import JSONText
public import OasisCrypto
public import Wire

/// An IP address and a port as in node descriptors (sheet 01 §11.1).
///
/// The IP is kept as received: 4 bytes, 16 bytes (IPv4 may be mapped), or another length that no check accepts.
public struct NodeAddress: Hashable, Sendable {
  public var ip: [UInt8]?
  public var port: Int64 = 0
  public var zone = ""

  public init() {}
  public init(ip: [UInt8]?, port: Int64, zone: String = "") {
    self.ip = ip
    self.port = port
    self.zone = zone
  }
}

extension NodeAddress: WireValue {
  public var isEmpty: Bool { false }
  struct Plain: WireMap, Sendable {
    var ip: [UInt8]?
    var port: Int64 = 0
    var zone = ""
    init() {}
    static let fields: [Field<Self>] = [.init("IP", \.ip), .init("Port", \.port), .init("Zone", \.zone)]
  }

  public func encode(to writer: inout CBORWriter) {
    var plain = Plain()
    plain.ip = ip
    plain.port = port
    plain.zone = zone
    plain.encode(to: &writer)
  }

  public init(from reader: inout CBORReader) throws(CBORError) {
    let plain = try Plain(from: &reader)
    self.init(ip: plain.ip, port: plain.port, zone: plain.zone)
  }

  public func encode(to writer: inout JSONWriter) { writer.write(string: text) }

  public init(json: JSONValue) throws(JSONError) {
    guard case .string(let text) = json else { throw JSONError("node address: expected a string") }
    guard let address = NodeAddress(text: text) else { throw JSONError("node address: '\(text)' is not ip:port") }
    self = address
  }
}

/// A consensus address: the key that answers there, which may be a sentry's, and where. JSON: `<base64 id>@ip:port`.
public struct ConsensusAddress: Hashable, Sendable {
  public var id = PublicKey()
  public var address = NodeAddress()

  public init() {}
  public init(id: PublicKey, address: NodeAddress) {
    self.id = id
    self.address = address
  }
}

extension ConsensusAddress: WireValue {
  public var isEmpty: Bool { false }
  struct Plain: WireMap, Sendable {
    var id = PublicKey()
    var address = NodeAddress()
    init() {}
    static let fields: [Field<Self>] = [.init("id", \.id), .init("address", \.address)]
  }

  public func encode(to writer: inout CBORWriter) {
    var plain = Plain()
    plain.id = id
    plain.address = address
    plain.encode(to: &writer)
  }

  public init(from reader: inout CBORReader) throws(CBORError) {
    let plain = try Plain(from: &reader)
    self.init(id: plain.id, address: plain.address)
  }

  /// `<base64 id>@ip:port`.
  public var text: String { "\(id.bytes.base64)@\(address.text)" }

  /// Parses `<base64 id>@ip:port`.
  public init?(text: String) {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let id = [UInt8](base64: String(parts[0])).flatMap({ PublicKey($0) }),
      let address = NodeAddress(text: String(parts[1]))
    else { return nil }
    self.init(id: id, address: address)
  }

  public func encode(to writer: inout JSONWriter) { writer.write(string: text) }

  public init(json: JSONValue) throws(JSONError) {
    guard case .string(let text) = json, let address = ConsensusAddress(text: text) else {
      throw JSONError("consensus address: expected '<base64 id>@ip:port'")
    }
    self = address
  }
}

/// An address of a version 2 descriptor with the TLS key that answers there.
public struct TLSAddress: Hashable, Sendable {
  public var publicKey = PublicKey()
  public var address = NodeAddress()
  public init() {}
}

extension TLSAddress: WireValue {
  public var isEmpty: Bool { false }
  struct Plain: WireMap, Sendable {
    var publicKey = PublicKey()
    var address = NodeAddress()
    init() {}
    static let fields: [Field<Self>] = [.init("pub_key", \.publicKey), .init("address", \.address)]
  }

  public func encode(to writer: inout CBORWriter) {
    var plain = Plain()
    plain.publicKey = publicKey
    plain.address = address
    plain.encode(to: &writer)
  }

  public init(from reader: inout CBORReader) throws(CBORError) {
    let plain = try Plain(from: &reader)
    self.init()
    publicKey = plain.publicKey
    address = plain.address
  }

  public func encode(to writer: inout JSONWriter) { writer.write(string: "\(publicKey.bytes.base64)@\(address.text)") }

  public init(json: JSONValue) throws(JSONError) {
    let parsed = try ConsensusAddress(json: json)
    self.init()
    publicKey = parsed.id
    address = parsed.address
  }
}
