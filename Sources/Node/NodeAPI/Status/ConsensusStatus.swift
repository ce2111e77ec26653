public import MKVS
public import OasisCrypto
public import OasisTypes
public import Wire

extension Control {
  /// Whether the node follows the chain.
  public struct ConsensusState: WireEnum, Hashable {
    public var rawValue: UInt8 = 0
    public init() {}
    public static let ready = ConsensusState(rawValue: 0)
    public static let syncing = ConsensusState(rawValue: 1)
    public static let words: [(UInt8, String)] = [(0, "ready"), (1, "syncing")]
  }

  /// What a kind of node offers; a bit mask in CBOR and JSON.
  public struct ConsensusFeatures: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// The services; every node has them.
    public static let services = ConsensusFeatures(rawValue: 1)
    public static let fullNode = ConsensusFeatures(rawValue: 2)
    public static let archive = ConsensusFeatures(rawValue: 4)
  }

  /// The consensus layer; also the answer of `Consensus.GetStatus` (sheet 03 §18, 09 §4.1).
  public struct ConsensusStatus: WireMap, Hashable, Sendable {
    public var status = ConsensusState.syncing
    public var version = ProtocolVersions.current.consensusProtocol
    public var backend = "tendermint"
    /// Of ``ConsensusFeatures``.
    public var features: UInt8 = 0
    public var latestHeight: Int64 = 0
    public var latestHash = Hash()
    public var latestTime = LocalTime()
    public var latestEpoch: Epoch = 0
    public var latestStateRoot = Root(type: .invalid, hash: .zero)
    /// Bytes.
    public var latestBlockSize: UInt64 = 0
    public var genesisHeight: Int64 = 0
    /// Zero where that block is pruned.
    public var genesisHash = Hash()
    public var lastRetainedHeight: Int64 = 0
    public var lastRetainedHash = Hash()
    public var chainContext = ""
    public var isValidator = false
    public var p2p: ConsensusNetworkStatus?

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("status", \.status), .init("version", \.version), .init("backend", \.backend), .init("features", \.features),
      .init("latest_height", \.latestHeight), .init("latest_hash", \.latestHash), .init("latest_time", \.latestTime),
      .init("latest_epoch", \.latestEpoch), .init("latest_state_root", \.latestStateRoot),
      .init("latest_block_size", \.latestBlockSize, .omitEmpty), .init("genesis_height", \.genesisHeight),
      .init("genesis_hash", \.genesisHash), .init("last_retained_height", \.lastRetainedHeight),
      .init("last_retained_hash", \.lastRetainedHash), .init("chain_context", \.chainContext), .init("is_validator", \.isValidator),
      .init("p2p", \.p2p, .omitEmpty),
    ]
  }

  /// CometBFT's peers.
  public struct ConsensusNetworkStatus: WireMap, Hashable, Sendable {
    public var publicKey = PublicKey()
    /// Lower-case hex of the CometBFT address of the key.
    public var peerID = ""
    public var addresses: [ConsensusAddress]?
    /// `HEXID@host:port`.
    public var peers: [String]?
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("pub_key", \.publicKey), .init("peer_id", \.peerID), .init("addresses", \.addresses), .init("peers", \.peers),
    ]
  }
}
