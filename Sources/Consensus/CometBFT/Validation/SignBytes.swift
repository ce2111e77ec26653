package import Protobuf

/// What a signature over a vote covers. Rule: engine sheet A5.
package struct CanonicalVote: ProtobufMessage {
  package var type = SignedMessageType.unknown
  package var height: Int64 = 0
  package var round: Int64 = 0
  package var blockID: CanonicalBlockID?
  package var timestamp = Timestamp()
  package var chainID = ""
  package init() {}
  package static let fields: [ProtobufField<Self>] = [
    .init(1, "type", \.type), .fixed64(2, "height", \.height), .fixed64(3, "round", \.round), .init(4, "block_id", \.blockID),
    .init(5, "timestamp", \.timestamp), .init(6, "chain_id", \.chainID),
  ]
}

/// What a signature over a proposal covers.
package struct CanonicalProposal: ProtobufMessage {
  package var type = SignedMessageType.unknown
  package var height: Int64 = 0
  package var round: Int64 = 0
  package var polRound: Int64 = 0
  package var blockID: CanonicalBlockID?
  package var timestamp = Timestamp()
  package var chainID = ""
  package init() {}
  package static let fields: [ProtobufField<Self>] = [
    .init(1, "type", \.type), .fixed64(2, "height", \.height), .fixed64(3, "round", \.round), .init(4, "pol_round", \.polRound),
    .init(5, "block_id", \.blockID), .init(6, "timestamp", \.timestamp), .init(7, "chain_id", \.chainID),
  ]
}

/// A block ID inside of signed bytes.
package struct CanonicalBlockID: ProtobufMessage {
  package var hash: [UInt8] = []
  package var partSetHeader = PartSetHeader()
  package init() {}
  package init?(_ blockID: BlockID) {
    if blockID.isZero { return nil }
    (hash, partSetHeader) = (blockID.hash, blockID.partSetHeader)
  }
  package static let fields: [ProtobufField<Self>] = [.init(1, "hash", \.hash), .init(2, "part_set_header", \.partSetHeader)]
}

extension Vote {
  /// The bytes that the validator signs.
  public func signBytes(chainID: String) -> [UInt8] {
    var canonical = CanonicalVote()
    (canonical.type, canonical.height, canonical.round) = (type, height, Int64(round))
    (canonical.blockID, canonical.timestamp, canonical.chainID) = (CanonicalBlockID(blockID), timestamp, chainID)
    return canonical.delimitedProtobuf()
  }
}

extension Proposal {
  /// The bytes that the proposer signs.
  public func signBytes(chainID: String) -> [UInt8] {
    var canonical = CanonicalProposal()
    (canonical.type, canonical.height, canonical.round, canonical.polRound) = (.proposal, height, Int64(round), Int64(polRound))
    (canonical.blockID, canonical.timestamp, canonical.chainID) = (CanonicalBlockID(blockID), timestamp, chainID)
    return canonical.delimitedProtobuf()
  }
}

extension Commit {
  /// The precommit behind entry `index`, which must exist.
  public func vote(at index: Int) -> Vote {
    let entry = signatures[index]
    return Vote(
      type: .precommit, height: height, round: round, blockID: entry.blockID(of: blockID), timestamp: entry.timestamp,
      validatorAddress: entry.validatorAddress, validatorIndex: Int32(truncatingIfNeeded: index), signature: entry.signature)
  }

  /// What the validator of entry `index` signed.
  public func voteSignBytes(at index: Int, chainID: String) -> [UInt8] { vote(at: index).signBytes(chainID: chainID) }
}

extension CommitSignature {
  /// The block that the entry's vote was for.
  func blockID(of commit: BlockID) -> BlockID { flag == .commit ? commit : BlockID() }
}
