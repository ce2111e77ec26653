public import Protobuf

/// What a signed message is.
public struct SignedMessageType: ProtobufEnum, Comparable {
  public var rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }
  public static let unknown = Self(rawValue: 0)
  public static let prevote = Self(rawValue: 1)
  public static let precommit = Self(rawValue: 2)
  public static let proposal = Self(rawValue: 32)
  /// Whether it is one of the two kinds of vote.
  public var isVote: Bool { self == .prevote || self == .precommit }
  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// A validator's signed vote for a block, or for none, in one round.
public struct Vote: ProtobufMessage, Hashable {
  public var type = SignedMessageType.unknown
  public var height: Int64 = 0
  public var round: Int32 = 0
  public var blockID = BlockID()
  public var timestamp = Timestamp()
  public var validatorAddress: [UInt8] = []
  public var validatorIndex: Int32 = 0
  public var signature: [UInt8] = []

  public init() {}
  public init(
    type: SignedMessageType, height: Int64, round: Int32, blockID: BlockID, timestamp: Timestamp, validatorAddress: [UInt8],
    validatorIndex: Int32, signature: [UInt8] = []
  ) {
    (self.type, self.height, self.round, self.blockID, self.timestamp) = (type, height, round, blockID, timestamp)
    (self.validatorAddress, self.validatorIndex, self.signature) = (validatorAddress, validatorIndex, signature)
  }

  public static let fields: [ProtobufField<Self>] = [
    .init(1, "type", \.type), .init(2, "height", \.height), .init(3, "round", \.round), .init(4, "block_id", \.blockID),
    .init(5, "timestamp", \.timestamp), .init(6, "validator_address", \.validatorAddress),
    .init(7, "validator_index", \.validatorIndex), .init(8, "signature", \.signature),
  ]
}

/// A proposer's signed statement of which block it proposes.
public struct Proposal: ProtobufMessage, Hashable {
  public var type = SignedMessageType.unknown
  public var height: Int64 = 0
  public var round: Int32 = 0
  /// The round in which the block had a polka; -1 when it is new.
  public var polRound: Int32 = 0
  public var blockID = BlockID()
  public var timestamp = Timestamp()
  public var signature: [UInt8] = []

  public init() {}
  public init(height: Int64, round: Int32, polRound: Int32, blockID: BlockID, timestamp: Timestamp, signature: [UInt8] = []) {
    (type, self.height, self.round, self.polRound) = (.proposal, height, round, polRound)
    (self.blockID, self.timestamp, self.signature) = (blockID, timestamp, signature)
  }

  public static let fields: [ProtobufField<Self>] = [
    .init(1, "type", \.type), .init(2, "height", \.height), .init(3, "round", \.round), .init(4, "pol_round", \.polRound),
    .init(5, "block_id", \.blockID), .init(6, "timestamp", \.timestamp), .init(7, "signature", \.signature),
  ]
}
