public import OasisCrypto
public import Wire

extension Vault {
  /// An action was proposed or seconded.
  public struct ActionSubmitted: WireMap, Hashable, Sendable {
    public var submitter = Address()
    public var vault = Address()
    public var nonce: UInt64 = 0
    public init() {}
    public static let fields: [Field<Self>] = [.init("submitter", \.submitter), .init("vault", \.vault), .init("nonce", \.nonce)]
  }

  /// An action was cancelled.
  public struct ActionCanceled: WireMap, Hashable, Sendable {
    public var vault = Address()
    public var nonce: UInt64 = 0
    public init() {}
    public static let fields: [Field<Self>] = [.init("vault", \.vault), .init("nonce", \.nonce)]
  }

  /// An action had enough signers and was carried out, with this result.
  public struct ActionExecuted: WireMap, Hashable, Sendable {
    public var vault = Address()
    public var nonce: UInt64 = 0
    public var result = ActionResult()
    public init() {}
    public static let fields: [Field<Self>] = [.init("vault", \.vault), .init("nonce", \.nonce), .init("result", \.result, .omitEmpty)]
  }

  /// The coded error of an executed action; empty on success.
  public struct ActionResult: WireMap, Hashable, Sendable {
    public var module = ""
    public var code: UInt32 = 0
    public init() {}
    public static let fields: [Field<Self>] = [.init("module", \.module, .omitEmpty), .init("code", \.code, .omitEmpty)]

    /// Whether the action did what it should.
    public var isSuccess: Bool { code == 0 }
  }

  /// A vault was suspended or resumed.
  public struct StateChanged: WireMap, Hashable, Sendable {
    public var vault = Address()
    public var oldState = State()
    public var newState = State()
    public init() {}
    public static let fields: [Field<Self>] = [.init("vault", \.vault), .init("old_state", \.oldState), .init("new_state", \.newState)]
  }

  /// The rules for one address's withdrawals changed.
  public struct PolicyUpdated: WireMap, Hashable, Sendable {
    public var vault = Address()
    public var address = Address()
    public init() {}
    public static let fields: [Field<Self>] = [.init("vault", \.vault), .init("address", \.address)]
  }

  /// The signers of a vault changed.
  public struct AuthorityUpdated: WireMap, Hashable, Sendable {
    public var vault = Address()
    public init() {}
    public static let fields: [Field<Self>] = [.init("vault", \.vault)]
  }

  /// An event in answers to queries: one member is set (sheet 06 C.8).
  public struct Event: WireMap, Hashable, Sendable {
    public var height: Int64 = 0
    public var transactionHash = Hash()
    public var actionSubmitted: ActionSubmitted?
    public var actionCanceled: ActionCanceled?
    public var actionExecuted: ActionExecuted?
    public var stateChanged: StateChanged?
    public var policyUpdated: PolicyUpdated?
    public var authorityUpdated: AuthorityUpdated?

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("height", \.height, .omitEmpty), .init("tx_hash", \.transactionHash),
      .init("action_submitted", \.actionSubmitted, .omitEmpty), .init("action_canceled", \.actionCanceled, .omitEmpty),
      .init("action_executed", \.actionExecuted, .omitEmpty), .init("state_changed", \.stateChanged, .omitEmpty),
      .init("policy_updated", \.policyUpdated), .init("authority_updated", \.authorityUpdated),
    ]
  }

  /// Asks for a vault or its pending actions.
  public struct VaultQuery: WireMap, Hashable, Sendable {
    public var height: Int64 = 0
    public var address = Address()
    public init() {}
    public static let fields: [Field<Self>] = [.init("height", \.height), .init("address", \.address)]
  }

  /// Asks for the state of an address in a vault.
  public struct AddressQuery: WireMap, Hashable, Sendable {
    public var height: Int64 = 0
    public var vault = Address()
    public var address = Address()
    public init() {}
    public static let fields: [Field<Self>] = [.init("height", \.height), .init("vault", \.vault), .init("address", \.address)]
  }
}
