public import OasisCrypto
public import Wire

extension Churp {
  /// Body of `keymanager/churp.Create`.
  public struct CreateRequest: WireMap, Hashable, Sendable {
    public var identity = Identity()
    public var suiteID: UInt8 = 0
    public var threshold: UInt8 = 0
    public var extraShares: UInt8 = 0
    public var handoffInterval: Epoch = 0
    public var policy = SignedPolicy()
    public init() {}
    public static let fields: [Field<Self>] = [
      .embedded(\.identity), .init("suite_id", \.suiteID, .omitEmpty), .init("threshold", \.threshold, .omitEmpty),
      .init("extra_shares", \.extraShares, .omitEmpty), .init("handoff_interval", \.handoffInterval, .omitEmpty),
      .init("policy", \.policy),
    ]
  }

  /// Body of `keymanager/churp.Update`; what is absent stays.
  public struct UpdateRequest: WireMap, Hashable, Sendable {
    public var identity = Identity()
    public var extraShares: UInt8?
    public var handoffInterval: Epoch?
    public var policy: SignedPolicy?
    public init() {}
    public static let fields: [Field<Self>] = [
      .embedded(\.identity), .init("extra_shares", \.extraShares, .omitEmpty), .init("handoff_interval", \.handoffInterval, .omitEmpty),
      .init("policy", \.policy, .omitEmpty),
    ]
  }

  /// What a node applies for the next handoff with, or confirms it with.
  public struct HandoffStatement: WireMap, Hashable, Sendable {
    public var identity = Identity()
    /// Of the handoff.
    public var epoch: Epoch = 0
    /// Of the verification matrix.
    public var checksum = Hash()
    public init() {}
    public static let fields: [Field<Self>] = [.embedded(\.identity), .init("epoch", \.epoch), .init("checksum", \.checksum)]
  }

  /// Body of `keymanager/churp.Apply`: signed by the enclave.
  public struct SignedApplication: WireMap, Hashable, Sendable {
    public var application = HandoffStatement()
    public var signature = Signature()
    public init() {}
    public static let fields: [Field<Self>] = [.init("application", \.application), .init("signature", \.signature)]
  }

  /// Body of `keymanager/churp.Confirm`: signed by the enclave.
  public struct SignedConfirmation: WireMap, Hashable, Sendable {
    public var confirmation = HandoffStatement()
    public var signature = Signature()
    public init() {}
    public static let fields: [Field<Self>] = [.init("confirmation", \.confirmation), .init("signature", \.signature)]
  }
}
