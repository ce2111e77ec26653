public import Wire

/// Body of `staking.Transfer`.
public struct Transfer: WireMap, Hashable, Sendable {
  public var to = Address()
  public var amount = Quantity()
  public init() {}
  public init(to: Address, amount: Quantity) { (self.to, self.amount) = (to, amount) }
  public static let fields: [Field<Self>] = [.init("to", \.to), .init("amount", \.amount)]
}

/// Body of `staking.Burn`.
public struct Burn: WireMap, Hashable, Sendable {
  public var amount = Quantity()
  public init() {}
  public init(amount: Quantity) { self.amount = amount }
  public static let fields: [Field<Self>] = [.init("amount", \.amount)]
}

/// Body of `staking.AddEscrow`.
public struct Escrow: WireMap, Hashable, Sendable {
  public var account = Address()
  public var amount = Quantity()
  public init() {}
  public init(account: Address, amount: Quantity) { (self.account, self.amount) = (account, amount) }
  public static let fields: [Field<Self>] = [.init("account", \.account), .init("amount", \.amount)]
}

/// Body of `staking.ReclaimEscrow`.
public struct ReclaimEscrow: WireMap, Hashable, Sendable {
  public var account = Address()
  public var shares = Quantity()
  public init() {}
  public init(account: Address, shares: Quantity) { (self.account, self.shares) = (account, shares) }
  public static let fields: [Field<Self>] = [.init("account", \.account), .init("shares", \.shares)]
}

/// Body of `staking.AmendCommissionSchedule`.
public struct AmendCommissionSchedule: WireMap, Hashable, Sendable {
  public var amendment = CommissionSchedule()
  public init() {}
  public init(amendment: CommissionSchedule) { self.amendment = amendment }
  public static let fields: [Field<Self>] = [.init("amendment", \.amendment)]
}

/// Body of `staking.Allow`.
public struct Allow: WireMap, Hashable, Sendable {
  public var beneficiary = Address()
  /// Whether the allowance shrinks.
  public var negative = false
  public var amountChange = Quantity()
  public init() {}
  public init(beneficiary: Address, negative: Bool = false, amountChange: Quantity) {
    (self.beneficiary, self.negative, self.amountChange) = (beneficiary, negative, amountChange)
  }
  public static let fields: [Field<Self>] = [
    .init("beneficiary", \.beneficiary), .init("negative", \.negative, .omitEmpty), .init("amount_change", \.amountChange),
  ]
}

/// Body of `staking.Withdraw`.
public struct Withdraw: WireMap, Hashable, Sendable {
  public var from = Address()
  public var amount = Quantity()
  public init() {}
  public init(from: Address, amount: Quantity) { (self.from, self.amount) = (from, amount) }
  public static let fields: [Field<Self>] = [.init("from", \.from), .init("amount", \.amount)]
}

/// A staking message that a runtime emits; exactly one part is set (sheet 04 §12.1).
public struct StakingMessage: WireMap, Hashable, Sendable {
  public var version: UInt16 = 0
  public var transfer: Transfer?
  public var withdraw: Withdraw?
  public var addEscrow: Escrow?
  public var reclaimEscrow: ReclaimEscrow?
  public init() {}
  public static let fields: [Field<Self>] = [
    .init("v", \.version),
    .init("transfer", \.transfer, .omitEmpty),
    .init("withdraw", \.withdraw, .omitEmpty),
    .init("add_escrow", \.addEscrow, .omitEmpty),
    .init("reclaim_escrow", \.reclaimEscrow, .omitEmpty),
  ]
}

/// Result of a transfer message.
public struct TransferResult: WireMap, Hashable, Sendable {
  public var from = Address()
  public var to = Address()
  public var amount = Quantity()
  public init() {}
  public static let fields: [Field<Self>] = [.init("from", \.from), .init("to", \.to), .init("amount", \.amount)]
}

/// Result of a withdraw message.
public struct WithdrawResult: WireMap, Hashable, Sendable {
  public var owner = Address()
  public var beneficiary = Address()
  public var allowance = Quantity()
  public var amountChange = Quantity()
  public init() {}
  public static let fields: [Field<Self>] = [
    .init("owner", \.owner), .init("beneficiary", \.beneficiary), .init("allowance", \.allowance), .init("amount_change", \.amountChange),
  ]
}

/// Result of an escrow message.
public struct AddEscrowResult: WireMap, Hashable, Sendable {
  public var owner = Address()
  public var escrow = Address()
  public var amount = Quantity()
  public var newShares = Quantity()
  public init() {}
  public static let fields: [Field<Self>] = [
    .init("owner", \.owner), .init("escrow", \.escrow), .init("amount", \.amount), .init("new_shares", \.newShares),
  ]
}

/// Result of a reclaim message.
public struct ReclaimEscrowResult: WireMap, Hashable, Sendable {
  public var owner = Address()
  public var escrow = Address()
  public var amount = Quantity()
  public var debondingShares = Quantity()
  /// Shares of the delegation that are left.
  public var remainingShares = Quantity()
  public var debondEndTime: Epoch = 0
  public init() {}
  public static let fields: [Field<Self>] = [
    .init("owner", \.owner), .init("escrow", \.escrow), .init("amount", \.amount), .init("debonding_shares", \.debondingShares),
    .init("remaining_shares", \.remainingShares), .init("debond_end_time", \.debondEndTime),
  ]
}
