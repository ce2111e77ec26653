internal import Bytes
internal import OasisCrypto
public import OasisTypes
internal import Wire

/// Entities, nodes and runtimes (sheet 04 part B).
public final class RegistryService: Service {
  public static let name = "200_registry"
  public var name: String { Self.name }
  public var priority: Int64 { 50000 }

  public init() {}

  public var methods: [Method] {
    let malformed = AppError(Registry.Failure(.invalidArgument))
    return [
      Method("registry.RegisterEntity", SignedEnvelope.self, malformed: malformed) { try self.registerEntity($0, $1) },
      Method("registry.DeregisterEntity") { context, _ in
        try self.deregisterEntity(context)
        return nil
      },
      Method("registry.RegisterNode", MultiSigned.self, malformed: malformed, priority: 60000) { try self.registerNode($0, $1) },
      Method("registry.UnfreezeNode", Registry.UnfreezeNode.self, malformed: malformed) { try self.unfreezeNode($0, $1) },
      Method("registry.RegisterRuntime", Registry.Runtime.self, malformed: malformed) { _ = try self.registerRuntime($0, $1) },
      Method("registry.ProveFreshness", PlainBytes<32>.self, malformed: malformed) { context, _ in try self.proveFreshness(context) },
    ]
  }

  public func subscribe(to messages: MessageDispatcher) {
    messages.subscribe(.runtimeMessageRegistry, of: self) { context, message in
      guard let runtime = message.updateRuntime else { throw AppError(Registry.Failure(.invalidArgument)) }
      return try self.registerRuntime(context, runtime)?.cbor()
    }
    messages.subscribe(.changeParameters, of: self) { try self.changeParameters($0, $1, apply: true) }
    messages.subscribe(.validateParameterChanges, of: self) { try self.changeParameters($0, $1, apply: false) }
  }

  public func beginBlock(_ context: Context) throws {
    guard let epoch = try context.newEpoch() else { return }
    try expireNodes(context, epoch)
  }
}

extension MessageKind where Payload == RootHash.RegistryMessage {
  /// A runtime's registry message; root hash publishes it as the runtime.
  public static var runtimeMessageRegistry: Self { .init("roothash.runtime_message_registry") }
}

extension MessageKind where Payload == Registry.Runtime {
  /// A runtime was registered for the first time.
  public static var newRuntimeRegistered: Self { .init("registry.new_runtime_registered") }
  /// A runtime is about to be written; an error refuses the update.
  public static var runtimeUpdated: Self { .init("registry.runtime_updated") }
  /// A suspended runtime is active again.
  public static var runtimeResumed: Self { .init("registry.runtime_resumed") }
}

extension RegistryService {
  /// Marks nodes that expired, and removes those whose stake is free by now (sheet 04 §21).
  func expireNodes(_ context: Context, _ epoch: Epoch) throws {
    let registry = RegistryState(context.state)
    let parameters = try StakingState(context.state).parameters()
    let claims = try StakeClaims(context.state)
    var expired: [Node] = []
    for node in try registry.allNodes() where node.isExpired(at: epoch) {
      guard var status = try registry.nodeStatus(node.id) else { throw StateError("registry: no status of node \(node.id)") }
      if !status.expirationProcessed {
        status.expirationProcessed = true
        registry.setNodeStatus(node.id, status)
        expired.append(node)
      }
      guard let freeing = node.expiration.adding(checked: parameters.debondingInterval), freeing < epoch else { continue }
      registry.removeNode(node)
      if !parameters.debugBypassStake {
        do { try claims.remove(Address(node.entityID), claim: Self.claim(node: node.id)) } catch {
          throw StateError("registry: stake claim of node \(node.id): \(error)")
        }
      }
    }
    claims.commit()
    for node in expired { context.emit(Registry.NodeEvent(node: node, isRegistration: false)) }
    context.emit(service: Self.name, kind: "node_list_epoch", text: "1")
  }

  // MARK: Claims (sheet 04 §7, §19.12)

  static let entityClaim = "registry.RegisterEntity"
  static func claim(node: PublicKey) -> String { "registry.RegisterNode.\(node.base64)" }
  static func claim(runtime: Namespace) -> String { "registry.RegisterRuntime.\(runtime.hex)" }

  static let entityThresholds = [StakeThreshold(global: .entity)]

  /// Nil where nothing is claimed.
  static func thresholds(node: Node, runtimes: [Registry.Runtime]) -> [StakeThreshold]? {
    var thresholds: [StakeThreshold] = []
    if node.hasRoles(.validator) { thresholds.append(StakeThreshold(global: .nodeValidator)) }
    for runtime in runtimes {
      let kinds: [(Roles, ThresholdKind)] = [(.keyManager, .nodeKeyManager), (.compute, .nodeCompute), (.observer, .nodeObserver)]
      for (role, kind) in kinds where node.hasRoles(role) {
        thresholds.append(StakeThreshold(global: kind))
        if let own = runtime.staking.thresholds[kind], !own.isZero { thresholds.append(StakeThreshold(constant: own)) }
      }
    }
    return thresholds.isEmpty ? nil : thresholds
  }

  static func thresholds(runtime: Registry.Runtime) -> [StakeThreshold]? {
    switch runtime.kind {
    case .compute: [StakeThreshold(global: .runtimeCompute)]
    case .keyManager: [StakeThreshold(global: .runtimeKeyManager)]
    default: nil
    }
  }
}
