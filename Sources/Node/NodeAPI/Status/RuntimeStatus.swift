public import MKVS
public import OasisCrypto
public import OasisTypes
public import Wire

extension Control {
  /// One ParaTime that this node runs (sheet 09 §4.1).
  public struct RuntimeStatus: WireMap, Hashable, Sendable {
    /// As registered; nil where consensus does not have it (yet).
    public var descriptor: Registry.Runtime?
    public var latestRound: UInt64 = 0
    public var latestHash = Hash()
    public var latestTime = LocalSeconds()
    public var latestStateRoot = Root(type: .invalid, hash: .zero)
    public var genesisRound: UInt64 = 0
    public var genesisHash = Hash()
    public var lastRetainedRound: UInt64 = 0
    public var lastRetainedHash = Hash()
    public var committee: CommitteeStatus?
    public var executor: ExecutorStatus?
    public var storage: StorageStatus?
    public var indexer: IndexerStatus?
    /// Such as `composite{none: sandbox}`.
    public var provisioner = ""
    public var components: [ComponentStatus] = []

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("descriptor", \.descriptor), .init("latest_round", \.latestRound), .init("latest_hash", \.latestHash),
      .init("latest_time", \.latestTime), .init("latest_state_root", \.latestStateRoot), .init("genesis_round", \.genesisRound),
      .init("genesis_hash", \.genesisHash), .init("last_retained_round", \.lastRetainedRound),
      .init("last_retained_hash", \.lastRetainedHash), .init("committee", \.committee), .init("executor", \.executor, .omitEmpty),
      .init("storage", \.storage, .omitEmpty), .init("indexer", \.indexer, .omitEmpty), .init("provisioner", \.provisioner, .omitEmpty),
      .init("components", \.components, .omitEmpty),
    ]
  }

  /// What a ParaTime's node waits for: the first unmet condition in the order `waitingForConsensusSync`, `waitingForRegistry`,
  /// `waitingForKeyManager`, `waitingForReindex`, `waitingForWorkers`, `waitingForHost`, `suspended`.
  public struct CommitteeState: WireEnum, Hashable {
    public var rawValue: UInt8 = 0
    public init() {}
    public static let ready = CommitteeState(rawValue: 0)
    public static let waitingForConsensusSync = CommitteeState(rawValue: 1)
    public static let waitingForRegistry = CommitteeState(rawValue: 2)
    public static let waitingForKeyManager = CommitteeState(rawValue: 3)
    public static let waitingForHost = CommitteeState(rawValue: 4)
    public static let waitingForReindex = CommitteeState(rawValue: 5)
    public static let waitingForWorkers = CommitteeState(rawValue: 6)
    public static let suspended = CommitteeState(rawValue: 7)
    public static let words: [(UInt8, String)] = [
      (0, "ready"), (1, "waiting for consensus sync"), (2, "waiting for runtime registry descriptor"),
      (3, "waiting for available keymanager"), (4, "waiting for hosted runtime provision"), (5, "waiting for history reindex"),
      (6, "waiting for workers to initialize"), (7, "runtime suspended"),
    ]
  }

  /// The worker that follows a ParaTime and its committee.
  public struct CommitteeStatus: WireMap, Hashable, Sendable {
    public var status = CommitteeState.ready
    /// The runtime version that is active in this epoch.
    public var activeVersion: Version?
    public var latestRound: UInt64 = 0
    public var latestHeight: Int64 = 0
    public var executorRoles: [CommitteeRole]?
    /// ``noRank`` where the node is not a worker.
    public var schedulerRank: UInt64 = noRank
    public var liveness: LivenessStatus?
    /// Multiaddresses.
    public var peers: [String]?
    public var host = HostStatus()

    /// The rank of a node that may not schedule.
    public static let noRank = UInt64.max

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("status", \.status), .init("active_version", \.activeVersion), .init("latest_round", \.latestRound),
      .init("latest_height", \.latestHeight), .init("executor_roles", \.executorRoles), .init("scheduler_rank", \.schedulerRank),
      .init("liveness", \.liveness, .omitEmpty), .init("peers", \.peers), .init("host", \.host),
    ]
  }

  /// How the node did in the committee of this epoch.
  public struct LivenessStatus: WireMap, Hashable, Sendable {
    public var totalRounds: UInt64 = 0
    public var liveRounds: UInt64 = 0
    public var finalizedProposals: UInt64 = 0
    public var missedProposals: UInt64 = 0
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("total_rounds", \.totalRounds), .init("live_rounds", \.liveRounds), .init("finalized_proposals", \.finalizedProposals),
      .init("missed_proposals", \.missedProposals),
    ]
  }

  /// The versions of the runtime that can be hosted.
  public struct HostStatus: WireMap, Hashable, Sendable {
    public var versions: [Version]?
    /// Only there while the runtime cannot be kept running; the reference's status has no such member.
    public var failure: HostFailure?
    public init() {}
    public init(versions: [Version]) { self.versions = versions }
    public static let fields: [Field<Self>] = [.init("versions", \.versions), .init("failure", \.failure, .omitEmpty)]
  }

  /// Why a hosted runtime does not run, and what happens next.
  public struct HostFailure: WireMap, Hashable, Sendable {
    /// `starting`, `failing` (waits for the next attempt) or `given up`.
    public var state = ""
    /// Starts after the first one.
    public var restarts: UInt64 = 0
    public var lastReason = ""
    /// No time where it is being started, or not tried again.
    public var nextAttempt = LocalTime()
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("state", \.state), .init("restarts", \.restarts), .init("last_reason", \.lastReason), .init("next_attempt", \.nextAttempt),
    ]
  }

  /// How far the executor is.
  public struct ExecutorState: WireEnum, Hashable {
    public var rawValue: UInt8 = 0
    public init() {}
    public static let ready = ExecutorState(rawValue: 0)
    public static let waitingForRuntime = ExecutorState(rawValue: 1)
    public static let waitingForTrustSync = ExecutorState(rawValue: 2)
    public static let words: [(UInt8, String)] = [(0, "ready"), (1, "waiting for runtime readiness"), (2, "waiting for trust sync")]
  }

  /// The worker that executes rounds.
  public struct ExecutorStatus: WireMap, Hashable, Sendable {
    public var status = ExecutorState.ready
    public init() {}
    public init(_ status: ExecutorState) { self.status = status }
    public static let fields: [Field<Self>] = [.init("status", \.status)]
  }

  /// The worker that stores rounds.
  public struct StorageStatus: WireMap, Hashable, Sendable {
    /// `initializing`, `starting`, `stopping`, `initializing genesis`, `sync start check`, `syncing checkpoints` or `syncing rounds`.
    public var status = ""
    /// 2^64 - 1 for none.
    public var lastFinalizedRound: UInt64 = 0
    public init() {}
    public init(status: String, lastFinalizedRound: UInt64) { (self.status, self.lastFinalizedRound) = (status, lastFinalizedRound) }
    public static let fields: [Field<Self>] = [.init("status", \.status), .init("last_finalized_round", \.lastFinalizedRound)]
  }

  /// What keeps the history of blocks.
  public struct IndexerStatus: WireMap, Hashable, Sendable {
    /// `started`, `reindexing`, `indexing` or `stopped`.
    public var status = ""
    public var lastRound: UInt64 = 0
    public var reindex: ReindexStatus?
    public init() {}
    public init(status: String, lastRound: UInt64) { (self.status, self.lastRound) = (status, lastRound) }
    public static let fields: [Field<Self>] = [
      .init("status", \.status), .init("last_round", \.lastRound), .init("reindex_status", \.reindex, .omitEmpty),
    ]
  }

  /// How far the history is in catching up.
  public struct ReindexStatus: WireMap, Hashable, Sendable {
    public var batchSize: UInt16 = 0
    public var lastHeight: Int64 = 0
    public var startHeight: Int64 = 0
    public var endHeight: Int64 = 0
    public var eta = LocalTime()
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("batch_size", \.batchSize), .init("last_height", \.lastHeight), .init("start_height", \.startHeight),
      .init("end_height", \.endHeight), .init("eta", \.eta),
    ]
  }

  /// A component of a ParaTime that the node has.
  public struct ComponentStatus: WireMap, Hashable, Sendable {
    /// `ronl` or `rofl`.
    public var kind = ""
    public var name = ""
    public var version = Version()
    public var detached = false
    public var disabled = false
    public init() {}
    public init(kind: String, name: String = "", version: Version, detached: Bool = false, disabled: Bool = false) {
      (self.kind, self.name, self.version, self.detached, self.disabled) = (kind, name, version, detached, disabled)
    }
    public static let fields: [Field<Self>] = [
      .init("kind", \.kind), .init("name", \.name, .omitEmpty), .init("version", \.version, .omitEmptyInCBOR),
      .init("detached", \.detached, .omitEmpty), .init("disabled", \.disabled, .omitEmpty),
    ]
  }
}
