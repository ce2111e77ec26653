public import OasisTypes

/// A staking event: all are provable (sheet 04 §14).
public protocol StakingServiceEvent: ServiceEvent {}

extension StakingServiceEvent {
  public static var service: String { StakingService.name }
  public static var isProvable: Bool { true }
}

extension TransferEvent: StakingServiceEvent { public static var kind: String { "transfer" } }
extension BurnEvent: StakingServiceEvent { public static var kind: String { "burn" } }
extension AddEscrowEvent: StakingServiceEvent { public static var kind: String { "add_escrow" } }
extension TakeEscrowEvent: StakingServiceEvent { public static var kind: String { "take_escrow" } }
extension DebondingStartEvent: StakingServiceEvent { public static var kind: String { "debonding_start" } }
extension ReclaimEscrowEvent: StakingServiceEvent { public static var kind: String { "reclaim_escrow" } }
extension AllowanceChangeEvent: StakingServiceEvent { public static var kind: String { "allowance_change" } }
