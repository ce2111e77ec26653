public import OasisCrypto
public import Wire

/// CHURP: a secret shared by a committee that changes (sheet 06 B.9).
public enum Churp {
  /// Name of the service in error codes.
  public static let moduleName = "keymanager/churp"
  /// The handoff epoch of a scheme without handoffs.
  public static let handoffsDisabled: Epoch = EpochLimits.invalid

  /// Names of the gas costs in the parameters.
  public enum GasOp {
    public static let create = "create"
    public static let update = "update"
    public static let apply = "apply"
    public static let confirm = "confirm"
  }

  /// Costs that genesis sets, whatever its section says.
  public static let defaultGasCosts: [String: UInt64] = [GasOp.create: 1000, GasOp.update: 1000, GasOp.apply: 1000, GasOp.confirm: 1000]
}

extension Churp {
  /// The same shape as those of other key managers, under another key.
  public typealias Parameters = KeyManager.Parameters

  /// Which scheme of which key manager.
  public struct Identity: WireMap, Hashable, Sendable {
    public var id: UInt8 = 0
    public var runtimeID = Namespace()
    public init() {}
    public static let fields: [Field<Self>] = [.init("id", \.id), .init("runtime_id", \.runtimeID)]
  }

  /// Which enclaves take part.
  public struct Policy: WireMap, Hashable, Sendable {
    public var identity = Identity()
    public var serial: UInt32 = 0
    public var mayShare: [EnclaveIdentity]?
    public var mayJoin: [EnclaveIdentity]?
    public var mayQuery: [Namespace: [EnclaveIdentity]?]?
    public init() {}
    public static let fields: [Field<Self>] = [
      .embedded(\.identity), .init("serial", \.serial), .init("may_share", \.mayShare), .init("may_join", \.mayJoin),
      .init("may_query", \.mayQuery, .omitEmpty),
    ]
  }

  /// A policy with the signatures of those who may set it.
  public struct SignedPolicy: WireMap, Hashable, Sendable {
    public var policy = Policy()
    public var signatures: [KeyedSignature] = []
    public init() {}
    public static let fields: [Field<Self>] = [.init("policy", \.policy), .init("signatures", \.signatures, .omitEmpty)]

    /// Which signature does not count, or nil. How many must sign is for enclaves to know.
    public func violation(blacklist: PublicKeyBlacklist = .production) -> String? {
      signatures.violation(message: policy.cbor(), context: .churpPolicy, blacklist: blacklist)
    }
  }

  /// What a node said it would share in the next handoff.
  public struct Application: WireMap, Hashable, Sendable {
    /// Of the verification matrix.
    public var checksum = Hash()
    public var reconstructed = false
    public init() {}
    public static let fields: [Field<Self>] = [.init("checksum", \.checksum), .init("reconstructed", \.reconstructed)]
  }

  /// How a scheme stands: the value in state.
  public struct Status: WireMap, Hashable, Sendable {
    public var identity = Identity()
    /// 0: NIST P-384 with SHA3-384.
    public var suiteID: UInt8 = 0
    public var threshold: UInt8 = 0
    public var extraShares: UInt8 = 0
    /// In epochs; 0 disables handoffs.
    public var handoffInterval: Epoch = 0
    public var policy = SignedPolicy()
    /// The last completed one; 0 for none.
    public var handoff: Epoch = 0
    public var checksum: Hash?
    public var committee: [PublicKey] = []
    public var nextHandoff: Epoch = 0
    public var nextChecksum: Hash?
    public var applications: [PublicKey: Application] = [:]

    public init() {}
    public static let fields: [Field<Self>] = [
      .embedded(\.identity), .init("suite_id", \.suiteID), .init("threshold", \.threshold), .init("extra_shares", \.extraShares),
      .init("handoff_interval", \.handoffInterval), .init("policy", \.policy), .init("handoff", \.handoff),
      .init("checksum", \.checksum, .omitEmpty), .init("committee", \.committee, .omitEmpty), .init("next_handoff", \.nextHandoff),
      .init("next_checksum", \.nextChecksum, .omitEmpty), .init("applications", \.applications, .omitEmpty),
    ]

    /// Whether the scheme's owner has stopped handing the secret on.
    public var areHandoffsDisabled: Bool { handoffInterval == 0 }

    /// The fewest members a committee may have.
    public var minimumCommitteeSize: Int { Int(threshold) + Int(extraShares) + 1 }

    /// The fewest nodes that must apply for the next handoff, which depends on what kind of handoff it is.
    public var minimumApplicants: Int {
      if committee.isEmpty { return max(minimumCommitteeSize, Int(threshold) + 2) }
      if Set(committee) == Set(applications.keys) { return minimumCommitteeSize }
      return max(minimumCommitteeSize, 2 * Int(threshold) + 1)
    }
  }

  /// The part of the key manager's genesis section.
  public struct Genesis: WireMap, Hashable, Sendable {
    public var parameters = Parameters()
    public var statuses: [Status?] = []
    public init() {}
    public static let fields: [Field<Self>] = [.init("params", \.parameters), .init("statuses", \.statuses, .omitEmpty)]
  }

  /// A scheme was made.
  public struct Created: WireMap, Hashable, Sendable {
    public var status: Status?
    public init() {}
    public init(_ status: Status) { self.status = status }
    public static let fields: [Field<Self>] = [.init("Status", \.status)]
  }

  /// A scheme changed.
  public struct Updated: WireMap, Hashable, Sendable {
    public var status: Status?
    public init() {}
    public init(_ status: Status) { self.status = status }
    public static let fields: [Field<Self>] = [.init("Status", \.status)]
  }

  /// Names of events as attributes of a block's events.
  public enum EventKind {
    public static let create = "keymanager/churp.create"
    public static let update = "keymanager/churp.update"
  }

  /// Asks for one scheme's status.
  public struct StatusQuery: WireMap, Hashable, Sendable {
    public var height: Int64 = 0
    public var runtimeID = Namespace()
    public var churpID: UInt8 = 0
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("height", \.height), .init("runtime_id", \.runtimeID), .init("churp_id", \.churpID),
    ]
  }
}
