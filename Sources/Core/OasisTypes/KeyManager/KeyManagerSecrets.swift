internal import Bytes
public import OasisCrypto
public import Wire

extension KeyManager {
  /// A secret for every enclave that knows one of the keys; opaque here.
  public struct EncryptedSecret: WireMap, Hashable, Sendable {
    public var checksum: [UInt8]?
    public var publicKey = X25519PublicKey()
    public var ciphertexts: [X25519PublicKey: [UInt8]?]?
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("checksum", \.checksum), .init("pub_key", \.publicKey), .init("ciphertexts", \.ciphertexts),
    ]
  }

  /// A master secret of one generation, encrypted to the enclaves of a key manager.
  public struct EncryptedMasterSecret: WireMap, Hashable, Sendable {
    public var id = Namespace()
    public var generation: UInt64 = 0
    public var epoch: Epoch = 0
    public var secret = EncryptedSecret()
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("runtime_id", \.id), .init("generation", \.generation), .init("epoch", \.epoch), .init("secret", \.secret),
    ]
  }

  /// An ephemeral secret of one epoch, encrypted to the enclaves of a key manager.
  public struct EncryptedEphemeralSecret: WireMap, Hashable, Sendable {
    public var id = Namespace()
    public var epoch: Epoch = 0
    public var secret = EncryptedSecret()
    public init() {}
    public static let fields: [Field<Self>] = [.init("runtime_id", \.id), .init("epoch", \.epoch), .init("secret", \.secret)]
  }

  /// Signed by the enclave that made the secret.
  public struct SignedMasterSecret: WireMap, Hashable, Sendable {
    public var secret = EncryptedMasterSecret()
    public var signature = Signature()
    public init() {}
    public static let fields: [Field<Self>] = [.init("secret", \.secret), .init("signature", \.signature)]
  }

  /// Signed by the enclave that made the secret.
  public struct SignedEphemeralSecret: WireMap, Hashable, Sendable {
    public var secret = EncryptedEphemeralSecret()
    public var signature = Signature()
    public init() {}
    public static let fields: [Field<Self>] = [.init("secret", \.secret), .init("signature", \.signature)]
  }

  /// What an enclave reports when it starts.
  public struct InitResponse: WireMap, Hashable, Sendable {
    public var isSecure = false
    public var checksum: [UInt8]?
    public var nextChecksum: [UInt8]?
    public var policyChecksum: [UInt8]?
    public var rsk: PublicKey?
    public var nextRSK: PublicKey?
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("is_secure", \.isSecure), .init("checksum", \.checksum), .init("next_checksum", \.nextChecksum, .omitEmpty),
      .init("policy_checksum", \.policyChecksum), .init("rsk", \.rsk, .omitEmpty), .init("next_rsk", \.nextRSK, .omitEmpty),
    ]
  }

  /// Travels as the extra information of a key manager node's runtime.
  public struct SignedInitResponse: WireMap, Hashable, Sendable {
    public var initResponse = InitResponse()
    public var signature: [UInt8]?
    public init() {}
    public static let fields: [Field<Self>] = [.init("init_response", \.initResponse), .init("signature", \.signature)]

    /// Whether the enclave with this attestation key signed it.
    public func isSigned(by rak: PublicKey, blacklist: PublicKeyBlacklist = .production) -> Bool {
      guard let signature = Signature(signature ?? []) else { return false }
      return rak.verify(signature, message: initResponse.cbor(), context: .keyManagerInitResponse, blacklist: blacklist)
    }
  }

  /// Statuses that changed.
  public struct StatusUpdate: WireMap, Hashable, Sendable {
    public var statuses: [Status?]?
    public init() {}
    public init(_ statuses: [Status]) { self.statuses = statuses }
    public static let fields: [Field<Self>] = [.init("Statuses", \.statuses)]
  }

  /// A master secret was published.
  public struct MasterSecretPublished: WireMap, Hashable, Sendable {
    public var secret: SignedMasterSecret?
    public init() {}
    public static let fields: [Field<Self>] = [.init("Secret", \.secret)]
  }

  /// An ephemeral secret was published.
  public struct EphemeralSecretPublished: WireMap, Hashable, Sendable {
    public var secret: SignedEphemeralSecret?
    public init() {}
    public static let fields: [Field<Self>] = [.init("Secret", \.secret)]
  }

  /// Names of events as attributes of a block's events.
  public enum EventKind {
    public static let statusUpdate = "status"
    public static let masterSecret = "master_secret"
    public static let ephemeralSecret = "ephemeral_secret"
  }
}
