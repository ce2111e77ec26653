public import CBOR
public import OasisCrypto
public import Wire

extension RootHash {
  /// A runtime as the root hash service sees it (sheet 05 §C.7).
  public struct RuntimeState: WireMap, Hashable, Sendable {
    /// The descriptor that counts until the next committee.
    public var runtime: Registry.Runtime?
    public var suspended = false
    public var genesisBlock: Block?
    public var lastBlock: Block?
    /// Consensus height of the last block.
    public var lastBlockHeight: Int64 = 0
    public var lastNormalRound: UInt64 = 0
    public var lastNormalHeight: Int64 = 0
    public var committee: Committee?
    public var commitmentPool: Pool?
    /// Consensus height of the round timeout; 0 is none.
    public var timeout: Int64 = 0
    public var livenessStatistics: LivenessStatistics?

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("runtime", \.runtime), .init("suspended", \.suspended, .omitEmpty), .init("genesis_block", \.genesisBlock),
      .init("last_block", \.lastBlock), .init("last_block_height", \.lastBlockHeight), .init("last_normal_round", \.lastNormalRound),
      .init("last_normal_height", \.lastNormalHeight), .init("committee", \.committee, .omitEmpty),
      .init("commitment_pool", \.commitmentPool, .omitEmpty), .init("timeout", \.timeout, .omitEmpty),
      .init("liveness_stats", \.livenessStatistics, .omitEmpty),
    ]
  }

  /// Rounds that members took part in, by position in the committee, backups included.
  public struct LivenessStatistics: WireMap, Hashable, Sendable {
    public var totalRounds: UInt64 = 0
    public var goodRounds: [UInt64]?
    public var finalizedProposals: [UInt64]?
    public var missedProposals: [UInt64]?

    public init() {}
    public init(members: Int) {
      let zeros = [UInt64](repeating: 0, count: members)
      goodRounds = zeros
      finalizedProposals = zeros
      missedProposals = zeros
    }
    public static let fields: [Field<Self>] = [
      .init("total_rounds", \.totalRounds), .init("good_rounds", \.goodRounds), .init("finalized_proposals", \.finalizedProposals),
      .init("missed_proposals", \.missedProposals),
    ]
  }

  /// Result of one runtime message.
  public struct MessageEvent: WireMap, Hashable, Sendable {
    public var module = ""
    public var code: UInt32 = 0
    public var index: UInt32 = 0
    /// CBOR of the handler's result; null where there is none.
    public var result = RawCBOR()

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("module", \.module, .omitEmpty), .init("code", \.code, .omitEmpty), .init("index", \.index, .omitEmpty),
      .init("result", \.result, .omitEmpty),
    ]

    /// Whether the message was carried out.
    public var isSuccess: Bool { code == 0 }
  }

  /// What a normal round left for the next one.
  public struct RoundResults: WireMap, Hashable, Sendable {
    public var messages: [MessageEvent] = []
    /// Entities whose nodes committed to the accepted results; one entry a node.
    public var goodComputeEntities: [PublicKey] = []
    public var badComputeEntities: [PublicKey] = []

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("messages", \.messages, .omitEmpty), .init("good_compute_entities", \.goodComputeEntities, .omitEmpty),
      .init("bad_compute_entities", \.badComputeEntities, .omitEmpty),
    ]
  }

  /// State and I/O root of a past round.
  public struct RoundRoots: WireArray, Hashable, Sendable {
    public var stateRoot = Hash()
    public var ioRoot = Hash()

    public init() {}
    public init(stateRoot: Hash, ioRoot: Hash) {
      self.stateRoot = stateRoot
      self.ioRoot = ioRoot
    }
    public static let fields: [Field<Self>] = [.init("StateRoot", \.stateRoot), .init("IORoot", \.ioRoot)]
  }
}
