public import OasisCrypto
public import Wire

// What nodes and runtimes ask of a key manager's enclave (sheet 06 B, 07 D.12).

extension KeyManager {
  /// Asks for the keys of a runtime that live as long as their generation of the master secret.
  public struct LongTermKeyRequest: WireMap, Hashable, Sendable {
    /// A consensus height that must not be too old; nil where none is required.
    public var height: UInt64?
    public var id = Namespace()
    public var keyPairID = PlainBytes<32>()
    /// Of the master secret.
    public var generation: UInt64 = 0
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("height", \.height), .init("runtime_id", \.id), .init("key_pair_id", \.keyPairID), .init("generation", \.generation),
    ]
  }

  /// Asks for the keys of a runtime that live for some epochs.
  public struct EphemeralKeyRequest: WireMap, Hashable, Sendable {
    /// A consensus height that must not be too old; nil where none is required.
    public var height: UInt64?
    public var id = Namespace()
    public var keyPairID = PlainBytes<32>()
    public var epoch: Epoch = 0
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("height", \.height), .init("runtime_id", \.id), .init("key_pair_id", \.keyPairID), .init("epoch", \.epoch),
    ]
  }

  /// A public key of a runtime, signed by the key manager.
  public struct SignedPublicKey: WireMap, Hashable, Sendable {
    public var key = X25519PublicKey()
    public var checksum: [UInt8]?
    public var signature = Signature()
    /// The last epoch of an ephemeral key; nil for a key that does not expire.
    public var expiration: Epoch?
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("key", \.key), .init("checksum", \.checksum), .init("signature", \.signature),
      .init("expiration", \.expiration, .omitEmpty),
    ]
  }

  /// Local call `init`: tells the enclave the status in consensus state.
  public struct InitRequest: WireMap, Hashable, Sendable {
    public var status: Status?
    public init() {}
    public static let fields: [Field<Self>] = [.init("status", \.status, .omitEmpty)]
  }

  /// Local call `generate_master_secret`.
  public struct GenerateMasterSecretRequest: WireMap, Hashable, Sendable {
    public var generation: UInt64 = 0
    public var epoch: Epoch = 0
    public init() {}
    public static let fields: [Field<Self>] = [.init("generation", \.generation), .init("epoch", \.epoch)]
  }

  /// Its answer; also the request of local call `load_master_secret`.
  public struct MasterSecretMessage: WireMap, Hashable, Sendable {
    public var signedSecret = SignedMasterSecret()
    public init() {}
    public static let fields: [Field<Self>] = [.init("signed_secret", \.signedSecret)]
  }

  /// Local call `generate_ephemeral_secret`.
  public struct GenerateEphemeralSecretRequest: WireMap, Hashable, Sendable {
    public var epoch: Epoch = 0
    public init() {}
    public static let fields: [Field<Self>] = [.init("epoch", \.epoch)]
  }

  /// Its answer; also the request of local call `load_ephemeral_secret`.
  public struct EphemeralSecretMessage: WireMap, Hashable, Sendable {
    public var signedSecret = SignedEphemeralSecret()
    public init() {}
    public static let fields: [Field<Self>] = [.init("signed_secret", \.signedSecret)]
  }

  /// What a vote may change of the parameters.
  public struct ParameterChanges: WireMap, Hashable, Sendable {
    public var gasCosts: [String: UInt64]?
    public init() {}
    public static let fields: [Field<Self>] = [.init("gas_costs", \.gasCosts, .omitEmpty)]
  }
}

extension Churp {
  /// Local call: takes part in the handoff of an epoch.
  public struct HandoffRequest: WireMap, Hashable, Sendable {
    public var identity = Identity()
    public var epoch: Epoch = 0
    public init() {}
    public static let fields: [Field<Self>] = [.embedded(\.identity), .init("epoch", \.epoch, .omitEmpty)]
  }

  /// Local call: fetches shares from these nodes.
  public struct FetchRequest: WireMap, Hashable, Sendable {
    public var identity = Identity()
    public var epoch: Epoch = 0
    public var nodes: [PublicKey]?
    public init() {}
    public static let fields: [Field<Self>] = [
      .embedded(\.identity), .init("epoch", \.epoch, .omitEmpty), .init("node_ids", \.nodes),
    ]
  }

  /// Its answer.
  public struct FetchResponse: WireMap, Hashable, Sendable {
    /// Whether all shares are there.
    public var isCompleted = false
    public var succeeded: [PublicKey] = []
    public var failed: [PublicKey] = []
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("completed", \.isCompleted, .omitEmpty), .init("succeeded", \.succeeded, .omitEmpty), .init("failed", \.failed, .omitEmpty),
    ]
  }
}
