internal import Bytes
internal import CBOR
internal import GoldenSupport
internal import MKVS
internal import NodeAPI
internal import OasisTypes
internal import Wire

/// What a method's messages are: decoding and encoding again must give the same bytes.
struct RPCMessages: Sendable {
  typealias Check = @Sendable ([UInt8]) throws -> Void
  let request: Check
  let response: Check
  /// Only that a request can be read: of calls that the reference refused, or with fields that nobody knows.
  var readRequest: Check = { _ in }

  private static func value<T: WireValue>(_ type: T.Type) -> Check {
    { bytes in
      let value = try T.decode(cbor: bytes, mode: .rpc)
      try expectEqual(value.cbor().hex, bytes.hex, "encoded again")
    }
  }

  private static func reading<T: WireValue>(_ type: T.Type) -> Check { { _ = try T.decode(cbor: $0, mode: .rpc) } }

  /// A method without argument ignores what is sent; one without result answers nothing.
  private static let ignored: Check = { _ in }
  private static let nothing: Check = { try expectEqual($0.hex, "", "message of a method without result") }

  private static func ask<Q: WireValue, A: WireValue>(_ request: Q.Type, _ response: A.Type) -> RPCMessages {
    RPCMessages(request: value(request), response: value(response), readRequest: reading(request))
  }
  private static func tell<A: WireValue>(_ response: A.Type) -> RPCMessages { RPCMessages(request: ignored, response: value(response)) }
  private static func take<Q: WireValue>(_ request: Q.Type) -> RPCMessages {
    RPCMessages(request: value(request), response: nothing, readRequest: reading(request))
  }
  private static let run = RPCMessages(request: ignored, response: nothing)

  private typealias Methods = [String: RPCMessages]

  /// By service and method; nil for methods that are not part of this version.
  static func of(_ service: String, _ method: String) -> RPCMessages? { services[service]?[method] }

  private static let services: [String: Methods] = [
    "NodeController": nodeController, "Consensus": consensus, "Beacon": beacon, "Scheduler": scheduler, "Registry": registry,
    "Staking": staking, "RootHash": rootHash, "Governance": governance, "Vault": vault, "KeyManager": secrets,
    "KeyManager.Secrets": secrets,
    "KeyManager.Churp": churp, "RuntimeClient": runtimeClient, "StorageWorker": storageWorker, "Storage": storage,
    "DebugController": debugController, "Sentry": sentry,
  ]

  private static let nodeController: Methods = [
    "GetStatus": tell(Control.Status.self), "IsSynced": tell(Bool.self), "IsReady": tell(Bool.self), "WaitSync": run, "WaitReady": run,
    "RequestShutdown": take(Bool.self), "AddBundle": take(String.self), "UpgradeBinary": take(Upgrade.Descriptor.self),
    "CancelUpgrade": take(Upgrade.Descriptor.self),
  ]
  private static let consensus: Methods = [
    "SubmitTx": take(SignedEnvelope.self), "SubmitTxNoWait": take(SignedEnvelope.self),
    "SubmitTxWithProof": ask(SignedEnvelope.self, Consensus.Proof.self), "EstimateGas": ask(Consensus.EstimateRequest.self, UInt64.self),
    "MinGasPrice": tell(Quantity.self), "GetBlock": ask(Int64.self, Consensus.Block.self),
    "GetBlockResults": ask(Int64.self, Consensus.BlockResults.self), "GetLightBlock": ask(Int64.self, Consensus.LightBlock.self),
    "GetValidators": ask(Int64.self, Consensus.Validators.self), "GetLatestHeight": tell(Int64.self),
    "GetLastRetainedHeight": tell(Int64.self), "GetTransactions": ask(Int64.self, [[UInt8]].self),
    "GetTransactionsWithResults": ask(Int64.self, Consensus.TransactionsWithResults.self),
    "GetTransactionsWithProofs": ask(Int64.self, Consensus.TransactionsWithProofs.self),
    "GetUnconfirmedTransactions": tell([[UInt8]].self), "GetGenesisDocument": tell(GenesisDocument.self),
    "StateToGenesis": ask(Int64.self, GenesisDocument.self), "GetChainContext": tell(String.self),
    "GetStatus": tell(Control.ConsensusStatus.self), "GetParameters": ask(Int64.self, Consensus.Parameters.self),
    "WatchBlocks": tell(Consensus.Block.self), "GetNextBlockState": tell(Consensus.NextBlockState.self),
    "SubmitEvidence": take(Consensus.EvidenceMessage.self), "StateSyncGet": ask(GetRequest.self, ProofResponse.self),
    "StateSyncGetPrefixes": ask(GetPrefixesRequest.self, ProofResponse.self),
    "StateSyncIterate": ask(IterateRequest.self, ProofResponse.self),
  ]
  private static let beacon: Methods = [
    "GetBaseEpoch": tell(Epoch.self), "GetEpoch": ask(Int64.self, Epoch.self), "GetNextEpoch": ask(Int64.self, Epoch.self),
    "GetFutureEpoch": ask(Int64.self, EpochTimeState?.self), "GetEpochBlock": ask(Epoch.self, Int64.self), "WaitEpoch": take(Epoch.self),
    "GetBeacon": ask(Int64.self, [UInt8].self), "StateToGenesis": ask(Int64.self, BeaconGenesis.self),
    "ConsensusParameters": ask(Int64.self, BeaconParameters.self), "WatchEpochs": tell(Epoch.self),
  ]
  private static let scheduler: Methods = [
    "GetValidators": ask(Int64.self, [Validator].self), "GetCommittees": ask(CommitteesRequest.self, [Committee]?.self),
    "StateToGenesis": ask(Int64.self, SchedulerGenesis.self), "ConsensusParameters": ask(Int64.self, SchedulerParameters.self),
    "WatchCommittees": tell(Committee.self),
  ]
  private static let registry: Methods = [
    "GetEntity": ask(Registry.IDQuery.self, Entity.self), "GetEntities": ask(Int64.self, [Entity]?.self),
    "GetNode": ask(Registry.IDQuery.self, Node.self), "GetNodeByConsensusAddress": ask(Registry.ConsensusAddressQuery.self, Node.self),
    "GetNodeStatus": ask(Registry.IDQuery.self, Registry.NodeStatus.self), "GetNodes": ask(Int64.self, [Node]?.self),
    "GetRuntime": ask(Registry.GetRuntimeQuery.self, Registry.Runtime.self),
    "GetRuntimes": ask(Registry.GetRuntimesQuery.self, [Registry.Runtime]?.self),
    "StateToGenesis": ask(Int64.self, Registry.Genesis.self), "ConsensusParameters": ask(Int64.self, Registry.ConsensusParameters.self),
    "GetEvents": ask(Int64.self, [Registry.Event]?.self), "WatchEvents": tell(Registry.Event.self),
    "WatchEntities": tell(Registry.EntityEvent.self), "WatchNodes": tell(Registry.NodeEvent.self),
    "WatchRuntimes": tell(Registry.Runtime.self), "WatchNodeList": tell(Registry.NodeList.self),
  ]
  private static let staking: Methods = [
    "TokenSymbol": ask(Int64.self, String.self), "TokenValueExponent": ask(Int64.self, UInt8.self),
    "TotalSupply": ask(Int64.self, Quantity.self), "CommonPool": ask(Int64.self, Quantity.self),
    "LastBlockFees": ask(Int64.self, Quantity.self), "GovernanceDeposits": ask(Int64.self, Quantity.self),
    "Threshold": ask(ThresholdQuery.self, Quantity.self), "Addresses": ask(Int64.self, [Address]?.self),
    "CommissionScheduleAddresses": ask(Int64.self, [Address]?.self), "Account": ask(OwnerQuery.self, Account.self),
    "Allowance": ask(AllowanceQuery.self, Quantity.self), "DelegationsFor": ask(OwnerQuery.self, [Address: Delegation].self),
    "DelegationInfosFor": ask(OwnerQuery.self, [Address: DelegationInfo].self),
    "DelegationsTo": ask(OwnerQuery.self, [Address: Delegation].self),
    "DebondingDelegationsFor": ask(OwnerQuery.self, [Address: [DebondingDelegation]].self),
    "DebondingDelegationInfosFor": ask(OwnerQuery.self, [Address: [DebondingDelegationInfo]].self),
    "DebondingDelegationsTo": ask(OwnerQuery.self, [Address: [DebondingDelegation]].self),
    "ConsensusParameters": ask(Int64.self, StakingParameters.self), "StateToGenesis": ask(Int64.self, StakingGenesis.self),
    "GetEvents": ask(Int64.self, [StakingEvent]?.self), "WatchEvents": tell(StakingEvent.self),
  ]
  private static let rootHash: Methods = [
    "GetGenesisBlock": ask(RootHash.RuntimeRequest.self, RootHash.Block.self),
    "GetLatestBlock": ask(RootHash.RuntimeRequest.self, RootHash.Block.self),
    "GetRuntimeState": ask(RootHash.RuntimeRequest.self, RootHash.RuntimeState.self),
    "GetLastRoundResults": ask(RootHash.RuntimeRequest.self, RootHash.RoundResults.self),
    "GetRoundRoots": ask(RootHash.RoundRootsRequest.self, RootHash.RoundRoots?.self),
    "GetPastRoundRoots": ask(RootHash.RuntimeRequest.self, [UInt64: RootHash.RoundRoots].self),
    "GetIncomingMessageQueueMeta": ask(RootHash.RuntimeRequest.self, RootHash.IncomingMessageQueueMeta.self),
    "GetIncomingMessageQueue": ask(RootHash.InMessageQueueRequest.self, [RootHash.IncomingMessage]?.self),
    "StateToGenesis": ask(Int64.self, RootHash.Genesis.self), "ConsensusParameters": ask(Int64.self, RootHash.ConsensusParameters.self),
    "GetEvents": ask(Int64.self, [RootHash.Event]?.self), "WatchBlocks": ask(Namespace.self, RootHash.AnnotatedBlock.self),
    "WatchEvents": ask(Namespace.self, RootHash.Event.self),
    "WatchExecutorCommitments": ask(Namespace.self, RootHash.ExecutorCommitment.self),
  ]
  private static let governance: Methods = [
    "ActiveProposals": ask(Int64.self, [Governance.Proposal]?.self), "Proposals": ask(Int64.self, [Governance.Proposal]?.self),
    "Proposal": ask(Governance.ProposalQuery.self, Governance.Proposal.self),
    "Votes": ask(Governance.ProposalQuery.self, [Governance.VoteEntry]?.self),
    "PendingUpgrades": ask(Int64.self, [Upgrade.Descriptor]?.self), "ConsensusParameters": ask(Int64.self, Governance.Parameters.self),
    "StateToGenesis": ask(Int64.self, Governance.Genesis.self), "GetEvents": ask(Int64.self, [Governance.Event]?.self),
    "WatchEvents": tell(Governance.Event.self),
  ]
  private static let vault: Methods = [
    "Vaults": ask(Int64.self, [Vault.Account]?.self), "Vault": ask(Vault.VaultQuery.self, Vault.Account.self),
    "AddressState": ask(Vault.AddressQuery.self, Vault.AddressState.self),
    "PendingActions": ask(Vault.VaultQuery.self, [Vault.PendingAction]?.self), "StateToGenesis": ask(Int64.self, Vault.Genesis.self),
    "ConsensusParameters": ask(Int64.self, Vault.Parameters.self), "GetEvents": ask(Int64.self, [Vault.Event]?.self),
    "WatchEvents": tell(Vault.Event.self),
  ]
  private static let secrets: Methods = [
    "StateToGenesis": ask(Int64.self, KeyManager.Genesis.self), "GetStatus": ask(Registry.NamespaceQuery.self, KeyManager.Status.self),
    "GetStatuses": ask(Int64.self, [KeyManager.Status]?.self),
    "GetMasterSecret": ask(Registry.NamespaceQuery.self, KeyManager.SignedMasterSecret.self),
    "GetEphemeralSecret": ask(Registry.NamespaceQuery.self, KeyManager.SignedEphemeralSecret.self),
    "WatchStatuses": tell(KeyManager.Status.self), "WatchMasterSecrets": tell(KeyManager.SignedMasterSecret.self),
    "WatchEphemeralSecrets": tell(KeyManager.SignedEphemeralSecret.self),
  ]
  private static let churp: Methods = [
    "StateToGenesis": ask(Int64.self, Churp.Genesis.self), "ConsensusParameters": ask(Int64.self, Churp.Parameters.self),
    "Status": ask(Churp.StatusQuery.self, Churp.Status.self), "Statuses": ask(Registry.NamespaceQuery.self, [Churp.Status]?.self),
    "AllStatuses": ask(Int64.self, [Churp.Status]?.self), "WatchStatuses": tell(Churp.Status.self),
  ]
  private static let runtimeClient: Methods = [
    "SubmitTx": ask(RuntimeClient.Submission.self, [UInt8].self),
    "SubmitTxMeta": ask(RuntimeClient.Submission.self, RuntimeClient.SubmissionResult.self),
    "SubmitTxNoWait": take(RuntimeClient.Submission.self), "CheckTx": take(RuntimeClient.Submission.self),
    "GetBlock": ask(RuntimeClient.RoundRequest.self, RootHash.Block.self), "GetGenesisBlock": ask(Namespace.self, RootHash.Block.self),
    "GetLastRetainedBlock": ask(Namespace.self, RootHash.Block.self),
    "GetTransactions": ask(RuntimeClient.RoundRequest.self, [[UInt8]].self),
    "GetTransactionsWithResults": ask(RuntimeClient.RoundRequest.self, [RuntimeClient.TransactionWithResults]?.self),
    "GetEvents": ask(RuntimeClient.RoundRequest.self, [RuntimeClient.Event].self),
    "GetUnconfirmedTransactions": ask(Namespace.self, [[UInt8]].self),
    "Query": ask(RuntimeClient.Query.self, RuntimeClient.QueryResult.self),
    "StateSyncGet": ask(GetRequest.self, ProofResponse.self), "StateSyncGetPrefixes": ask(GetPrefixesRequest.self, ProofResponse.self),
    "StateSyncIterate": ask(IterateRequest.self, ProofResponse.self), "WatchBlocks": ask(Namespace.self, RootHash.AnnotatedBlock.self),
  ]
  private static let storageWorker: Methods = [
    "GetLastSyncedRound": ask(StorageSync.SyncedRoundRequest.self, StorageSync.SyncedRound.self),
    "PauseCheckpointer": take(StorageSync.PauseRequest.self),
  ]
  private static let storage: Methods = [
    "SyncGet": ask(GetRequest.self, ProofResponse.self), "SyncGetPrefixes": ask(GetPrefixesRequest.self, ProofResponse.self),
    "SyncIterate": ask(IterateRequest.self, ProofResponse.self), "GetDiff": ask(GetDiffRequest.self, SyncChunk.self),
    "GetCheckpoints": ask(GetCheckpointsRequest.self, [CheckpointMetadata]?.self),
    "GetCheckpointChunk": ask(ChunkMetadata.self, [UInt8].self),
  ]
  private static let debugController: Methods = ["SetEpoch": take(UInt64.self), "WaitNodesRegistered": take(Int64.self)]
  private static let sentry: Methods = ["GetAddresses": tell(Sentry.Addresses.self)]
}
