public import GoldenSupport

/// The loaders of this group, one a kind of recorded file; the first whose pattern matches a path reads it.
public let loaders: [any GoldenLoader.Type] = [
  RuleCases.self, SharePools.self, CommissionSchedules.self, StakeClaimCases.self, GasCases.self, GenesisCases.self, ExportCases.self,
  RecordedChains.self, UpgradeManagerCases.self,
  BrokenGenesisLoader.self,
]
