public import OasisCrypto
public import Wire

/// An elected validator; kept under its consensus key. (Sheet 05 §B.1.)
public struct Validator: WireMap, Hashable, Sendable {
  /// The node's identity key.
  public var id = PublicKey()
  public var entityID = PublicKey()
  public var votingPower: Int64 = 0

  public init() {}
  public init(id: PublicKey, entityID: PublicKey, votingPower: Int64) {
    (self.id, self.entityID, self.votingPower) = (id, entityID, votingPower)
  }

  public static let fields: [Field<Self>] = [
    .init("id", \.id), .init("entity_id", \.entityID), .init("voting_power", \.votingPower),
  ]
}

/// Committees of these kinds were elected.
public struct ElectedEvent: WireMap, Hashable, Sendable {
  public var kinds: [CommitteeKind] = []

  public init() {}
  public init(kinds: [CommitteeKind]) { self.kinds = kinds }

  public static let fields: [Field<Self>] = [.init("kinds", \.kinds, .omitEmpty)]
}

/// Asks for the committees of a runtime at a height.
public struct CommitteesRequest: WireMap, Hashable, Sendable {
  public var height: Int64 = 0
  public var runtimeID = Namespace()

  public init() {}
  public init(height: Int64, runtimeID: Namespace) { (self.height, self.runtimeID) = (height, runtimeID) }

  public static let fields: [Field<Self>] = [.init("height", \.height), .init("runtime_id", \.runtimeID)]
}
