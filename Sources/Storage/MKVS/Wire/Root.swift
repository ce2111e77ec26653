internal import Bytes
internal import JSONText
public import OasisCrypto
public import OasisTypes
public import Wire

/// What a tree is for. Values beside the named ones travel, but nothing may be built on them (sheet 02 §1.7).
public struct RootType: WireNumber, Hashable, Comparable, CustomStringConvertible {
  public var rawValue: UInt8 = 0

  public init() {}

  public static let invalid = RootType(rawValue: 0)
  /// State: each version builds on the one before.
  public static let state = RootType(rawValue: 1)
  /// Inputs and outputs of one round: built from the empty root, never extended.
  public static let io = RootType(rawValue: 2)

  public static func < (a: RootType, b: RootType) -> Bool { a.rawValue < b.rawValue }

  public var description: String {
    switch self {
    case .invalid: "invalid"
    case .state: "state-root"
    case .io: "io-root"
    default: "[unknown root type: \(rawValue)]"
    }
  }
}

/// The name of a tree's content: namespace, version (height or round), type and root hash (sheet 02 §1.7).
public struct Root: WireMap, Hashable, CustomStringConvertible {
  public var namespace = Namespace()
  public var version: UInt64 = 0
  public var type = RootType.invalid
  public var hash = Hash()

  public init() {}

  public init(namespace: Namespace = Namespace(), version: UInt64 = 0, type: RootType = .state, hash: Hash = .empty) {
    self.namespace = namespace
    self.version = version
    self.type = type
    self.hash = hash
  }

  public static let fields: [Field<Self>] = [
    .init("ns", \.namespace), .init("version", \.version), .init("root_type", \.type), .init("hash", \.hash),
  ]

  /// Whether this is the root of nothing: zero namespace and version, and the empty hash; the type does not matter.
  public var isEmptyRoot: Bool { namespace.isZero && version == 0 && hash.isEmptyHash }

  /// Whether this root may be committed on top of `other`: same type and namespace, same or next version.
  public func follows(_ other: Root) -> Bool {
    type == other.type && namespace == other.namespace && (version == other.version || version == other.version &+ 1)
  }

  /// The hash of the root's encoding.
  public var encodedHash: Hash { Hash.of(self) }

  /// Type and hash, 33 bytes: what a root is called within its version.
  public var typedHash: [UInt8] { [type.rawValue] + hash.bytes }

  public var description: String { "<Root ns=\(namespace.hex) version=\(version) type=\(type) hash=\(hash.hex)>" }
}

extension Hash {
  /// Whether this is the hash of nothing, which stands for the empty tree.
  public var isEmptyHash: Bool { self == .empty }
}
