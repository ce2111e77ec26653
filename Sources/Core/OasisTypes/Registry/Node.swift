public import CBOR
public import JSONText
public import OasisCrypto
public import Wire

/// A node descriptor, version 3 (sheet 01 §11, sheet 04 §16.2).
///
/// Decoding accepts version 2 too and yields version 3. It travels as `MultiSigned`, signed by exactly five keys.
public struct Node: Hashable, Sendable {
  /// The version written by this program.
  public static let latestVersion: UInt16 = 3
  /// Longest software version text, in bytes.
  public static let maxSoftwareVersionLength = 128

  public var version: UInt16 = 0
  /// Node identity key.
  public var id = PublicKey()
  public var entityID = PublicKey()
  /// Last epoch of validity.
  public var expiration: Epoch = 0
  public var tls = TLSInfo()
  public var p2p = P2PInfo()
  public var consensus = ConsensusInfo()
  public var vrf = VRFInfo()
  /// One entry per hosted runtime version; a null entry decodes and is refused by verification.
  public var runtimes: [Runtime?]?
  public var roles = Roles()
  public var softwareVersion = ""

  public init() {}

  /// True from the epoch after `expiration` on.
  public func isExpired(at epoch: Epoch) -> Bool { expiration < epoch }

  /// True if the node has *any* of the given roles.
  public func hasRoles(_ mask: Roles) -> Bool { roles.rawValue & mask.rawValue != 0 }

  /// The entry of a runtime in a given version.
  public func runtime(_ id: Namespace, version: Version) -> Runtime? {
    for case let entry? in runtimes ?? [] where entry.id == id && entry.version == version { return entry }
    return nil
  }

  /// True if the node is registered for the runtime in any version.
  public func hasRuntime(_ id: Namespace) -> Bool {
    for case let entry? in runtimes ?? [] where entry.id == id { return true }
    return false
  }
}

extension Node {
  /// The TLS key for connections to the node.
  public struct TLSInfo: WireMap, Hashable, Sendable {
    public var publicKey = PublicKey()
    public init() {}
    public init(publicKey: PublicKey) { self.publicKey = publicKey }
    public static let fields: [Field<Self>] = [.init("pub_key", \.publicKey)]
  }

  /// The libp2p identity and where to reach it.
  public struct P2PInfo: WireMap, Hashable, Sendable {
    public var id = PublicKey()
    public var addresses: [NodeAddress]?
    public init() {}
    public init(id: PublicKey, addresses: [NodeAddress]?) {
      self.id = id
      self.addresses = addresses
    }
    public static let fields: [Field<Self>] = [.init("id", \.id), .init("addresses", \.addresses)]
  }

  /// The consensus key and where to reach the node, or its sentries, for CometBFT.
  public struct ConsensusInfo: WireMap, Hashable, Sendable {
    public var id = PublicKey()
    public var addresses: [ConsensusAddress]?
    public init() {}
    public init(id: PublicKey, addresses: [ConsensusAddress]?) {
      self.id = id
      self.addresses = addresses
    }
    public static let fields: [Field<Self>] = [.init("id", \.id), .init("addresses", \.addresses)]
  }

  /// The key of beacon proofs.
  public struct VRFInfo: WireMap, Hashable, Sendable {
    public var id = PublicKey()
    public init() {}
    public init(id: PublicKey) { self.id = id }
    public static let fields: [Field<Self>] = [.init("id", \.id)]
  }

  /// One hosted runtime version.
  public struct Runtime: WireMap, Hashable, Sendable {
    public var id = Namespace()
    public var version = Version()
    public var capabilities = Capabilities()
    /// Free data of the runtime; nil where there is none.
    public var extraInfo: [UInt8]?
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("id", \.id), .init("version", \.version), .init("capabilities", \.capabilities), .init("extra_info", \.extraInfo),
    ]
  }

  /// What a runtime on a node can do.
  public struct Capabilities: WireMap, Hashable, Sendable {
    public var tee: CapabilityTEE?
    public init() {}
    public static let fields: [Field<Self>] = [.init("tee", \.tee, .omitEmpty)]
  }

  /// The enclave's keys and their attestation.
  public struct CapabilityTEE: WireMap, Hashable, Sendable {
    public var hardware = TEEHardware.none
    /// Runtime attestation key.
    public var rak = PublicKey()
    /// Runtime encryption key (X25519).
    public var rek: X25519PublicKey?
    public var attestation: [UInt8]?
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("hardware", \.hardware), .init("rak", \.rak), .init("rek", \.rek, .omitEmpty), .init("attestation", \.attestation),
    ]
  }

  /// A TEE capability that its node endorsed.
  public struct EndorsedCapabilityTEE: WireMap, Hashable, Sendable {
    public var capability = CapabilityTEE()
    public var endorsement = KeyedSignature()
    public init() {}
    public static let fields: [Field<Self>] = [.init("capability_tee", \.capability), .init("node_endorsement", \.endorsement)]
  }
}

extension Node: WireValue {
  public var isEmpty: Bool { false }

  struct Plain: WireMap, Sendable {
    var node = Node()
    init() {}
    static let fields: [Field<Self>] = [
      .init("v", \.node.version), .init("id", \.node.id), .init("entity_id", \.node.entityID), .init("expiration", \.node.expiration),
      .init("tls", \.node.tls), .init("p2p", \.node.p2p), .init("consensus", \.node.consensus), .init("vrf", \.node.vrf),
      .init("runtimes", \.node.runtimes), .init("roles", \.node.roles), .init("software_version", \.node.softwareVersion, .omitEmpty),
    ]
  }

  /// Version 2: TLS addresses and a second key, VRF optional.
  struct Version2: WireMap, Sendable {
    struct TLS: WireMap, Sendable {
      var publicKey = PublicKey()
      var nextPublicKey: PublicKey?
      var addresses: [TLSAddress]?
      init() {}
      static let fields: [Field<Self>] = [
        .init("pub_key", \.publicKey), .init("next_pub_key", \.nextPublicKey, .omitEmpty), .init("addresses", \.addresses),
      ]
    }

    var node = Node()
    var tls = TLS()
    var vrf: VRFInfo?
    init() {}
    static let fields: [Field<Self>] = [
      .init("v", \.node.version), .init("id", \.node.id), .init("entity_id", \.node.entityID), .init("expiration", \.node.expiration),
      .init("tls", \.tls), .init("p2p", \.node.p2p), .init("consensus", \.node.consensus), .init("vrf", \.vrf),
      .init("runtimes", \.node.runtimes), .init("roles", \.node.roles), .init("software_version", \.node.softwareVersion, .omitEmpty),
    ]

    var upgraded: Node {
      var node = node
      node.version = Node.latestVersion
      node.tls = TLSInfo(publicKey: tls.publicKey)
      node.vrf = vrf ?? VRFInfo()
      node.roles.remove(.reservedConsensusRPC)
      return node
    }
  }

  private var plain: Plain {
    var plain = Plain()
    plain.node = self
    return plain
  }

  public func encode(to writer: inout CBORWriter) { plain.encode(to: &writer) }

  public init(from reader: inout CBORReader) throws(CBORError) {
    let item = try VersionedItem(from: &reader)
    switch item.version {
    case 2: self = try item.decode(Version2.self).upgraded
    case 3: self = try item.decode(Plain.self).node
    default: throw item.invalid("node descriptor version \(item.version) is not supported")
    }
  }

  public func encode(to writer: inout JSONWriter) { plain.encode(to: &writer) }

  public init(json: JSONValue) throws(JSONError) { self = try Plain(json: json).node }
}
