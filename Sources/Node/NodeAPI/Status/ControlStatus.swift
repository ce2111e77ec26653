public import OasisCrypto
public import OasisTypes
public import Wire

/// What the service `NodeController` speaks of: a node as its operator sees it (sheet 09 §4, §4.5).
public enum Control {
  /// Answer of a kind of node that has no such thing (sheet 09 §4.5).
  public static let notImplemented = CodedError("control", 1, "control: not implemented")
  /// The version that statuses and descriptors carry: the reference's whose behaviour this is.
  public static let softwareVersion = "26.1"
}

extension Control {
  /// The answer of `GetStatus`, in CBOR on the socket and in JSON for people; keys in the reference's order (sheet 09 §4.1).
  public struct Status: WireMap, Hashable, Sendable {
    public var softwareVersion = Control.softwareVersion
    /// `client`, `validator`, `compute`, …
    public var mode = ""
    public var debug: DebugStatus?
    public var identity = IdentityStatus()
    public var consensus: ConsensusStatus?
    public var lightClient: LightClientStatus?
    public var runtimes: [Namespace: RuntimeStatus] = [:]
    public var registration: RegistrationStatus?
    public var keyManager: KeyManagerStatus?
    public var pendingUpgrades: [Upgrade.Pending] = []
    public var p2p: P2PStatus?
    public var seed: SeedStatus?

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("software_version", \.softwareVersion), .init("mode", \.mode), .init("debug", \.debug, .omitEmpty),
      .init("identity", \.identity), .init("consensus", \.consensus, .omitEmpty), .init("light_client", \.lightClient, .omitEmpty),
      .init("runtimes", \.runtimes, .omitEmpty), .init("registration", \.registration, .omitEmpty),
      .init("keymanager", \.keyManager, .omitEmpty), .init("pending_upgrades", \.pendingUpgrades, .omitEmpty),
      .init("p2p", \.p2p, .omitEmpty), .init("seed", \.seed, .omitEmpty),
    ]
  }

  /// The debug switches; only there with `--debug.dont_blame_oasis`.
  public struct DebugStatus: WireMap, Hashable, Sendable {
    public var enabled = false
    public var allowRoot = false
    public init() {}
    public init(enabled: Bool, allowRoot: Bool) { (self.enabled, self.allowRoot) = (enabled, allowRoot) }
    public static let fields: [Field<Self>] = [.init("enabled", \.enabled), .init("allow_root", \.allowRoot)]
  }

  /// The node's public keys.
  public struct IdentityStatus: WireMap, Hashable, Sendable {
    public var node = PublicKey()
    public var consensus = PublicKey()
    public var tls = PublicKey()
    public init() {}
    public init(node: PublicKey, consensus: PublicKey, tls: PublicKey) {
      (self.node, self.consensus, self.tls) = (node, consensus, tls)
    }
    public static let fields: [Field<Self>] = [.init("node", \.node), .init("consensus", \.consensus), .init("tls", \.tls)]
  }

  /// The light client; of v26.1 only the peers are ever filled in.
  public struct LightClientStatus: WireMap, Hashable, Sendable {
    public var latestHeight: Int64 = 0
    public var latestHash = Hash()
    public var latestTime = LocalTime()
    public var oldestHeight: Int64 = 0
    public var oldestHash = Hash()
    public var oldestTime = LocalTime()
    /// libp2p peers, in base58.
    public var peerIDs: [String]?
    public init() {}
    public init(peerIDs: [String]) { self.peerIDs = peerIDs }
    public static let fields: [Field<Self>] = [
      .init("latest_height", \.latestHeight), .init("latest_hash", \.latestHash), .init("latest_time", \.latestTime),
      .init("oldest_height", \.oldestHeight), .init("oldest_hash", \.oldestHash), .init("oldest_time", \.oldestTime),
      .init("peer_ids", \.peerIDs),
    ]
  }

  /// The registration worker.
  public struct RegistrationStatus: WireMap, Hashable, Sendable {
    public var lastAttemptSuccessful = false
    public var lastAttemptError = ""
    public var lastAttempt = LocalTime()
    public var lastRegistration = LocalTime()
    /// What was registered last.
    public var descriptor: Node?
    /// As the registry has it now; the controller looks it up.
    public var nodeStatus: Registry.NodeStatus?
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("last_attempt_successful", \.lastAttemptSuccessful), .init("last_attempt_error_message", \.lastAttemptError, .omitEmpty),
      .init("last_attempt", \.lastAttempt), .init("last_registration", \.lastRegistration),
      .init("descriptor", \.descriptor, .omitEmpty), .init("node_status", \.nodeStatus, .omitEmpty),
    ]
  }

  /// The libp2p host.
  public struct P2PStatus: WireMap, Hashable, Sendable {
    public var publicKey = PublicKey()
    public var peerID = PeerIdentity()
    public var addresses: [NodeAddress]?
    public var peers: Int64 = 0
    public var connections: Int64 = 0
    /// Peers by protocol.
    public var protocols: [String: Int64]? = [:]
    /// Peers by topic.
    public var topics: [String: Int64]? = [:]
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("pub_key", \.publicKey), .init("peer_id", \.peerID), .init("addresses", \.addresses), .init("num_peers", \.peers),
      .init("num_connections", \.connections), .init("protocols", \.protocols), .init("topics", \.topics),
    ]
  }

  /// A seed node.
  public struct SeedStatus: WireMap, Hashable, Sendable {
    public var chainContext = ""
    public var addresses: [String]?
    public var nodePeers: [String]?
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("chain_context", \.chainContext), .init("addresses", \.addresses), .init("node_peers", \.nodePeers),
    ]
  }
}
