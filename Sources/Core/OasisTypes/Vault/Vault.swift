public import Wire

/// Data of the vault service: accounts under several authorities (sheet 06 C).
public enum Vault {
  /// Name of the service in error codes, proposals and hooks.
  public static let moduleName = "vault"

  /// Names of the gas costs in the parameters.
  public enum GasOp {
    public static let create = "create"
    public static let authorizeAction = "authorize_action"
    public static let cancelAction = "cancel_action"
  }

  /// Costs that the upgrade which enables vaults writes.
  public static let defaultGasCosts: [String: UInt64] = [
    GasOp.create: 10000, GasOp.authorizeAction: 5000, GasOp.cancelAction: 5000,
  ]
}

extension Vault {
  /// Parameters of the service (sheet 06 C.1). Without parameters in state vaults are disabled.
  public struct Parameters: WireMap, Hashable, Sendable {
    public var enabled = false
    public var maxAuthorityAddresses: UInt8 = 0
    public var gasCosts: [String: UInt64] = [:]

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("enabled", \.enabled, .omitEmpty), .init("max_authority_addresses", \.maxAuthorityAddresses, .omitEmpty),
      .init("gas_costs", \.gasCosts, .omitEmpty),
    ]

    /// What the upgrade which enables vaults writes.
    public static let enabledByUpgrade: Parameters = {
      var parameters = Parameters()
      (parameters.enabled, parameters.maxAuthorityAddresses, parameters.gasCosts) = (true, 32, defaultGasCosts)
      return parameters
    }()

    /// What is wrong with the parameters, or nil.
    public var violation: String? {
      enabled && maxAuthorityAddresses == 0 ? "maximum number of authority addresses must be greater than zero" : nil
    }
  }

  /// A change to the parameters; what is absent stays (sheet 06 A.9).
  public struct ParameterChanges: WireMap, Hashable, Sendable {
    public var maxAuthorityAddresses: UInt8?
    public var gasCosts: [String: UInt64]?
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("max_authority_addresses", \.maxAuthorityAddresses, .omitEmpty), .init("gas_costs", \.gasCosts, .omitEmpty),
    ]

    /// What is wrong with the change itself, or nil.
    public var violation: String? { self == ParameterChanges() ? "consensus parameter changes should not be empty" : nil }

    /// Puts the values that are set into parameters.
    public func apply(to parameters: inout Parameters) {
      if let maxAuthorityAddresses { parameters.maxAuthorityAddresses = maxAuthorityAddresses }
      if let gasCosts { parameters.gasCosts = gasCosts }
    }
  }

  /// A vault as it is kept in state.
  public struct Account: WireMap, Hashable, Sendable {
    public var creator = Address()
    /// Number of the vault among its creator's.
    public var id: UInt64 = 0
    public var state = State()
    /// Of the next action.
    public var nonce: UInt64 = 0
    public var adminAuthority = Authority()
    public var suspendAuthority = Authority()

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("creator", \.creator), .init("id", \.id), .init("state", \.state), .init("nonce", \.nonce, .omitEmpty),
      .init("admin_authority", \.adminAuthority), .init("suspend_authority", \.suspendAuthority),
    ]

    /// The address of the vault's account.
    public var address: Address { Address(vaultOf: creator, id: id) }
    /// Whether it pays.
    public var isActive: Bool { state == .active }

    /// The authorities that may authorize an action.
    public func authorities(for action: Action) -> [Authority] {
      action.suspend != nil || action.resume != nil ? [adminAuthority, suspendAuthority] : [adminAuthority]
    }
  }

  /// Whether withdrawals are possible. A number in JSON.
  public struct State: WireNumber {
    public var rawValue: UInt8 = 0
    public init() {}
    public static let suspended = State(rawValue: 0)
    public static let active = State(rawValue: 1)
  }

  /// Addresses of which some number must agree.
  public struct Authority: WireMap, Hashable, Sendable {
    /// Nil and empty differ in hashes; neither is valid.
    public var addresses: [Address]?
    public var threshold: UInt8 = 0

    public init() {}
    public static let fields: [Field<Self>] = [.init("addresses", \.addresses), .init("threshold", \.threshold)]

    /// What is wrong with the authority, or nil.
    public func violation(of parameters: Parameters) -> String? {
      let addresses = addresses ?? []
      if addresses.isEmpty { return "no addresses" }
      if threshold == 0 { return "threshold cannot be zero" }
      if Int(threshold) > addresses.count { return "threshold is larger than the number of addresses" }
      if addresses.count > Int(parameters.maxAuthorityAddresses) {
        return "too many addresses in authority (max: \(parameters.maxAuthorityAddresses) got: \(addresses.count))"
      }
      var seen: Set<Address> = []
      for address in addresses where !seen.insert(address).inserted { return "duplicate address in authority: \(address)" }
      return nil
    }

    /// Whether an address belongs to the authority.
    public func contains(_ address: Address) -> Bool { addresses?.contains(address) ?? false }

    /// Whether enough of the authority's addresses are among `signers`.
    public func isSatisfied(by signers: [Address]) -> Bool {
      let known = Set(addresses ?? [])
      let agreeing = Set(signers).count(where: known.contains)
      return agreeing > 0 && agreeing >= Int(threshold)
    }
  }

  /// How much may be withdrawn in how many blocks.
  public struct WithdrawPolicy: WireMap, Hashable, Sendable {
    public var limitAmount = Quantity()
    /// In blocks.
    public var limitInterval: UInt64 = 0
    public init() {}
    public static let fields: [Field<Self>] = [.init("limit_amount", \.limitAmount), .init("limit_interval", \.limitInterval)]

    /// Whether nothing may be withdrawn.
    public var isDisabled: Bool { limitAmount.isZero || limitInterval == 0 }
  }

  /// What an address may withdraw from a vault, and what it did in the present interval.
  public struct AddressState: WireMap, Hashable, Sendable {
    public var withdrawPolicy = WithdrawPolicy()
    /// Height divided by the interval.
    public var bucket: UInt64 = 0
    public var amount = Quantity()

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("withdraw_policy", \.withdrawPolicy), .init("bucket", \.bucket), .init("amount", \.amount),
    ]

    /// Sets the policy; another interval starts a new bucket (sheet 06 C.6).
    public mutating func update(policy: WithdrawPolicy) {
      if withdrawPolicy.limitInterval != policy.limitInterval { (bucket, amount) = (0, Quantity()) }
      withdrawPolicy = policy
    }

    /// Counts a withdrawal; false where the policy does not allow it (sheet 06 C.7).
    public mutating func authorize(_ amount: Quantity, height: Int64) -> Bool {
      if amount.isZero { return true }
      guard !withdrawPolicy.isDisabled else { return false }
      let current = UInt64(bitPattern: height) / withdrawPolicy.limitInterval
      let used = (bucket == current ? self.amount : Quantity()) + amount
      guard used <= withdrawPolicy.limitAmount else { return false }
      (bucket, self.amount) = (current, used)
      return true
    }
  }

  /// The section of the genesis document.
  public struct Genesis: WireMap, Hashable, Sendable {
    public var parameters = Parameters()
    public var vaults: [Account] = []
    /// By vault, then by address.
    public var states: [Address: [Address: AddressState]?] = [:]
    /// By vault.
    public var pendingActions: [Address: [PendingAction]?] = [:]

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("params", \.parameters), .init("vaults", \.vaults, .omitEmpty), .init("states", \.states, .omitEmpty),
      .init("pending_actions", \.pendingActions, .omitEmpty),
    ]
  }
}
