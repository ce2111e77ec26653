public import OasisCrypto
public import Wire

extension RootHash {
  /// What a worker computed: the vote of its commitment is this header's hash (sheet 05 §C.3).
  public struct ComputeResultsHeader: WireMap, Hashable, Sendable {
    public var round: UInt64 = 0
    public var previousHash = Hash()
    public var ioRoot: Hash?
    public var stateRoot: Hash?
    public var messagesHash: Hash?
    public var inMessagesHash: Hash?
    public var inMessagesCount: UInt32 = 0

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("round", \.round), .init("previous_hash", \.previousHash), .init("io_root", \.ioRoot, .omitEmpty),
      .init("state_root", \.stateRoot, .omitEmpty), .init("messages_hash", \.messagesHash, .omitEmpty),
      .init("in_msgs_hash", \.inMessagesHash, .omitEmpty), .init("in_msgs_count", \.inMessagesCount, .omitEmpty),
    ]

    /// What scheduler and workers sign: the header's hash.
    public var hash: Hash { Hash.of(self) }

    /// True if the results are those of a child of `block`.
    public func isBased(on block: Block) -> Bool {
      round == block.header.round &+ 1 && previousHash == block.header.hash
    }
  }

  /// Why a worker has no results.
  public struct CommitmentFailure: WireNumber {
    public var rawValue: UInt8 = 0
    public init() {}
    public static let none = CommitmentFailure(rawValue: 0)
    public static let unknown = CommitmentFailure(rawValue: 1)
    public static let stateUnavailable = CommitmentFailure(rawValue: 2)
  }

  /// The signed part of a commitment.
  public struct ExecutorCommitmentHeader: WireMap, Hashable, Sendable {
    /// Node that proposed the batch.
    public var schedulerID = PublicKey()
    public var header = ComputeResultsHeader()
    public var failure = CommitmentFailure.none
    /// By the enclave's attestation key over the results header.
    public var rakSignature: Signature?

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("scheduler_id", \.schedulerID), .init("header", \.header), .init("failure", \.failure, .omitEmpty),
      .init("rak_sig", \.rakSignature, .omitEmpty),
    ]

    /// Turns the header into one that says: no results.
    public mutating func setFailure(_ failure: CommitmentFailure) {
      header.ioRoot = nil
      header.stateRoot = nil
      header.messagesHash = nil
      header.inMessagesHash = nil
      header.inMessagesCount = 0
      rakSignature = nil
      self.failure = failure
    }

    /// Same failure and same results; scheduler and enclave signature do not count.
    public func isMostlyEqual(to other: ExecutorCommitmentHeader) -> Bool {
      failure == other.failure && header.hash == other.header.hash
    }
  }

  /// A node's commitment to results, signed by its identity key.
  public struct ExecutorCommitment: WireMap, Hashable, Sendable {
    public var nodeID = PublicKey()
    public var header = ExecutorCommitmentHeader()
    public var signature = Signature()
    /// Emitted messages, in the scheduler's own commitment only.
    public var messages: [Message] = []

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("node_id", \.nodeID), .init("header", \.header), .init("sig", \.signature), .init("messages", \.messages, .omitEmpty),
    ]

    /// Whether the worker says that it could not compute.
    public var indicatesFailure: Bool { header.failure != .none }
  }

  /// Body of `roothash.ExecutorCommit`.
  public struct ExecutorCommit: WireMap, Hashable, Sendable {
    public var id = Namespace()
    public var commits: [ExecutorCommitment]?

    public init() {}
    public init(id: Namespace, commits: [ExecutorCommitment]) {
      self.id = id
      self.commits = commits
    }
    public static let fields: [Field<Self>] = [.init("id", \.id), .init("commits", \.commits)]
  }

  /// Header of a batch proposal (sheet 05 §C.4).
  public struct ProposalHeader: WireMap, Hashable, Sendable {
    public var round: UInt64 = 0
    public var previousHash = Hash()
    public var batchHash = Hash()

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("round", \.round), .init("previous_hash", \.previousHash), .init("batch_hash", \.batchHash),
    ]
  }

  /// A scheduler's proposal: hashes of the batch's transactions in order. It travels between nodes and in evidence only.
  public struct Proposal: WireMap, Hashable, Sendable {
    public var nodeID = PublicKey()
    public var header = ProposalHeader()
    public var signature = Signature()
    public var batch: [Hash] = []

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("node_id", \.nodeID), .init("header", \.header), .init("sig", \.signature), .init("batch", \.batch, .omitEmpty),
    ]
  }
}
