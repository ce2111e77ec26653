/// Section `runtime`: what the node hosts, and how. Rule: sheets 09 §1.4 and 07 A.10.
public struct RuntimeConfiguration: ConfigurationSection {
  public var runtimes: [Hosted] = []
  /// Bundle files; their runtimes count as configured.
  public var paths: [String] = []
  /// `sandboxed`; `mock` and `unconfined` need the debug flag.
  public var provisioner = "sandboxed"
  public var sandboxBinary = "/usr/bin/bwrap"
  /// The old place of `sgx.loader`.
  public var sgxLoader = ""
  public var sgx = SGX()
  /// `auto`, `sgx` or `sgx-mock`.
  public var environment = "auto"
  public var prune = Prune()
  public var indexer = Indexer()
  /// Local configuration by runtime identifier: the old place of `runtimes[].config`.
  public var config: [String: LocalValue] = [:]
  public var sentryAddresses: [String] = []
  public var transactionPool = TransactionPool()
  public var preWarmEpochs: UInt64 = 3
  /// 0 for the default.
  public var attestInterval = Duration.zero
  public var loadBalancer = LoadBalancer()
  public var registries = ["https://raw.githubusercontent.com/oasisprotocol/bundle-registry/main/metadata/"]
  public var maxBundleSize = ByteSize(20 << 20)
  public var debugMockTEE = false
  public var tdx = TDX()
  public var log = RuntimeLog()

  public init() {}
  static let keys: [ConfigurationKey<Self>] = [
    .init("runtimes", \.runtimes), .init("paths", \.paths), .init("provisioner", \.provisioner), .init("sandbox_binary", \.sandboxBinary),
    .init("sgx_loader", \.sgxLoader, .tee), .init("sgx", \.sgx, .tee), .init("environment", \.environment, .tee),
    .init("prune", \.prune, .runtimePruning), .init("indexer", \.indexer), .init("config", \.config),
    .init("sentry_addresses", \.sentryAddresses, .sentry), .init("tx_pool", \.transactionPool), .init("pre_warm_epochs", \.preWarmEpochs),
    .init("attest_interval", \.attestInterval, .tee), .init("load_balancer", \.loadBalancer, .loadBalancing),
    .init("registries", \.registries, .bundleRegistries), .init("max_bundle_size", \.maxBundleSize, .bundleRegistries),
    .init("debug_mock_tee", \.debugMockTEE, .tee),
    .init("tdx", \.tdx, .tee), .init("log", \.log),
  ]

  /// `runtime.sgx`: the loader of enclaves.
  public struct SGX: ConfigurationSection {
    public var loader = ""

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [.init("loader", \.loader)]
  }

  /// `runtime.prune`: which rounds of the history are kept.
  public struct Prune: ConfigurationSection {
    /// `none` or `keep_last`.
    public var strategy = "none"
    public var interval = Duration.seconds(120)
    public var numKept: UInt64 = 250_000

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [
      .init("strategy", \.strategy), .init("interval", \.interval), .init("num_kept", \.numKept),
    ]
  }

  /// `runtime.indexer`: how the history catches up.
  public struct Indexer: ConfigurationSection {
    public var batchSize: UInt16 = 1000

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [.init("batch_size", \.batchSize)]
  }

  /// `runtime.tx_pool`: bounds of a ParaTime's transaction pool.
  public struct TransactionPool: ConfigurationSection {
    public var maxScheduled: UInt64 = 50_000
    public var cacheSize: UInt64 = 100_000
    public var maxCheckBatch: UInt64 = 128
    /// In rounds.
    public var recheckInterval: UInt64 = 5
    public var republishInterval = Duration.seconds(60)

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [
      .init("schedule_max_tx_pool_size", \.maxScheduled), .init("schedule_tx_cache_size", \.cacheSize),
      .init("check_tx_max_batch_size", \.maxCheckBatch), .init("recheck_interval", \.recheckInterval),
      // The reference's key is its field's name in lower case.
      .init("republishinterval", \.republishInterval, .peers),
    ]
  }

  /// `runtime.load_balancer`: instances of one component.
  public struct LoadBalancer: ConfigurationSection {
    public var instances: UInt64 = 0

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [.init("num_instances", \.instances)]
  }

  /// `runtime.tdx`: identifiers of virtual machines.
  public struct TDX: ConfigurationSection {
    public var cidStart: UInt32 = 0xA515_0000
    public var cidCount: UInt32 = 1024

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [.init("cid_start", \.cidStart), .init("cid_count", \.cidCount)]
  }

  /// `runtime.log`: the files that ParaTimes log to.
  public struct RuntimeLog: ConfigurationSection {
    /// Bytes of a component's log that are kept.
    public var maxSize = 1_048_576

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [.init("max_log_size", \.maxSize)]
  }

  func validate() throws(ConfigurationError) {
    func check(_ isFine: Bool, _ text: @autoclosure () -> String, _ key: String, _ allowed: String) throws(ConfigurationError) {
      if !isFine { throw .invalid("runtime: \(text())", at: "runtime.\(key)", allowed: allowed) }
    }
    try check(
      ["sandboxed", "mock", "unconfined"].contains(provisioner), "unknown runtime provisioner: \(provisioner)", "provisioner",
      "sandboxed, or with --debug.dont_blame_oasis mock, unconfined")
    try check(
      provisioner != "sandboxed" || !sandboxBinary.isEmpty, "sandbox_binary must be set when using sandboxed provisioner",
      "sandbox_binary", "the path of bwrap")
    try check(
      sgxLoader.isEmpty || sgx.loader.isEmpty, "only one of sgx_loader and sgx.loader must be set", "sgx_loader",
      "empty where runtime.sgx.loader is set")
    try check(
      ["auto", "sgx", "sgx-mock"].contains(environment), "unknown runtime environment: \(environment)", "environment",
      "auto, sgx, sgx-mock")
    try check(
      environment != "sgx" || !(sgxLoader + sgx.loader).isEmpty, "sgx.loader must be set when using sgx environment", "sgx.loader",
      "the path of oasis-core-runtime-loader")
    try check(
      ["none", "keep_last"].contains(prune.strategy), "unknown runtime history pruner strategy: \(prune.strategy)", "prune.strategy",
      "none, keep_last")
    try check(
      prune.strategy == "none" || prune.interval >= .seconds(1), "prune.interval must be >= 1 second", "prune.interval", "1s or more")
    try check(
      loadBalancer.instances <= 128, "cannot specify more than 128 instances for load balancing", "load_balancer.num_instances",
      "0 to 128")
    try check(log.maxSize >= 1024, "maximum log size must be at least 1024 bytes", "log.max_log_size", "1024 or more")
    for key in config.keys.sorted() {
      try check(
        RuntimeIdentifier.parse(key) != nil, "config: '\(key)' is not a runtime identifier", "config.\(key)",
        RuntimeIdentifier.allowed)
    }
    for (index, address) in sentryAddresses.enumerated() {
      let parts = address.split(separator: "@", maxSplits: 1)
      let problem = parts.count == 2 ? keyProblem(String(parts[0])) : "missing public key"
      try check(
        problem == nil, "bad sentry address (\(address)): \(problem ?? "")", "sentry_addresses[\(index)]",
        "KEY@HOST:PORT, the key 32 bytes in base64")
    }
    var known: Set<RuntimeIdentifier> = []
    for (index, runtime) in runtimes.enumerated() {
      let place = "runtimes[\(index)]"
      try check(
        known.insert(runtime.id).inserted, "runtimes: runtime \(runtime.id) is listed twice", "\(place).id", "each runtime once")
      for (index, component) in runtime.components.enumerated() {
        try component.validate(at: "runtime.\(place).components[\(index)]")
      }
    }
  }
}
