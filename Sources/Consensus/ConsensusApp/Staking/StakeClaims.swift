public import OasisTypes

/// Claims on the stake of accounts (sheet 04 §7): loads each account once, changes it in memory, writes all of them at ``commit()``.
///
/// Nothing else may write these accounts in between. An account that was only read is written too.
public final class StakeClaims {
  private let staking: StakingState
  private let thresholds: [ThresholdKind: Quantity]
  private var accounts: [Address: Account] = [:]
  private var order: [Address] = []

  /// Claims on the accounts of a state, by its thresholds.
  public init(_ tree: StateTree) throws {
    staking = StakingState(tree)
    thresholds = try staking.parameters().thresholds
  }

  /// The escrow account as changed so far.
  public func escrow(_ address: Address) throws -> EscrowAccount { try load(address).escrow }

  private func load(_ address: Address) throws -> Account {
    if let account = accounts[address] { return account }
    let account = try staking.account(address)
    accounts[address] = account
    order.append(address)
    return account
  }

  /// - Throws: `staking`/4 if the active stake is below all claims.
  public func check(_ address: Address) throws { try load(address).escrow.checkClaims(thresholds) }

  /// Adds or replaces a claim; nil thresholds claim nothing.
  ///
  /// - Throws: `staking`/4 if the active stake does not cover it and all other claims.
  public func add(_ address: Address, claim: String, _ claimed: [StakeThreshold]?) throws {
    var account = try load(address)
    try account.escrow.addClaim(claim, claimed, thresholds)
    accounts[address] = account
  }

  /// - Throws: an uncoded error if there is no such claim.
  public func remove(_ address: Address, claim: String) throws {
    var account = try load(address)
    try account.escrow.removeClaim(claim)
    accounts[address] = account
  }

  /// Writes all accounts that were looked at.
  public func commit() {
    for address in order { accounts[address].map { staking.setAccount(address, $0) } }
    accounts = [:]
    order = []
  }
}

extension EscrowAccount {
  /// Base units that all claims need together, one of them left out if given.
  public func totalClaims(_ thresholds: [ThresholdKind: Quantity], without excluded: String? = nil) throws -> Quantity {
    var total = Quantity()
    for (name, claimed) in stakeAccumulator.claims where name != excluded {
      for threshold in claimed ?? [] { total = total + (try threshold.value(thresholds)) }
    }
    return total
  }

  /// Refuses an account whose active stake is below all claims (`staking`/4).
  public func checkClaims(_ thresholds: [ThresholdKind: Quantity]) throws {
    guard active.balance >= (try totalClaims(thresholds)) else { throw AppError.insufficientStake }
  }

  /// Adds or replaces a claim, if the active stake covers it and all others (`staking`/4).
  public mutating func addClaim(_ name: String, _ claimed: [StakeThreshold]?, _ thresholds: [ThresholdKind: Quantity]) throws {
    var total = try totalClaims(thresholds, without: name)
    for threshold in claimed ?? [] { total = total + (try threshold.value(thresholds)) }
    guard active.balance >= total else { throw AppError.insufficientStake }
    stakeAccumulator.claims.updateValue(claimed, forKey: name)
  }

  /// Removes a claim; an unknown one is an uncoded error.
  public mutating func removeClaim(_ name: String) throws {
    guard stakeAccumulator.claims.removeValue(forKey: name) != nil else {
      throw AppError.uncoded("staking: claim does not exist: \(name)")
    }
  }
}

extension StakeThreshold {
  /// Base units; a kind that the parameters lack needs none.
  public func value(_ thresholds: [ThresholdKind: Quantity]) throws -> Quantity {
    if let global { return thresholds[global] ?? Quantity() }
    if let constant { return constant }
    throw AppError.uncoded("staking: invalid claim threshold")
  }
}
