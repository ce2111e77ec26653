public import OasisCrypto
public import Wire

/// The consensus layer's own parameters: state key F1 and genesis `consensus.params` (sheet 03 §14).
public struct ConsensusParameters: WireMap, Hashable, Sendable {
  /// Nanoseconds.
  public var timeoutCommit: Int64 = 0
  public var skipTimeoutCommit = false
  /// Nanoseconds.
  public var emptyBlockInterval: Int64 = 0
  /// Bytes; 0 means no limit.
  public var maxTransactionSize: UInt64 = 0
  /// Bytes.
  public var maxBlockSize: UInt64 = 0
  /// 0 means no limit.
  public var maxBlockGas: UInt64 = 0
  /// Bytes.
  public var maxEvidenceSize: UInt64 = 0
  /// Base units per gas.
  public var minGasPrice: UInt64 = 0
  /// Blocks; 0 means no checkpoints.
  public var stateCheckpointInterval: UInt64 = 0
  public var stateCheckpointNumKept: UInt64 = 0
  /// Bytes.
  public var stateCheckpointChunkSize: UInt64 = 0
  public var gasCosts: [String: UInt64] = [:]
  public var publicKeyBlacklist: [PublicKey] = []
  public var featureVersion: Version?
  public init() {}
  public static let fields: [Field<Self>] = [
    .init("timeout_commit", \.timeoutCommit),
    .init("skip_timeout_commit", \.skipTimeoutCommit),
    .init("empty_block_interval", \.emptyBlockInterval),
    .init("max_tx_size", \.maxTransactionSize),
    .init("max_block_size", \.maxBlockSize),
    .init("max_block_gas", \.maxBlockGas),
    .init("max_evidence_size", \.maxEvidenceSize),
    .init("min_gas_price", \.minGasPrice, .omitEmpty),
    .init("state_checkpoint_interval", \.stateCheckpointInterval),
    .init("state_checkpoint_num_kept", \.stateCheckpointNumKept, .omitEmpty),
    .init("state_checkpoint_chunk_size", \.stateCheckpointChunkSize, .omitEmpty),
    .init("gas_costs", \.gasCosts, .omitEmpty),
    .init("public_key_blacklist", \.publicKeyBlacklist, .omitEmpty),
    .init("feature_version", \.featureVersion, .omitEmpty),
  ]
}

/// The `consensus` section of a genesis document.
public struct ConsensusGenesis: WireMap, Hashable, Sendable {
  /// Always `tendermint`.
  public var backend = ""
  public var parameters = ConsensusParameters()
  public init() {}
  public static let fields: [Field<Self>] = [.init("backend", \.backend), .init("params", \.parameters)]
}

/// Body of the block metadata transaction `consensus.Meta` (sheet 03 §8).
public struct BlockMetadata: WireMap, Hashable, Sendable {
  public static let method = "consensus.Meta"
  /// Bytes; a proposer makes no larger metadata transaction.
  public static let maxSize = 16384

  /// State root after the block.
  public var stateRoot = Hash()
  /// Merkle root of the provable events; 32 bytes.
  public var eventsRoot: [UInt8]?
  public init() {}
  public init(stateRoot: Hash, eventsRoot: [UInt8]) { (self.stateRoot, self.eventsRoot) = (stateRoot, eventsRoot) }
  public static let fields: [Field<Self>] = [.init("state_root", \.stateRoot), .init("events_root", \.eventsRoot)]
}
