public import OasisCrypto
public import Wire

/// A staking account (sheet 04 §2).
public struct Account: WireMap, Hashable, Sendable {
  public var general = GeneralAccount()
  public var escrow = EscrowAccount()
  public init() {}
  public static let fields: [Field<Self>] = [
    .init("general", \.general, .omitEmptyInCBOR),
    .init("escrow", \.escrow, .omitEmptyInCBOR),
  ]
}

/// The part of an account that its owner can spend.
public struct GeneralAccount: WireMap, Hashable, Sendable {
  /// Base units.
  public var balance = Quantity()
  /// The nonce of the owner's next transaction.
  public var nonce: UInt64 = 0
  /// Base units that others may withdraw.
  public var allowances: [Address: Quantity] = [:]
  public var hooks: [AccountHookKind: AccountHook] = [:]
  public init() {}
  public static let fields: [Field<Self>] = [
    .init("balance", \.balance, .omitEmptyInCBOR),
    .init("nonce", \.nonce, .omitEmpty),
    .init("allowances", \.allowances, .omitEmpty),
    .init("hooks", \.hooks, .omitEmpty),
  ]
}

/// When an account's hook is asked: 1 on withdrawals. A number in JSON too.
public typealias AccountHookKind = UInt8

extension AccountHookKind {
  /// Whoever may withdraw from the account.
  public static var withdraw: AccountHookKind { 1 }
}

/// The module that decides for an account.
public struct AccountHook: WireMap, Hashable, Sendable {
  public var module = ""
  public init() {}
  public init(module: String) { self.module = module }
  public static let fields: [Field<Self>] = [.init("module", \.module)]
}

/// The part of an account that is staked by it and its delegators.
public struct EscrowAccount: WireMap, Hashable, Sendable {
  public var active = SharePool()
  /// Stake that waits for the end of debonding.
  public var debonding = SharePool()
  public var commissionSchedule = CommissionSchedule()
  public var stakeAccumulator = StakeAccumulator()
  public init() {}
  public static let fields: [Field<Self>] = [
    .init("active", \.active, .omitEmptyInCBOR),
    .init("debonding", \.debonding, .omitEmptyInCBOR),
    .init("commission_schedule", \.commissionSchedule, .omitEmptyInCBOR),
    .init("stake_accumulator", \.stakeAccumulator, .omitEmptyInCBOR),
  ]
}

/// Base units held by several owners in shares. Arithmetic: `SharePool+Arithmetic.swift`.
public struct SharePool: WireMap, Hashable, Sendable {
  public var balance = Quantity()
  public var totalShares = Quantity()
  public init() {}
  public init(balance: Quantity, totalShares: Quantity) { (self.balance, self.totalShares) = (balance, totalShares) }
  public static let fields: [Field<Self>] = [
    .init("balance", \.balance, .omitEmptyInCBOR),
    .init("total_shares", \.totalShares, .omitEmptyInCBOR),
  ]
}

/// Shares of an account's active pool that a delegator holds.
public struct Delegation: WireMap, Hashable, Sendable {
  public var shares = Quantity()
  public init() {}
  public init(shares: Quantity) { self.shares = shares }
  public static let fields: [Field<Self>] = [.init("shares", \.shares)]
}

/// Shares of an account's debonding pool that are paid out at the end of debonding.
public struct DebondingDelegation: WireMap, Hashable, Sendable {
  public var shares = Quantity()
  public var debondEnd: Epoch = 0
  public init() {}
  public init(shares: Quantity, debondEnd: Epoch) { (self.shares, self.debondEnd) = (shares, debondEnd) }
  public static let fields: [Field<Self>] = [.init("shares", \.shares), .init("debond_end", \.debondEnd)]
}

/// A delegation with the pool that it has shares of (query only).
public struct DelegationInfo: WireMap, Hashable, Sendable {
  public var shares = Quantity()
  public var pool = SharePool()
  public init() {}
  public init(shares: Quantity, pool: SharePool) { (self.shares, self.pool) = (shares, pool) }
  public static let fields: [Field<Self>] = [.init("shares", \.shares), .init("pool", \.pool)]
}

/// A debonding delegation with the pool that it has shares of (query only).
public struct DebondingDelegationInfo: WireMap, Hashable, Sendable {
  public var shares = Quantity()
  public var debondEnd: Epoch = 0
  public var pool = SharePool()
  public init() {}
  public static let fields: [Field<Self>] = [
    .init("shares", \.shares), .init("debond_end", \.debondEnd), .init("pool", \.pool),
  ]
}

/// How often each entity signed blocks of the epoch. The keys are capitalised on the wire.
public struct EpochSigning: WireMap, Hashable, Sendable {
  public var total: UInt64 = 0
  public var byEntity: [PublicKey: UInt64] = [:]
  public init() {}
  public static let fields: [Field<Self>] = [.init("Total", \.total), .init("ByEntity", \.byEntity)]
}
