public import KeyValueStore
package import Protobuf

/// The chain state, and by height: validators, parameters, the application's answers. Rule: engine sheet A21.
///
/// Reads may happen from any thread; writes come from one.
public struct StateStore: Sendable {
  private let store: PrefixedStore
  /// Full validator sets are stored at least this often.
  static let checkpointInterval: Int64 = 100_000

  package struct ValidatorsInfo: ProtobufMessage, Hashable {
    package var validators: ValidatorSetMessage?
    package var lastHeightChanged: Int64 = 0
    package init() {}
    package static let fields: [ProtobufField<Self>] = [
      .init(1, "validator_set", \.validators), .init(2, "last_height_changed", \.lastHeightChanged),
    ]
  }

  package struct ParametersInfo: ProtobufMessage, Hashable {
    package var parameters = ConsensusParameters()
    package var lastHeightChanged: Int64 = 0
    package init() {}
    package static let fields: [ProtobufField<Self>] = [
      .init(1, "consensus_params", \.parameters), .init(2, "last_height_changed", \.lastHeightChanged),
    ]
  }

  package struct ResponsesInfo: ProtobufMessage, Hashable {
    package var responses: BlockResponses?
    package var height: Int64 = 0
    package init() {}
    package static let fields: [ProtobufField<Self>] = [.init(1, "abci_responses", \.responses), .init(2, "height", \.height)]
  }

  /// - Parameter prefix: put in front of every key.
  public init(_ store: any KeyValueStore, prefix: [UInt8] = []) { self.store = PrefixedStore(store: store, prefix: prefix) }

  private func load<M: ProtobufMessage>(_ key: String, as type: M.Type) throws(StorageError) -> M? {
    guard let bytes = try storing({ () throws(StoreError) in try store.get(store.key(key)) }), !bytes.isEmpty else { return nil }
    do { return try M(protobuf: bytes) } catch { throw .corrupt("\(key): \(error)") }
  }

  private func write(_ batch: WriteBatch) throws(StorageError) {
    try storing { () throws(StoreError) in try store.store.write(batch, sync: true) }
  }

  // MARK: State

  /// The newest state; nil in a new store.
  public func load() throws(StorageError) -> ChainState? {
    guard let bytes = try storing({ () throws(StoreError) in try store.get(store.key("stateKey")) }), !bytes.isEmpty else { return nil }
    do { return try ChainState(encoded: bytes) } catch { throw .corrupt("\(error)") }
  }

  /// Stores a state, with the validators and parameters that follow from it.
  public func save(_ state: ChainState) throws(StorageError) {
    var batch = WriteBatch()
    var next = state.lastBlockHeight + 1
    if next == 1 {
      next = state.initialHeight
      put(&batch, state.validators, at: next, lastChanged: next)
    }
    put(&batch, state.nextValidators, at: next + 1, lastChanged: state.lastHeightValidatorsChanged)
    put(&batch, state.consensusParameters, at: next, lastChanged: state.lastHeightParametersChanged)
    batch.put(store.key("stateKey"), state.encoded())
    try write(batch)
  }

  /// Stores the state that a state sync ended with, with the three validator sets around it.
  public func bootstrap(_ state: ChainState) throws(StorageError) {
    var batch = WriteBatch()
    let next = state.nextHeight
    if next > 1, !state.lastValidators.isEmpty { put(&batch, state.lastValidators, at: next - 1, lastChanged: next - 1) }
    put(&batch, state.validators, at: next, lastChanged: next)
    put(&batch, state.nextValidators, at: next + 1, lastChanged: next + 1)
    put(&batch, state.consensusParameters, at: next, lastChanged: state.lastHeightParametersChanged)
    batch.put(store.key("stateKey"), state.encoded())
    try write(batch)
  }

  // MARK: Validators

  private func put(_ batch: inout WriteBatch, _ set: ValidatorSet, at height: Int64, lastChanged: Int64) {
    var info = ValidatorsInfo()
    info.lastHeightChanged = lastChanged
    if height == lastChanged || height % Self.checkpointInterval == 0 { info.validators = set.message() }
    batch.put(store.key("validatorsKey:\(height)"), info.protobuf())
  }

  private static func storedHeight(for height: Int64, lastChanged: Int64) -> Int64 {
    max(height - height % checkpointInterval, lastChanged)
  }

  /// The validators of a height with their priorities then.
  public func validators(at height: Int64) throws(StorageError) -> ValidatorSet {
    guard var info = try load("validatorsKey:\(height)", as: ValidatorsInfo.self) else {
      throw .notFound("validator set of height \(height)")
    }
    var turns: Int64 = 0
    if info.validators == nil {
      let stored = Self.storedHeight(for: height, lastChanged: info.lastHeightChanged)
      guard let older = try load("validatorsKey:\(stored)", as: ValidatorsInfo.self), older.validators != nil else {
        throw .notFound("validator set of height \(stored), which height \(height) needs,")
      }
      (info, turns) = (older, height - stored)
    }
    guard let count = Int32(exactly: turns) else { throw .corrupt("validator set of height \(height) lies \(turns) heights back") }
    do {
      var set = try ValidatorSet(stored: info.validators)
      set.increment(count)
      return set
    } catch { throw .corrupt("validator set of height \(height): \(error)") }
  }

  // MARK: Parameters

  private func put(_ batch: inout WriteBatch, _ parameters: ConsensusParameters, at height: Int64, lastChanged: Int64) {
    var info = ParametersInfo()
    info.lastHeightChanged = lastChanged
    if height == lastChanged { info.parameters = parameters }
    batch.put(store.key("consensusParamsKey:\(height)"), info.protobuf())
  }

  /// The parameters that hold at a height.
  public func consensusParameters(at height: Int64) throws(StorageError) -> ConsensusParameters {
    guard let info = try load("consensusParamsKey:\(height)", as: ParametersInfo.self) else {
      throw .notFound("consensus parameters of height \(height)")
    }
    if info.parameters != ConsensusParameters() { return info.parameters }
    guard let older = try load("consensusParamsKey:\(info.lastHeightChanged)", as: ParametersInfo.self),
      older.parameters != ConsensusParameters()
    else { throw .notFound("consensus parameters of height \(info.lastHeightChanged)") }
    return older.parameters
  }

  // MARK: Responses

  /// Keeps what the application answered for a height, for replay and queries.
  public func save(_ responses: BlockResponses, at height: Int64) throws(StorageError) {
    var last = ResponsesInfo()
    (last.responses, last.height) = (responses, height)
    var batch = WriteBatch()
    batch.put(store.key("abciResponsesKey:\(height)"), responses.protobuf())
    batch.put(store.key("lastABCIResponseKey"), last.protobuf())
    try write(batch)
  }

  /// What the application answered for a block.
  public func responses(at height: Int64) throws(StorageError) -> BlockResponses {
    let key = "abciResponsesKey:\(height)"
    guard let bytes = try storing({ () throws(StoreError) in try store.get(store.key(key)) }) else {
      throw .notFound("results of height \(height)")
    }
    do { return try BlockResponses(protobuf: bytes) } catch { throw .corrupt("\(key): \(error)") }
  }

  /// The answers for the newest block, if that is the one at `height`.
  func lastResponses(at height: Int64) throws(StorageError) -> BlockResponses {
    guard let info = try load("lastABCIResponseKey", as: ResponsesInfo.self), let responses = info.responses, info.height == height
    else { throw .notFound("last results, of height \(height),") }
    return responses
  }

  // MARK: Pruning

  /// Deletes what belongs to heights from `base` up to, and without, `height`; keeps what later heights refer to.
  public func prune(from base: Int64, to height: Int64) throws(StorageError) {
    guard base > 0, height > base else { throw .refused("state store: cannot prune from \(base) to \(height)") }
    guard let validators = try load("validatorsKey:\(height)", as: ValidatorsInfo.self) else {
      throw .notFound("validator set of height \(height)")
    }
    guard let parameters = try load("consensusParamsKey:\(height)", as: ParametersInfo.self) else {
      throw .notFound("consensus parameters of height \(height)")
    }
    var keptValidators: Set<Int64> = []
    if validators.validators == nil {
      keptValidators = [
        validators.lastHeightChanged, Self.storedHeight(for: height, lastChanged: validators.lastHeightChanged),
      ]
    }
    let keptParameters: Set<Int64> = parameters.parameters == ConsensusParameters() ? [parameters.lastHeightChanged] : []
    var batch = WriteBatch()
    for old in (base..<height).reversed() {
      if keptValidators.contains(old) { try keepValidators(&batch, at: old) } else { batch.delete(store.key("validatorsKey:\(old)")) }
      if keptParameters.contains(old) { try keepParameters(&batch, at: old) } else { batch.delete(store.key("consensusParamsKey:\(old)")) }
      batch.delete(store.key("abciResponsesKey:\(old)"))
    }
    try write(batch)
  }

  private func keepValidators(_ batch: inout WriteBatch, at height: Int64) throws(StorageError) {
    let info = try load("validatorsKey:\(height)", as: ValidatorsInfo.self)
    if info?.validators != nil { return }
    put(&batch, try validators(at: height), at: height, lastChanged: height)
  }

  private func keepParameters(_ batch: inout WriteBatch, at height: Int64) throws(StorageError) {
    let info = try load("consensusParamsKey:\(height)", as: ParametersInfo.self)
    if let info, info.parameters != ConsensusParameters() { return }
    put(&batch, try consensusParameters(at: height), at: height, lastChanged: height)
  }
}
