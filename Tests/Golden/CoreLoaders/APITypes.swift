internal import NodeAPI
internal import OasisTypes
internal import RuntimeBundle
internal import Wire

/// What clients and nodes tell each other about blocks, and bundles; in `cbor-types.jsonl`.
let apiTypes: [String: TypeCheck] = [
  "consensus.Block": wireType(Consensus.Block.self), "consensus.BlockResults": wireType(Consensus.BlockResults.self),
  "consensus.CometBFTBlockMeta": wireType(Consensus.BlockMeta.self),
  // Of these, only CBOR travels: no node writes their JSON.
  "consensus.CometBFTBlockResultsMeta": cborType(Consensus.ResultsMeta.self),
  "consensus.EstimateGasRequest": wireType(Consensus.EstimateRequest.self),
  "consensus.Evidence": wireType(Consensus.EvidenceMessage.self), "consensus.NextBlockState": wireType(Consensus.NextBlockState.self),
  "consensus.TransactionsWithProofs": wireType(Consensus.TransactionsWithProofs.self),
  "consensus.TransactionsWithResults": wireType(Consensus.TransactionsWithResults.self),
  "consensus.Vote": wireType(Consensus.Vote.self), "consensus.Votes": wireType(Consensus.Votes.self),
  "results.Error": wireType(Consensus.ResultError.self), "results.Event": wireType(Consensus.ResultEvent.self),
  "results.Result": wireType(Consensus.Result.self), "transaction.Proof": wireType(Consensus.Proof.self),
  "staking.AllowanceQuery": wireType(AllowanceQuery.self), "staking.OwnerQuery": wireType(OwnerQuery.self),
  "staking.ThresholdQuery": wireType(ThresholdQuery.self),
  "roothash.RuntimeIDAttribute": wireType(RootHash.RuntimeIDAttribute.self),
  "common.SignedPublicKey": wireType(SignedEnvelope.self),
  "bundle.Component": wireType(Component.self), "bundle.Manifest": wireType(Manifest.self),
]

/// Requests to key managers.
let keyManagerRequestTypes: [String: TypeCheck] = [
  "secrets.ConsensusParameterChanges": wireType(KeyManager.ParameterChanges.self),
  "secrets.EphemeralKeyRequest": wireType(KeyManager.EphemeralKeyRequest.self),
  "secrets.LongTermKeyRequest": wireType(KeyManager.LongTermKeyRequest.self),
  "secrets.SignedPublicKey": wireType(KeyManager.SignedPublicKey.self), "secrets.InitRequest": wireType(KeyManager.InitRequest.self),
  "secrets.GenerateMasterSecretRequest": wireType(KeyManager.GenerateMasterSecretRequest.self),
  "secrets.GenerateMasterSecretResponse": wireType(KeyManager.MasterSecretMessage.self),
  "secrets.LoadMasterSecretRequest": wireType(KeyManager.MasterSecretMessage.self),
  "secrets.GenerateEphemeralSecretRequest": wireType(KeyManager.GenerateEphemeralSecretRequest.self),
  "secrets.GenerateEphemeralSecretResponse": wireType(KeyManager.EphemeralSecretMessage.self),
  "secrets.LoadEphemeralSecretRequest": wireType(KeyManager.EphemeralSecretMessage.self),
  "churp.HandoffRequest": wireType(Churp.HandoffRequest.self), "churp.FetchRequest": wireType(Churp.FetchRequest.self),
  "churp.FetchResponse": wireType(Churp.FetchResponse.self),
]
