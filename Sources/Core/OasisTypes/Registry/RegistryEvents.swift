public import OasisCrypto
public import Wire

extension Registry {
  /// An entity was registered or deregistered.
  public struct EntityEvent: WireMap, Hashable, Sendable {
    public var entity: Entity?
    public var isRegistration = false
    public init() {}
    public init(entity: Entity, isRegistration: Bool) {
      self.entity = entity
      self.isRegistration = isRegistration
    }
    public static let fields: [Field<Self>] = [.init("entity", \.entity), .init("is_registration", \.isRegistration)]
  }

  /// A node was registered, or expired.
  public struct NodeEvent: WireMap, Hashable, Sendable {
    public var node: Node?
    public var isRegistration = false
    public init() {}
    public init(node: Node, isRegistration: Bool) {
      self.node = node
      self.isRegistration = isRegistration
    }
    public static let fields: [Field<Self>] = [.init("node", \.node), .init("is_registration", \.isRegistration)]
  }

  /// A runtime was registered, updated or resumed.
  public struct RuntimeStartedEvent: WireMap, Hashable, Sendable {
    public var runtime: Runtime?
    public init() {}
    public init(runtime: Runtime) { self.runtime = runtime }
    public static let fields: [Field<Self>] = [.init("runtime", \.runtime)]
  }

  /// A runtime lost its committee or its stake.
  public struct RuntimeSuspendedEvent: WireMap, Hashable, Sendable {
    public var runtimeID = Namespace()
    public init() {}
    public init(runtimeID: Namespace) { self.runtimeID = runtimeID }
    public static let fields: [Field<Self>] = [.init("runtime_id", \.runtimeID)]
  }

  /// A node was unfrozen.
  public struct NodeUnfrozenEvent: WireMap, Hashable, Sendable {
    public var nodeID = PublicKey()
    public init() {}
    public init(nodeID: PublicKey) { self.nodeID = nodeID }
    public static let fields: [Field<Self>] = [.init("node_id", \.nodeID)]
  }

  /// An event as the API gives it: exactly one of the optional members is set (sheet 04 §23).
  public struct Event: WireMap, Hashable, Sendable {
    public var height: Int64 = 0
    /// Hash of the transaction; the hash of nothing for events of the block.
    public var transactionHash = Hash()
    public var runtimeStarted: RuntimeStartedEvent?
    public var runtimeSuspended: RuntimeSuspendedEvent?
    public var entity: EntityEvent?
    public var node: NodeEvent?
    public var nodeUnfrozen: NodeUnfrozenEvent?

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("height", \.height, .omitEmpty), .init("tx_hash", \.transactionHash),
      .init("runtime_started", \.runtimeStarted, .omitEmpty), .init("runtime_suspended", \.runtimeSuspended, .omitEmpty),
      .init("entity", \.entity, .omitEmpty), .init("node", \.node, .omitEmpty), .init("node_unfrozen", \.nodeUnfrozen, .omitEmpty),
    ]
  }

  /// The nodes of an epoch, as `WatchNodeList` gives them.
  public struct NodeList: WireMap, Hashable, Sendable {
    public var nodes: [Node]?
    public init() {}
    public init(nodes: [Node]?) { self.nodes = nodes }
    public static let fields: [Field<Self>] = [.init("nodes", \.nodes)]
  }
}
