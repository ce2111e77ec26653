/// Section `consensus`. Rule: sheet 09 §1.4.
public struct ConsensusConfiguration: ConfigurationSection {
  /// Adds the validator role to any mode; mode validator implies it.
  public var validator = false
  public var listenAddress = "tcp://0.0.0.0:26656"
  /// The address told to others; empty for the listen address.
  public var externalAddress = ""
  public var p2p = P2P()
  public var sentryUpstreamAddresses: [String] = []
  /// In base units; transactions below are not taken.
  public var minGasPrice: UInt64 = 0
  public var submission = Submission()
  public var haltEpoch: UInt64 = 0
  public var haltHeight: UInt64 = 0
  /// The mean of the random delay before stopping for an upgrade.
  public var upgradeStopDelay = Duration.seconds(60)
  public var localStorage = true
  public var prune = Prune()
  public var checkpointer = Checkpointer()
  public var stateSync = StateSync()
  public var lightClient = LightClient()
  public var providers: [String] = []
  public var supplementarySanity = SupplementarySanity()
  public var logDebug = false
  public var debug = Debug()

  public init() {}
  static let keys: [ConfigurationKey<Self>] = [
    .init("validator", \.validator), .init("listen_address", \.listenAddress, .peers), .init("external_address", \.externalAddress, .peers),
    .init("p2p", \.p2p, .peers), .init("sentry_upstream_addresses", \.sentryUpstreamAddresses, .sentry),
    .init("min_gas_price", \.minGasPrice), .init("submission", \.submission), .init("halt_epoch", \.haltEpoch, .halt),
    .init("halt_height", \.haltHeight, .halt), .init("upgrade_stop_delay", \.upgradeStopDelay, .upgrades),
    .init("local_storage", \.localStorage, .stateless), .init("prune", \.prune, .pruning),
    .init("checkpointer", \.checkpointer, .checkpoints), .init("state_sync", \.stateSync, .stateSync),
    .init("light_client", \.lightClient, .stateSync), .init("providers", \.providers, .stateless),
    .init("supplementary_sanity", \.supplementarySanity, .supplementarySanity), .init("log_debug", \.logDebug, .engineDebugLog),
    .init("debug", \.debug, .peers),
  ]

  /// `consensus.p2p`: CometBFT's connections.
  public struct P2P: ConfigurationSection {
    public var maxInboundPeers = 100
    public var maxOutboundPeers = 20
    /// Bytes a second for each connection.
    public var sendRate: Int64 = 5_120_000
    public var receiveRate: Int64 = 5_120_000
    /// `key@host:port`, keys in base64.
    public var persistentPeers: [String] = []
    /// Keys in base64.
    public var unconditionalPeers: [String] = []
    public var disablePeerExchange = false
    /// 0 for no bound.
    public var persistentPeersMaxDialPeriod = Duration.zero

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [
      .init("max_num_inbound_peers", \.maxInboundPeers), .init("max_num_outbound_peers", \.maxOutboundPeers),
      .init("send_rate", \.sendRate),
      .init("recv_rate", \.receiveRate), .init("persistent_peers", \.persistentPeers), .init("unconditional_peers", \.unconditionalPeers),
      .init("disable_peer_exchange", \.disablePeerExchange), .init("persistent_peers_max_dial_period", \.persistentPeersMaxDialPeriod),
    ]
  }

  /// `consensus.submission`: the node's own transactions.
  public struct Submission: ConfigurationSection {
    public var gasPrice: UInt64 = 0
    /// A higher fee is refused; base units.
    public var maxFee: UInt64 = 10_000_000_000

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [.init("gas_price", \.gasPrice), .init("max_fee", \.maxFee)]
  }

  /// `consensus.prune`.
  public struct Prune: ConfigurationSection {
    /// `none` or `keep_n`, in any case.
    public var strategy = "none"
    public var numKept: UInt64 = 250_000
    public var interval = Duration.seconds(120)

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [
      .init("strategy", \.strategy), .init("num_kept", \.numKept), .init("interval", \.interval),
    ]
  }

  /// `consensus.checkpointer`; `parallelChunker` has no effect in the reference either.
  public struct Checkpointer: ConfigurationSection {
    public var disabled = false
    public var checkInterval = Duration.seconds(60)
    public var parallelChunker = false

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [
      .init("disabled", \.disabled), .init("check_interval", \.checkInterval), .init("parallel_chunker", \.parallelChunker),
    ]
  }

  /// `consensus.state_sync`: start from a checkpoint instead of the first block.
  public struct StateSync: ConfigurationSection {
    public var enabled = false

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [.init("enabled", \.enabled)]
  }

  /// `consensus.light_client`: whom and what a fresh node trusts.
  public struct LightClient: ConfigurationSection {
    public var trust = Trust()

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [.init("trust", \.trust)]

    /// `consensus.light_client.trust`.
    public struct Trust: ConfigurationSection {
      public var period = Duration.seconds(720 * 3600)
      public var height: UInt64 = 0
      /// 64 hexadecimal digits.
      public var hash = ""

      public init() {}
      static let keys: [ConfigurationKey<Self>] = [.init("period", \.period), .init("height", \.height), .init("hash", \.hash)]
    }
  }

  /// `consensus.supplementary_sanity`: invariants of the state, checked every so many blocks.
  public struct SupplementarySanity: ConfigurationSection {
    public var enabled = false
    /// In blocks.
    public var interval: UInt64 = 10

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [.init("enabled", \.enabled), .init("interval", \.interval)]
  }

  /// `consensus.debug`; effective only with `--debug.dont_blame_oasis`.
  public struct Debug: ConfigurationSection {
    public var addressBookLenient = false
    public var allowDuplicateIP = false
    public var unsafeReplayRecoverCorruptedWAL = false
    public var disableAddressBookFromGenesis = false

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [
      .init("addr_book_lenient", \.addressBookLenient), .init("allow_duplicate_ip", \.allowDuplicateIP),
      .init("unsafe_replay_recover_corrupted_wal", \.unsafeReplayRecoverCorruptedWAL, .logRecovery),
      .init("disable_addr_book_from_genesis", \.disableAddressBookFromGenesis),
    ]
  }

  func validate() throws(ConfigurationError) {
    func refuse(_ text: String, _ key: String, _ allowed: String) -> ConfigurationError {
      .invalid("consensus: \(text)", at: "consensus.\(key)", allowed: allowed)
    }
    if !externalAddress.isEmpty, !externalAddress.hasPrefix("tcp://") {
      throw refuse("external address '\(externalAddress)' must begin with tcp://", "external_address", "tcp://HOST:PORT")
    }
    let sizes: [(String, Int64)] = [
      ("max_num_inbound_peers", Int64(p2p.maxInboundPeers)), ("max_num_outbound_peers", Int64(p2p.maxOutboundPeers)),
      ("send_rate", p2p.sendRate), ("recv_rate", p2p.receiveRate),
    ]
    for (name, value) in sizes where value < 0 { throw refuse("p2p.\(name) must be >= 0", "p2p.\(name)", "0 or more") }
    if haltEpoch > 0, haltHeight > 0 {
      throw refuse("only one of {halt_epoch, halt_height} can be set", "halt_height", "0 where halt_epoch is set")
    }
    let trust = lightClient.trust
    if trust.hash.isEmpty {
      if stateSync.enabled {
        throw refuse(
          "state sync requires light client to be configured", "state_sync.enabled",
          "false where consensus.light_client.trust.hash is empty")
      }
    } else {
      if trust.period <= .zero {
        throw refuse("trust period must be greater than zero", "light_client.trust.period", Duration.allowed)
      }
      if trust.height == 0 {
        throw refuse("trust height must be greater than zero", "light_client.trust.height", "1 or more")
      }
      if trust.hash.utf8.count != 64 { throw refuse("malformed trust hash", "light_client.trust.hash", "64 hexadecimal digits") }
    }
    if supplementarySanity.enabled, supplementarySanity.interval < 1 {
      throw refuse("supplementary_sanity.interval must be >= 1", "supplementary_sanity.interval", "1 or more")
    }
  }
}
