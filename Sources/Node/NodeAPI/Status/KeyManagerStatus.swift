public import OasisTypes
public import Wire

extension Control {
  /// The key manager worker (sheet 09 §4.1).
  public struct KeyManagerStatus: WireMap, Hashable, Sendable {
    public var status = KeyManagerState.ready
    public var activeVersion: Version?
    public var runtimeID: Namespace?
    public var clientRuntimes: [Namespace]?
    public var accessList: [KeyManagerAccess]?
    public var secrets: KeyManagerSecretsStatus?
    public var churp: KeyManagerChurpStatus?
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("status", \.status), .init("active_version", \.activeVersion), .init("runtime_id", \.runtimeID),
      .init("client_runtimes", \.clientRuntimes), .init("access_list", \.accessList), .init("secrets", \.secrets),
      .init("churp", \.churp),
    ]
  }

  /// How far a part of the key manager is.
  public struct KeyManagerState: WireEnum, Hashable {
    public var rawValue: UInt8 = 0
    public init() {}
    public static let ready = KeyManagerState(rawValue: 0)
    public static let starting = KeyManagerState(rawValue: 1)
    public static let stopped = KeyManagerState(rawValue: 2)
    public static let disabled = KeyManagerState(rawValue: 3)
    public static let words: [(UInt8, String)] = [(0, "ready"), (1, "starting"), (2, "stopped"), (3, "disabled")]
  }

  /// The peers that may call the key manager for a runtime.
  public struct KeyManagerAccess: WireMap, Hashable, Sendable {
    public var runtimeID = Namespace()
    public var peers: [PeerIdentity]?
    public init() {}
    public static let fields: [Field<Self>] = [.init("runtime_id", \.runtimeID), .init("peers", \.peers)]
  }

  /// The part that keeps master and ephemeral secrets.
  public struct KeyManagerSecretsStatus: WireMap, Hashable, Sendable {
    /// As consensus has it.
    public var status: KeyManager.Status?
    public var worker = SecretsWorkerStatus()
    public init() {}
    public static let fields: [Field<Self>] = [.init("status", \.status), .init("worker", \.worker)]
  }

  /// The worker of that part.
  public struct SecretsWorkerStatus: WireMap, Hashable, Sendable {
    public var status = KeyManagerState.ready
    public var lastRegistration = LocalTime()
    public var policy: KeyManager.SignedPolicy?
    public var policyChecksum: [UInt8]?
    public var masterSecrets = MasterSecretStatus()
    public var ephemeralSecrets = EphemeralSecretStatus()
    public var privatePeers: [PeerIdentity]?
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("status", \.status), .init("last_registration", \.lastRegistration), .init("policy", \.policy),
      .init("policy_checksum", \.policyChecksum), .init("master_secrets", \.masterSecrets),
      .init("ephemeral_secrets", \.ephemeralSecrets), .init("private_peers", \.privatePeers),
    ]
  }

  /// Master secrets loaded and generated.
  public struct MasterSecretStatus: WireMap, Hashable, Sendable {
    public var loaded: Int64 = 0
    public var lastLoadedGeneration: UInt64 = 0
    public var generated: Int64 = 0
    public var lastGeneratedGeneration: UInt64 = 0
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("num_loaded", \.loaded), .init("last_loaded_generation", \.lastLoadedGeneration), .init("num_generated", \.generated),
      .init("last_generated_generation", \.lastGeneratedGeneration),
    ]
  }

  /// Ephemeral secrets loaded and generated.
  public struct EphemeralSecretStatus: WireMap, Hashable, Sendable {
    public var loaded: Int64 = 0
    public var lastLoadedEpoch: Epoch = 0
    public var generated: Int64 = 0
    public var lastGeneratedEpoch: Epoch = 0
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("num_loaded", \.loaded), .init("last_loaded_epoch", \.lastLoadedEpoch), .init("num_generated", \.generated),
      .init("last_generated_epoch", \.lastGeneratedEpoch),
    ]
  }

  /// The part that shares its secret.
  public struct KeyManagerChurpStatus: WireMap, Hashable, Sendable {
    /// By scheme.
    public var schemes: [UInt8: ChurpSchemeStatus] = [:]
    public init() {}
    public static let fields: [Field<Self>] = [.init("schemes", \.schemes, .omitEmpty)]
  }

  /// One sharing scheme.
  public struct ChurpSchemeStatus: WireMap, Hashable, Sendable {
    public var status: Churp.Status?
    public init() {}
    public static let fields: [Field<Self>] = [.init("status", \.status, .omitEmpty)]
  }
}
