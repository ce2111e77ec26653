package import Protobuf

/// What the engine knows after a block: all that the next one is checked against. Rule: engine sheets A7, A8.
public struct ChainState: Hashable, Sendable {
  public var version = ConsensusVersion(block: 0, app: 0)
  public var software = ""
  public var chainID = ""
  public var initialHeight: Int64 = 0
  /// 0 before the first block.
  public var lastBlockHeight: Int64 = 0
  public var lastBlockID = BlockID()
  /// The genesis time before the first block.
  public var lastBlockTime = Timestamp()
  /// Validators of the block after the next one.
  public var nextValidators = ValidatorSet()
  /// Validators of the next block.
  public var validators = ValidatorSet()
  /// Validators of the last block.
  public var lastValidators = ValidatorSet()
  public var lastHeightValidatorsChanged: Int64 = 0
  public var consensusParameters = ConsensusParameters()
  public var lastHeightParametersChanged: Int64 = 0
  public var lastResultsHash: [UInt8] = []
  public var appHash: [UInt8] = []

  public init() {}

  /// Height of the next block.
  public var nextHeight: Int64 { lastBlockHeight == 0 ? initialHeight : lastBlockHeight + 1 }

  /// The state before the first block.
  public init(genesis: GenesisDocument) throws(ValidationError) {
    version = ConsensusVersion(app: genesis.consensusParameters.version?.app ?? 0)
    software = EngineVersion.software
    (chainID, initialHeight, lastBlockTime) = (genesis.chainID, genesis.initialHeight, genesis.time)
    if !genesis.validators.isEmpty {
      validators = try ValidatorSet(new: genesis.validators.map { (item) throws(ValidationError) in try item.validator() })
      nextValidators = validators.incremented(1)
    }
    lastHeightValidatorsChanged = initialHeight
    consensusParameters = genesis.consensusParameters
    lastHeightParametersChanged = initialHeight
    appHash = genesis.appHash
  }
}

/// Versions of this library.
public enum EngineVersion {
  /// The version that nodes of the network announce and record.
  public static let software = "0.37.16"
  public static let p2p: UInt64 = 8
}

/// The stored form of a chain state.
package struct ChainStateMessage: ProtobufMessage, Hashable {
  package struct Version: ProtobufMessage, Hashable {
    package var consensus = ConsensusVersion()
    package var software = ""
    package init() {}
    package static let fields: [ProtobufField<Self>] = [.init(1, "consensus", \.consensus), .init(2, "software", \.software)]
  }
  package var version = Version()
  package var chainID = ""
  package var lastBlockHeight: Int64 = 0
  package var lastBlockID = BlockID()
  package var lastBlockTime = Timestamp()
  package var nextValidators: ValidatorSetMessage?
  package var validators: ValidatorSetMessage?
  package var lastValidators: ValidatorSetMessage?
  package var lastHeightValidatorsChanged: Int64 = 0
  package var consensusParameters = ConsensusParameters()
  package var lastHeightParametersChanged: Int64 = 0
  package var lastResultsHash: [UInt8] = []
  package var appHash: [UInt8] = []
  package var initialHeight: Int64 = 0

  package init() {}
  package static let fields: [ProtobufField<Self>] = [
    .init(1, "version", \.version), .init(2, "chain_id", \.chainID), .init(3, "last_block_height", \.lastBlockHeight),
    .init(4, "last_block_id", \.lastBlockID), .init(5, "last_block_time", \.lastBlockTime),
    .init(6, "next_validators", \.nextValidators), .init(7, "validators", \.validators),
    .init(8, "last_validators", \.lastValidators), .init(9, "last_height_validators_changed", \.lastHeightValidatorsChanged),
    .init(10, "consensus_params", \.consensusParameters),
    .init(11, "last_height_consensus_params_changed", \.lastHeightParametersChanged),
    .init(12, "last_results_hash", \.lastResultsHash), .init(13, "app_hash", \.appHash), .init(14, "initial_height", \.initialHeight),
  ]
}

extension ChainState {
  /// The stored form.
  public func encoded() -> [UInt8] {
    var message = ChainStateMessage()
    (message.version.consensus, message.version.software, message.chainID) = (version, software, chainID)
    (message.lastBlockHeight, message.lastBlockID, message.lastBlockTime) = (lastBlockHeight, lastBlockID, lastBlockTime)
    (message.nextValidators, message.validators) = (nextValidators.message(), validators.message())
    if lastBlockHeight >= 1 { message.lastValidators = lastValidators.message() }
    (message.lastHeightValidatorsChanged, message.consensusParameters) = (lastHeightValidatorsChanged, consensusParameters)
    (message.lastHeightParametersChanged, message.lastResultsHash) = (lastHeightParametersChanged, lastResultsHash)
    (message.appHash, message.initialHeight) = (appHash, initialHeight)
    return message.protobuf()
  }

  /// Reads the stored form.
  public init(encoded bytes: [UInt8]) throws(ValidationError) {
    let message: ChainStateMessage
    do { message = try ChainStateMessage(protobuf: bytes) } catch { throw ValidationError("stored state: \(error)") }
    (version, software, chainID) = (message.version.consensus, message.version.software, message.chainID)
    (lastBlockHeight, lastBlockID, lastBlockTime) = (message.lastBlockHeight, message.lastBlockID, message.lastBlockTime)
    nextValidators = try ValidatorSet(stored: message.nextValidators)
    validators = try ValidatorSet(stored: message.validators)
    lastValidators = try ValidatorSet(stored: message.lastValidators)
    (lastHeightValidatorsChanged, consensusParameters) = (message.lastHeightValidatorsChanged, message.consensusParameters)
    (lastHeightParametersChanged, lastResultsHash) = (message.lastHeightParametersChanged, message.lastResultsHash)
    (appHash, initialHeight) = (message.appHash, message.initialHeight)
  }
}
