public import OasisCrypto
public import Wire

extension RootHash {
  /// A message of a runtime to a consensus service: one member is set (sheet 05 §C.5).
  public struct Message: WireMap, Hashable, Sendable {
    public var staking: StakingMessage?
    public var registry: RegistryMessage?
    public var governance: GovernanceMessage?

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("staking", \.staking, .omitEmpty), .init("registry", \.registry, .omitEmpty), .init("governance", \.governance, .omitEmpty),
    ]

    /// Hash of a list of messages; the hash of nothing for an empty list.
    public static func hash(of messages: [Message]) -> Hash { messages.isEmpty ? .empty : Hash.of(messages) }

    /// What is wrong with the message, or nil. Several members are not an error here; the first counts.
    public var violation: String? {
      if let staking { return staking.violation }
      if let registry { return registry.violation }
      if let governance { return governance.violation }
      return "runtime message has no fields set"
    }
  }

  /// A message to the registry.
  public struct RegistryMessage: WireMap, Hashable, Sendable {
    public var version: UInt16 = 0
    public var updateRuntime: Registry.Runtime?

    public init() {}
    public static let fields: [Field<Self>] = [.init("v", \.version), .init("update_runtime", \.updateRuntime, .omitEmpty)]

    /// What is wrong with the message by itself; nil if nothing is.
    public var violation: String? { updateRuntime == nil ? "registry runtime message has no fields set" : nil }
  }

  /// A message to governance: exactly one member is set.
  public struct GovernanceMessage: WireMap, Hashable, Sendable {
    public var version: UInt16 = 0
    public var castVote: Governance.ProposalVote?
    public var submitProposal: Governance.ProposalContent?

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("v", \.version), .init("cast_vote", \.castVote, .omitEmpty), .init("submit_proposal", \.submitProposal, .omitEmpty),
    ]

    /// What is wrong with the message by itself; nil if nothing is.
    public var violation: String? {
      switch (castVote != nil, submitProposal != nil) {
      case (false, false): "governance runtime message has no fields set"
      case (true, true): "governance runtime message has multiple fields set"
      default: nil
      }
    }
  }

  /// Body of `roothash.SubmitMsg`: a message to a runtime (sheet 05 §C.19).
  public struct SubmitMessage: WireMap, Hashable, Sendable {
    public var id = Namespace()
    public var tag: UInt64 = 0
    /// Paid to the runtime for taking the message.
    public var fee = Quantity()
    /// Given to the runtime along with the message.
    public var tokens = Quantity()
    public var data: [UInt8] = []

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("id", \.id), .init("tag", \.tag, .omitEmpty), .init("fee", \.fee, .omitEmpty), .init("tokens", \.tokens, .omitEmpty),
      .init("data", \.data, .omitEmpty),
    ]
  }

  /// A queued message to a runtime (sheet 05 §C.6).
  public struct IncomingMessage: WireMap, Hashable, Sendable {
    public var id: UInt64 = 0
    public var caller = Address()
    public var tag: UInt64 = 0
    public var fee = Quantity()
    public var tokens = Quantity()
    public var data: [UInt8] = []

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("id", \.id), .init("caller", \.caller), .init("tag", \.tag, .omitEmpty), .init("fee", \.fee, .omitEmpty),
      .init("tokens", \.tokens, .omitEmpty), .init("data", \.data, .omitEmpty),
    ]

    /// Hash of a list of messages; the hash of nothing for an empty list.
    public static func hash(of messages: [IncomingMessage]) -> Hash { messages.isEmpty ? .empty : Hash.of(messages) }
  }

  /// Size of a runtime's queue and the id of its next message.
  public struct IncomingMessageQueueMeta: WireMap, Hashable, Sendable {
    public var size: UInt32 = 0
    public var nextSequenceNumber: UInt64 = 0

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("size", \.size, .omitEmpty), .init("next_sequence_number", \.nextSequenceNumber, .omitEmpty),
    ]
  }
}

extension StakingMessage {
  /// What is wrong with the message, or nil.
  public var violation: String? {
    let count = [transfer != nil, withdraw != nil, addEscrow != nil, reclaimEscrow != nil].filter { $0 }.count
    if count == 1 { return nil }
    return count == 0 ? "staking runtime message has no fields set" : "staking runtime message has multiple fields set"
  }
}
