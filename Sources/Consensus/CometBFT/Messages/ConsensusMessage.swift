public import Protobuf

/// A node's place in the consensus of a height.
public struct NewRoundStepMessage: ProtobufMessage, Hashable {
  public var height: Int64 = 0
  public var round: Int32 = 0
  public var step: UInt32 = 0
  public var secondsSinceStartTime: Int64 = 0
  public var lastCommitRound: Int32 = 0
  public init() {}
  public static let fields: [ProtobufField<Self>] = [
    .init(1, "height", \.height), .init(2, "round", \.round), .init(3, "step", \.step),
    .init(4, "seconds_since_start_time", \.secondsSinceStartTime), .init(5, "last_commit_round", \.lastCommitRound),
  ]
}

/// Which parts of a block with a majority a node has.
public struct NewValidBlockMessage: ProtobufMessage, Hashable {
  public var height: Int64 = 0
  public var round: Int32 = 0
  public var partSetHeader = PartSetHeader()
  public var parts: BitArray?
  public var isCommit = false
  public init() {}
  public static let fields: [ProtobufField<Self>] = [
    .init(1, "height", \.height), .init(2, "round", \.round), .init(3, "block_part_set_header", \.partSetHeader),
    .init(4, "block_parts", \.parts), .init(5, "is_commit", \.isCommit),
  ]
}

/// A proposer's signed proposal.
public struct ProposalMessage: ProtobufMessage, Hashable {
  public var proposal = Proposal()
  public init() {}
  public init(_ proposal: Proposal) { self.proposal = proposal }
  public static let fields: [ProtobufField<Self>] = [.init(1, "proposal", \.proposal)]
}

/// Which prevotes made the majority that a proposal refers to.
public struct ProposalPOLMessage: ProtobufMessage, Hashable {
  public var height: Int64 = 0
  public var polRound: Int32 = 0
  public var prevotes = BitArray()
  public init() {}
  public static let fields: [ProtobufField<Self>] = [
    .init(1, "height", \.height), .init(2, "proposal_pol_round", \.polRound), .init(3, "proposal_pol", \.prevotes),
  ]
}

/// A part of a proposed block.
public struct BlockPartMessage: ProtobufMessage, Hashable {
  public var height: Int64 = 0
  public var round: Int32 = 0
  public var part = Part()
  public init() {}
  public init(height: Int64, round: Int32, part: Part) { (self.height, self.round, self.part) = (height, round, part) }
  public static let fields: [ProtobufField<Self>] = [
    .init(1, "height", \.height), .init(2, "round", \.round), .init(3, "part", \.part),
  ]
}

/// A validator's vote.
public struct VoteMessage: ProtobufMessage, Hashable {
  public var vote: Vote?
  public init() {}
  public init(_ vote: Vote) { self.vote = vote }
  public static let fields: [ProtobufField<Self>] = [.init(1, "vote", \.vote)]
}

/// Says that a node has a vote.
public struct HasVoteMessage: ProtobufMessage, Hashable {
  public var height: Int64 = 0
  public var round: Int32 = 0
  public var type = SignedMessageType.unknown
  public var index: Int32 = 0
  public init() {}
  public init(_ vote: Vote) {
    (height, round, type, index) = (vote.height, vote.round, vote.type, vote.validatorIndex)
  }
  public static let fields: [ProtobufField<Self>] = [
    .init(1, "height", \.height), .init(2, "round", \.round), .init(3, "type", \.type), .init(4, "index", \.index),
  ]
}

/// Says that a node has seen a majority.
public struct VoteSetMaj23Message: ProtobufMessage, Hashable {
  public var height: Int64 = 0
  public var round: Int32 = 0
  public var type = SignedMessageType.unknown
  public var blockID = BlockID()
  public init() {}
  public static let fields: [ProtobufField<Self>] = [
    .init(1, "height", \.height), .init(2, "round", \.round), .init(3, "type", \.type), .init(4, "block_id", \.blockID),
  ]
}

/// Which votes for a block a node has.
public struct VoteSetBitsMessage: ProtobufMessage, Hashable {
  public var height: Int64 = 0
  public var round: Int32 = 0
  public var type = SignedMessageType.unknown
  public var blockID = BlockID()
  public var votes = BitArray()
  public init() {}
  public static let fields: [ProtobufField<Self>] = [
    .init(1, "height", \.height), .init(2, "round", \.round), .init(3, "type", \.type), .init(4, "block_id", \.blockID),
    .init(5, "votes", \.votes),
  ]
}

/// What nodes tell each other about consensus. Rule: engine sheet A14.
public struct ConsensusMessage: ProtobufMessage, Hashable {
  /// Which message it is.
  public enum Kind: Hashable, Sendable {
    case newRoundStep(NewRoundStepMessage)
    case newValidBlock(NewValidBlockMessage)
    case proposal(ProposalMessage)
    case proposalPOL(ProposalPOLMessage)
    case blockPart(BlockPartMessage)
    case vote(VoteMessage)
    case hasVote(HasVoteMessage)
    case voteSetMaj23(VoteSetMaj23Message)
    case voteSetBits(VoteSetBitsMessage)
  }

  public var kind: Kind?
  public init() {}
  public init(_ kind: Kind) { self.kind = kind }

  public static let fields: [ProtobufField<Self>] = [
    .member(1, "new_round_step", of: \.kind, Kind.newRoundStep) { if case .newRoundStep(let value) = $0 { value } else { nil } },
    .member(2, "new_valid_block", of: \.kind, Kind.newValidBlock) { if case .newValidBlock(let value) = $0 { value } else { nil } },
    .member(3, "proposal", of: \.kind, Kind.proposal) { if case .proposal(let value) = $0 { value } else { nil } },
    .member(4, "proposal_pol", of: \.kind, Kind.proposalPOL) { if case .proposalPOL(let value) = $0 { value } else { nil } },
    .member(5, "block_part", of: \.kind, Kind.blockPart) { if case .blockPart(let value) = $0 { value } else { nil } },
    .member(6, "vote", of: \.kind, Kind.vote) { if case .vote(let value) = $0 { value } else { nil } },
    .member(7, "has_vote", of: \.kind, Kind.hasVote) { if case .hasVote(let value) = $0 { value } else { nil } },
    .member(8, "vote_set_maj23", of: \.kind, Kind.voteSetMaj23) { if case .voteSetMaj23(let value) = $0 { value } else { nil } },
    .member(9, "vote_set_bits", of: \.kind, Kind.voteSetBits) { if case .voteSetBits(let value) = $0 { value } else { nil } },
  ]
}
