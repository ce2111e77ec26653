public import Wire

/// A consensus block as a light client needs it: `meta` is CometBFT's protobuf `LightBlock`, total voting power filled in (07 C.6).
public struct LightBlock: WireMap, Hashable, Sendable {
  public static let fields: [Field<Self>] = [.init("height", \.height), .init("meta", \.meta)]

  /// Height of the block.
  public var height: Int64 = 0
  /// The protobuf, or nil in requests that need no block.
  public var meta: [UInt8]?

  /// No block.
  public init() {}

  /// A block.
  public init(height: Int64, meta: [UInt8]?) { (self.height, self.meta) = (height, meta) }
}

/// The validators of a height: `meta` is CometBFT's protobuf `ValidatorSet`, total voting power filled in (07 C.6).
public struct Validators: WireMap, Hashable, Sendable {
  public static let fields: [Field<Self>] = [.init("height", \.height), .init("meta", \.meta)]

  /// Height at which they sign.
  public var height: Int64 = 0
  /// The protobuf.
  public var meta: [UInt8]?

  /// No validators.
  public init() {}

  /// The validators of a height.
  public init(height: Int64, meta: [UInt8]?) { (self.height, self.meta) = (height, meta) }
}
