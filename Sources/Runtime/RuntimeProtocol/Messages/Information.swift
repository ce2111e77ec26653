public import CBOR
public import OasisTypes
public import Wire

/// The host introduces itself; always the first message (07 C.3).
public struct RuntimeInfoRequest: RuntimeProtocolMessage {
  public static let name = "RuntimeInfoRequest"
  public static let fields: [Field<Self>] = [
    .init("runtime_id", \.runtimeID), .init("consensus_backend", \.consensusBackend),
    .init("consensus_protocol_version", \.consensusProtocolVersion), .init("consensus_chain_context", \.consensusChainContext),
    .init("local_config", \.localConfiguration, .omitEmpty),
  ]

  /// The runtime that the host expects.
  public var runtimeID = Namespace()
  /// Name of the consensus backend, `tendermint`.
  public var consensusBackend = ""
  /// Version of the consensus protocol.
  public var consensusProtocolVersion = Version()
  /// The chain context, as hex text.
  public var consensusChainContext = ""
  /// The operator's settings for this runtime; no floating-point values (07 C.1).
  public var localConfiguration: [String: RawCBOR] = [:]

  /// An empty request, to be filled.
  public init() {}
}

/// The runtime introduces itself.
public struct RuntimeInfoResponse: RuntimeProtocolMessage {
  public static let name = "RuntimeInfoResponse"
  public static let fields: [Field<Self>] = [
    .init("protocol_version", \.protocolVersion), .init("runtime_version", \.runtimeVersion),
    .init("features", \.features, .omitEmptyInCBOR),
  ]

  /// The protocol that the runtime speaks; the major number must be 5.
  public var protocolVersion = Version()
  /// The runtime's own version; must be the bundle's.
  public var runtimeVersion = Version()
  /// What it can do beyond the base protocol.
  public var features = Features()

  /// An empty answer, to be filled.
  public init() {}
}

/// Optional behaviour that a runtime advertises (07 C.4).
public struct Features: WireMap, Hashable, Sendable {
  public static let fields: [Field<Self>] = [
    .init("schedule_control", \.scheduleControl, .omitEmpty),
    .init("key_manager_quote_policy_updates", \.keyManagerQuotePolicyUpdates, .omitEmpty),
    .init("key_manager_status_updates", \.keyManagerStatusUpdates, .omitEmpty),
    .init("endorsed_capability_tee", \.endorsedCapabilityTEE, .omitEmpty),
  ]

  /// How the runtime wants to be asked to schedule; a compute node needs it.
  public var scheduleControl: ScheduleControl?
  /// The runtime takes quote policies of its key manager.
  public var keyManagerQuotePolicyUpdates = false
  /// The runtime takes status updates of its key manager.
  public var keyManagerStatusUpdates = false
  /// The runtime takes an endorsement of its TEE capability.
  public var endorsedCapabilityTEE = false

  /// No features.
  public init() {}
}

/// How a runtime that chooses its own batch wants to start.
public struct ScheduleControl: WireMap, Hashable, Sendable {
  public static let fields: [Field<Self>] = [.init("initial_batch_size", \.initialBatchSize)]

  /// Number of transactions in the first batch.
  public var initialBatchSize: UInt32 = 0

  /// No transactions.
  public init() {}

  /// A first batch of that many transactions.
  public init(initialBatchSize: UInt32) { self.initialBatchSize = initialBatchSize }
}
