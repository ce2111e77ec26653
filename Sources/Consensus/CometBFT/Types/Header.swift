public import Protobuf

/// Versions of the block format and of the application.
public struct ConsensusVersion: ProtobufMessage, Hashable {
  /// The block format that this library writes.
  public static let blockProtocol: UInt64 = 11

  public var block: UInt64 = 0
  public var app: UInt64 = 0
  public init() {}
  public init(block: UInt64 = ConsensusVersion.blockProtocol, app: UInt64) { (self.block, self.app) = (block, app) }
  public static let fields: [ProtobufField<Self>] = [.init(1, "block", \.block), .init(2, "app", \.app)]
}

/// What a block says about itself and about the state before it. Rule: engine sheet A3.
public struct Header: ProtobufMessage, Hashable {
  public var version = ConsensusVersion()
  public var chainID = ""
  public var height: Int64 = 0
  public var time = Timestamp()
  public var lastBlockID = BlockID()
  public var lastCommitHash: [UInt8] = []
  public var dataHash: [UInt8] = []
  public var validatorsHash: [UInt8] = []
  public var nextValidatorsHash: [UInt8] = []
  public var consensusHash: [UInt8] = []
  /// The application's hash after the block before.
  public var appHash: [UInt8] = []
  public var lastResultsHash: [UInt8] = []
  public var evidenceHash: [UInt8] = []
  public var proposerAddress: [UInt8] = []

  public init() {}

  public static let fields: [ProtobufField<Self>] = [
    .init(1, "version", \.version), .init(2, "chain_id", \.chainID), .init(3, "height", \.height), .init(4, "time", \.time),
    .init(5, "last_block_id", \.lastBlockID), .init(6, "last_commit_hash", \.lastCommitHash), .init(7, "data_hash", \.dataHash),
    .init(8, "validators_hash", \.validatorsHash), .init(9, "next_validators_hash", \.nextValidatorsHash),
    .init(10, "consensus_hash", \.consensusHash), .init(11, "app_hash", \.appHash),
    .init(12, "last_results_hash", \.lastResultsHash), .init(13, "evidence_hash", \.evidenceHash),
    .init(14, "proposer_address", \.proposerAddress),
  ]
}
