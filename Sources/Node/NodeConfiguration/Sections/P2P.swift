/// Section `p2p`: the libp2p stack. Rule: sheet 09 §1.4.
public struct P2PConfiguration: ConfigurationSection {
  public var port: UInt16 = 9200
  /// `key@IP:port`, keys in base64; one list for both stacks.
  public var seeds: [String] = []
  public var discovery = Discovery()
  public var registration = Registration()
  public var gossipsub = Gossipsub()
  public var peerManager = PeerManager()
  public var connectionManager = ConnectionManager()
  public var connectionGater = ConnectionGater()

  public init() {}
  static let keys: [ConfigurationKey<Self>] = [
    .init("port", \.port, .peers), .init("seeds", \.seeds, .peers), .init("discovery", \.discovery, .peers),
    .init("registration", \.registration), .init("gossipsub", \.gossipsub, .peers), .init("peer_manager", \.peerManager, .peers),
    .init("connection_manager", \.connectionManager, .peers), .init("connection_gater", \.connectionGater, .peers),
  ]

  /// `p2p.discovery`: how peers are found.
  public struct Discovery: ConfigurationSection {
    public var bootstrap = Bootstrap()

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [.init("bootstrap", \.bootstrap)]

    /// `p2p.discovery.bootstrap`.
    public struct Bootstrap: ConfigurationSection {
      public var enable = true
      public var allowPrivateIPs = false
      public var retentionPeriod = Duration.seconds(3600)

      public init() {}
      static let keys: [ConfigurationKey<Self>] = [
        .init("enable", \.enable), .init("allow_private_ips", \.allowPrivateIPs), .init("retention_period", \.retentionPeriod),
      ]
    }
  }

  /// `p2p.registration`: what the node's descriptor says of its addresses.
  public struct Registration: ConfigurationSection {
    /// `IP:port`; empty for all addresses of the machine that are not loopback.
    public var addresses: [String] = []

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [.init("addresses", \.addresses)]
  }

  /// `p2p.gossipsub`: queues of the publish-subscribe protocol, in messages.
  public struct Gossipsub: ConfigurationSection {
    public var peerOutboundQueueSize = 32
    public var validateQueueSize = 32
    public var validateConcurrency = 1024
    public var validateThrottle = 8192

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [
      .init("peer_outbound_queue_size", \.peerOutboundQueueSize), .init("validate_queue_size", \.validateQueueSize),
      .init("validate_concurrency", \.validateConcurrency), .init("validate_throttle", \.validateThrottle),
    ]
  }

  /// `p2p.peer_manager`: how many peers of a protocol are enough.
  public struct PeerManager: ConfigurationSection {
    public var connectednessLowWater = 0.2

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [.init("connectedness_low_water", \.connectednessLowWater)]
  }

  /// `p2p.connection_manager`: how many connections are kept.
  public struct ConnectionManager: ConfigurationSection {
    public var maxPeers = 100
    public var peerGracePeriod = Duration.seconds(20)
    public var persistentPeers: [String] = []

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [
      .init("max_num_peers", \.maxPeers), .init("peer_grace_period", \.peerGracePeriod), .init("persistent_peers", \.persistentPeers),
    ]
  }

  /// `p2p.connection_gater`: addresses that are not talked to.
  public struct ConnectionGater: ConfigurationSection {
    /// IP addresses.
    public var blockedPeers: [String] = []

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [.init("blocked_peers", \.blockedPeers)]
  }

  func validate() throws(ConfigurationError) {
    let sizes = [
      ("gossipsub.peer_outbound_queue_size", gossipsub.peerOutboundQueueSize),
      ("gossipsub.validate_queue_size", gossipsub.validateQueueSize),
      ("gossipsub.validate_concurrency", gossipsub.validateConcurrency), ("gossipsub.validate_throttle", gossipsub.validateThrottle),
      ("connection_manager.max_num_peers", connectionManager.maxPeers),
    ]
    for (name, value) in sizes where value < 0 {
      throw .invalid("p2p: \(name) must be >= 0", at: "p2p.\(name)", allowed: "0 or more")
    }
  }
}
