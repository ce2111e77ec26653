public import OasisCrypto
public import Wire

extension RootHash {
  /// Parameters of the service (sheet 05 §C.1).
  public struct ConsensusParameters: WireMap, Hashable, Sendable {
    public var gasCosts: [String: UInt64] = [:]
    public var debugDoNotSuspendRuntimes = false
    public var debugBypassStake = false
    /// Most messages a runtime may emit a round.
    public var maxRuntimeMessages: UInt32 = 0
    /// Longest queue of incoming messages.
    public var maxInRuntimeMessages: UInt32 = 0
    /// In rounds.
    public var maxEvidenceAge: UInt64 = 0
    /// Rounds whose roots are kept; 0 keeps none.
    public var maxPastRootsStored: UInt64 = 0

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("gas_costs", \.gasCosts, .omitEmpty), .init("debug_do_not_suspend_runtimes", \.debugDoNotSuspendRuntimes, .omitEmpty),
      .init("debug_bypass_stake", \.debugBypassStake, .omitEmpty), .init("max_runtime_messages", \.maxRuntimeMessages),
      .init("max_in_runtime_messages", \.maxInRuntimeMessages), .init("max_evidence_age", \.maxEvidenceAge),
      .init("max_past_roots_stored", \.maxPastRootsStored, .omitEmpty),
    ]
  }

  /// Changes by a governance proposal; nil leaves a parameter as it is.
  public struct ConsensusParameterChanges: WireMap, Hashable, Sendable {
    public var gasCosts: [String: UInt64]?
    public var maxRuntimeMessages: UInt32?
    public var maxInRuntimeMessages: UInt32?
    public var maxEvidenceAge: UInt64?
    public var maxPastRootsStored: UInt64?

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("gas_costs", \.gasCosts, .omitEmpty), .init("max_runtime_messages", \.maxRuntimeMessages),
      .init("max_in_runtime_messages", \.maxInRuntimeMessages), .init("max_evidence_age", \.maxEvidenceAge),
      .init("max_past_roots_stored", \.maxPastRootsStored, .omitEmpty),
    ]

    /// Whether it would change nothing.
    public var isEmptyProposal: Bool {
      gasCosts == nil && maxRuntimeMessages == nil && maxInRuntimeMessages == nil && maxEvidenceAge == nil && maxPastRootsStored == nil
    }

    /// Overwrites the named parameters.
    public func apply(to parameters: inout ConsensusParameters) {
      if let gasCosts { parameters.gasCosts = gasCosts }
      if let maxRuntimeMessages { parameters.maxRuntimeMessages = maxRuntimeMessages }
      if let maxInRuntimeMessages { parameters.maxInRuntimeMessages = maxInRuntimeMessages }
      if let maxEvidenceAge { parameters.maxEvidenceAge = maxEvidenceAge }
      if let maxPastRootsStored { parameters.maxPastRootsStored = maxPastRootsStored }
    }
  }

  /// The service's section of the genesis document.
  public struct Genesis: WireMap, Hashable, Sendable {
    public var parameters = ConsensusParameters()
    public var runtimeStates: [Namespace: GenesisRuntimeState?] = [:]

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("params", \.parameters), .init("runtime_states", \.runtimeStates, .omitEmpty),
    ]
  }

  /// Where a runtime goes on after a state dump.
  public struct GenesisRuntimeState: WireMap, Hashable, Sendable {
    public var stateRoot = Hash()
    public var round: UInt64 = 0
    public var messageResults: [MessageEvent?] = []

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("state_root", \.stateRoot), .init("round", \.round), .init("message_results", \.messageResults, .omitEmpty),
    ]
  }
}
