/// A feature of the node that some keys belong to. A node that lacks one accepts its keys and names them once at start.
public enum Feature: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  case peers = "peer-to-peer networking"
  case checkpoints = "state checkpoints"
  case stateSync = "state sync"
  case stateless = "stateless mode"
  case pruning = "pruning of consensus state"
  case supplementarySanity = "supplementary sanity checks"
  case halt = "halting at a height or epoch"
  case upgrades = "upgrades"
  case tee = "trusted execution environments"
  case components = "ROFL components"
  case bundleRegistries = "bundle registries"
  case runtimePruning = "pruning of runtime history"
  case loadBalancing = "several instances of a runtime"
  case keyManager = "key managers"
  case sentry = "sentry nodes"
  case profiling = "profiling"
  case metricsPush = "pushing metrics"
  case storageBackends = "settings of the reference's storage backends"
  case engineDebugLog = "debug lines of the consensus engine"
  case logRecovery = "a switch for recovering a damaged consensus log"

  public var description: String { rawValue }
}

/// A key of the file that has another value than the default, and the feature it needs.
public struct FeatureUse: Hashable, Sendable {
  /// The key's path, such as `consensus.state_sync.enabled`.
  public var key: String
  public var line: Int
  public var feature: Feature
}
