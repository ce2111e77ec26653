public import Protobuf

/// What a validator's entry in a commit says.
public struct BlockIDFlag: ProtobufEnum {
  public var rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }
  public static let unknown = Self(rawValue: 0)
  /// No vote was seen.
  public static let absent = Self(rawValue: 1)
  /// A vote for the block.
  public static let commit = Self(rawValue: 2)
  /// A vote for no block.
  public static let `nil` = Self(rawValue: 3)
}

/// One validator's entry in a commit.
public struct CommitSignature: ProtobufMessage, Hashable {
  public var flag = BlockIDFlag.unknown
  public var validatorAddress: [UInt8] = []
  public var timestamp = Timestamp()
  public var signature: [UInt8] = []

  public init() {}
  public init(flag: BlockIDFlag, validatorAddress: [UInt8], timestamp: Timestamp, signature: [UInt8]) {
    (self.flag, self.validatorAddress, self.timestamp, self.signature) = (flag, validatorAddress, timestamp, signature)
  }

  /// The entry of a validator whose vote was not seen.
  public static let absent = CommitSignature(flag: .absent, validatorAddress: [], timestamp: .zero, signature: [])

  public static let fields: [ProtobufField<Self>] = [
    .init(1, "block_id_flag", \.flag), .init(2, "validator_address", \.validatorAddress), .init(3, "timestamp", \.timestamp),
    .init(4, "signature", \.signature),
  ]
}

/// The precommits that made a block final, one entry per validator in the order of the set.
public struct Commit: ProtobufMessage, Hashable {
  public var height: Int64 = 0
  public var round: Int32 = 0
  public var blockID = BlockID()
  public var signatures: [CommitSignature] = []

  /// The commit that the first block carries: of nothing.
  public init() {}
  public init(height: Int64, round: Int32, blockID: BlockID, signatures: [CommitSignature]) {
    (self.height, self.round, self.blockID, self.signatures) = (height, round, blockID, signatures)
  }

  public static let fields: [ProtobufField<Self>] = [
    .init(1, "height", \.height), .init(2, "round", \.round), .init(3, "block_id", \.blockID), .init(4, "signatures", \.signatures),
  ]
}
