public import Protobuf

/// Parameters of the engine that every node must share. Absent parts mean "no change" in an update.
public struct ConsensusParameters: ProtobufMessage, Hashable {
  /// How large a block may be, in bytes and gas.
  public struct BlockLimits: ProtobufMessage, Hashable {
    /// Largest encoded block, in bytes.
    public var maxBytes: Int64 = 0
    /// Most gas in a block; -1 for no limit.
    public var maxGas: Int64 = 0
    public init() {}
    public init(maxBytes: Int64, maxGas: Int64) { (self.maxBytes, self.maxGas) = (maxBytes, maxGas) }
    public static let fields: [ProtobufField<Self>] = [.init(1, "max_bytes", \.maxBytes), .init(2, "max_gas", \.maxGas)]
  }

  /// How old and large evidence may be.
  public struct EvidenceLimits: ProtobufMessage, Hashable {
    /// Evidence expires when it is older than both limits.
    public var maxAgeBlocks: Int64 = 0
    public var maxAgeDuration = Nanoseconds()
    /// Most bytes of evidence in a block.
    public var maxBytes: Int64 = 0
    public init() {}
    public init(maxAgeBlocks: Int64, maxAgeDuration: Nanoseconds, maxBytes: Int64) {
      (self.maxAgeBlocks, self.maxAgeDuration, self.maxBytes) = (maxAgeBlocks, maxAgeDuration, maxBytes)
    }
    public static let fields: [ProtobufField<Self>] = [
      .init(1, "max_age_num_blocks", \.maxAgeBlocks), .init(2, "max_age_duration", \.maxAgeDuration), .init(3, "max_bytes", \.maxBytes),
    ]
  }

  /// Which keys validators may have.
  public struct ValidatorRules: ProtobufMessage, Hashable {
    /// Kinds of keys that validators may have, such as `ed25519`.
    public var publicKeyTypes: [String] = []
    public init() {}
    public init(publicKeyTypes: [String]) { self.publicKeyTypes = publicKeyTypes }
    public static let fields: [ProtobufField<Self>] = [.init(1, "pub_key_types", \.publicKeyTypes)]
  }

  /// The application's version.
  public struct Version: ProtobufMessage, Hashable {
    public var app: UInt64 = 0
    public init() {}
    public init(app: UInt64) { self.app = app }
    public static let fields: [ProtobufField<Self>] = [.init(1, "app", \.app)]
  }

  public var block: BlockLimits?
  public var evidence: EvidenceLimits?
  public var validator: ValidatorRules?
  public var version: Version?

  public init() {}
  public init(block: BlockLimits? = nil, evidence: EvidenceLimits? = nil, validator: ValidatorRules? = nil, version: Version? = nil) {
    (self.block, self.evidence, self.validator, self.version) = (block, evidence, validator, version)
  }

  public static let fields: [ProtobufField<Self>] = [
    .init(1, "block", \.block), .init(2, "evidence", \.evidence), .init(3, "validator", \.validator), .init(4, "version", \.version),
  ]
}
