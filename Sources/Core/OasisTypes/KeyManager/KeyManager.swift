internal import Bytes
public import OasisCrypto
public import Wire

/// Data of the key manager service: policies, statuses and secrets (sheet 06 B); ``Churp`` for the second scheme.
public enum KeyManager {
  /// Name of the service in error codes.
  public static let moduleName = "keymanager"

  /// Names of the gas costs in the parameters.
  public enum GasOp {
    public static let updatePolicy = "update_policy"
    public static let publishMasterSecret = "publish_master_secret"
    public static let publishEphemeralSecret = "publish_ephemeral_secret"
  }

  /// Costs that `genesis init` writes.
  public static let defaultGasCosts: [String: UInt64] = [
    GasOp.updatePolicy: 1000, GasOp.publishMasterSecret: 1000, GasOp.publishEphemeralSecret: 1000,
  ]
}

extension KeyManager {
  /// Consensus parameters of the service.
  public struct Parameters: WireMap, Hashable, Sendable {
    public var gasCosts: [String: UInt64] = [:]
    public init() {}
    public init(gasCosts: [String: UInt64]) { self.gasCosts = gasCosts }
    public static let fields: [Field<Self>] = [.init("gas_costs", \.gasCosts, .omitEmpty)]
  }

  /// Which enclaves may have which keys (sheet 06 B.3).
  public struct Policy: WireMap, Hashable, Sendable {
    public var serial: UInt32 = 0
    public var id = Namespace()
    /// Nil and empty differ in hashes.
    public var enclaves: [EnclaveIdentity: EnclavePolicy]?
    /// In epochs; 0 disables rotation.
    public var masterSecretRotationInterval: Epoch = 0
    public var maxEphemeralSecretAge: Epoch = 0

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("serial", \.serial), .init("id", \.id), .init("enclaves", \.enclaves),
      .init("master_secret_rotation_interval", \.masterSecretRotationInterval, .omitEmpty),
      .init("max_ephemeral_secret_age", \.maxEphemeralSecretAge, .omitEmpty),
    ]
  }

  /// What one key manager enclave does for others.
  public struct EnclavePolicy: WireMap, Hashable, Sendable {
    /// By runtime, the enclaves that may ask for keys.
    public var mayQuery: [Namespace: [EnclaveIdentity]?]?
    /// Enclaves that may copy the master secret.
    public var mayReplicate: [EnclaveIdentity]?
    public init() {}
    public static let fields: [Field<Self>] = [.init("may_query", \.mayQuery), .init("may_replicate", \.mayReplicate)]
  }

  /// A policy with the signatures of those who may set it.
  public struct SignedPolicy: WireMap, Hashable, Sendable {
    public var policy = Policy()
    public var signatures: [KeyedSignature]?
    public init() {}
    public static let fields: [Field<Self>] = [.init("policy", \.policy), .init("signatures", \.signatures)]

    /// What enclaves report of the policy they run with. Covers the signatures too.
    public var checksum: [UInt8] { SHA3_256.digest(cbor()) }
    /// The checksum of no policy.
    public static let checksumOfNone = SHA3_256.digest([])

    /// What is wrong with the policy as the successor of `current`, or nil. How many must sign is for enclaves to know.
    public func violation(replacing current: SignedPolicy?, blacklist: PublicKeyBlacklist = .production) -> String? {
      if let wrong = (signatures ?? []).violation(message: policy.cbor(), context: .keyManagerPolicy, blacklist: blacklist) {
        return "keymanager: sanity check failed: \(wrong)"
      }
      guard let current else { return nil }
      if current.policy.id != policy.id {
        return "keymanager: sanity check failed: SGX policy runtime ID changed from \(current.policy.id) to \(policy.id)"
      }
      if policy.serial <= current.policy.serial { return "keymanager: sanity check failed: SGX policy serial number did not increase" }
      return nil
    }
  }

  /// How a key manager stands: the value in state (sheet 06 B.3).
  public struct Status: WireMap, Hashable, Sendable {
    public var id = Namespace()
    public var isInitialized = false
    public var isSecure = false
    /// Of the latest master secret.
    public var generation: UInt64 = 0
    public var rotationEpoch: Epoch = 0
    /// Of the master secrets so far; null until the first.
    public var checksum: [UInt8]?
    public var nodes: [PublicKey]?
    public var policy: SignedPolicy?
    /// Takes effect with the next epoch.
    public var nextPolicy: SignedPolicy?
    /// The runtime's signing key.
    public var rsk: PublicKey?

    public init() {}
    public init(id: Namespace) { self.id = id }
    public static let fields: [Field<Self>] = [
      .init("id", \.id), .init("is_initialized", \.isInitialized), .init("is_secure", \.isSecure),
      .init("generation", \.generation, .omitEmpty), .init("rotation_epoch", \.rotationEpoch, .omitEmpty), .init("checksum", \.checksum),
      .init("nodes", \.nodes), .init("policy", \.policy), .init("next_policy", \.nextPolicy, .omitEmpty), .init("rsk", \.rsk, .omitEmpty),
    ]

    /// The generation that a new master secret would have; nil after the last.
    public var nextGeneration: UInt64? { checksum?.isEmpty ?? true ? 0 : generation == .max ? nil : generation + 1 }
  }

  /// The section of the genesis document, with that of the second scheme.
  public struct Genesis: WireMap, Hashable, Sendable {
    public var parameters = Parameters()
    public var statuses: [Status?] = []
    public var churp: Churp.Genesis?

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("params", \.parameters), .init("statuses", \.statuses, .omitEmpty), .init("churp", \.churp, .omitEmpty),
    ]
  }
}

extension [KeyedSignature] {
  /// Which signature on a policy does not count, or nil.
  func violation(message: [UInt8], context: SignatureContext, blacklist: PublicKeyBlacklist) -> String? {
    for signature in self {
      let key = signature.publicKey
      if blacklist.contains(key) { return "SGX policy signature's public key \(key) is invalid" }
      if !signature.verify(message: message, context: context, blacklist: blacklist) {
        return "SGX policy signature from \(key) is invalid"
      }
    }
    return nil
  }
}

/// Keys of key managers without trusted hardware: everyone knows them (sheet 06 B.2).
public enum InsecureKeyManagerKeys {
  /// Attestation key, from the seed `ekiden test key manager RAK seed`.
  public static let rak = PublicKey(hex: "c7c277acfd0529a3495fe405cb9e1df1d8dcba490a060f5ec1d81e1ca0f84432") ?? PublicKey()
  /// Encryption key, from the seed `ekiden test key manager REK seed`.
  public static let rek =
    X25519PublicKey(hex: "d9dfa375a98e505854e0b2d9d6f6bb00d64dae8c8b9cb3c1852a9dcf4d772b30") ?? X25519PublicKey()
}

/// Coded errors of the key manager service (sheet 06 B.3).
public enum KeyManagerError {
  public static let invalidArgument = CodedError(KeyManager.moduleName, 1, "keymanager: invalid argument")
  public static let noSuchStatus = CodedError(KeyManager.moduleName, 2, "keymanager: no such status")
  public static let noSuchMasterSecret = CodedError(KeyManager.moduleName, 3, "keymanager: no such master secret")
  public static let noSuchEphemeralSecret = CodedError(KeyManager.moduleName, 4, "keymanager: no such ephemeral secret")
  public static let noSuchChurpStatus = CodedError(Churp.moduleName, 1, "keymanager: churp: no such status")
}
