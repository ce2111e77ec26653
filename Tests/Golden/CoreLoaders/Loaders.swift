public import GoldenSupport

/// The loaders of this group, one a kind of recorded file; the first whose pattern matches a path reads it.
public let loaders: [any GoldenLoader.Type] = [
  CBORLoader.self,
  GuestCBORLoader.self,
  GenesisLoader.self, GenesisFormsLoader.self, ChainGenesisLoader.self,
  SignatureLoader.self, TupleHashLoader.self, DRBGLoader.self, VRFLoader.self, X25519Loader.self, PEMLoader.self,
  AddressLoader.self, QuantityLoader.self, VersionLoader.self, StateKeyLoader.self, WireTypesLoader.self, VotingPowerLoader.self,
  SDKAddressLoader.self, DescriptorLoader.self, TransactionLoader.self, ServiceLogicLoader.self, CommitmentPoolLoader.self,
]
