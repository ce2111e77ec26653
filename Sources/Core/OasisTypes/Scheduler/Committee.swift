public import JSONText
public import OasisCrypto
public import Wire

/// What a committee does.
public struct CommitteeKind: WireEnum {
  public var rawValue: UInt8 = 0
  public init() {}
  public static let invalid = CommitteeKind(rawValue: 0)
  public static let executor = CommitteeKind(rawValue: 1)
  public static let words: [(UInt8, String)] = [(1, "executor")]

  /// The invalid value is written, though it cannot be read.
  public func encode(to writer: inout JSONWriter) {
    if let word = word ?? (rawValue == 0 ? "invalid" : nil) {
      writer.write(string: word)
    } else {
      writer.fail("\(description) has no word")
    }
  }
}

/// What a member does in a committee.
public struct CommitteeRole: WireEnum {
  public var rawValue: UInt8 = 0
  public init() {}
  public static let invalid = CommitteeRole(rawValue: 0)
  public static let worker = CommitteeRole(rawValue: 1)
  public static let backupWorker = CommitteeRole(rawValue: 2)
  public static let words: [(UInt8, String)] = [(1, "worker"), (2, "backup-worker")]

  /// The invalid value is written, though it cannot be read.
  public func encode(to writer: inout JSONWriter) {
    if let word = word ?? (rawValue == 0 ? "invalid" : nil) {
      writer.write(string: word)
    } else {
      writer.fail("\(description) has no word")
    }
  }
}

/// A member of a committee.
public struct CommitteeNode: WireMap, Hashable, Sendable {
  public var role = CommitteeRole.invalid
  /// The node's identity key.
  public var publicKey = PublicKey()

  public init() {}
  public init(role: CommitteeRole, publicKey: PublicKey) { (self.role, self.publicKey) = (role, publicKey) }
  public static let fields: [Field<Self>] = [.init("role", \.role), .init("public_key", \.publicKey)]
}

/// The nodes elected for a runtime in an epoch (sheet 05 §B.1). Workers come before backup workers; a node may have both roles.
public struct Committee: WireMap, Hashable, Sendable {
  public var kind = CommitteeKind.invalid
  public var members: [CommitteeNode]?
  public var runtimeID = Namespace()
  /// The epoch of the election.
  public var validFor: Epoch = 0

  public init() {}
  public static let fields: [Field<Self>] = [
    .init("kind", \.kind), .init("members", \.members), .init("runtime_id", \.runtimeID), .init("valid_for", \.validFor),
  ]

  /// The workers, which lead the list.
  public var workers: ArraySlice<CommitteeNode> { (members ?? []).prefix { $0.role == .worker } }

  /// The worker that schedules a round at a rank: its position; nil if there are not that many workers.
  public func schedulerIndex(round: UInt64, rank: UInt64) -> Int? {
    let count = UInt64(workers.count)
    guard rank < count else { return nil }
    return Int((rank + count - round % count) % count)
  }

  /// The rank of a worker as scheduler of a round; nil for others.
  public func schedulerRank(round: UInt64, id: PublicKey) -> UInt64? {
    guard let index = workers.lastIndex(where: { $0.publicKey == id }) else { return nil }
    let count = UInt64(workers.count)
    return (round &+ UInt64(index)) % count  // &+: the reference's sum wraps too
  }

  /// Whether the node has any role here.
  public func contains(_ id: PublicKey) -> Bool { members?.contains { $0.publicKey == id } ?? false }

  /// Whether the node is a worker.
  public func isWorker(_ id: PublicKey) -> Bool { members?.contains { $0.publicKey == id && $0.role == .worker } ?? false }

  /// Whether the node is a backup worker.
  public func isBackupWorker(_ id: PublicKey) -> Bool { members?.contains { $0.publicKey == id && $0.role == .backupWorker } ?? false }

  /// Hash of the list of members.
  public var membersHash: Hash { Hash.of(members) }
}
