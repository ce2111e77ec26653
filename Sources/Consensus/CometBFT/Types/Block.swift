public import Protobuf

/// A block's transactions, as opaque bytes.
public struct BlockData: ProtobufMessage, Hashable {
  public var transactions: [[UInt8]] = []
  public init() {}
  public init(transactions: [[UInt8]]) { self.transactions = transactions }
  public static let fields: [ProtobufField<Self>] = [.init(1, "txs", \.transactions)]
}

/// A block: header, transactions, evidence of misbehaviour, and the commit of the block before.
public struct Block: ProtobufMessage, Hashable {
  public var header = Header()
  public var data = BlockData()
  public var evidence = EvidenceList()
  public var lastCommit: Commit?

  public init() {}
  public init(header: Header, data: BlockData, evidence: EvidenceList = .init(), lastCommit: Commit?) {
    (self.header, self.data, self.evidence, self.lastCommit) = (header, data, evidence, lastCommit)
  }

  public static let fields: [ProtobufField<Self>] = [
    .init(1, "header", \.header), .init(2, "data", \.data), .init(3, "evidence", \.evidence), .init(4, "last_commit", \.lastCommit),
  ]
}

/// What the block store keeps beside a block's parts.
public struct BlockMeta: ProtobufMessage, Hashable {
  public var blockID = BlockID()
  /// Bytes of the encoded block.
  public var blockSize: Int64 = 0
  public var header = Header()
  public var transactionCount: Int64 = 0

  public init() {}
  public init(blockID: BlockID, blockSize: Int64, header: Header, transactionCount: Int64) {
    (self.blockID, self.blockSize, self.header, self.transactionCount) = (blockID, blockSize, header, transactionCount)
  }

  public static let fields: [ProtobufField<Self>] = [
    .init(1, "block_id", \.blockID), .init(2, "block_size", \.blockSize), .init(3, "header", \.header),
    .init(4, "num_txs", \.transactionCount),
  ]
}

/// A header and the commit that proves it.
public struct SignedHeader: ProtobufMessage, Hashable {
  public var header: Header?
  public var commit: Commit?
  public init() {}
  public init(header: Header, commit: Commit) { (self.header, self.commit) = (header, commit) }
  public static let fields: [ProtobufField<Self>] = [.init(1, "header", \.header), .init(2, "commit", \.commit)]
}

/// A signed header and the validators that signed it.
public struct LightBlock: ProtobufMessage, Hashable {
  public var signedHeader: SignedHeader?
  public var validatorSet: ValidatorSetMessage?
  public init() {}
  public init(signedHeader: SignedHeader, validatorSet: ValidatorSetMessage) {
    (self.signedHeader, self.validatorSet) = (signedHeader, validatorSet)
  }
  public static let fields: [ProtobufField<Self>] = [
    .init(1, "signed_header", \.signedHeader), .init(2, "validator_set", \.validatorSet),
  ]
}
