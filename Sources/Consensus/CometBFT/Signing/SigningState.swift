internal import Protobuf

/// Why nothing was signed.
public enum SigningError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The request lies behind what was signed last.
  case regression(String)
  /// Something else was signed at the same height, round and step.
  case conflict
  /// The state names this height, round and step, but not what was signed.
  case incomplete(String)
  /// The state's file cannot be read or written, or is of another key.
  case state(String)
  case signer(String)

  public var description: String {
    switch self {
    case .regression(let reason): reason
    case .conflict: "conflicting data"
    case .incomplete(let reason): reason
    case .state(let reason): "private validator state: \(reason)"
    case .signer(let reason): "signer: \(reason)"
    }
  }
}

/// The last thing that a validator signed: protects it from signing two things that exclude each other. Rule: engine sheet A15.3.
public struct SigningState: Hashable, Sendable {
  public var height: Int64 = 0
  public var round: Int32 = 0
  /// 1 proposal, 2 prevote, 3 precommit.
  public var step: Int8 = 0
  public var signature: [UInt8] = []
  public var signBytes: [UInt8] = []

  public init() {}

  /// Whether nothing was ever signed.
  var isBlank: Bool { height == 0 }

  /// Whether this was signed after `other`, as heights, rounds and steps go.
  func isLater(than other: SigningState) -> Bool { (height, round, step) > (other.height, other.round, other.step) }

  /// The state after a validator signed a message of its own; nil if the message is none that it signs.
  init?(signed message: ConsensusMessage, by address: [UInt8], chainID: String) {
    switch message.kind {
    case .proposal(let message):
      let proposal = message.proposal
      (height, round, step) = (proposal.height, proposal.round, 1)
      (signature, signBytes) = (proposal.signature, proposal.signBytes(chainID: chainID))
    case .vote(let message):
      guard let vote = message.vote, vote.validatorAddress == address, vote.type.isVote else { return nil }
      (height, round, step) = (vote.height, vote.round, vote.type == .prevote ? 2 : 3)
      (signature, signBytes) = (vote.signature, vote.signBytes(chainID: chainID))
    default: return nil
    }
    guard height > 0, round >= 0 else { return nil }
  }

  /// The precommit for a block that was signed last, as it was given out; nil where that is something else.
  func blockPrecommit(by address: [UInt8], index: Int) -> Vote? {
    guard step == 3, !signature.isEmpty, let signed = try? CanonicalVote(delimited: signBytes), let id = signed.blockID else { return nil }
    return Vote(
      type: .precommit, height: height, round: round,
      blockID: BlockID(hash: id.hash, partSetHeader: id.partSetHeader),
      timestamp: signed.timestamp, validatorAddress: address, validatorIndex: Int32(truncatingIfNeeded: index), signature: signature)
  }

  /// What to do about a request.
  enum Verdict: Equatable {
    case sign
    /// The same was signed before: give out that signature, with that time.
    case repeated(signature: [UInt8], time: Timestamp)
  }

  /// Judges a request to sign `signBytes`.
  func verdict(
    height: Int64, round: Int32, step: Int8, signBytes: [UInt8], timeOf: ([UInt8]) -> (time: Timestamp, rest: [UInt8])?
  ) throws(SigningError) -> Verdict {
    if height < self.height { throw .regression("height regression. Got \(height), last height \(self.height)") }
    guard height == self.height else { return .sign }
    if round < self.round { throw .regression("round regression at height \(height). Got \(round), last round \(self.round)") }
    guard round == self.round else { return .sign }
    if step < self.step {
      throw .regression("step regression at height \(height) round \(round). Got \(step), last step \(self.step)")
    }
    guard step == self.step else { return .sign }
    guard !self.signBytes.isEmpty else { throw .incomplete("no SignBytes found") }
    guard !signature.isEmpty else { throw .incomplete("sign bytes without a signature") }
    guard let old = timeOf(self.signBytes), let new = timeOf(signBytes), old.rest == new.rest else { throw .conflict }
    return .repeated(signature: signature, time: old.time)
  }

  static func voteTime(_ signBytes: [UInt8]) -> (time: Timestamp, rest: [UInt8])? {
    guard var vote = try? CanonicalVote(delimited: signBytes) else { return nil }
    let time = vote.timestamp
    vote.timestamp = .zero
    return (time, vote.protobuf())
  }

  static func proposalTime(_ signBytes: [UInt8]) -> (time: Timestamp, rest: [UInt8])? {
    guard var proposal = try? CanonicalProposal(delimited: signBytes) else { return nil }
    let time = proposal.timestamp
    proposal.timestamp = .zero
    return (time, proposal.protobuf())
  }
}

extension ProtobufMessage {
  /// Decodes a message that has its length in front.
  init(delimited bytes: [UInt8]) throws(ProtobufError) {
    self.init()
    var message = self
    var reader = ProtobufReader(bytes)
    try reader.delimited { (inner) throws(ProtobufError) in try message.merge(from: &inner) }
    self = message
  }
}
