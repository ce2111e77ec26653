internal import CommandLineTool

/// Flags of `genesis init` with the defaults that the reference writes. Rule: sheets 09 §3.5, 01 §14.10.
enum GenesisInitFlags {
  static let chainID = Flag("chain.id", default: "", "genesis chain id")
  static let initialHeight = Flag("initial_height", default: Int64(1), "initial block height")

  // MARK: Files

  static let entities = Flag("entity", default: [String](), "path to entity registration file")
  static let runtimes = Flag("runtime", default: [String](), "path to runtime registration file")
  static let nodes = Flag("node", default: [String](), "path to node registration file")
  static let rootHash = Flag("roothash", default: [String](), "path to roothash genesis runtime states file")
  static let keyManagers = Flag("keymanager", default: [String](), "path to key manager genesis status file")
  static let staking = Flag("staking", default: "", "path to staking genesis file")

  // MARK: Registry

  static let maxNodeExpiration = Flag(
    "registry.max_node_expiration", default: UInt64(5), "maximum node registration lifespan in epochs")
  static let disableRuntimes = Flag("registry.disable_runtime_registration", default: false, "disable non-genesis runtime registration")
  static let allowUnroutable = Flag(
    "registry.debug.allow_unroutable_addresses", default: false, hidden: true, "allow unroutable addresses (UNSAFE)")
  static let allowTestRuntimes = Flag(
    "registry.debug.allow_test_runtimes", default: false, hidden: true, "enable test runtime registration (UNSAFE)")
  static let governanceModels = Flag(
    "registry.enable_runtime_governance_models", default: ["entity"], "set of enabled runtime governance models")
  static let pcs = Flag("registry.tee_features.sgx.pcs", default: true, "enable PCS support for SGX TEEs")
  static let signedAttestations = Flag(
    "registry.tee_features.sgx.signed_attestations", default: true, "enable SGX RAK-signed attestations")
  static let maxAttestationAge = Flag(
    "registry.tee_features.sgx.default_max_attestation_age", default: UInt64(1200),
    "default max attestation age (SGX RAK-signed attestations must be enabled")
  static let freshnessProofs = Flag("registry.tee_features.freshness_proofs", default: true, "enable freshness proofs")

  // MARK: Scheduler

  static let minValidators = Flag("scheduler.min_validators", default: Int64(1), "minimum number of validators")
  static let maxValidators = Flag("scheduler.max_validators", default: Int64(100), "maximum number of validators")
  static let maxValidatorsPerEntity = Flag(
    "scheduler.max_validators_per_entity", default: Int64(1), "maximum number of validators per entity")
  static let schedulerBypassStake = Flag(
    "scheduler.debug.bypass_stake", default: false, hidden: true, "bypass all stake checks and operations (UNSAFE)")
  static let forceElect = Flag(
    "scheduler.debug.force_elect", default: "", hidden: true, "JSON of runtime, node and role that are elected by decree (UNSAFE)")
  static let allowWeakAlpha = Flag(
    "scheduler.debug.allow_weak_alpha", default: false, hidden: true, "bypass alpha strength check for VRF elections (UNSAFE)")

  // MARK: Governance

  static let minProposalDeposit = Flag(
    "governance.min_proposal_deposit", default: UInt64(100), "proposal deposit for governance proposals")
  static let stakeThreshold = Flag(
    "governance.stake_threshold", default: UInt8(90), "required stake threshold for governance proposals to be accepted")
  static let upgradeCancelMinEpochDiff = Flag(
    "governance.upgrade_cancel_min_epoch_diff", default: UInt64(300), "minimum number of epochs in advance for canceling proposals")
  static let upgradeMinEpochDiff = Flag(
    "governance.upgrade_min_epoch_diff", default: UInt64(300),
    "minimum number of epochs the upgrade needs to be scheduled in advance")
  static let votingPeriod = Flag("governance.voting_period", default: UInt64(100), "voting period (in epochs)")
  static let enableChangeParameters = Flag(
    "governance.enable_change_parameters_proposal", default: true, "enable change parameters proposals")

  // MARK: Beacon

  static let beaconBackend = Flag("beacon.backend", default: "insecure", "beacon backend")
  static let mockBackend = Flag("beacon.debug.mock_backend", default: false, hidden: true, "use debug mock Epoch time backend")
  static let insecureInterval = Flag(
    "beacon.insecure.cometbft.interval", default: Int64(86400), "Epoch interval (in blocks)")
  static let alphaThreshold = Flag(
    "beacon.vrf.alpha_threshold", default: UInt64(1), "Number of proofs required to allow runtime elections")
  static let vrfInterval = Flag("beacon.vrf.interval", default: Int64(86300), "Epoch interval (in blocks)")
  static let submissionDelay = Flag("beacon.vrf.submission_delay", default: Int64(43150), "Proof submission delay (in blocks)")

  // MARK: Root hash

  static let doNotSuspend = Flag(
    "roothash.debug.do_not_suspend_runtimes", default: false, hidden: true, "do not suspend runtimes (UNSAFE)")
  static let rootHashBypassStake = Flag(
    "roothash.debug.bypass_stake", default: false, hidden: true, "bypass all roothash stake checks and operations (UNSAFE)")
  static let maxRuntimeMessages = Flag(
    "roothash.max_runtime_messages", default: UInt32(128), "maximum number of runtime messages submitted in a round")
  static let maxInRuntimeMessages = Flag(
    "roothash.max_in_runtime_messages", default: UInt32(128), "maximum number of ququed incoming runtime messages")
  static let maxPastRoots = Flag(
    "roothash.max_past_roots_stored", default: UInt64(1200),
    "maximum number of past runtime state and I/O roots stored in consensus state")

  // MARK: Staking

  static let tokenSymbol = Flag("staking.token_symbol", default: "", "token's ticker symbol")
  static let tokenExponent = Flag("staking.token_value_exponent", default: UInt8(0), "token value's base-10 exponent")
  static let stakingBypassStake = Flag(
    "staking.debug.bypass_stake", default: false, hidden: true, "bypass all stake checks and operations (UNSAFE)")

  // MARK: Consensus

  static let consensusBackend = Flag("consensus.backend", default: "tendermint", "consensus backend")
  static let blacklist = Flag("consensus.blacklist_public_key", default: [String](), "blacklist public key")
  static let emptyBlockInterval = Flag(
    "consensus.cometbft.empty_block_interval", default: Duration.zero, "cometbft empty block interval")
  static let maxBlockGas = Flag("consensus.cometbft.max_block_gas", default: UInt64(0), "cometbft max gas used per block")
  static let maxBlockSize = Flag("consensus.cometbft.max_block_size", default: "4mb", "cometbft maximum block size (in bytes)")
  static let maxEvidenceSize = Flag("consensus.cometbft.max_evidence_size", default: "1mb", "cometbft max evidence size (in bytes)")
  static let maxTransactionSize = Flag(
    "consensus.cometbft.max_tx_size", default: "128kb", "cometbft maximum transaction size (in bytes)")
  static let skipTimeoutCommit = Flag("consensus.cometbft.skip_timeout_commit", default: false, "skip cometbft commit timeout")
  static let timeoutCommit = Flag("consensus.cometbft.timeout_commit", default: Duration.seconds(1), "cometbft commit timeout")
  static let featureVersion = Flag("consensus.feature_version", default: "", "latest consensus breaking software feature version")
  static let gasPerByte = Flag(
    "consensus.gas_costs.tx_byte", default: UInt64(1), "consensus gas costs: each transaction byte")
  static let checkpointChunkSize = Flag(
    "consensus.state_checkpoint.chunk_size", default: "8mb", "consensus state checkpoint chunk size (in bytes)")
  static let checkpointInterval = Flag(
    "consensus.state_checkpoint.interval", default: UInt64(10000), "consensus state checkpoint interval (in blocks)")
  static let checkpointNumKept = Flag(
    "consensus.state_checkpoint.num_kept", default: UInt64(2), "number of kept consensus state checkpoints")

  static let all: [AnyFlag] =
    [chainID.any, initialHeight.any, entities.any, runtimes.any, nodes.any, rootHash.any, keyManagers.any, staking.any]
    + [maxNodeExpiration.any, disableRuntimes.any, allowUnroutable.any, allowTestRuntimes.any, governanceModels.any]
    + [pcs.any, signedAttestations.any, maxAttestationAge.any, freshnessProofs.any]
    + [minValidators.any, maxValidators.any, maxValidatorsPerEntity.any, schedulerBypassStake.any, forceElect.any, allowWeakAlpha.any]
    + [minProposalDeposit.any, stakeThreshold.any, upgradeCancelMinEpochDiff.any, upgradeMinEpochDiff.any, votingPeriod.any]
    + [enableChangeParameters.any, beaconBackend.any, mockBackend.any, insecureInterval.any, alphaThreshold.any, vrfInterval.any]
    + [submissionDelay.any, doNotSuspend.any, rootHashBypassStake.any, maxRuntimeMessages.any, maxInRuntimeMessages.any]
    + [maxPastRoots.any, tokenSymbol.any, tokenExponent.any, stakingBypassStake.any, consensusBackend.any, blacklist.any]
    + [emptyBlockInterval.any, maxBlockGas.any, maxBlockSize.any, maxEvidenceSize.any, maxTransactionSize.any, skipTimeoutCommit.any]
    + [timeoutCommit.any, featureVersion.any, gasPerByte.any, checkpointChunkSize.any, checkpointInterval.any, checkpointNumKept.any]
}
