public import Protobuf

/// A validator's public key with its kind.
public struct ConsensusKey: ProtobufMessage, Hashable {
  /// Which algorithm the key is for.
  public enum Kind: Hashable, Sendable {
    case ed25519([UInt8])
    case secp256k1([UInt8])
  }

  public var kind: Kind?
  public init() {}
  public init(ed25519 key: [UInt8]) { kind = .ed25519(key) }

  /// The key's bytes when it is a well-formed Ed25519 key.
  public var ed25519: [UInt8]? {
    if case .ed25519(let key) = kind, key.count == 32 { key } else { nil }
  }

  /// The name that consensus parameters use for the kind.
  public var typeName: String? {
    switch kind {
    case .ed25519: "ed25519"
    case .secp256k1: "secp256k1"
    case nil: nil
    }
  }

  public static let fields: [ProtobufField<Self>] = [
    .scalarMember(1, "ed25519", of: \.kind, { (key: [UInt8]) in Kind.ed25519(key) }) {
      if case .ed25519(let key) = $0 { key } else { nil }
    },
    .scalarMember(2, "secp256k1", of: \.kind, { (key: [UInt8]) in Kind.secp256k1(key) }) {
      if case .secp256k1(let key) = $0 { key } else { nil }
    },
  ]
}
