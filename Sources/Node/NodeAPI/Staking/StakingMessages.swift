internal import ConsensusApp
internal import OasisCrypto
public import OasisTypes
public import Wire

/// Asks about the account of an owner.
public struct OwnerQuery: WireMap, Hashable, Sendable {
  public var height: Int64 = 0
  public var owner = Address()
  public init() {}
  public init(height: Int64, owner: Address) { (self.height, self.owner) = (height, owner) }
  public static let fields: [Field<Self>] = [.init("height", \.height), .init("owner", \.owner)]
}

/// Asks for the stake that something needs.
public struct ThresholdQuery: WireMap, Hashable, Sendable {
  public var height: Int64 = 0
  public var kind = ThresholdKind()
  public init() {}
  public init(height: Int64, kind: ThresholdKind) { (self.height, self.kind) = (height, kind) }
  public static let fields: [Field<Self>] = [.init("height", \.height), .init("kind", \.kind)]
}

/// Asks how much a beneficiary may withdraw.
public struct AllowanceQuery: WireMap, Hashable, Sendable {
  public var height: Int64 = 0
  public var owner = Address()
  public var beneficiary = Address()
  public init() {}
  public static let fields: [Field<Self>] = [.init("height", \.height), .init("owner", \.owner), .init("beneficiary", \.beneficiary)]
}

extension StakingEvent: APIEvent {
  static var service: String { StakingService.name }

  mutating func set(kind: String, value: [UInt8]) throws -> Bool {
    switch kind {
    case TransferEvent.kind: transfer = try decodeEvent(value)
    case BurnEvent.kind: burn = try decodeEvent(value)
    case AllowanceChangeEvent.kind: allowanceChange = try decodeEvent(value)
    default:
      var part = EscrowEvent()
      switch kind {
      case AddEscrowEvent.kind: part.add = try decodeEvent(value)
      case TakeEscrowEvent.kind: part.take = try decodeEvent(value)
      case DebondingStartEvent.kind: part.debondingStart = try decodeEvent(value)
      case ReclaimEscrowEvent.kind: part.reclaim = try decodeEvent(value)
      default: return false
      }
      escrow = part
    }
    return true
  }
}
