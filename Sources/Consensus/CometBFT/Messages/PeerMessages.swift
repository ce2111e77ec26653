public import Protobuf

// Messages of the channels beside consensus: mempool, block sync, state sync. Rule: engine sheet A17–A19.

/// Transactions for the pool, channel 0x30.
public struct MempoolMessage: ProtobufMessage, Hashable {
  /// As many as a peer sends at once.
  public struct Transactions: ProtobufMessage, Hashable {
    public var transactions: [[UInt8]] = []
    public init() {}
    public static let fields: [ProtobufField<Self>] = [.init(1, "txs", \.transactions)]
  }
  /// Which message it is.
  public enum Kind: Hashable, Sendable { case transactions(Transactions) }
  public var kind: Kind?
  public init() {}
  public static let fields: [ProtobufField<Self>] = [
    .member(1, "txs", of: \.kind, Kind.transactions) { if case .transactions(let value) = $0 { value } else { nil } }
  ]
}

/// A message without content.
public struct EmptyMessage: ProtobufMessage, Hashable {
  public init() {}
  public static let fields: [ProtobufField<Self>] = []
}

/// Whole blocks for those who are behind, channel 0x40.
public struct BlockSyncMessage: ProtobufMessage, Hashable {
  /// A height that is asked for, or that a peer does not have.
  public struct Height: ProtobufMessage, Hashable {
    public var height: Int64 = 0
    public init() {}
    public static let fields: [ProtobufField<Self>] = [.init(1, "height", \.height)]
  }
  /// The block that was asked for.
  public struct BlockResponse: ProtobufMessage, Hashable {
    public var block: Block?
    public init() {}
    public static let fields: [ProtobufField<Self>] = [.init(1, "block", \.block)]
  }
  /// From where to where a peer has blocks.
  public struct Status: ProtobufMessage, Hashable {
    public var height: Int64 = 0
    public var base: Int64 = 0
    public init() {}
    public static let fields: [ProtobufField<Self>] = [.init(1, "height", \.height), .init(2, "base", \.base)]
  }
  /// Which message it is.
  public enum Kind: Hashable, Sendable {
    case blockRequest(Height)
    case noBlockResponse(Height)
    case blockResponse(BlockResponse)
    case statusRequest(EmptyMessage)
    case statusResponse(Status)
  }
  public var kind: Kind?
  public init() {}
  public static let fields: [ProtobufField<Self>] = [
    .member(1, "block_request", of: \.kind, Kind.blockRequest) { if case .blockRequest(let value) = $0 { value } else { nil } },
    .member(2, "no_block_response", of: \.kind, Kind.noBlockResponse) { if case .noBlockResponse(let value) = $0 { value } else { nil } },
    .member(3, "block_response", of: \.kind, Kind.blockResponse) { if case .blockResponse(let value) = $0 { value } else { nil } },
    .member(4, "status_request", of: \.kind, Kind.statusRequest) { if case .statusRequest(let value) = $0 { value } else { nil } },
    .member(5, "status_response", of: \.kind, Kind.statusResponse) { if case .statusResponse(let value) = $0 { value } else { nil } },
  ]

  /// Heights and base in range; a block that is well-formed.
  public func validateBasic() throws(ValidationError) {
    switch kind {
    case .blockRequest(let message), .noBlockResponse(let message):
      guard message.height >= 0 else { throw ValidationError("block sync: height \(message.height)") }
    case .blockResponse(let response):
      guard let block = response.block else { throw ValidationError("block sync: block is missing") }
      try block.validateBasic()
    case .statusRequest: break
    case .statusResponse(let status):
      guard status.height >= 0, status.base >= 0, status.base <= status.height else {
        throw ValidationError("block sync: base \(status.base), height \(status.height)")
      }
    case nil: throw ValidationError("block sync: message of no known kind")
    }
  }
}

/// Snapshots for those who start, channels 0x60 and 0x61.
public struct StateSyncMessage: ProtobufMessage, Hashable {
  /// Asks for a piece of a snapshot.
  public struct ChunkRequest: ProtobufMessage, Hashable {
    public var height: UInt64 = 0
    public var format: UInt32 = 0
    public var index: UInt32 = 0
    public init() {}
    public static let fields: [ProtobufField<Self>] = [
      .init(1, "height", \.height), .init(2, "format", \.format), .init(3, "index", \.index),
    ]
  }
  /// A piece of a snapshot; `missing` where the peer no longer has it.
  public struct ChunkResponse: ProtobufMessage, Hashable {
    public var height: UInt64 = 0
    public var format: UInt32 = 0
    public var index: UInt32 = 0
    public var chunk: [UInt8] = []
    public var missing = false
    public init() {}
    public static let fields: [ProtobufField<Self>] = [
      .init(1, "height", \.height), .init(2, "format", \.format), .init(3, "index", \.index), .init(4, "chunk", \.chunk),
      .init(5, "missing", \.missing),
    ]
  }
  /// Which message it is.
  public enum Kind: Hashable, Sendable {
    case snapshotsRequest(EmptyMessage)
    case snapshotsResponse(Snapshot)
    case chunkRequest(ChunkRequest)
    case chunkResponse(ChunkResponse)
  }
  public var kind: Kind?
  public init() {}
  public static let fields: [ProtobufField<Self>] = [
    .member(1, "snapshots_request", of: \.kind, Kind.snapshotsRequest) { if case .snapshotsRequest(let value) = $0 { value } else { nil } },
    .member(2, "snapshots_response", of: \.kind, Kind.snapshotsResponse) {
      if case .snapshotsResponse(let value) = $0 { value } else { nil }
    },
    .member(3, "chunk_request", of: \.kind, Kind.chunkRequest) { if case .chunkRequest(let value) = $0 { value } else { nil } },
    .member(4, "chunk_response", of: \.kind, Kind.chunkResponse) { if case .chunkResponse(let value) = $0 { value } else { nil } },
  ]
}
