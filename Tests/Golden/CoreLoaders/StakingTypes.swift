internal import OasisTypes
internal import Wire

/// Types of staking, transactions and the consensus layer in `cbor-types.jsonl`.
let stakingTypes: [String: TypeCheck] = [
  "staking.Account": wireType(Account.self), "staking.AddEscrowEvent": wireType(AddEscrowEvent.self),
  "staking.AddEscrowResult": wireType(AddEscrowResult.self), "staking.Allow": wireType(Allow.self),
  "staking.AllowanceChangeEvent": wireType(AllowanceChangeEvent.self),
  "staking.AmendCommissionSchedule": wireType(AmendCommissionSchedule.self), "staking.Burn": wireType(Burn.self),
  "staking.BurnEvent": wireType(BurnEvent.self), "staking.CommissionRateBoundStep": wireType(CommissionBoundStep.self),
  "staking.CommissionRateStep": wireType(CommissionRateStep.self), "staking.CommissionSchedule": wireType(CommissionSchedule.self),
  "staking.CommissionScheduleRules": wireType(CommissionScheduleRules.self),
  "staking.ConsensusParameterChanges": wireType(StakingParameterChanges.self),
  "staking.ConsensusParameters": wireType(StakingParameters.self), "staking.DebondingDelegation": wireType(DebondingDelegation.self),
  "staking.DebondingDelegationInfo": wireType(DebondingDelegationInfo.self),
  "staking.DebondingStartEscrowEvent": wireType(DebondingStartEvent.self), "staking.Delegation": wireType(Delegation.self),
  "staking.DelegationInfo": wireType(DelegationInfo.self), "staking.Escrow": wireType(Escrow.self),
  "staking.EscrowAccount": wireType(EscrowAccount.self), "staking.EscrowEvent": wireType(EscrowEvent.self),
  "staking.Event": wireType(StakingEvent.self), "staking.GeneralAccount": wireType(GeneralAccount.self),
  "staking.Genesis": wireType(StakingGenesis.self), "staking.HookDestination": wireType(AccountHook.self),
  "staking.ReclaimEscrow": wireType(ReclaimEscrow.self), "staking.ReclaimEscrowEvent": wireType(ReclaimEscrowEvent.self),
  "staking.ReclaimEscrowResult": wireType(ReclaimEscrowResult.self), "staking.RewardStep": wireType(RewardStep.self),
  "staking.SharePool": wireType(SharePool.self), "staking.Slash": wireType(Slash.self),
  "staking.StakeAccumulator": wireType(StakeAccumulator.self), "staking.StakeThreshold": wireType(StakeThreshold.self),
  "staking.TakeEscrowEvent": wireType(TakeEscrowEvent.self), "staking.Transfer": wireType(Transfer.self),
  "staking.TransferEvent": wireType(TransferEvent.self), "staking.TransferResult": wireType(TransferResult.self),
  "staking.Withdraw": wireType(Withdraw.self), "staking.WithdrawResult": wireType(WithdrawResult.self),
]

let consensusTypes: [String: TypeCheck] = [
  "transaction.Transaction": wireType(Transaction.self), "transaction.Fee": wireType(Fee.self),
  "transaction.SignedTransaction": wireType(SignedEnvelope.self), "transaction.Costs": wireType([String: UInt64]?.self),
  "consensus.LightBlock": wireType(Consensus.LightBlock.self), "consensus.Validators": wireType(Consensus.Validators.self),
  "consensus.Parameters": wireType(Consensus.Parameters.self), "consensus.Genesis": wireType(ConsensusGenesis.self),
  "consensus.GenesisParameters": wireType(ConsensusParameters.self), "consensus.BlockMetadata": wireType(BlockMetadata.self),
  "genesis.Document": wireType(GenesisDocument.self),
]

let churpTypes: [String: TypeCheck] = [
  "churp.CreateRequest": wireType(Churp.CreateRequest.self), "churp.UpdateRequest": wireType(Churp.UpdateRequest.self),
  "churp.ApplicationRequest": wireType(Churp.HandoffStatement.self), "churp.ConfirmationRequest": wireType(Churp.HandoffStatement.self),
  "churp.SignedApplicationRequest": wireType(Churp.SignedApplication.self),
  "churp.SignedConfirmationRequest": wireType(Churp.SignedConfirmation.self),
]
