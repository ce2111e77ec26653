public import OasisCrypto
public import OasisTypes
public import Wire

/// A proof as it travels (sheet 02 §2.1): nodes in pre-order, null for no node.
public struct Proof: WireMap, Hashable {
  /// 0 (embedded leaves inside their parents) or 1 (as entries of their own).
  public var version: UInt16 = 0
  /// The hash that the proof claims to be anchored at.
  public var untrustedRoot = Hash()
  public var entries: [[UInt8]?] = []

  public init() {}

  public init(version: UInt16 = 0, untrustedRoot: Hash, entries: [[UInt8]?] = []) {
    self.version = version
    self.untrustedRoot = untrustedRoot
    self.entries = entries
  }

  public static let fields: [Field<Self>] = [
    .init("v", \.version, .omitEmpty), .init("untrusted_root", \.untrustedRoot), .init("entries", \.entries),
  ]
}

/// Which tree a request is about, and which node the asker lacks.
public struct TreeID: WireMap, Hashable {
  public var root = Root()
  public var position = Hash()

  public init() {}

  public init(root: Root, position: Hash) {
    self.root = root
    self.position = position
  }

  public static let fields: [Field<Self>] = [.init("root", \.root), .init("position", \.position)]
}

/// Asks for the nodes on the way to a key.
public struct GetRequest: WireMap, Hashable {
  public var tree = TreeID()
  public var key: [UInt8] = []
  public var includeSiblings = false
  public var proofVersion: UInt16 = 0

  public init() {}

  public init(tree: TreeID, key: [UInt8], includeSiblings: Bool = false, proofVersion: UInt16 = 0) {
    self.tree = tree
    self.key = key
    self.includeSiblings = includeSiblings
    self.proofVersion = proofVersion
  }

  public static let fields: [Field<Self>] = [
    .init("tree", \.tree), .init("key", \.key), .init("include_siblings", \.includeSiblings, .omitEmpty),
    .init("proof_version", \.proofVersion, .omitEmpty),
  ]
}

/// Asks for the keys that start with some prefixes.
public struct GetPrefixesRequest: WireMap, Hashable {
  public var tree = TreeID()
  public var prefixList: [[UInt8]]?
  /// At most so many keys in all.
  public var limit: UInt16 = 0
  public var proofVersion: UInt16 = 0

  public init() {}

  public init(tree: TreeID, prefixes: [[UInt8]], limit: UInt16, proofVersion: UInt16 = 0) {
    self.tree = tree
    prefixList = prefixes
    self.limit = limit
    self.proofVersion = proofVersion
  }

  /// The prefixes asked for; none where the list is absent.
  public var prefixes: [[UInt8]] { prefixList ?? [] }

  public static let fields: [Field<Self>] = [
    .init("tree", \.tree), .init("prefixes", \.prefixList), .init("limit", \.limit),
    .init("proof_version", \.proofVersion, .omitEmpty),
  ]
}

/// Asks for the first key at or behind a key and the next `prefetch` ones.
public struct IterateRequest: WireMap, Hashable {
  public var tree = TreeID()
  public var key: [UInt8] = []
  public var prefetch: UInt16 = 0
  public var proofVersion: UInt16 = 0

  public init() {}

  public init(tree: TreeID, key: [UInt8], prefetch: UInt16, proofVersion: UInt16 = 0) {
    self.tree = tree
    self.key = key
    self.prefetch = prefetch
    self.proofVersion = proofVersion
  }

  public static let fields: [Field<Self>] = [
    .init("tree", \.tree), .init("key", \.key), .init("prefetch", \.prefetch), .init("proof_version", \.proofVersion, .omitEmpty),
  ]
}

/// The proof that answers a request.
public struct ProofResponse: WireMap, Hashable {
  public var proof = Proof()

  public init() {}

  public init(proof: Proof) {
    self.proof = proof
  }

  public static let fields: [Field<Self>] = [.init("proof", \.proof)]
}

/// One that proves what a tree holds: a peer, a host, or a tree itself (sheet 02 §2.4). Blocking: guests have no concurrency.
public protocol ReadSyncer: AnyObject {
  func syncGet(_ request: GetRequest) throws -> ProofResponse
  func syncGetPrefixes(_ request: GetPrefixesRequest) throws -> ProofResponse
  func syncIterate(_ request: IterateRequest) throws -> ProofResponse
}

/// Asks a storage backend to apply a write log to a root (sheet 02 §5.1).
public struct ApplyRequest: WireMap, Hashable {
  public var namespace = Namespace()
  public var rootType = RootType.invalid
  public var sourceRound: UInt64 = 0
  public var sourceRoot = Hash()
  public var destinationRound: UInt64 = 0
  public var destinationRoot = Hash()
  public var writeLog: WriteLog?

  public init() {}

  public static let fields: [Field<Self>] = [
    .init("namespace", \.namespace), .init("root_type", \.rootType), .init("src_round", \.sourceRound),
    .init("src_root", \.sourceRoot), .init("dst_round", \.destinationRound), .init("dst_root", \.destinationRoot),
    .init("writelog", \.writeLog),
  ]
}
