internal import CBOR
internal import JSONText
public import OasisCrypto
public import Wire

extension RootHash {
  /// A ParaTime block: its header is all of it that consensus keeps (sheet 05 §C.2).
  public struct Block: WireMap, Hashable, Sendable {
    public var header = Header()

    public init() {}
    public init(header: Header) { self.header = header }
    public static let fields: [Field<Self>] = [.init("header", \.header)]

    /// The first block of a runtime.
    public init(genesis id: Namespace, timestamp: UInt64) {
      header.namespace = id
      header.timestamp = timestamp
      header.type = .normal
      header.previousHash = .empty
      header.ioRoot = .empty
      header.stateRoot = .empty
      header.messagesHash = .empty
      header.inMessagesHash = .empty
    }

    /// A block without transactions on top of `parent`: the state stays.
    public init(emptyAfter parent: Block, timestamp: UInt64, type: HeaderType) {
      header.version = parent.header.version
      header.namespace = parent.header.namespace
      header.round = parent.header.round &+ 1
      header.timestamp = timestamp
      header.type = type
      header.previousHash = parent.header.hash
      header.ioRoot = .empty
      header.stateRoot = parent.header.stateRoot
      header.messagesHash = .empty
      header.inMessagesHash = .empty
    }
  }

  /// What a block is.
  public struct HeaderType: WireNumber {
    public var rawValue: UInt8 = 0
    public init() {}
    public static let invalid = HeaderType(rawValue: 0)
    public static let normal = HeaderType(rawValue: 1)
    public static let roundFailed = HeaderType(rawValue: 2)
    public static let epochTransition = HeaderType(rawValue: 3)
    public static let suspended = HeaderType(rawValue: 4)
  }

  /// Header of a ParaTime block.
  public struct Header: WireMap, Hashable, Sendable {
    public var version: UInt16 = 0
    public var namespace = Namespace()
    public var round: UInt64 = 0
    /// Unix seconds of the consensus block; JSON has RFC 3339 text.
    public var timestamp: UInt64 {
      get { time.seconds }
      set { time.seconds = newValue }
    }
    private var time = UnixTime()
    public var type = HeaderType.invalid
    public var previousHash = Hash()
    public var ioRoot = Hash()
    public var stateRoot = Hash()
    /// Hash of the emitted messages.
    public var messagesHash = Hash()
    /// Hash of the processed incoming messages.
    public var inMessagesHash = Hash()

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("version", \.version), .init("namespace", \.namespace), .init("round", \.round), .init("timestamp", \.time),
      .init("header_type", \.type), .init("previous_hash", \.previousHash), .init("io_root", \.ioRoot), .init("state_root", \.stateRoot),
      .init("messages_hash", \.messagesHash), .init("in_msgs_hash", \.inMessagesHash),
    ]

    /// Hash of the header.
    public var hash: Hash { Hash.of(self) }

    /// True if `child` builds on this header.
    public func isParent(of child: Header) -> Bool { child.previousHash == hash }
  }

  /// A block with the consensus height that finalized it.
  public struct AnnotatedBlock: WireMap, Hashable, Sendable {
    public var height: Int64 = 0
    public var block: Block?

    public init() {}
    public init(height: Int64, block: Block) {
      self.height = height
      self.block = block
    }
    public static let fields: [Field<Self>] = [.init("consensus_height", \.height), .init("block", \.block)]
  }
}
