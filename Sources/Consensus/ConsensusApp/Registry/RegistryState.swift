internal import Bytes
internal import CBOR
public import OasisCrypto
public import OasisTypes
internal import Wire

/// The state of the registry on one tree (sheet 04 §18). Open it on the tree that its writes shall go to.
public struct RegistryState {
  public static let entities = StateMap<SignedEnvelope, Hashed<PublicKey>>(0x10)
  public static let nodes = StateMap<MultiSigned, Hashed<PublicKey>>(0x11)
  /// By entity and node; holds nodes that expired but are not removed yet, too.
  public static let nodesByEntity = StateSet<Hashed<PublicKey>, Hashed<PublicKey>>(0x12)
  public static let runtimes = StateMap<Registry.Runtime, Hashed<Namespace>>(0x13)
  /// Node id by CometBFT address (20 bytes).
  public static let nodeByConsensusAddress = RawStateMap<PublicKey, TrailingBytes>(0x14)
  public static let nodeStatuses = StateMap<Registry.NodeStatus, Hashed<PublicKey>>(0x15)
  public static let parameters = StateMap<Registry.ConsensusParameters>(0x16)
  /// Node id by consensus, P2P, VRF or TLS key.
  public static let nodeBySubKey = RawStateMap<PublicKey, Hashed<PublicKey>>(0x17)
  public static let suspendedRuntimes = StateMap<Registry.Runtime, Hashed<Namespace>>(0x18)
  public static let runtimesByOwner = StateSet<Hashed<PublicKey>, Hashed<Namespace>>(0x19)

  public let tree: StateTree

  public init(_ tree: StateTree) { self.tree = tree }

  // MARK: Parameters

  /// The parameters; a state without them is damaged.
  public func parameters() throws -> Registry.ConsensusParameters {
    guard let parameters = try Self.parameters.get(tree) else { throw StateError("registry parameters are missing") }
    return parameters
  }

  /// - Throws: outside of InitChain and EndBlock, where parameters must not change.
  public func setParameters(_ context: Context, _ parameters: Registry.ConsensusParameters) throws {
    try context.requireParameterChangeAllowed()
    Self.parameters.set(tree, to: parameters)
  }

  // MARK: Entities

  /// The entity, nil if it is not registered.
  public func entity(_ id: PublicKey) throws -> Entity? {
    try Self.entities.get(tree, Hashed(id)).map { try $0.stored(Entity.self) }
  }

  /// All entities in key order, as signed.
  public func signedEntities() throws -> [SignedEnvelope] { try Self.entities.entries(tree).map(\.value) }

  /// All entities in key order.
  public func allEntities() throws -> [Entity] { try signedEntities().map { try $0.stored(Entity.self) } }

  // MARK: Nodes

  /// The node, expired or not; nil if there is none.
  public func node(_ id: PublicKey) throws -> Node? {
    try Self.nodes.get(tree, Hashed(id)).map { try $0.stored(Node.self) }
  }

  /// All nodes that were not removed, expired ones too, ascending by id.
  public func allNodes() throws -> [Node] {
    try Self.nodes.entries(tree).map { try $0.value.stored(Node.self) }.sorted { $0.id < $1.id }
  }

  /// All nodes as signed, in key order.
  public func signedNodes() throws -> [(node: Node, envelope: MultiSigned)] {
    try Self.nodes.entries(tree).map { (node: try $0.value.stored(Node.self), envelope: $0.value) }
  }

  /// The entity's nodes that were not removed, ascending by id.
  public func nodes(ofEntity id: PublicKey) throws -> [Node] {
    var nodes: [Node] = []
    for (_, node) in try Self.nodesByEntity.keys(tree, under: Hashed(id)) {
      guard let envelope = try Self.nodes.get(tree, node) else { throw StateError("registry: a node of entity \(id) is missing") }
      nodes.append(try envelope.stored(Node.self))
    }
    return nodes.sorted { $0.id < $1.id }
  }

  /// Whether nodes of an entity are registered, expired ones included.
  public func hasNodes(ofEntity id: PublicKey) throws -> Bool { try !Self.nodesByEntity.keys(tree, under: Hashed(id)).isEmpty }
  /// Whether an entity owns runtimes, suspended ones included.
  public func hasRuntimes(ofEntity id: PublicKey) throws -> Bool { try !Self.runtimesByOwner.keys(tree, under: Hashed(id)).isEmpty }

  /// The node behind a CometBFT address (20 bytes), expired or not.
  public func node(consensusAddress address: [UInt8]) throws -> Node? {
    guard let id = try Self.nodeByConsensusAddress.get(tree, TrailingBytes(address)) else { return nil }
    guard let node = try node(id) else { throw StateError("registry: node \(id) of consensus address \(address.hex) is missing") }
    return node
  }

  /// Freezes and faults of a node; nil for an unknown one.
  public func nodeStatus(_ id: PublicKey) throws -> Registry.NodeStatus? { try Self.nodeStatuses.get(tree, Hashed(id)) }
  /// Stores freezes and faults of a node.
  public func setNodeStatus(_ id: PublicKey, _ status: Registry.NodeStatus) { Self.nodeStatuses.set(tree, Hashed(id), to: status) }

  /// Writes a node with its indices. The order of removals and insertions counts where keys move between slots.
  public func setNode(existing: Node?, _ node: Node, _ envelope: MultiSigned) {
    Self.nodes.set(tree, Hashed(node.id), to: envelope)
    Self.nodesByEntity.insert(tree, Hashed(node.entityID), Hashed(node.id))
    if let old = existing?.consensus.id, old != node.consensus.id {
      Self.nodeByConsensusAddress.remove(tree, TrailingBytes(old.consensusAddress))
      Self.nodeBySubKey.remove(tree, Hashed(old))
    }
    Self.nodeByConsensusAddress.set(tree, TrailingBytes(node.consensus.id.consensusAddress), to: node.id)
    Self.nodeBySubKey.set(tree, Hashed(node.consensus.id), to: node.id)
    func index(_ key: PublicKey, replacing old: PublicKey?) {
      if let old, old != key { Self.nodeBySubKey.remove(tree, Hashed(old)) }
      Self.nodeBySubKey.set(tree, Hashed(key), to: node.id)
    }
    index(node.p2p.id, replacing: existing?.p2p.id)
    index(node.vrf.id, replacing: existing?.vrf.id)
    index(node.tls.publicKey, replacing: existing?.tls.publicKey)
  }

  /// Removes a node with its status and indices.
  public func removeNode(_ node: Node) {
    Self.nodes.remove(tree, Hashed(node.id))
    Self.nodesByEntity.remove(tree, Hashed(node.entityID), Hashed(node.id))
    Self.nodeStatuses.remove(tree, Hashed(node.id))
    Self.nodeByConsensusAddress.remove(tree, TrailingBytes(node.consensus.id.consensusAddress))
    for key in [node.consensus.id, node.p2p.id, node.vrf.id, node.tls.publicKey] { Self.nodeBySubKey.remove(tree, Hashed(key)) }
  }

  // MARK: Runtimes

  /// An active runtime.
  public func runtime(_ id: Namespace) throws -> Registry.Runtime? { try Self.runtimes.get(tree, Hashed(id)) }
  /// A runtime that is suspended; nil for an active or unknown one.
  public func suspendedRuntime(_ id: Namespace) throws -> Registry.Runtime? { try Self.suspendedRuntimes.get(tree, Hashed(id)) }
  /// A runtime, active or suspended.
  public func anyRuntime(_ id: Namespace) throws -> Registry.Runtime? { try runtime(id) ?? suspendedRuntime(id) }

  /// Active runtimes in key order.
  public func activeRuntimes() throws -> [Registry.Runtime] { try Self.runtimes.entries(tree).map(\.value) }
  /// Suspended runtimes in key order.
  public func suspendedRuntimes() throws -> [Registry.Runtime] { try Self.suspendedRuntimes.entries(tree).map(\.value) }

  /// Moves a runtime from the active to the suspended ones.
  ///
  /// - Throws: `registry`/11 if it is not active.
  public func suspendRuntime(_ context: Context, _ id: Namespace) throws {
    guard try move(id, from: Self.runtimes.format, to: Self.suspendedRuntimes.format) else {
      throw AppError(Registry.Failure(.noSuchRuntime))
    }
    context.emit(Registry.RuntimeSuspendedEvent(runtimeID: id))
  }

  /// Moves a runtime from the suspended to the active ones; false if it is not suspended.
  public func resumeRuntime(_ id: Namespace) throws -> Bool {
    try move(id, from: Self.suspendedRuntimes.format, to: Self.runtimes.format)
  }

  private func move(
    _ id: Namespace, from source: StateKeyFormat<Hashed<Namespace>>, to destination: StateKeyFormat<Hashed<Namespace>>
  ) throws -> Bool {
    guard let value = try tree.get(source.key(Hashed(id))) else { return false }
    tree.remove(source.key(Hashed(id)))
    tree.set(destination.key(Hashed(id)), to: value)
    return true
  }
}

extension SignedEnvelope {
  /// The content of an envelope from the state, whose signature was checked before it was stored.
  func stored<Value: WireValue>(_ type: Value.Type) throws -> Value {
    do { return try Value.decode(cborOrAbsent: blob, mode: .untrusted) } catch {
      throw StateError("registry: stored \(type) is damaged: \(error)")
    }
  }
}

extension MultiSigned {
  /// The content of an envelope from the state, whose signatures were checked before it was stored.
  func stored<Value: WireValue>(_ type: Value.Type) throws -> Value {
    do { return try Value.decode(cborOrAbsent: blob, mode: .untrusted) } catch {
      throw StateError("registry: stored \(type) is damaged: \(error)")
    }
  }
}

extension PublicKey {
  /// The CometBFT address of a consensus key: the first 20 bytes of its SHA-256.
  public var consensusAddress: [UInt8] { Array(SHA256.digest(bytes).prefix(20)) }
}

extension AppError {
  /// A broken rule of the registry.
  public init(_ failure: Registry.Failure) { self.init(failure.module, failure.number, failure.description) }

  /// The error as an application error if it is a broken rule of the registry; others stay.
  static func translating<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let failure as Registry.Failure { throw AppError(failure) }
  }
}
