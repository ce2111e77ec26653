public import OasisCrypto
public import Wire

/// Base units moved between accounts (event kind `transfer`, sheet 04 §14).
public struct TransferEvent: WireMap, Hashable, Sendable {
  public var from = Address()
  public var to = Address()
  public var amount = Quantity()
  public init() {}
  public init(from: Address, to: Address, amount: Quantity) { (self.from, self.to, self.amount) = (from, to, amount) }
  public static let fields: [Field<Self>] = [.init("from", \.from), .init("to", \.to), .init("amount", \.amount)]
}

/// Base units destroyed (`burn`).
public struct BurnEvent: WireMap, Hashable, Sendable {
  public var owner = Address()
  public var amount = Quantity()
  public init() {}
  public init(owner: Address, amount: Quantity) { (self.owner, self.amount) = (owner, amount) }
  public static let fields: [Field<Self>] = [.init("owner", \.owner), .init("amount", \.amount)]
}

/// Stake added to an account's active pool (`add_escrow`).
public struct AddEscrowEvent: WireMap, Hashable, Sendable {
  public var owner = Address()
  public var escrow = Address()
  public var amount = Quantity()
  public var newShares = Quantity()
  public init() {}
  public init(owner: Address, escrow: Address, amount: Quantity, newShares: Quantity) {
    (self.owner, self.escrow, self.amount, self.newShares) = (owner, escrow, amount, newShares)
  }
  public static let fields: [Field<Self>] = [
    .init("owner", \.owner), .init("escrow", \.escrow), .init("amount", \.amount), .init("new_shares", \.newShares),
  ]
}

/// Stake slashed (`take_escrow`).
public struct TakeEscrowEvent: WireMap, Hashable, Sendable {
  public var owner = Address()
  public var amount = Quantity()
  /// The part of `amount` taken from the debonding pool.
  public var debondingAmount = Quantity()
  public init() {}
  public init(owner: Address, amount: Quantity, debondingAmount: Quantity) {
    (self.owner, self.amount, self.debondingAmount) = (owner, amount, debondingAmount)
  }
  public static let fields: [Field<Self>] = [
    .init("owner", \.owner), .init("amount", \.amount), .init("debonding_amount", \.debondingAmount),
  ]
}

/// Stake began to debond (`debonding_start`).
public struct DebondingStartEvent: WireMap, Hashable, Sendable {
  public var owner = Address()
  public var escrow = Address()
  public var amount = Quantity()
  public var activeShares = Quantity()
  public var debondingShares = Quantity()
  public var debondEndTime: Epoch = 0
  public init() {}
  public static let fields: [Field<Self>] = [
    .init("owner", \.owner), .init("escrow", \.escrow), .init("amount", \.amount), .init("active_shares", \.activeShares),
    .init("debonding_shares", \.debondingShares), .init("debond_end_time", \.debondEndTime),
  ]
}

/// Debonded stake paid out (`reclaim_escrow`).
public struct ReclaimEscrowEvent: WireMap, Hashable, Sendable {
  public var owner = Address()
  public var escrow = Address()
  public var amount = Quantity()
  public var shares = Quantity()
  public init() {}
  public init(owner: Address, escrow: Address, amount: Quantity, shares: Quantity) {
    (self.owner, self.escrow, self.amount, self.shares) = (owner, escrow, amount, shares)
  }
  public static let fields: [Field<Self>] = [
    .init("owner", \.owner), .init("escrow", \.escrow), .init("amount", \.amount), .init("shares", \.shares),
  ]
}

/// An allowance changed (`allowance_change`).
public struct AllowanceChangeEvent: WireMap, Hashable, Sendable {
  public var owner = Address()
  public var beneficiary = Address()
  /// The allowance after the change.
  public var allowance = Quantity()
  public var negative = false
  public var amountChange = Quantity()
  public init() {}
  public init(owner: Address, beneficiary: Address, allowance: Quantity, negative: Bool, amountChange: Quantity) {
    (self.owner, self.beneficiary, self.allowance) = (owner, beneficiary, allowance)
    (self.negative, self.amountChange) = (negative, amountChange)
  }
  public static let fields: [Field<Self>] = [
    .init("owner", \.owner), .init("beneficiary", \.beneficiary), .init("allowance", \.allowance),
    .init("negative", \.negative, .omitEmpty), .init("amount_change", \.amountChange),
  ]
}

/// An escrow event as the API gives it; exactly one part is set.
public struct EscrowEvent: WireMap, Hashable, Sendable {
  public var add: AddEscrowEvent?
  public var take: TakeEscrowEvent?
  public var debondingStart: DebondingStartEvent?
  public var reclaim: ReclaimEscrowEvent?
  public init() {}
  public static let fields: [Field<Self>] = [
    .init("add", \.add, .omitEmpty), .init("take", \.take, .omitEmpty), .init("debonding_start", \.debondingStart, .omitEmpty),
    .init("reclaim", \.reclaim, .omitEmpty),
  ]
}

/// A staking event as the API gives it; exactly one part is set.
public struct StakingEvent: WireMap, Hashable, Sendable {
  public var height: Int64 = 0
  /// Hash of the transaction; of the empty string for events of the block.
  public var transactionHash = Hash()
  public var transfer: TransferEvent?
  public var burn: BurnEvent?
  public var escrow: EscrowEvent?
  public var allowanceChange: AllowanceChangeEvent?
  public init() {}
  public static let fields: [Field<Self>] = [
    .init("height", \.height, .omitEmpty),
    .init("tx_hash", \.transactionHash),
    .init("transfer", \.transfer, .omitEmpty),
    .init("burn", \.burn, .omitEmpty),
    .init("escrow", \.escrow, .omitEmpty),
    .init("allowance_change", \.allowanceChange, .omitEmpty),
  ]
}
