public import Wire

/// What the consensus API sends of a height (sheet 03 §18).
public enum Consensus {
  /// A consensus block as a light client needs it.
  public struct LightBlock: WireMap, Hashable, Sendable {
    public var height: Int64 = 0
    /// CometBFT's protobuf `LightBlock`, the validator set's total power filled in; nil where a request needs no block.
    public var meta: [UInt8]?
    public init() {}
    public init(height: Int64, meta: [UInt8]?) { (self.height, self.meta) = (height, meta) }
    public static let fields: [Field<Self>] = [.init("height", \.height), .init("meta", \.meta)]
  }

  /// The validators of a height.
  public struct Validators: WireMap, Hashable, Sendable {
    public var height: Int64 = 0
    /// CometBFT's protobuf `ValidatorSet`, the total power filled in.
    public var meta: [UInt8]?
    public init() {}
    public init(height: Int64, meta: [UInt8]?) { (self.height, self.meta) = (height, meta) }
    public static let fields: [Field<Self>] = [.init("height", \.height), .init("meta", \.meta)]
  }

  /// The consensus parameters in force at a height.
  public struct Parameters: WireMap, Hashable, Sendable {
    public var height: Int64 = 0
    public var parameters = ConsensusParameters()
    /// CometBFT's protobuf `ConsensusParams`.
    public var meta: [UInt8]?
    public init() {}
    public static let fields: [Field<Self>] = [.init("height", \.height), .init("parameters", \.parameters), .init("meta", \.meta)]
  }
}
