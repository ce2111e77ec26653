public import CBOR
internal import CometBFT
internal import ConsensusApp
internal import ConsensusService
public import JSONText
public import OasisCrypto
public import OasisTypes
public import Wire

extension Consensus {
  /// The block in the making: who has voted in its running round. Rule: sheet 03 §18.
  public struct NextBlockState: WireMap, Hashable, Sendable {
    public var height: Int64 = 0
    public var validatorCount: UInt64 = 0
    /// Of all validators.
    public var votingPower: UInt64 = 0
    public var prevotes = Votes()
    public var precommits = Votes()
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("height", \.height), .init("num_validators", \.validatorCount), .init("voting_power", \.votingPower),
      .init("prevotes", \.prevotes), .init("precommits", \.precommits),
    ]
  }

  /// The votes of one step.
  public struct Votes: WireMap, Hashable, Sendable {
    /// Of those who voted.
    public var votingPower: UInt64 = 0
    public var ratio = Ratio()
    public var votes: [Vote]?
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("voting_power", \.votingPower), .init("ratio", \.ratio), .init("votes", \.votes),
    ]
  }

  /// One validator's vote; the identity is zero where the registry does not know the validator.
  public struct Vote: WireMap, Hashable, Sendable {
    public var nodeID = PublicKey()
    public var entityID = PublicKey()
    public var entityAddress = Address()
    public var votingPower: UInt64 = 0
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("node_id", \.nodeID), .init("entity_id", \.entityID), .init("entity_address", \.entityAddress),
      .init("voting_power", \.votingPower),
    ]
  }

  /// A fraction, as a floating point number.
  public struct Ratio: WireValue, Hashable {
    public var value = 0.0

    public init() {}
    public init(_ part: UInt64, of whole: UInt64) { value = whole == 0 ? 0 : Double(part) / Double(whole) }

    public var isEmpty: Bool { value == 0 }
    public func encode(to writer: inout CBORWriter) { writer.write(double: value) }
    public init(from reader: inout CBORReader) throws(CBORError) { value = try reader.readDouble() }
    /// Go prints the shortest form, without a fraction where there is none.
    public func encode(to writer: inout JSONWriter) {
      let text = value.description
      writer.write(verbatim: text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
    }
    public init(json: JSONValue) throws(JSONError) {
      guard case .number(let text) = json, let value = Double(text), value.isFinite else { throw .mismatch("number", json) }
      self.value = value
    }
    public static func random(using random: inout WireRandom) -> Ratio { Ratio(random.next() % 1000, of: 1000) }
  }

  /// Proof of misbehaviour for the engine's pool: protobuf of CometBFT's type.
  public struct EvidenceMessage: WireMap, Hashable, Sendable {
    public var meta: [UInt8]?
    public init() {}
    public init(meta: [UInt8]) { self.meta = meta }
    public static let fields: [Field<Self>] = [.init("meta", \.meta)]
  }
}

extension Consensus.NextBlockState {
  /// - Parameters:
  ///   - nodes: the nodes of the validators, where the registry knows them, in the same order.
  init(_ round: RunningRound, nodes: [Node?]) {
    (height, validatorCount) = (round.height, UInt64(round.validators.count))
    votingPower = UInt64(clamping: round.totalPower)
    let votes = zip(round.validators, nodes).map { validator, node in
      var vote = Consensus.Vote()
      vote.votingPower = UInt64(clamping: validator.power)
      if let node { (vote.nodeID, vote.entityID, vote.entityAddress) = (node.id, node.entityID, Address(node.entityID)) }
      return (validator, vote)
    }
    prevotes = Consensus.Votes(votes.filter(\.0.hasPrevoted).map(\.1), of: votingPower)
    precommits = Consensus.Votes(votes.filter(\.0.hasPrecommitted).map(\.1), of: votingPower)
  }
}

extension Consensus.Votes {
  init(_ votes: [Consensus.Vote], of total: UInt64) {
    votingPower = votes.reduce(0) { $0 &+ $1.votingPower }  // &+: the engine keeps the sum of all powers below 2^60
    ratio = Consensus.Ratio(votingPower, of: total)
    self.votes = votes.nilIfEmpty
  }
}
