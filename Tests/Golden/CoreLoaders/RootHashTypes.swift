internal import OasisTypes
internal import Wire

/// Types of ParaTime rounds and of what travels in their messages.
let rootHashTypes: [String: TypeCheck] = [
  "roothash.ExecutorCommit": wireType(RootHash.ExecutorCommit.self), "roothash.Evidence": wireType(RootHash.Evidence.self),
  "roothash.EquivocationExecutorEvidence": wireType(RootHash.EquivocationExecutorEvidence.self),
  "roothash.EquivocationProposalEvidence": wireType(RootHash.EquivocationProposalEvidence.self),
  "roothash.SubmitMsg": wireType(RootHash.SubmitMessage.self), "roothash.RuntimeState": wireType(RootHash.RuntimeState.self),
  "roothash.AnnotatedBlock": wireType(RootHash.AnnotatedBlock.self),
  "roothash.LivenessStatistics": wireType(RootHash.LivenessStatistics.self), "roothash.RoundResults": wireType(RootHash.RoundResults.self),
  "roothash.RoundRoots": wireType(RootHash.RoundRoots.self), "roothash.MessageEvent": wireType(RootHash.MessageEvent.self),
  "roothash.GenesisRuntimeState": wireType(RootHash.GenesisRuntimeState.self), "roothash.Genesis": wireType(RootHash.Genesis.self),
  "roothash.ConsensusParameters": wireType(RootHash.ConsensusParameters.self),
  "roothash.ConsensusParameterChanges": wireType(RootHash.ConsensusParameterChanges.self), "roothash.Event": wireType(RootHash.Event.self),
  "roothash.ExecutorCommittedEvent": wireType(RootHash.ExecutorCommittedEvent.self),
  "roothash.ExecutionDiscrepancyDetectedEvent": wireType(RootHash.ExecutionDiscrepancyDetectedEvent.self),
  "roothash.FinalizedEvent": wireType(RootHash.FinalizedEvent.self),
  "roothash.InMsgProcessedEvent": wireType(RootHash.InMessageProcessedEvent.self),
  "roothash.RuntimeRequest": wireType(RootHash.RuntimeRequest.self),
  "roothash.RoundRootsRequest": wireType(RootHash.RoundRootsRequest.self),
  "roothash.InMessageQueueRequest": wireType(RootHash.InMessageQueueRequest.self), "block.Block": wireType(RootHash.Block.self),
  "block.Header": wireType(RootHash.Header.self), "commitment.ComputeResultsHeader": wireType(RootHash.ComputeResultsHeader.self),
  "commitment.ExecutorCommitmentHeader": wireType(RootHash.ExecutorCommitmentHeader.self),
  "commitment.ExecutorCommitment": wireType(RootHash.ExecutorCommitment.self), "commitment.Pool": wireType(RootHash.Pool.self),
  "commitment.SchedulerCommitment": wireType(RootHash.SchedulerCommitment.self),
  "commitment.ProposalHeader": wireType(RootHash.ProposalHeader.self), "commitment.Proposal": wireType(RootHash.Proposal.self),
  "message.Message": wireType(RootHash.Message.self), "message.StakingMessage": wireType(StakingMessage.self),
  "message.RegistryMessage": wireType(RootHash.RegistryMessage.self),
  "message.GovernanceMessage": wireType(RootHash.GovernanceMessage.self),
  "message.Messages": wireType([RootHash.Message]?.self), "message.IncomingMessage": wireType(RootHash.IncomingMessage.self),
  "message.IncomingMessageQueueMeta": wireType(RootHash.IncomingMessageQueueMeta.self),
  "message.IncomingMessages": wireType([RootHash.IncomingMessage]?.self),
]
