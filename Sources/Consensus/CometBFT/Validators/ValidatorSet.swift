internal import Protobuf

/// The validators of one height, ordered by power (descending) and address, with their rotation of proposers. Rule: engine sheet A7.
public struct ValidatorSet: Hashable, Sendable {
  public internal(set) var validators: [Validator]
  /// The validator that the last increment chose, as it was then.
  var chosen: Validator?
  public internal(set) var totalVotingPower: Int64

  /// The empty set, as before the first block.
  public init() { (validators, chosen, totalVotingPower) = ([], nil, 0) }

  /// Validators as they are, in the order given; for tests.
  package init(unchecked validators: [Validator], proposer: Validator? = nil) {
    (self.validators, chosen) = (validators, proposer)
    totalVotingPower = validators.reduce(0) { $0.addingReportingOverflow($1.votingPower).partialValue }
  }

  /// How many validators there are.
  public var count: Int { validators.count }
  public var isEmpty: Bool { validators.isEmpty }

  /// The validator whose turn it is.
  public var proposer: Validator? { chosen ?? validators.reduce(nil) { best, next in best.map { Self.ahead($0, next) } ?? next } }

  /// The place of a validator in the set's order.
  public func index(of address: [UInt8]) -> Int? { validators.firstIndex { $0.address == address } }

  /// The validator with an address.
  public subscript(address address: [UInt8]) -> Validator? { validators.first { $0.address == address } }

  /// The one with the higher priority; at a tie, the one with the smaller address.
  static func ahead(_ a: Validator, _ b: Validator) -> Validator {
    if a.proposerPriority != b.proposerPriority { return a.proposerPriority > b.proposerPriority ? a : b }
    return b.address.lexicographicallyPrecedes(a.address) ? b : a
  }

  /// Merkle root of keys and powers; covers neither addresses nor priorities.
  public func hash() -> [UInt8] {
    Merkle.root(of: validators.map { SimpleValidator(publicKey: $0.publicKey, votingPower: $0.votingPower).protobuf() })
  }

  /// A value for comparing rotations of the same set; goes over no wire. (The reference writes every priority at the start of the
  /// same buffer, and hashes as many bytes as they have together.)
  public func proposerPriorityHash() -> [UInt8] {
    guard !validators.isEmpty else { return [] }
    var buffer = [UInt8](repeating: 0, count: validators.count * 10)
    var length = 0
    for validator in validators {
      let bytes = zigZag(validator.proposerPriority)
      buffer.replaceSubrange(0..<bytes.count, with: bytes)
      length += bytes.count
    }
    return sha256(Array(buffer.prefix(length)))
  }

  /// Checks what needs no state; every validator by itself too.
  public func validateBasic() throws(ValidationError) {
    guard !validators.isEmpty else { throw ValidationError("validator set: empty") }
    for (index, validator) in validators.enumerated() {
      try within("validator set: \(index)") { () throws(ValidationError) in try validator.validateBasic() }
    }
    guard let chosen else { throw ValidationError("validator set: proposer is missing") }
    try within("validator set: proposer") { () throws(ValidationError) in try chosen.validateBasic() }
    guard index(of: chosen.address) != nil else { throw ValidationError("validator set: proposer is not a member") }
  }

  // MARK: Wire form

  /// The wire form, with the total voting power only where a receiver wants it.
  public func message(withTotal: Bool = false) -> ValidatorSetMessage {
    guard !isEmpty else { return ValidatorSetMessage() }
    return ValidatorSetMessage(validators: validators, proposer: proposer, totalVotingPower: withTotal ? totalVotingPower : 0)
  }

  /// A set from its wire form; keeps order and priorities, checks everything but the order.
  public init(_ message: ValidatorSetMessage) throws(ValidationError) {
    validators = message.validators
    chosen = message.proposer
    totalVotingPower = 0
    totalVotingPower = try Self.sum(validators)
    try validateBasic()
  }

  /// A stored set that may be empty.
  init(stored message: ValidatorSetMessage?) throws(ValidationError) {
    guard let message, !message.validators.isEmpty else {
      self.init()
      return
    }
    try self.init(message)
  }

  static func sum(_ validators: [Validator]) throws(ValidationError) -> Int64 {
    var total: Int64 = 0
    for validator in validators {
      let (sum, overflow) = total.addingReportingOverflow(validator.votingPower)
      guard !overflow, sum <= Limits.totalVotingPower else { throw ValidationError("validator set: total voting power is too large") }
      total = sum
    }
    return total
  }
}
