public import OasisCrypto
public import Wire

extension Governance {
  /// A proposal was made.
  public struct ProposalSubmitted: WireMap, Hashable, Sendable {
    public var id: UInt64 = 0
    public var submitter = Address()
    public init() {}
    public init(id: UInt64, submitter: Address) { (self.id, self.submitter) = (id, submitter) }
    public static let fields: [Field<Self>] = [.init("id", \.id), .init("submitter", \.submitter)]
  }

  /// An accepted proposal took effect.
  public struct ProposalExecuted: WireMap, Hashable, Sendable {
    public var id: UInt64 = 0
    public init() {}
    public init(id: UInt64) { self.id = id }
    public static let fields: [Field<Self>] = [.init("id", \.id)]
  }

  /// Voting on a proposal ended.
  public struct ProposalFinalized: WireMap, Hashable, Sendable {
    public var id: UInt64 = 0
    public var state = ProposalState()
    public init() {}
    public init(id: UInt64, state: ProposalState) { (self.id, self.state) = (id, state) }
    public static let fields: [Field<Self>] = [.init("id", \.id), .init("state", \.state)]
  }

  /// A vote was cast, or changed.
  public struct VoteCast: WireMap, Hashable, Sendable {
    public var id: UInt64 = 0
    public var submitter = Address()
    public var vote = Vote()
    public init() {}
    public init(id: UInt64, submitter: Address, vote: Vote) { (self.id, self.submitter, self.vote) = (id, submitter, vote) }
    public static let fields: [Field<Self>] = [.init("id", \.id), .init("submitter", \.submitter), .init("vote", \.vote)]
  }

  /// An event in answers to queries: one member is set (sheet 06 A.10).
  public struct Event: WireMap, Hashable, Sendable {
    public var height: Int64 = 0
    public var transactionHash = Hash()
    public var proposalSubmitted: ProposalSubmitted?
    public var proposalExecuted: ProposalExecuted?
    public var proposalFinalized: ProposalFinalized?
    public var vote: VoteCast?

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("height", \.height, .omitEmpty), .init("tx_hash", \.transactionHash),
      .init("proposal_submitted", \.proposalSubmitted, .omitEmpty), .init("proposal_executed", \.proposalExecuted, .omitEmpty),
      .init("proposal_finalized", \.proposalFinalized, .omitEmpty), .init("vote", \.vote, .omitEmpty),
    ]
  }

  /// Names of events as attributes of a block's events.
  public enum EventKind {
    public static let proposalSubmitted = "proposal_submitted"
    public static let proposalExecuted = "proposal_executed"
    public static let proposalFinalized = "proposal_finalized"
    public static let vote = "vote"
  }

  /// Asks for a proposal or its votes.
  public struct ProposalQuery: WireMap, Hashable, Sendable {
    public var height: Int64 = 0
    public var id: UInt64 = 0
    public init() {}
    public init(height: Int64, id: UInt64) { (self.height, self.id) = (height, id) }
    public static let fields: [Field<Self>] = [.init("height", \.height), .init("id", \.id)]
  }
}
