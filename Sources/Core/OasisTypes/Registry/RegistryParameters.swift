public import OasisCrypto
public import Wire

extension Registry {
  /// Parameters of the registry (sheet 04 §17).
  public struct ConsensusParameters: WireMap, Hashable, Sendable {
    public var debugAllowUnroutableAddresses = false
    public var debugAllowTestRuntimes = false
    public var debugDeployImmediately = false
    public var disableRuntimeRegistration = false
    public var disableKeyManagerRuntimeRegistration = false
    /// Without effect; kept since it is part of the state.
    public var enableKeyManagerCHURP = false
    public var gasCosts: [String: UInt64] = [:]
    public var maxNodeExpiration: Epoch = 0
    public var enableRuntimeGovernanceModels: [GovernanceModel: Bool] = [:]
    public var teeFeatures: TEEFeatures?
    public var maxRuntimeDeployments: UInt8 = 0

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("debug_allow_unroutable_addresses", \.debugAllowUnroutableAddresses, .omitEmpty),
      .init("debug_allow_test_runtimes", \.debugAllowTestRuntimes, .omitEmpty),
      .init("debug_deploy_immediately", \.debugDeployImmediately, .omitEmpty),
      .init("disable_runtime_registration", \.disableRuntimeRegistration, .omitEmpty),
      .init("disable_km_runtime_registration", \.disableKeyManagerRuntimeRegistration, .omitEmpty),
      .init("enable_km_churp", \.enableKeyManagerCHURP, .omitEmpty), .init("gas_costs", \.gasCosts, .omitEmpty),
      .init("max_node_expiration", \.maxNodeExpiration, .omitEmpty),
      .init("enable_runtime_governance_models", \.enableRuntimeGovernanceModels, .omitEmpty),
      .init("tee_features", \.teeFeatures, .omitEmpty), .init("max_runtime_deployments", \.maxRuntimeDeployments, .omitEmpty),
    ]

    /// What is wrong with the parameters, or nil (sheet 04 §17).
    public func violation(is261: Bool, allowsDebug: Bool) -> String? {
      if !allowsDebug {
        if debugAllowUnroutableAddresses || debugDeployImmediately { return "one or more unsafe debug flags set" }
        if maxNodeExpiration == 0 { return "maximum node expiration not specified" }
      }
      return teeFeatures?.sgx.defaultPolicy?.violation(is261: is261)
    }

    /// Most deployments that a descriptor may list.
    public var deploymentLimit: Int { max(2, Int(maxRuntimeDeployments)) }
  }

  /// Changes by a governance proposal; nil leaves a parameter as it is.
  public struct ConsensusParameterChanges: WireMap, Hashable, Sendable {
    public var disableRuntimeRegistration: Bool?
    public var disableKeyManagerRuntimeRegistration: Bool?
    public var gasCosts: [String: UInt64]?
    public var maxNodeExpiration: Epoch?
    public var enableRuntimeGovernanceModels: [GovernanceModel: Bool]?
    public var teeFeatures: TEEFeatures?
    public var maxRuntimeDeployments: UInt8?

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("disable_runtime_registration", \.disableRuntimeRegistration, .omitEmpty),
      .init("disable_km_runtime_registration", \.disableKeyManagerRuntimeRegistration, .omitEmpty),
      .init("gas_costs", \.gasCosts, .omitEmpty), .init("max_node_expiration", \.maxNodeExpiration, .omitEmpty),
      .init("enable_runtime_governance_models", \.enableRuntimeGovernanceModels, .omitEmpty),
      .init("tee_features", \.teeFeatures, .omitEmpty), .init("max_runtime_deployments", \.maxRuntimeDeployments, .omitEmpty),
    ]

    /// True if the proposal counts as empty. `max_runtime_deployments` alone does not count, as in the reference.
    public var isEmptyProposal: Bool {
      disableRuntimeRegistration == nil && disableKeyManagerRuntimeRegistration == nil && gasCosts == nil && maxNodeExpiration == nil
        && enableRuntimeGovernanceModels == nil && teeFeatures == nil
    }

    /// Overwrites the named parameters.
    public func apply(to parameters: inout ConsensusParameters) {
      if let disableRuntimeRegistration { parameters.disableRuntimeRegistration = disableRuntimeRegistration }
      if let disableKeyManagerRuntimeRegistration {
        parameters.disableKeyManagerRuntimeRegistration = disableKeyManagerRuntimeRegistration
      }
      if let gasCosts { parameters.gasCosts = gasCosts }
      if let maxNodeExpiration { parameters.maxNodeExpiration = maxNodeExpiration }
      if let enableRuntimeGovernanceModels { parameters.enableRuntimeGovernanceModels = enableRuntimeGovernanceModels }
      if let teeFeatures { parameters.teeFeatures = teeFeatures }
      if let maxRuntimeDeployments { parameters.maxRuntimeDeployments = maxRuntimeDeployments }
    }
  }

  /// The registry's section of the genesis document (sheet 04 §22).
  public struct Genesis: WireMap, Hashable, Sendable {
    public var parameters = ConsensusParameters()
    public var entities: [SignedEnvelope?] = []
    public var runtimes: [Runtime?] = []
    public var suspendedRuntimes: [Runtime?] = []
    public var nodes: [MultiSigned?] = []
    public var nodeStatuses: [PublicKey: NodeStatus?] = [:]

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("params", \.parameters), .init("entities", \.entities, .omitEmpty), .init("runtimes", \.runtimes, .omitEmpty),
      .init("suspended_runtimes", \.suspendedRuntimes, .omitEmpty), .init("nodes", \.nodes, .omitEmpty),
      .init("node_statuses", \.nodeStatuses, .omitEmpty),
    ]
  }
}
