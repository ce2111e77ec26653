public import GoldenSupport

/// The loaders of this group, one a kind of recorded file; the first whose pattern matches a path reads it.
public let loaders: [any GoldenLoader.Type] = [
  TreeOperations.self, LargeTreeOperations.self, NodeForms.self, Roots.self, Iteration.self, Proofs.self, GuestProofs.self, WriteLogs.self,
  OverlaysAndRemotes.self, NodeDatabaseScripts.self, IOTrees.self,
]
