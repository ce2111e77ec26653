internal import FileSystem
internal import Glibc

/// What a node is for. Rule: sheet 09 §1.3.
public enum NodeMode: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  case client, validator, compute, observer, keymanager, seed, archive

  public var description: String { rawValue }
}

/// The configuration file of a node: defaults, file and checks. Rule: sheet 09 §1.
public struct NodeConfiguration: ConfigurationSection {
  /// One of ``NodeMode``'s words; checked by `validate`, so ``nodeMode`` is never missing after loading.
  var mode = NodeMode.client.rawValue
  public var common = CommonConfiguration()
  public var genesis = GenesisConfiguration()
  public var consensus = ConsensusConfiguration()
  public var runtime = RuntimeConfiguration()
  public var p2p = P2PConfiguration()
  public var registration = RegistrationConfiguration()
  public var keyManager = KeyManagerConfiguration()
  public var storage = StorageConfiguration()
  public var sentry = SentryConfiguration()
  public var ias = IASConfiguration()
  public var profiling = ProfilingConfiguration()
  public var metrics = MetricsConfiguration()
  /// Keys of the file that have another value than the default and belong to a ``Feature``.
  public private(set) var featureUses: [FeatureUse] = []
  private var places = ConfigurationPlaces()

  public init() {}
  static let keys: [ConfigurationKey<Self>] = [
    .init("mode", \.mode), .init("common", \.common), .init("genesis", \.genesis), .init("consensus", \.consensus),
    .init("runtime", \.runtime), .init("p2p", \.p2p), .init("registration", \.registration), .init("keymanager", \.keyManager),
    .init("storage", \.storage), .init("sentry", \.sentry), .init("ias", \.ias), .init("pprof", \.profiling), .init("metrics", \.metrics),
  ]

  /// The mode, from `mode`.
  public var nodeMode: NodeMode {
    get { NodeMode(rawValue: mode) ?? .client }
    set { mode = newValue.rawValue }
  }

  /// Reads, substitutes, decodes and checks the file at `path`; the data directory becomes absolute.
  public static func load(path: String, environment: [String: String]) throws(ConfigurationError) -> NodeConfiguration {
    guard let bytes = try contents(path) else { throw .unreadable(file: path, reason: "not UTF-8 text") }
    return try parse(bytes, file: path, environment: environment)
  }

  /// The same from text; `file` names it in messages.
  public static func parse(_ text: String, file: String, environment: [String: String] = [:]) throws(ConfigurationError)
    -> NodeConfiguration
  {
    let substituted: String
    do { substituted = try EnvironmentSubstitution.apply(text, environment) } catch {
      throw .unreadable(file: file, reason: error.description)
    }
    let root: YAMLNode?
    do { root = try YAMLParser.parse(substituted) } catch { throw .malformed(file: file, line: error.line, reason: error.reason) }
    var configuration = NodeConfiguration()
    var reader = ConfigurationReader()
    if let root { read(root, at: ConfigurationPath(), into: &configuration, &reader) }
    guard reader.problems.isEmpty else {
      throw .refused(file: file, problems: reader.problems.map { "line \($0.line): \($0.text)" })
    }
    configuration.featureUses = reader.uses
    configuration.places = ConfigurationPlaces(file: file, lines: reader.lines)
    do { try configuration.validate() } catch { throw error.located(configuration.places) }
    configuration.common.dataDirectory = absolute(configuration.common.dataDirectory)
    return configuration
  }

  /// File, line and path of a key such as `p2p.seeds[0]`, for messages.
  public func place(of key: String) -> String { places.place(of: key) }

  /// The keys in use whose feature is not among `built`, in file order.
  public func unsupportedInUse(built: Set<Feature>) -> [FeatureUse] {
    featureUses.filter { !built.contains($0.feature) }
  }

  /// Checks values and the rules between them, in the reference's order.
  public func validate() throws(ConfigurationError) {
    guard let known = NodeMode(rawValue: mode) else {
      throw .invalid("unknown node mode: \(mode)", at: "mode", allowed: NodeMode.allCases.map(\.rawValue).joined(separator: ", "))
    }
    if !consensus.localStorage, ![.client, .observer].contains(known) || consensus.validator {
      throw .invalid(
        "local storage not available in specified mode", at: "consensus.local_storage",
        allowed: "true, or false in mode client or observer without consensus.validator")
    }
    try common.validate()
    try genesis.validate()
    try consensus.validate()
    try runtime.validate()
    try p2p.validate()
    try registration.validate()
    try storage.validate()
    try sentry.validate()
    try metrics.validate()
  }

  private static func absolute(_ path: String) -> String {
    if path.isEmpty || path.hasPrefix("/") { return path }
    guard let here = getcwd(nil, 0) else { return path }
    defer { free(here) }
    return "\(String(cString: here))/\(path.hasPrefix("./") ? String(path.dropFirst(2)) : path)"
  }

  private static func contents(_ path: String) throws(ConfigurationError) -> String? {
    do throws(FileError) { return String(validating: try Files.read(path, limit: 8 << 20), as: UTF8.self) } catch {
      throw .unreadable(file: path, reason: error.description)
    }
  }
}
