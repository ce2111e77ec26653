public import Protobuf

/// A validator: key, weight of its vote, and its place in the rotation of proposers.
public struct Validator: ProtobufMessage, Hashable {
  /// First 20 bytes of SHA-256 of the key.
  public var address: [UInt8] = []
  public var publicKey = ConsensusKey()
  public var votingPower: Int64 = 0
  public var proposerPriority: Int64 = 0

  public init() {}
  public init(address: [UInt8], publicKey: ConsensusKey, votingPower: Int64, proposerPriority: Int64 = 0) {
    (self.address, self.publicKey) = (address, publicKey)
    (self.votingPower, self.proposerPriority) = (votingPower, proposerPriority)
  }

  public static let fields: [ProtobufField<Self>] = [
    .init(1, "address", \.address), .init(2, "pub_key", \.publicKey), .init(3, "voting_power", \.votingPower),
    .init(4, "proposer_priority", \.proposerPriority),
  ]
}

/// The wire form of a validator set.
public struct ValidatorSetMessage: ProtobufMessage, Hashable {
  public var validators: [Validator] = []
  public var proposer: Validator?
  /// Zero in what the engine stores and hashes; filled in for light blocks of the Oasis API.
  public var totalVotingPower: Int64 = 0

  public init() {}
  public init(validators: [Validator], proposer: Validator?, totalVotingPower: Int64 = 0) {
    (self.validators, self.proposer, self.totalVotingPower) = (validators, proposer, totalVotingPower)
  }

  public static let fields: [ProtobufField<Self>] = [
    .init(1, "validators", \.validators), .init(2, "proposer", \.proposer), .init(3, "total_voting_power", \.totalVotingPower),
  ]
}

/// What the validators hash covers of a validator.
package struct SimpleValidator: ProtobufMessage, Hashable {
  package var publicKey: ConsensusKey?
  package var votingPower: Int64 = 0
  package init() {}
  package init(publicKey: ConsensusKey?, votingPower: Int64) { (self.publicKey, self.votingPower) = (publicKey, votingPower) }
  package static let fields: [ProtobufField<Self>] = [.init(1, "pub_key", \.publicKey), .init(2, "voting_power", \.votingPower)]
}
