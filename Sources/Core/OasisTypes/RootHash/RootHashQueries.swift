internal import OasisCrypto
public import Wire

extension RootHash {
  /// A question about a runtime at a height (sheet 05 §C.22).
  public struct RuntimeRequest: WireMap, Hashable, Sendable {
    public var runtimeID = Namespace()
    public var height: Int64 = 0
    public init() {}
    public init(runtimeID: Namespace, height: Int64) {
      self.runtimeID = runtimeID
      self.height = height
    }
    public static let fields: [Field<Self>] = [.init("runtime_id", \.runtimeID), .init("height", \.height)]
  }

  /// A question for the roots of a past round.
  public struct RoundRootsRequest: WireMap, Hashable, Sendable {
    public var runtimeID = Namespace()
    public var height: Int64 = 0
    public var round: UInt64 = 0
    public init() {}
    public init(runtimeID: Namespace, height: Int64, round: UInt64) {
      self.runtimeID = runtimeID
      self.height = height
      self.round = round
    }
    public static let fields: [Field<Self>] = [
      .init("runtime_id", \.runtimeID), .init("height", \.height), .init("round", \.round),
    ]
  }

  /// A page of a runtime's queue: `limit` messages (0: all) from id `offset` on.
  public struct InMessageQueueRequest: WireMap, Hashable, Sendable {
    public var runtimeID = Namespace()
    public var height: Int64 = 0
    public var offset: UInt64 = 0
    public var limit: UInt32 = 0
    public init() {}
    public init(runtimeID: Namespace, height: Int64, offset: UInt64 = 0, limit: UInt32 = 0) {
      self.runtimeID = runtimeID
      self.height = height
      self.offset = offset
      self.limit = limit
    }
    public static let fields: [Field<Self>] = [
      .init("runtime_id", \.runtimeID), .init("height", \.height), .init("offset", \.offset, .omitEmpty),
      .init("limit", \.limit, .omitEmpty),
    ]
  }
}
