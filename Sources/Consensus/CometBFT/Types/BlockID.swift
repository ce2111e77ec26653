public import Protobuf

/// Names a set of block parts: how many there are, and their Merkle root.
public struct PartSetHeader: ProtobufMessage, Hashable {
  public var total: UInt32 = 0
  public var hash: [UInt8] = []
  public init() {}
  public init(total: UInt32, hash: [UInt8]) { (self.total, self.hash) = (total, hash) }
  public static let fields: [ProtobufField<Self>] = [.init(1, "total", \.total), .init(2, "hash", \.hash)]
  /// Whether it is no part set.
  public var isZero: Bool { total == 0 && hash.isEmpty }
}

/// Names a block: hash of its header, and the parts that it travels in. All empty: no block ("nil").
public struct BlockID: ProtobufMessage, Hashable {
  public var hash: [UInt8] = []
  public var partSetHeader = PartSetHeader()
  public init() {}
  public init(hash: [UInt8], partSetHeader: PartSetHeader) { (self.hash, self.partSetHeader) = (hash, partSetHeader) }
  public static let fields: [ProtobufField<Self>] = [.init(1, "hash", \.hash), .init(2, "part_set_header", \.partSetHeader)]

  /// True for "no block".
  public var isZero: Bool { hash.isEmpty && partSetHeader.isZero }
  /// True when hash and parts are all there.
  public var isComplete: Bool { hash.count == 32 && partSetHeader.total > 0 && partSetHeader.hash.count == 32 }
  /// The bytes that order and index block IDs: hash and encoded part set header.
  public var key: [UInt8] { hash + partSetHeader.protobuf() }
}
