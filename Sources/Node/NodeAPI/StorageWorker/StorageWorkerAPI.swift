public import GRPC
public import MKVS
internal import OasisCrypto
public import OasisTypes
public import Wire

/// What the service `StorageWorker` speaks of (sheet 08 C5.7).
public enum StorageSync {
  public static let runtimeNotFound = CodedError("worker/storage", 1, "worker/storage: runtime not found")
  public static let cannotPause = CodedError(
    "worker/storage", 2, "worker/storage: pausing checkpointer only available in debug mode")

  /// Asks for the last round that is stored.
  public struct SyncedRoundRequest: WireMap, Hashable, Sendable {
    public var runtimeID = Namespace()
    public init() {}
    public init(runtimeID: Namespace) { self.runtimeID = runtimeID }
    public static let fields: [Field<Self>] = [.init("runtime_id", \.runtimeID)]
  }

  /// A round with its roots.
  public struct SyncedRound: WireMap, Hashable, Sendable {
    public var round: UInt64 = 0
    public var ioRoot = Root(type: .invalid, hash: .zero)
    public var stateRoot = Root(type: .invalid, hash: .zero)
    public init() {}
    public static let fields: [Field<Self>] = [.init("round", \.round), .init("io_root", \.ioRoot), .init("state_root", \.stateRoot)]
  }

  /// Asks to stop or go on making checkpoints.
  public struct PauseRequest: WireMap, Hashable, Sendable {
    public var runtimeID = Namespace()
    public var pause = false
    public init() {}
    public static let fields: [Field<Self>] = [.init("runtime_id", \.runtimeID), .init("pause", \.pause)]
  }
}

/// How far the states of ParaTimes on this node are.
public struct StorageWorkerAPI: APIService {
  private let runtimes: [Namespace: any StorageWorkerBackend]

  public init(_ runtimes: [any StorageWorkerBackend]) {
    self.runtimes = Dictionary(runtimes.map { ($0.runtimeID, $0) }) { first, _ in first }
  }

  public var methods: [GRPCMethod] {
    let (table, runtimes) = (MethodTable("StorageWorker"), runtimes)
    @Sendable func find(_ id: Namespace) throws -> any StorageWorkerBackend {
      guard let runtime = runtimes[id] else { throw StorageSync.runtimeNotFound }
      return runtime
    }
    return [
      table.answer("GetLastSyncedRound") { (request: StorageSync.SyncedRoundRequest) in
        let synced = try await find(request.runtimeID).lastSyncedRound()
        var answer = StorageSync.SyncedRound()
        (answer.round, answer.ioRoot, answer.stateRoot) = (synced.round, synced.ioRoot, synced.stateRoot)
        return answer
      },
      table.take("PauseCheckpointer") { (request: StorageSync.PauseRequest) in
        try await find(request.runtimeID).pauseCheckpointer(request.pause)
      },
    ]
  }
}
