public import OasisCrypto
public import Wire

/// Data of the registry service: entities, nodes, runtimes, their parameters, genesis and events (sheet 04 part B).
///
/// Whoever holds a descriptor can check it here; looking things up in state is the consensus application's part.
public enum Registry {
  /// Name of the service in error codes, governance proposals and claims.
  public static let moduleName = "registry"
}

extension Registry {
  /// Body of `registry.UnfreezeNode` (sheet 04 §20.4).
  public struct UnfreezeNode: WireMap, Hashable, Sendable {
    public var nodeID = PublicKey()
    public init() {}
    public init(nodeID: PublicKey) { self.nodeID = nodeID }
    public static let fields: [Field<Self>] = [.init("node_id", \.nodeID)]
  }

  /// Body of `registry.DeregisterEntity`: nothing (sheet 04 §20.2).
  public struct DeregisterEntity: WireMap, Hashable, Sendable {
    public init() {}
    public static let fields: [Field<Self>] = []
  }

  /// Names of the gas costs in the parameters (sheet 04 §17).
  public enum GasOp {
    public static let registerEntity = "register_entity"
    public static let deregisterEntity = "deregister_entity"
    public static let registerNode = "register_node"
    public static let unfreezeNode = "unfreeze_node"
    public static let registerRuntime = "register_runtime"
    public static let runtimeEpochMaintenance = "runtime_epoch_maintenance"
    public static let proveFreshness = "prove_freshness"
  }

  /// Costs that `genesis init` writes: 1000 for every operation.
  public static let defaultGasCosts: [String: UInt64] = [
    GasOp.registerEntity: 1000, GasOp.deregisterEntity: 1000, GasOp.registerNode: 1000, GasOp.unfreezeNode: 1000,
    GasOp.registerRuntime: 1000, GasOp.runtimeEpochMaintenance: 1000, GasOp.proveFreshness: 1000,
  ]
}
