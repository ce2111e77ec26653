public import Protobuf

/// Something that happened while a block was executed.
public struct Event: ProtobufMessage, Hashable {
  /// A key and a value; `index` says whether clients may search for them.
  public struct Attribute: ProtobufMessage, Hashable {
    public var key = ""
    public var value = ""
    /// Whether a transaction index should look at it.
    public var index = false
    public init() {}
    public init(key: String, value: String, index: Bool = false) { (self.key, self.value, self.index) = (key, value, index) }
    public static let fields: [ProtobufField<Self>] = [.init(1, "key", \.key), .init(2, "value", \.value), .init(3, "index", \.index)]
  }

  public var type = ""
  public var attributes: [Attribute] = []
  public init() {}
  public init(type: String, attributes: [Attribute]) { (self.type, self.attributes) = (type, attributes) }
  public static let fields: [ProtobufField<Self>] = [.init(1, "type", \.type), .init(2, "attributes", \.attributes)]
}

/// What the beginning of a block gave.
public struct BeginBlockResponse: ProtobufMessage, Hashable {
  public var events: [Event] = []
  public init() {}
  public init(events: [Event]) { self.events = events }
  public static let fields: [ProtobufField<Self>] = [.init(1, "events", \.events)]
}

/// What a transaction gave.
public struct DeliverTransactionResponse: ProtobufMessage, Hashable {
  /// 0: the transaction took effect.
  public var code: UInt32 = 0
  public var data: [UInt8] = []
  public var log = ""
  public var info = ""
  public var gasWanted: Int64 = 0
  public var gasUsed: Int64 = 0
  public var events: [Event] = []
  public var codespace = ""

  public init() {}

  public static let fields: [ProtobufField<Self>] = [
    .init(1, "code", \.code), .init(2, "data", \.data), .init(3, "log", \.log), .init(4, "info", \.info),
    .init(5, "gas_wanted", \.gasWanted), .init(6, "gas_used", \.gasUsed), .init(7, "events", \.events),
    .init(8, "codespace", \.codespace),
  ]

  /// Whether the transaction did what it should.
  public var isSuccess: Bool { code == 0 }
  /// What the results hash covers: code, data, gas wanted and used.
  var deterministic: DeliverTransactionResponse {
    var part = DeliverTransactionResponse()
    (part.code, part.data, part.gasWanted, part.gasUsed) = (code, data, gasWanted, gasUsed)
    return part
  }
}

/// A validator's new power; 0 removes it.
public struct ValidatorUpdate: ProtobufMessage, Hashable {
  public var publicKey = ConsensusKey()
  public var power: Int64 = 0
  public init() {}
  public init(publicKey: ConsensusKey, power: Int64) { (self.publicKey, self.power) = (publicKey, power) }
  public init(ed25519 key: [UInt8], power: Int64) { self.init(publicKey: ConsensusKey(ed25519: key), power: power) }
  public static let fields: [ProtobufField<Self>] = [.init(1, "pub_key", \.publicKey), .init(2, "power", \.power)]
}

/// What the end of a block gave.
public struct EndBlockResponse: ProtobufMessage, Hashable {
  /// Changes that the validators of the block after the next one have.
  public var validatorUpdates: [ValidatorUpdate] = []
  /// Parts that are present replace the current ones from the next block on.
  public var consensusParameterUpdates: ConsensusParameters?
  public var events: [Event] = []
  public init() {}
  public init(validatorUpdates: [ValidatorUpdate] = [], consensusParameterUpdates: ConsensusParameters? = nil, events: [Event] = []) {
    (self.validatorUpdates, self.events) = (validatorUpdates, events)
    self.consensusParameterUpdates = consensusParameterUpdates
  }
  public static let fields: [ProtobufField<Self>] = [
    .init(1, "validator_updates", \.validatorUpdates), .init(2, "consensus_param_updates", \.consensusParameterUpdates),
    .init(3, "events", \.events),
  ]
}

/// What committing a block gave.
public struct CommitResponse: ProtobufMessage, Hashable {
  /// The application's hash after the block.
  public var appHash: [UInt8] = []
  /// Blocks below this height may be deleted; 0 keeps all.
  public var retainHeight: Int64 = 0
  public init() {}
  public init(appHash: [UInt8], retainHeight: Int64 = 0) { (self.appHash, self.retainHeight) = (appHash, retainHeight) }
  public static let fields: [ProtobufField<Self>] = [.init(2, "data", \.appHash), .init(3, "retain_height", \.retainHeight)]
}

/// A validator as the application knows it: by address.
public struct ApplicationValidator: ProtobufMessage, Hashable {
  public var address: [UInt8] = []
  public var power: Int64 = 0
  public init() {}
  public init(address: [UInt8], power: Int64) { (self.address, self.power) = (address, power) }
  public static let fields: [ProtobufField<Self>] = [.init(1, "address", \.address), .init(3, "power", \.power)]
}

/// Whether a validator signed the block before.
public struct VoteInfo: ProtobufMessage, Hashable {
  public var validator = ApplicationValidator()
  /// True unless its entry in the commit is absent (a vote for no block counts as signed).
  public var signedLastBlock = false
  public init() {}
  public init(validator: ApplicationValidator, signedLastBlock: Bool) {
    (self.validator, self.signedLastBlock) = (validator, signedLastBlock)
  }
  public static let fields: [ProtobufField<Self>] = [
    .init(1, "validator", \.validator), .init(2, "signed_last_block", \.signedLastBlock),
  ]
}

/// The commit of the block before, by validator in the order of their set; empty in the first block.
public struct CommitInfo: ProtobufMessage, Hashable {
  public var round: Int32 = 0
  public var votes: [VoteInfo] = []
  public init() {}
  public init(round: Int32, votes: [VoteInfo]) { (self.round, self.votes) = (round, votes) }
  public static let fields: [ProtobufField<Self>] = [.init(1, "round", \.round), .init(2, "votes", \.votes)]
}

/// What a validator did wrong, from evidence in the block.
public struct Misbehavior: ProtobufMessage, Hashable {
  /// What a validator did.
  public struct Kind: ProtobufEnum {
    public var rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }
    public static let unknown = Self(rawValue: 0)
    public static let duplicateVote = Self(rawValue: 1)
    public static let lightClientAttack = Self(rawValue: 2)
  }

  public var type = Kind.unknown
  public var validator = ApplicationValidator()
  public var height: Int64 = 0
  public var time = Timestamp()
  public var totalVotingPower: Int64 = 0
  public init() {}
  public init(type: Kind, validator: ApplicationValidator, height: Int64, time: Timestamp, totalVotingPower: Int64) {
    (self.type, self.validator, self.height, self.time) = (type, validator, height, time)
    self.totalVotingPower = totalVotingPower
  }
  public static let fields: [ProtobufField<Self>] = [
    .init(1, "type", \.type), .init(2, "validator", \.validator), .init(3, "height", \.height), .init(4, "time", \.time),
    .init(5, "total_voting_power", \.totalVotingPower),
  ]
}

/// What the application answered for a block, as the state store keeps it.
public struct BlockResponses: ProtobufMessage, Hashable {
  public var deliverTransactions: [DeliverTransactionResponse] = []
  public var endBlock: EndBlockResponse?
  public var beginBlock: BeginBlockResponse?
  public init() {}
  public init(deliverTransactions: [DeliverTransactionResponse], endBlock: EndBlockResponse, beginBlock: BeginBlockResponse) {
    (self.deliverTransactions, self.endBlock, self.beginBlock) = (deliverTransactions, endBlock, beginBlock)
  }
  public static let fields: [ProtobufField<Self>] = [
    .init(1, "deliver_txs", \.deliverTransactions), .init(2, "end_block", \.endBlock), .init(3, "begin_block", \.beginBlock),
  ]
}

/// A state sync snapshot as peers describe it.
public struct Snapshot: ProtobufMessage, Hashable {
  public var height: UInt64 = 0
  public var format: UInt32 = 0
  public var chunks: UInt32 = 0
  public var hash: [UInt8] = []
  public var metadata: [UInt8] = []
  public init() {}
  public static let fields: [ProtobufField<Self>] = [
    .init(1, "height", \.height), .init(2, "format", \.format), .init(3, "chunks", \.chunks), .init(4, "hash", \.hash),
    .init(5, "metadata", \.metadata),
  ]
}
