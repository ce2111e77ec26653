/// Section `common`: where the node keeps its data and how it talks to its operator. Rule: sheet 09 §1.4.
public struct CommonConfiguration: ConfigurationSection {
  /// The data directory; absolute after loading, empty when not configured.
  public var dataDirectory = ""
  /// The internal socket's path; empty for `internal.sock` in the data directory.
  public var internalSocketPath = ""
  public var log = LogConfiguration()
  public var debug = DebugConfiguration()

  public init() {}
  static let keys: [ConfigurationKey<Self>] = [
    .init("data_dir", \.dataDirectory), .init("internal_socket_path", \.internalSocketPath), .init("log", \.log), .init("debug", \.debug),
  ]

  /// `common.log`.
  public struct LogConfiguration: ConfigurationSection {
    /// Empty for standard output; relative to the data directory.
    public var file = ""
    /// `logfmt` or `JSON`, in any case.
    public var format = "logfmt"
    /// Levels by module prefix; `default` is everything else's, WARN when absent.
    public var level = ["cometbft/context": "error", "cometbft/db": "info", "common/persistent": "info", "mkvs/db": "info"]

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [.init("file", \.file), .init("format", \.format), .init("level", \.level)]
  }

  /// `common.debug`; effective only with `--debug.dont_blame_oasis`.
  public struct DebugConfiguration: ConfigurationSection {
    public var allowRoot = false
    /// The soft limit of open files to set; 0 leaves it.
    public var rlimit: UInt64 = 0

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [.init("allow_root", \.allowRoot), .init("rlimit", \.rlimit)]
  }

  /// Where the log goes; nil for standard output. A relative file lies in the data directory, where there is one.
  public var logPath: String? {
    if log.file.isEmpty { return nil }
    return log.file.hasPrefix("/") || dataDirectory.isEmpty ? log.file : "\(dataDirectory)/\(log.file)"
  }

  func validate() throws(ConfigurationError) {
    guard ["logfmt", "json"].contains(log.format.lowercased()) else {
      throw .invalid("logging: invalid log format: '\(log.format)'", at: "common.log.format", allowed: "logfmt or JSON")
    }
    let levels = ["debug", "info", "warn", "error"]
    for (module, level) in log.level.sorted(by: { $0.key < $1.key }) where !levels.contains(level.lowercased()) {
      throw .invalid(
        "logging: invalid log level: '\(level)'", at: "common.log.level.\(module)", allowed: levels.joined(separator: ", "))
    }
  }
}

/// Section `genesis`.
public struct GenesisConfiguration: ConfigurationSection {
  /// The genesis document, relative to the working directory.
  public var file = "genesis.json"

  public init() {}
  static let keys: [ConfigurationKey<Self>] = [.init("file", \.file)]

  func validate() throws(ConfigurationError) {
    if file.isEmpty {
      throw .invalid("genesis: missing genesis file path", at: "genesis.file", allowed: "the path of the network's genesis document")
    }
  }
}

/// Section `registration`: who the node belongs to.
public struct RegistrationConfiguration: ConfigurationSection {
  /// The path of an entity descriptor (JSON); excludes `entityID`.
  public var entity = ""
  /// The entity's public key in base64.
  public var entityID = ""

  public init() {}
  static let keys: [ConfigurationKey<Self>] = [.init("entity", \.entity), .init("entity_id", \.entityID)]

  func validate() throws(ConfigurationError) {
    if !entity.isEmpty, !entityID.isEmpty {
      throw .invalid(
        "registration: only one of `entity` and `entity_id` must be set", at: "registration.entity_id",
        allowed: "empty, or registration.entity empty")
    }
    if !entityID.isEmpty, let reason = keyProblem(entityID) {
      throw .invalid("registration: malformed entity ID: \(reason)", at: "registration.entity_id", allowed: publicKeyText)
    }
  }
}

/// Section `metrics`.
public struct MetricsConfiguration: ConfigurationSection {
  /// `none`, `pull` or `push`.
  public var mode = "none"
  /// Where to listen (pull), or the push gateway.
  public var address = "127.0.0.1:3000"
  public var jobName = ""
  public var labels: [String: String] = [:]
  public var interval = Duration.seconds(5)

  public init() {}
  static let keys: [ConfigurationKey<Self>] = [
    .init("mode", \.mode), .init("address", \.address), .init("job_name", \.jobName, .metricsPush), .init("labels", \.labels, .metricsPush),
    .init("interval", \.interval),
  ]

  func validate() throws(ConfigurationError) {
    switch mode {
    case "none": return
    case "pull":
      if address.isEmpty { throw .invalid("metrics: missing address in pull mode", at: "metrics.address", allowed: "IP:PORT") }
    case "push":
      for (name, isMissing) in [
        ("address", address.isEmpty), ("job_name", jobName.isEmpty), ("labels", labels["instance"] == nil), ("interval", interval <= .zero),
      ]
      where isMissing { throw .invalid("metrics: missing \(name) in push mode", at: "metrics.\(name)", allowed: "a value") }
    default: throw .invalid("metrics: unknown metrics mode: \(mode)", at: "metrics.mode", allowed: "none, pull, push")
    }
  }
}

/// Section `pprof`: the reference's profiling listener.
public struct ProfilingConfiguration: ConfigurationSection {
  public var bindAddress = ""

  public init() {}
  static let keys: [ConfigurationKey<Self>] = [.init("bind_address", \.bindAddress, .profiling)]
}
