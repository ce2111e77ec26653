public import OasisCrypto
public import OasisTypes

/// The state of the root hash service on one tree (sheet 05 §C.8). Open it on the tree that its writes shall go to.
public struct RootHashState {
  public static let runtimes = StateMap<RootHash.RuntimeState, Hashed<Namespace>>(0x20)
  public static let parameters = StateMap<RootHash.ConsensusParameters>(0x21)
  /// Runtimes whose round times out, by height.
  public static let roundTimeouts = RawStateMap<Namespace, Int64, Hashed<Namespace>>(0x22)
  /// Punished equivocations by runtime, round and hash of the evidence.
  public static let evidence = StateSet<Hashed<Namespace>, UInt64, Hash>(0x24)
  public static let stateRoots = RawStateMap<Hash, Hashed<Namespace>>(0x25)
  public static let ioRoots = RawStateMap<Hash, Hashed<Namespace>>(0x26)
  /// Of the last normal round.
  public static let roundResults = StateMap<RootHash.RoundResults, Hashed<Namespace>>(0x27)
  public static let queueMetas = StateMap<RootHash.IncomingMessageQueueMeta, Hashed<Namespace>>(0x28)
  public static let queuedMessages = StateMap<RootHash.IncomingMessage, Hashed<Namespace>, UInt64>(0x29)
  public static let pastRoots = StateMap<RootHash.RoundRoots, Hashed<Namespace>, UInt64>(0x2a)

  public let tree: StateTree

  public init(_ tree: StateTree) { self.tree = tree }

  /// The parameters; a state without them is damaged.
  public func parameters() throws -> RootHash.ConsensusParameters {
    guard let parameters = try Self.parameters.get(tree) else { throw StateError("roothash parameters are missing") }
    return parameters
  }

  /// - Throws: outside of InitChain and EndBlock, where parameters must not change.
  public func setParameters(_ context: Context, _ parameters: RootHash.ConsensusParameters) throws {
    try context.requireParameterChangeAllowed()
    Self.parameters.set(tree, to: parameters)
  }

  // MARK: Runtimes

  /// The runtime's state, nil if the service does not know it.
  public func runtime(_ id: Namespace) throws -> RootHash.RuntimeState? { try Self.runtimes.get(tree, Hashed(id)) }

  /// All runtimes in key order.
  public func allRuntimes() throws -> [RootHash.RuntimeState] { try Self.runtimes.entries(tree).map(\.value) }

  /// Writes a runtime's state, its roots by themselves, and the roots of the last round among the past ones.
  func setRuntime(_ state: ActiveRuntime) throws {
    let id = state.id
    Self.runtimes.set(tree, Hashed(id), to: state.value)
    let header = state.lastBlock.header
    Self.stateRoots.set(tree, Hashed(id), to: header.stateRoot)
    Self.ioRoots.set(tree, Hashed(id), to: header.ioRoot)
    let limit = try parameters().maxPastRootsStored
    guard limit > 0 else { return }
    if header.round >= limit { Self.pastRoots.remove(tree, Hashed(id), header.round - limit) }
    Self.pastRoots.set(tree, Hashed(id), header.round, to: RootHash.RoundRoots(stateRoot: header.stateRoot, ioRoot: header.ioRoot))
  }

  /// Drops the oldest roots of every runtime until `limit` are left.
  public func shrinkPastRoots(to limit: UInt64) throws {
    for runtime in try allRuntimes() {
      guard let id = runtime.runtime?.id else { continue }
      let stored = try Self.pastRoots.entries(tree, under: Hashed(id)).map(\.key.1)
      guard UInt64(stored.count) > limit else { continue }
      for round in stored.prefix(stored.count - Int(clamping: limit)) { Self.pastRoots.remove(tree, Hashed(id), round) }
    }
  }

  /// Results of the last normal round, empty before the first.
  public func roundResults(_ id: Namespace) throws -> RootHash.RoundResults {
    try Self.roundResults.get(tree, Hashed(id)) ?? RootHash.RoundResults()
  }

  /// Forgets evidence of rounds up to `round`.
  public func removeExpiredEvidence(_ id: Namespace, upTo round: UInt64) throws {
    for key in try Self.evidence.keys(tree, under: Hashed(id)) where key.1 <= round { Self.evidence.remove(tree, key.0, key.1, key.2) }
  }

  /// Runtimes whose round times out at a height, in key order.
  public func runtimes(timingOutAt height: Int64) throws -> [Namespace] {
    try Self.roundTimeouts.entries(tree, under: height).map(\.value)
  }

  // MARK: Incoming messages

  /// Size and next number of a runtime's queue of messages; empty at first.
  public func queueMeta(_ id: Namespace) throws -> RootHash.IncomingMessageQueueMeta {
    try Self.queueMetas.get(tree, Hashed(id)) ?? RootHash.IncomingMessageQueueMeta()
  }

  /// The queue from message `offset` on, at most `limit` messages if that is not 0.
  public func queue(_ id: Namespace, offset: UInt64 = 0, limit: UInt32 = 0) throws -> [RootHash.IncomingMessage] {
    let queued = try Self.queuedMessages.entries(tree, under: Hashed(id)).map(\.value).filter { $0.id >= offset }
    return limit == 0 ? queued : Array(queued.prefix(Int(limit)))
  }
}

/// A runtime's state whose descriptor and last block are known to be there.
struct ActiveRuntime {
  var value: RootHash.RuntimeState
  private(set) var id: Namespace
  var descriptor: Registry.Runtime {
    didSet { value.runtime = descriptor }
  }
  var lastBlock: RootHash.Block {
    didSet { value.lastBlock = lastBlock }
  }

  init(_ value: RootHash.RuntimeState) throws {
    guard let descriptor = value.runtime, let block = value.lastBlock else {
      throw StateError("roothash: runtime state without runtime or block")
    }
    self.value = value
    self.descriptor = descriptor
    id = descriptor.id
    lastBlock = block
  }
}

extension AppError {
  /// A broken rule of the root hash service.
  public init(_ failure: RootHash.Failure) { self.init(failure.module, failure.number, failure.description) }

  static func rootHash(_ code: RootHash.Failure.Code, _ detail: String = "") -> AppError { AppError(RootHash.Failure(code, detail)) }
}
