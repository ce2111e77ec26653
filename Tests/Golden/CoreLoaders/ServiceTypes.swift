internal import OasisTypes

/// Types of governance, upgrades and vaults in `cbor-types.jsonl`.
let governanceTypes: [String: TypeCheck] = [
  "governance.ProposalContent": wireType(Governance.ProposalContent.self),
  "governance.ProposalMetadata": wireType(Governance.ProposalMetadata.self),
  "governance.UpgradeProposal": wireType(Upgrade.Descriptor.self),
  "governance.CancelUpgradeProposal": wireType(Governance.CancelUpgrade.self),
  "governance.ChangeParametersProposal": wireType(Governance.ChangeParameters.self),
  "governance.ProposalVote": wireType(Governance.ProposalVote.self), "governance.Proposal": wireType(Governance.Proposal.self),
  "governance.VoteEntry": wireType(Governance.VoteEntry.self), "governance.Vote": wireType(Governance.Vote.self),
  "governance.Genesis": wireType(Governance.Genesis.self), "governance.ConsensusParameters": wireType(Governance.Parameters.self),
  "governance.ConsensusParameterChanges": wireType(Governance.ParameterChanges.self), "governance.Event": wireType(Governance.Event.self),
  "governance.ProposalSubmittedEvent": wireType(Governance.ProposalSubmitted.self),
  "governance.ProposalExecutedEvent": wireType(Governance.ProposalExecuted.self),
  "governance.ProposalFinalizedEvent": wireType(Governance.ProposalFinalized.self),
  "governance.VoteEvent": wireType(Governance.VoteCast.self), "governance.ProposalQuery": wireType(Governance.ProposalQuery.self),
  "upgrade.Descriptor": wireType(Upgrade.Descriptor.self), "upgrade.PendingUpgrade": wireType(Upgrade.Pending.self),
]

let vaultTypes: [String: TypeCheck] = [
  "vault.Action": wireType(Vault.Action.self), "vault.ActionSuspend": wireType(Vault.Nothing.self),
  "vault.ActionResume": wireType(Vault.Nothing.self), "vault.ActionExecuteMessage": wireType(Vault.ExecuteMessage.self),
  "vault.ActionUpdateWithdrawPolicy": wireType(Vault.UpdateWithdrawPolicy.self),
  "vault.ActionUpdateAuthority": wireType(Vault.UpdateAuthority.self), "vault.PendingAction": wireType(Vault.PendingAction.self),
  "vault.Vault": wireType(Vault.Account.self), "vault.Authority": wireType(Vault.Authority.self),
  "vault.AddressState": wireType(Vault.AddressState.self), "vault.WithdrawPolicy": wireType(Vault.WithdrawPolicy.self),
  "vault.Genesis": wireType(Vault.Genesis.self), "vault.ConsensusParameters": wireType(Vault.Parameters.self),
  "vault.ConsensusParameterChanges": wireType(Vault.ParameterChanges.self), "vault.Event": wireType(Vault.Event.self),
  "vault.ActionSubmittedEvent": wireType(Vault.ActionSubmitted.self), "vault.ActionCanceledEvent": wireType(Vault.ActionCanceled.self),
  "vault.ActionExecutedEvent": wireType(Vault.ActionExecuted.self), "vault.StateChangedEvent": wireType(Vault.StateChanged.self),
  "vault.PolicyUpdatedEvent": wireType(Vault.PolicyUpdated.self),
  "vault.AuthorityUpdatedEvent": wireType(Vault.AuthorityUpdated.self), "vault.VaultQuery": wireType(Vault.VaultQuery.self),
  "vault.Create": wireType(Vault.Create.self), "vault.AuthorizeAction": wireType(Vault.AuthorizeAction.self),
  "vault.CancelAction": wireType(Vault.CancelAction.self), "vault.AddressQuery": wireType(Vault.AddressQuery.self),
]

let keyManagerTypes: [String: TypeCheck] = [
  "keymanager.Genesis": wireType(KeyManager.Genesis.self), "secrets.Status": wireType(KeyManager.Status.self),
  "secrets.PolicySGX": wireType(KeyManager.Policy.self), "secrets.EnclavePolicySGX": wireType(KeyManager.EnclavePolicy.self),
  "secrets.SignedPolicySGX": wireType(KeyManager.SignedPolicy.self), "secrets.EncryptedSecret": wireType(KeyManager.EncryptedSecret.self),
  "secrets.EncryptedMasterSecret": wireType(KeyManager.EncryptedMasterSecret.self),
  "secrets.EncryptedEphemeralSecret": wireType(KeyManager.EncryptedEphemeralSecret.self),
  "secrets.SignedEncryptedMasterSecret": wireType(KeyManager.SignedMasterSecret.self),
  "secrets.SignedEncryptedEphemeralSecret": wireType(KeyManager.SignedEphemeralSecret.self),
  "secrets.InitResponse": wireType(KeyManager.InitResponse.self),
  "secrets.SignedInitResponse": wireType(KeyManager.SignedInitResponse.self),
  "secrets.Genesis": wireType(KeyManager.Genesis.self), "secrets.ConsensusParameters": wireType(KeyManager.Parameters.self),
  "secrets.StatusUpdateEvent": wireType(KeyManager.StatusUpdate.self),
  "secrets.MasterSecretPublishedEvent": wireType(KeyManager.MasterSecretPublished.self),
  "secrets.EphemeralSecretPublishedEvent": wireType(KeyManager.EphemeralSecretPublished.self),
  "churp.Genesis": wireType(Churp.Genesis.self), "churp.ConsensusParameters": wireType(Churp.Parameters.self),
  "churp.Identity": wireType(Churp.Identity.self), "churp.Status": wireType(Churp.Status.self),
  "churp.Application": wireType(Churp.Application.self), "churp.PolicySGX": wireType(Churp.Policy.self),
  "churp.SignedPolicySGX": wireType(Churp.SignedPolicy.self), "churp.CreateEvent": wireType(Churp.Created.self),
  "churp.UpdateEvent": wireType(Churp.Updated.self), "churp.StatusQuery": wireType(Churp.StatusQuery.self),
]
