public import GoldenSupport

/// The loaders of this group, one a kind of recorded file; the first whose pattern matches a path reads it.
public let loaders: [any GoldenLoader.Type] = [
  LogLinesLoader.self, CommandLineLoader.self, RecordedConfigurationLoader.self, ConnectionLoader.self, RPCLoader.self, StatusLoader.self,
]
