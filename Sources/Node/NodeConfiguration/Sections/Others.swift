/// Section `keymanager`. Rule: sheet 09 §1.4.
public struct KeyManagerConfiguration: ConfigurationSection {
  /// 64 hexadecimal digits; empty when the node is no key manager.
  public var runtimeID = ""
  public var privatePeerKeys: [String] = []
  public var churp = Churp()

  public init() {}
  static let keys: [ConfigurationKey<Self>] = [
    .init("runtime_id", \.runtimeID, .keyManager), .init("private_peer_pub_keys", \.privatePeerKeys, .keyManager),
    .init("churp", \.churp, .keyManager),
  ]

  /// `keymanager.churp`: key managers that share their secret.
  public struct Churp: ConfigurationSection {
    public var schemes: [Scheme] = []

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [.init("schemes", \.schemes)]
  }

  /// One sharing scheme.
  public struct Scheme: ConfigurationSection, ConfigurationListItem {
    public var id: UInt8 = 0

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [.init("id", \.id)]
  }
}

/// Section `storage`: runtime state. Rule: sheet 09 §1.4.
public struct StorageConfiguration: ConfigurationSection {
  /// `auto`, `pathbadger` or `badger`: names of the reference's formats; ours is one of its own.
  public var backend = "auto"
  public var maxCacheSize = ByteSize(256 << 20)
  public var fetcherCount: UInt64 = 4
  public var publicRPCEnabled = false
  public var checkpointSyncDisabled = false
  public var checkpointer = Checkpointer()

  public init() {}
  static let keys: [ConfigurationKey<Self>] = [
    .init("backend", \.backend, .storageBackends), .init("max_cache_size", \.maxCacheSize, .storageBackends),
    .init("fetcher_count", \.fetcherCount, .peers),
    .init("public_rpc_enabled", \.publicRPCEnabled, .peers), .init("checkpoint_sync_disabled", \.checkpointSyncDisabled, .checkpoints),
    .init("checkpointer", \.checkpointer, .checkpoints),
  ]

  /// `storage.checkpointer`: snapshots of ParaTime state for others to start from.
  public struct Checkpointer: ConfigurationSection {
    public var enabled = false
    public var checkInterval = Duration.seconds(60)
    public var parallelChunker = false

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [
      .init("enabled", \.enabled), .init("check_interval", \.checkInterval), .init("parallel_chunker", \.parallelChunker),
    ]
  }

  func validate() throws(ConfigurationError) {
    let backends = ["auto", "pathbadger", "badger"]
    if !backends.contains(backend) {
      throw .invalid("storage: unknown storage backend: \(backend)", at: "storage.backend", allowed: backends.joined(separator: ", "))
    }
  }
}

/// Section `sentry`.
public struct SentryConfiguration: ConfigurationSection {
  public var enabled = false
  public var control = Control()

  public init() {}
  static let keys: [ConfigurationKey<Self>] = [.init("enabled", \.enabled, .sentry), .init("control", \.control, .sentry)]

  /// `sentry.control`: where a sentry answers the nodes behind it.
  public struct Control: ConfigurationSection {
    public var port: UInt16 = 9009
    /// TLS keys in base64.
    public var authorizedKeys: [String] = []

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [.init("port", \.port), .init("authorized_pubkeys", \.authorizedKeys)]
  }

  func validate() throws(ConfigurationError) {
    for (index, key) in control.authorizedKeys.enumerated() {
      if let reason = keyProblem(key) {
        throw .invalid(
          "sentry: malformed authorized public key '\(key)': \(reason)", at: "sentry.control.authorized_pubkeys[\(index)]",
          allowed: publicKeyText)
      }
    }
  }
}

/// Section `ias`.
public struct IASConfiguration: ConfigurationSection {
  public var proxyAddresses: [String] = []
  public var debugSkipVerify = false

  public init() {}
  static let keys: [ConfigurationKey<Self>] = [
    .init("proxy_addresses", \.proxyAddresses, .tee), .init("debug_skip_verify", \.debugSkipVerify, .tee),
  ]
}
