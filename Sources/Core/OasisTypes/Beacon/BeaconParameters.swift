public import Wire

/// The parameters of the beacon: where epochs and their randomness come from. (Sheet 05 §A.2.)
public struct BeaconParameters: WireMap, Hashable, Sendable {
  public var backend = ""
  /// Epochs change when a transaction says so; for debugging only.
  public var debugMockBackend = false
  public var insecure: InsecureBeaconParameters?
  public var vrf: VRFParameters?

  public init() {}

  public static let fields: [Field<Self>] = [
    .init("backend", \.backend), .init("debug_mock_backend", \.debugMockBackend, .omitEmpty),
    .init("insecure_parameters", \.insecure, .omitEmpty), .init("vrf_parameters", \.vrf, .omitEmpty),
  ]

  /// Name of the backend whose randomness the proposer can predict.
  public static let insecureBackend = "insecure"
  /// Name of the backend that collects proofs of verifiable random functions.
  public static let vrfBackend = "vrf"

  /// Whether nodes prove a VRF, and not the insecure beacon.
  public var isVRF: Bool { backend == Self.vrfBackend }

  /// Blocks per epoch of the configured backend; 0 where there is none.
  public var interval: Int64 { (isVRF ? vrf?.interval : insecure?.interval) ?? 0 }

  /// Why these parameters cannot be used; nil if they can. (Sheet 01 §14.9 item 3.)
  public var problem: String? {
    switch backend {
    case Self.insecureBackend:
      guard let insecure else { return "insecure backend parameters are missing" }
      guard insecure.interval > 0 || debugMockBackend else { return "epoch interval is not positive" }
    case Self.vrfBackend:
      guard let vrf else { return "VRF backend parameters are missing" }
      guard vrf.alphaHighQualityThreshold > 0 else { return "alpha threshold is not positive" }
      guard vrf.interval > 0 else { return "epoch interval is not positive" }
      guard vrf.proofDelay > 0, vrf.proofDelay < vrf.interval else { return "proof delay is not within the epoch" }
    default: return "unknown beacon backend \(backend)"
    }
    return nil
  }
}

/// Parameters of the insecure backend.
public struct InsecureBeaconParameters: WireMap, Hashable, Sendable {
  /// Blocks per epoch.
  public var interval: Int64 = 0

  public init() {}

  public static let fields: [Field<Self>] = [.init("interval", \.interval, .omitEmpty)]
}

/// Parameters of the VRF backend.
public struct VRFParameters: WireMap, Hashable, Sendable {
  /// Proofs that an epoch needs so that the next alpha comes from them.
  public var alphaHighQualityThreshold: UInt64 = 0
  /// Blocks per epoch.
  public var interval: Int64 = 0
  /// Blocks after an epoch's start during which no proofs are taken.
  public var proofDelay: Int64 = 0
  public var gasCosts: [String: UInt64] = [:]

  public init() {}

  public static let fields: [Field<Self>] = [
    .init("alpha_hq_threshold", \.alphaHighQualityThreshold, .omitEmpty), .init("interval", \.interval, .omitEmpty),
    .init("proof_delay", \.proofDelay, .omitEmpty), .init("gas_costs", \.gasCosts, .omitEmpty),
  ]
}

/// The beacon's section of the genesis document.
public struct BeaconGenesis: WireMap, Hashable, Sendable {
  /// The first epoch.
  public var base: Epoch = 0
  public var parameters = BeaconParameters()

  public init() {}

  public static let fields: [Field<Self>] = [.init("base", \.base), .init("params", \.parameters)]
}
