extension ValidatorSet {
  /// A set of new validators, after its first turn. Priorities given are ignored.
  public init(new validators: [Validator]) throws(ValidationError) {
    self.init()
    try apply(validators, allowRemovals: false)
    increment(1)
  }

  /// Changes powers, adds validators, and removes those of power 0. Nothing changes when it throws.
  public mutating func update(_ changes: [Validator]) throws(ValidationError) { try apply(changes, allowRemovals: true) }

  private mutating func apply(_ changes: [Validator], allowRemovals: Bool) throws(ValidationError) {
    guard !changes.isEmpty else { return }
    let (updates, removals) = try Self.separate(changes)
    guard allowRemovals || removals.isEmpty else { throw ValidationError("validator update: removals are not allowed here") }
    let known = Dictionary(validators.map { ($0.address, $0) }) { first, _ in first }
    let added = updates.lazy.filter { known[$0.address] == nil }.count
    guard added > 0 || validators.count != removals.count else {
      throw ValidationError("validator update: would leave no validator")
    }
    var removed: Int64 = 0
    for removal in removals {
      guard let validator = known[removal.address] else { throw ValidationError("validator update: removes one that is not in the set") }
      removed += validator.votingPower  // at most the total
    }
    let total = try totalBeforeRemovals(updates, known: known, removed: removed)
    let gone = Set(removals.map(\.address))
    let changed = Set(updates.map(\.address))
    // In the reference the proposer is a reference to the member, as long as no update replaces the member.
    let isFollowed = chosen.map { known[$0.address] == $0 && !changed.contains($0.address) } ?? false
    var result = validators.filter { !gone.contains($0.address) && !changed.contains($0.address) }
    for update in updates {
      var validator = update
      validator.proposerPriority = known[update.address]?.proposerPriority ?? -(total + total >> 3)
      result.append(validator)
    }
    totalVotingPower = try Self.sum(result)
    validators = result
    rescale(2 * totalVotingPower)
    shift()
    if isFollowed, let address = chosen?.address, let live = self[address: address] { chosen = live }
    validators.sort {
      $0.votingPower != $1.votingPower ? $0.votingPower > $1.votingPower : $0.address.lexicographicallyPrecedes($1.address)
    }
  }

  /// Updates and removals, each in the order of addresses.
  private static func separate(_ changes: [Validator]) throws(ValidationError) -> (updates: [Validator], removals: [Validator]) {
    let sorted = changes.sorted { $0.address.lexicographicallyPrecedes($1.address) }
    var updates: [Validator] = []
    var removals: [Validator] = []
    for (index, change) in sorted.enumerated() {
      if index > 0, sorted[index - 1].address == change.address { throw ValidationError("validator update: the same validator twice") }
      guard change.votingPower >= 0 else { throw ValidationError("validator update: voting power \(change.votingPower)") }
      guard change.votingPower <= Limits.totalVotingPower else { throw ValidationError("validator update: voting power is too large") }
      if change.votingPower == 0 { removals.append(change) } else { updates.append(change) }
    }
    return (updates, removals)
  }

  /// The total power with the updates but without the removals; the removals count when it is compared with the limit.
  private func totalBeforeRemovals(
    _ updates: [Validator], known: [[UInt8]: Validator], removed: Int64
  ) throws(ValidationError) -> Int64 {
    let deltas = updates.map { $0.votingPower - (known[$0.address]?.votingPower ?? 0) }.sorted()  // powers are below 2^60
    var total = totalVotingPower - removed
    for delta in deltas {
      total += delta  // both below 2^61
      guard total <= Limits.totalVotingPower else { throw ValidationError("validator update: total voting power is too large") }
    }
    return total + removed
  }
}
