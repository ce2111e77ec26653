public import Wire

/// What needs stake; the amounts are parameters (sheet 04 §2).
public struct ThresholdKind: WireEnum {
  public var rawValue: Int64 = 0
  public init() {}
  public static let words: [(Int64, String)] = [
    (0, "entity"), (1, "node-validator"), (2, "node-compute"), (3, "node-observer"), (4, "node-keymanager"), (5, "runtime-compute"),
    (6, "runtime-keymanager"), (7, "keymanager-churp"),
  ]
  public static let entity = Self(rawValue: 0)
  public static let nodeValidator = Self(rawValue: 1)
  public static let nodeCompute = Self(rawValue: 2)
  public static let nodeObserver = Self(rawValue: 3)
  public static let nodeKeyManager = Self(rawValue: 4)
  public static let runtimeCompute = Self(rawValue: 5)
  public static let runtimeKeyManager = Self(rawValue: 6)
  public static let keyManagerChurp = Self(rawValue: 7)
  /// The kinds that parameters must have an amount for.
  public static let required: [Self] = (0...6).map { Self(rawValue: $0) }
}

/// Why stake is taken; the beacon's reasons 1 to 3 have no words (sheet 04 §2).
public struct SlashReason: WireEnum {
  public var rawValue: UInt8 = 0
  public init() {}
  public static let words: [(UInt8, String)] = [
    (0x00, "consensus-equivocation"), (0x04, "consensus-light-client-attack"), (0x80, "runtime-incorrect-results"),
    (0x81, "runtime-equivocation"), (0x82, "runtime-liveness"),
  ]
  public static let consensusEquivocation = Self(rawValue: 0x00)
  public static let consensusLightClientAttack = Self(rawValue: 0x04)
  public static let runtimeIncorrectResults = Self(rawValue: 0x80)
  public static let runtimeEquivocation = Self(rawValue: 0x81)
  public static let runtimeLiveness = Self(rawValue: 0x82)
}

/// A penalty.
public struct Slash: WireMap, Hashable, Sendable {
  /// Base units taken from the entity's escrow.
  public var amount = Quantity()
  /// Epochs for which the node is frozen; `Epoch.max` for ever.
  public var freezeInterval: Epoch = 0
  public init() {}
  public init(amount: Quantity, freezeInterval: Epoch) { (self.amount, self.freezeInterval) = (amount, freezeInterval) }
  public static let fields: [Field<Self>] = [.init("amount", \.amount), .init("freeze_interval", \.freezeInterval)]
}

/// A threshold that a claim must meet: one of the parameters, or a constant. Exactly one is set.
public struct StakeThreshold: WireMap, Hashable, Sendable {
  public var global: ThresholdKind?
  public var constant: Quantity?
  public init() {}
  public init(global: ThresholdKind) { self.global = global }
  public init(constant: Quantity) { self.constant = constant }
  public static let fields: [Field<Self>] = [.init("global", \.global, .omitEmpty), .init("const", \.constant, .omitEmpty)]
}

/// The claims on an account's active stake, by claim name.
public struct StakeAccumulator: WireMap, Hashable, Sendable {
  /// A list made from nothing is nil (`f6` on the wire), not empty.
  public var claims: [String: [StakeThreshold]?] = [:]
  public init() {}
  public static let fields: [Field<Self>] = [.init("claims", \.claims, .omitEmpty)]
}
