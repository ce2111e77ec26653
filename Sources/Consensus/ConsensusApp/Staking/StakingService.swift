public import OasisCrypto
public import OasisTypes

/// Accounts, stake, fees and rewards (sheet 04 part A); also authenticates every transaction (`TransactionAuthentication.swift`).
public final class StakingService: Service {
  public static let name = "100_staking"
  public var name: String { Self.name }
  public var priority: Int64 { 1000 }

  public init() {}

  public var methods: [Method] {
    let malformed = AppError.stakingInvalidArgument
    return [
      Method("staking.Transfer", Transfer.self, malformed: malformed) { _ = try self.transfer($0, $1) },
      Method("staking.Burn", Burn.self, malformed: malformed) { try self.burn($0, $1) },
      Method("staking.AddEscrow", Escrow.self, malformed: malformed) { _ = try self.addEscrow($0, $1) },
      Method("staking.ReclaimEscrow", ReclaimEscrow.self, malformed: malformed) { _ = try self.reclaimEscrow($0, $1) },
      Method("staking.AmendCommissionSchedule", AmendCommissionSchedule.self, malformed: malformed) {
        try self.amendCommissionSchedule($0, $1)
      },
      Method("staking.Allow", Allow.self, malformed: malformed) { try self.allow($0, $1) },
      Method("staking.Withdraw", Withdraw.self, malformed: malformed) { _ = try self.withdraw($0, $1) },
    ]
  }

  public func subscribe(to messages: MessageDispatcher) {
    messages.subscribe(.runtimeMessageStaking, of: self) { context, message in try self.executeMessage(context, message) }
    messages.subscribe(.changeParameters, of: self) { context, change in try self.changeParameters(context, change, apply: true) }
    messages.subscribe(.validateParameterChanges, of: self) { context, change in
      try self.changeParameters(context, change, apply: false)
    }
  }

  public func beginBlock(_ context: Context) throws {
    guard let block = context.block else { throw StateError("staking: no block in BeginBlock") }
    let validators = ValidatorLookup(context.state)
    let proposer = try validators.entity(of: block.proposerAddress)
    let voters = try block.lastCommit.filter(\.signed).compactMap { try validators.entity(of: $0.address) }
    let eligible = block.lastCommit.count
    try disburseLastBlockFees(context, proposer: proposer, eligible: eligible, voters: voters)
    block[StakingBlock.self].proposer = proposer
    if let proposer {
      try rewardProposer(context, proposer, voters: voters.count, eligible: eligible)
    }
    try tallySigning(context, voters)
    for misbehavior in block.misbehavior { try punish(context, misbehavior, validators) }
  }

  public func endBlock(_ context: Context) throws -> [ValidatorChange] {
    guard let block = context.block else { throw StateError("staking: no block in EndBlock") }
    let values = block[StakingBlock.self]
    try splitFees(context, values.fees, proposer: values.proposer)
    if let epoch = try context.newEpoch() {
      try finishDebonding(context, epoch)
      try rewardSigning(context, epoch)
    }
    return []
  }
}

/// What staking keeps during a block.
public struct StakingBlock: BlockValue {
  /// Fees of the transactions so far.
  public var fees = Quantity()
  /// The entity of the block's proposer.
  public var proposer: PublicKey?
  public init() {}
}

/// An account's hook is asked whether it allows a withdrawal.
public struct WithdrawHook: Hashable, Sendable {
  /// The hook's module.
  public var destination: AccountHook
  public var from: Address
  public var to: Address
  public var amount: Quantity
}

extension MessageKind where Payload == WithdrawHook {
  /// Staking asks before a withdrawal from an account with a hook; an error refuses it.
  public static var accountHook: Self { .init("staking.account_hook") }
}

extension MessageKind where Payload == StakingMessage {
  /// A runtime's staking message; root hash publishes it as the runtime.
  public static var runtimeMessageStaking: Self { .init("roothash.runtime_message_staking") }
}
