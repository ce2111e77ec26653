public import GoldenSupport

/// The loaders of this group, one a kind of recorded file; the first whose pattern matches a path reads it.
public let loaders: [any GoldenLoader.Type] = [
  BundleLoader.self, ExchangeLoader.self, SessionLoader.self, GuestBodiesLoader.self, GuestFramesLoader.self, LightBlocksLoader.self,
]
