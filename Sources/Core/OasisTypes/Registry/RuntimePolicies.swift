public import OasisCrypto
public import Wire

extension Registry {
  /// Which nodes may register for a runtime (sheet 04 §19.11).
  public struct AdmissionPolicy: WireMap, Hashable, Sendable {
    public var anyNode: AnyNode?
    public var entityWhitelist: EntityWhitelist?
    public var perRole: [Roles: RolePolicy]?

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("any_node", \.anyNode, .omitEmpty), .init("entity_whitelist", \.entityWhitelist, .omitEmpty),
      .init("per_role", \.perRole, .omitEmpty),
    ]

    /// Every node may register.
    public struct AnyNode: WireMap, Hashable, Sendable {
      public init() {}
      public static let fields: [Field<Self>] = []
    }

    /// Only nodes of listed entities may register.
    public struct EntityWhitelist: WireMap, Hashable, Sendable {
      public var entities: [PublicKey: EntityLimit]?
      public init() {}
      public static let fields: [Field<Self>] = [.init("entities", \.entities)]
    }

    /// How many nodes of an entity may register per role; empty is unlimited.
    public struct EntityLimit: WireMap, Hashable, Sendable {
      public var maxNodes: [Roles: UInt16] = [:]
      public init() {}
      public static let fields: [Field<Self>] = [.init("max_nodes", \.maxNodes, .omitEmpty)]
    }

    /// The policy for one role.
    public struct RolePolicy: WireMap, Hashable, Sendable {
      public var entityWhitelist: RoleWhitelist?
      public init() {}
      public static let fields: [Field<Self>] = [.init("entity_whitelist", \.entityWhitelist, .omitEmpty)]
    }

    /// Entities that may register nodes of the role.
    public struct RoleWhitelist: WireMap, Hashable, Sendable {
      public var entities: [PublicKey: RoleLimit]?
      public init() {}
      public static let fields: [Field<Self>] = [.init("entities", \.entities)]
    }

    /// How many nodes of an entity; 0 is unlimited.
    public struct RoleLimit: WireMap, Hashable, Sendable {
      public var maxNodes: UInt16 = 0
      public init() {}
      public static let fields: [Field<Self>] = [.init("max_nodes", \.maxNodes, .omitEmpty)]
    }
  }

  /// Conditions on the candidates of one committee role (sheet 04 §16.3).
  public struct SchedulingConstraints: WireMap, Hashable, Sendable {
    /// The entity must have an elected validator.
    public var validatorSet: ValidatorSetConstraint?
    public var maxNodes: LimitConstraint?
    public var minPoolSize: LimitConstraint?

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("validator_set", \.validatorSet, .omitEmpty), .init("max_nodes", \.maxNodes, .omitEmpty),
      .init("min_pool_size", \.minPoolSize, .omitEmpty),
    ]

    /// The entity of a candidate has an elected validator.
    public struct ValidatorSetConstraint: WireMap, Hashable, Sendable {
      public init() {}
      public static let fields: [Field<Self>] = []
    }

    /// A number of nodes.
    public struct LimitConstraint: WireMap, Hashable, Sendable {
      public var limit: UInt16 = 0
      public init() {}
      public init(limit: UInt16) { self.limit = limit }
      public static let fields: [Field<Self>] = [.init("limit", \.limit)]
    }
  }
}
