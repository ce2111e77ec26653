public import GoldenSupport

/// The loaders of this group, one a kind of recorded file; the first whose pattern matches a path reads it.
public let loaders: [any GoldenLoader.Type] = [
  MerkleLoader.self, HashesLoader.self, ProtobufLoader.self, BasicValidationLoader.self, ConsensusMessagesLoader.self,
  SignBytesLoader.self, ValidatorSetLoader.self, VerifyCommitLoader.self, MedianTimeLoader.self, VoteSetLoader.self,
  HeightVoteSetLoader.self, BlockValidationLoader.self, StateTransitionLoader.self, StoresLoader.self, EvidenceLoader.self,
  TimeoutsLoader.self, WALLoader.self, SigningStateLoader.self, HandshakeLoader.self, ConsensusLoader.self,
]
