public import Protobuf

/// Two votes of one validator that exclude each other.
public struct DuplicateVoteEvidence: ProtobufMessage, Hashable {
  /// The vote with the smaller block ID key.
  public var voteA: Vote?
  public var voteB: Vote?
  public var totalVotingPower: Int64 = 0
  public var validatorPower: Int64 = 0
  /// The time of the block at the votes' height.
  public var timestamp = Timestamp()

  public init() {}

  public static let fields: [ProtobufField<Self>] = [
    .init(1, "vote_a", \.voteA), .init(2, "vote_b", \.voteB), .init(3, "total_voting_power", \.totalVotingPower),
    .init(4, "validator_power", \.validatorPower), .init(5, "timestamp", \.timestamp),
  ]
}

/// A block that was signed beside the chain to deceive light clients.
public struct LightClientAttackEvidence: ProtobufMessage, Hashable {
  public var conflictingBlock: LightBlock?
  /// The last height at which both chains agree.
  public var commonHeight: Int64 = 0
  public var byzantineValidators: [Validator] = []
  /// Power of the validator set at the common height.
  public var totalVotingPower: Int64 = 0
  /// The time of the block at the common height.
  public var timestamp = Timestamp()

  public init() {}

  public static let fields: [ProtobufField<Self>] = [
    .init(1, "conflicting_block", \.conflictingBlock), .init(2, "common_height", \.commonHeight),
    .init(3, "byzantine_validators", \.byzantineValidators), .init(4, "total_voting_power", \.totalVotingPower),
    .init(5, "timestamp", \.timestamp),
  ]
}

/// Proof that validators misbehaved.
public struct Evidence: ProtobufMessage, Hashable {
  /// Which evidence it is.
  public enum Kind: Hashable, Sendable {
    case duplicateVote(DuplicateVoteEvidence)
    case lightClientAttack(LightClientAttackEvidence)
  }

  public var kind: Kind?
  public init() {}
  public init(_ kind: Kind) { self.kind = kind }

  public static let fields: [ProtobufField<Self>] = [
    .member(1, "duplicate_vote_evidence", of: \.kind, Kind.duplicateVote) {
      if case .duplicateVote(let evidence) = $0 { evidence } else { nil }
    },
    .member(2, "light_client_attack_evidence", of: \.kind, Kind.lightClientAttack) {
      if case .lightClientAttack(let evidence) = $0 { evidence } else { nil }
    },
  ]
}

/// The evidence in a block.
public struct EvidenceList: ProtobufMessage, Hashable {
  public var evidence: [Evidence] = []
  public init() {}
  public init(_ evidence: [Evidence]) { self.evidence = evidence }
  public static let fields: [ProtobufField<Self>] = [.init(1, "evidence", \.evidence)]
}
