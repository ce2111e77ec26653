public import CBOR
public import Wire

extension Vault {
  /// What the authorities of a vault do: exactly one kind (sheet 06 C.2).
  public struct Action: WireMap, Hashable, Sendable {
    public var suspend: Nothing?
    public var resume: Nothing?
    public var executeMessage: ExecuteMessage?
    public var updateWithdrawPolicy: UpdateWithdrawPolicy?
    public var updateAuthority: UpdateAuthority?

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("suspend", \.suspend, .omitEmpty), .init("resume", \.resume, .omitEmpty),
      .init("execute_msg", \.executeMessage, .omitEmpty), .init("update_withdraw_policy", \.updateWithdrawPolicy, .omitEmpty),
      .init("update_authority", \.updateAuthority, .omitEmpty),
    ]

    /// What is wrong with the action, or nil.
    public func violation(of parameters: Parameters) -> String? {
      let kinds = [suspend != nil, resume != nil, executeMessage != nil, updateWithdrawPolicy != nil, updateAuthority != nil]
      guard kinds.count(where: { $0 }) == 1 else { return "exactly one action must be set" }
      if let executeMessage, executeMessage.method.isEmpty { return "malformed execute message method" }
      if let updateWithdrawPolicy, updateWithdrawPolicy.address.isReserved { return "malformed address in update withdraw policy" }
      guard let updateAuthority else { return nil }
      if updateAuthority.adminAuthority == nil, updateAuthority.suspendAuthority == nil {
        return "at least one authority must be updated"
      }
      if let violation = updateAuthority.adminAuthority?.violation(of: parameters) {
        return "malformed updated admin authority: \(violation)"
      }
      if let violation = updateAuthority.suspendAuthority?.violation(of: parameters) {
        return "malformed updated suspend authority: \(violation)"
      }
      return nil
    }
  }

  /// An action without arguments.
  public struct Nothing: WireMap, Hashable, Sendable {
    public init() {}
    public static let fields: [Field<Self>] = []
  }

  /// Calls a method as the vault.
  public struct ExecuteMessage: WireMap, Hashable, Sendable {
    public var method = ""
    public var body = RawCBOR()
    public init() {}
    public static let fields: [Field<Self>] = [.init("method", \.method), .init("body", \.body, .omitEmpty)]
  }

  /// Sets what an address may withdraw.
  public struct UpdateWithdrawPolicy: WireMap, Hashable, Sendable {
    public var address = Address()
    public var policy = WithdrawPolicy()
    public init() {}
    public static let fields: [Field<Self>] = [.init("address", \.address), .init("policy", \.policy)]
  }

  /// Replaces authorities.
  public struct UpdateAuthority: WireMap, Hashable, Sendable {
    public var adminAuthority: Authority?
    public var suspendAuthority: Authority?
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("admin_authority", \.adminAuthority, .omitEmpty), .init("suspend_authority", \.suspendAuthority, .omitEmpty),
    ]
  }

  /// An action that not enough have authorized yet.
  public struct PendingAction: WireMap, Hashable, Sendable {
    public var nonce: UInt64 = 0
    /// In order of authorization.
    public var authorizedBy: [Address]?
    public var action = Action()
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("nonce", \.nonce), .init("authorized_by", \.authorizedBy), .init("action", \.action),
    ]
  }
}

/// Coded errors of the vault service (sheet 06 C.1).
public enum VaultError {
  public static let invalidArgument = CodedError(Vault.moduleName, 1, "vault: invalid argument")
  public static let noSuchVault = CodedError(Vault.moduleName, 2, "vault: no such vault")
  public static let noSuchState = CodedError(Vault.moduleName, 3, "vault: no such state")
  public static let invalidNonce = CodedError(Vault.moduleName, 4, "vault: invalid nonce")
  public static let forbidden = CodedError(Vault.moduleName, 5, "vault: forbidden")
  public static let noSuchAction = CodedError(Vault.moduleName, 6, "vault: no such action")
  public static let unsupportedAction = CodedError(Vault.moduleName, 7, "vault: unsupported action")
}

extension Vault {
  /// Body of `vault.Create`.
  public struct Create: WireMap, Hashable, Sendable {
    public var adminAuthority = Authority()
    public var suspendAuthority = Authority()
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("admin_authority", \.adminAuthority), .init("suspend_authority", \.suspendAuthority),
    ]
  }

  /// Body of `vault.AuthorizeAction`.
  public struct AuthorizeAction: WireMap, Hashable, Sendable {
    public var vault = Address()
    public var nonce: UInt64 = 0
    public var action = Action()
    public init() {}
    public static let fields: [Field<Self>] = [.init("vault", \.vault), .init("nonce", \.nonce), .init("action", \.action)]
  }

  /// Body of `vault.CancelAction`.
  public struct CancelAction: WireMap, Hashable, Sendable {
    public var vault = Address()
    public var nonce: UInt64 = 0
    public init() {}
    public static let fields: [Field<Self>] = [.init("vault", \.vault), .init("nonce", \.nonce)]
  }
}
