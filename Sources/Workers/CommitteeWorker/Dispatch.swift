public import OasisTypes

/// All that is known when a runtime has a new block: what the next round is made from. Rule: sheet 08 §C2.3.
public struct Dispatch: Sendable {
  /// The latest block and the consensus height that finalized it.
  public var block: RootHash.Block
  public var height: Int64
  /// The consensus block of that height.
  public var lightBlock: Consensus.LightBlock
  public var epoch: Epoch
  /// The runtime's state at that height: its parameters of now, its last normal round.
  public var state: RootHash.RuntimeState
  /// Results of the last normal round.
  public var roundResults: RootHash.RoundResults
  /// Messages queued for the runtime.
  public var incomingMessages: [RootHash.IncomingMessage]
  /// The descriptor in force when the committee was elected: limits of batches come from it.
  public var descriptor: Registry.Runtime
  /// The committee; nil while there is none or the runtime is suspended.
  public var committee: Committee?
}

/// Where the common worker of a runtime is. The raw values are those of the API. Rule: sheet 08 §C2.2.
public enum CommitteeState: UInt8, Sendable, CaseIterable {
  case ready = 0
  case waitingForConsensusSync = 1
  case waitingForDescriptor = 2
  case waitingForKeyManager = 3
  case waitingForHost = 4
  case waitingForHistoryReindex = 5
  case waitingForWorkers = 6
  case suspended = 7

  /// The text that `control status` prints.
  public var text: String {
    switch self {
    case .ready: "ready"
    case .waitingForConsensusSync: "waiting for consensus sync"
    case .waitingForDescriptor: "waiting for runtime registry descriptor"
    case .waitingForKeyManager: "waiting for available keymanager"
    case .waitingForHost: "waiting for hosted runtime provision"
    case .waitingForHistoryReindex: "waiting for history reindex"
    case .waitingForWorkers: "waiting for workers to initialize"
    case .suspended: "runtime suspended"
    }
  }
}
