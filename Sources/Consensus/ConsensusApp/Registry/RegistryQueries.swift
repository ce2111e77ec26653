public import OasisCrypto
public import OasisTypes

/// Questions about the registry at one height (sheet 04 §24). Answers are computed from the state; failures carry the codes of the API.
public struct RegistryQueries {
  private let registry: RegistryState
  /// The epoch in that state: nodes that expired before it do not count.
  public let epoch: Epoch

  /// Queries of a height's state; the epoch is that of the state.
  public init(_ state: any StateReader) throws {
    registry = RegistryState(StateTree(over: state))
    epoch = try EpochState.current.get(state)?.epoch ?? 0
  }

  /// The parameters; a state without them is damaged.
  public func parameters() throws -> Registry.ConsensusParameters { try registry.parameters() }

  /// - Throws: `registry`/9.
  public func entity(_ id: PublicKey) throws -> Entity {
    guard let entity = try registry.entity(id) else { throw AppError(Registry.Failure(.noSuchEntity)) }
    return entity
  }

  /// All entities, in the order of their keys.
  public func entities() throws -> [Entity] { try registry.allEntities() }

  /// - Throws: `registry`/10, also if the node has expired.
  public func node(_ id: PublicKey) throws -> Node {
    guard let node = try registry.node(id), !node.isExpired(at: epoch) else { throw AppError(Registry.Failure(.noSuchNode)) }
    return node
  }

  /// The node behind a CometBFT address, expired or not.
  ///
  /// - Throws: `registry`/10.
  public func node(consensusAddress: [UInt8]) throws -> Node {
    guard let node = try registry.node(consensusAddress: consensusAddress) else { throw AppError(Registry.Failure(.noSuchNode)) }
    return node
  }

  /// - Throws: `registry`/10.
  public func nodeStatus(_ id: PublicKey) throws -> Registry.NodeStatus {
    guard let status = try registry.nodeStatus(id) else { throw AppError(Registry.Failure(.noSuchNode)) }
    return status
  }

  /// The nodes that have not expired, ascending by id; nil if there are none.
  public func nodes() throws -> [Node]? {
    let nodes = try registry.allNodes().filter { !$0.isExpired(at: epoch) }
    return nodes.isEmpty ? nil : nodes
  }

  /// - Throws: `registry`/11.
  public func runtime(_ id: Namespace, includeSuspended: Bool = false) throws -> Registry.Runtime {
    guard let runtime = try includeSuspended ? registry.anyRuntime(id) : registry.runtime(id) else {
      throw AppError(Registry.Failure(.noSuchRuntime))
    }
    return runtime
  }

  /// Active runtimes, then suspended ones if wanted; nil if there are none.
  public func runtimes(includeSuspended: Bool) throws -> [Registry.Runtime]? {
    let runtimes = try registry.activeRuntimes() + (includeSuspended ? registry.suspendedRuntimes() : [])
    return runtimes.isEmpty ? nil : runtimes
  }

  /// The registry's section of a genesis document.
  public func genesis() throws -> Registry.Genesis { try registry.genesis() }
}
