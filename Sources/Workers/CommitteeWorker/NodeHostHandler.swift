internal import Bytes
internal import CBOR
internal import CometBFT
internal import ConsensusApp
public import ConsensusService
public import KeyValueStore
public import MKVSDatabase
public import OasisCrypto
public import OasisTypes
internal import Protobuf
public import RuntimeHost
public import RuntimeProtocol
public import TransactionPool
internal import Wire

/// Answers what a runtime asks of its node. Rule: sheet 07 §C.7.
public struct NodeHostHandler: HostHandler {
  private let runtimeID: Namespace
  private let node: any Signer
  private let backend: any ConsensusBackend
  private let submission: SubmissionManager
  private let runtimeState: NodeDatabase
  private let consensusState: NodeDatabase
  private let localStore: any KeyValueStore
  private let pool: @Sendable () async -> TransactionPool?

  /// - Parameters:
  ///   - consensusState: trees of the consensus layer.
  ///   - localStore: the runtime's untrusted store.
  ///   - pool: the runtime's pool, which is made after this.
  public init(
    runtimeID: Namespace, node: any Signer, backend: any ConsensusBackend, submission: SubmissionManager, runtimeState: NodeDatabase,
    consensusState: NodeDatabase, localStore: any KeyValueStore, pool: @escaping @Sendable () async -> TransactionPool?
  ) {
    (self.runtimeID, self.node, self.backend, self.submission) = (runtimeID, node, backend, submission)
    (self.runtimeState, self.consensusState, self.localStore, self.pool) = (runtimeState, consensusState, localStore, pool)
  }

  public func syncStorage(_ request: HostStorageSyncRequest) async throws -> HostStorageSyncResponse {
    let database = request.endpoint == .consensus ? consensusState : runtimeState
    if let get = request.get { return HostStorageSyncResponse(try database.syncGet(get)) }
    if let prefixes = request.getPrefixes { return HostStorageSyncResponse(try database.syncGetPrefixes(prefixes)) }
    if let iterate = request.iterate { return HostStorageSyncResponse(try database.syncIterate(iterate)) }
    throw CallError.methodNotSupported
  }

  public func localValue(forKey key: [UInt8]) async throws -> [UInt8]? { try localStore.get(key) }

  public func setLocalValue(_ value: [UInt8], forKey key: [UInt8]) async throws {
    var batch = WriteBatch()
    batch.put(key, value)
    try localStore.write(batch, sync: true)
  }

  public func lightBlock(height: UInt64) async throws -> RuntimeProtocol.LightBlock { try await backend.lightBlock(at: signed(height)) }

  public func validators(height: UInt64) async throws -> Validators {
    let height = try signed(height)
    let block = try await backend.lightBlock(at: height)
    let decoded = try CometBFT.LightBlock(protobuf: block.meta ?? [])
    return Validators(height: block.height, meta: decoded.validatorSet?.protobuf())
  }

  public func events(height: UInt64, kind: EventKind) async throws -> [RuntimeProtocol.ConsensusEvent] {
    let height = try signed(height)
    let (block, results) = (try await backend.block(at: height), try await backend.results(at: height))
    var events = try decode(results.begin.events, kind, height, .empty)
    for (transaction, result) in zip(block.data.transactions, results.transactions) {
      events += try decode(result.events, kind, height, Hash.digest(transaction))
    }
    return try events + decode(results.end.events, kind, height, .empty)
  }

  private func decode(
    _ events: [CometBFT.Event], _ kind: EventKind, _ height: Int64, _ transaction: Hash
  ) throws -> [RuntimeProtocol.ConsensusEvent] {
    var all: [RuntimeProtocol.ConsensusEvent] = []
    func add(_ path: WritableKeyPath<RuntimeProtocol.ConsensusEvent, RawCBOR>, _ event: some WireValue) {
      var wrapped = RuntimeProtocol.ConsensusEvent()
      wrapped[keyPath: path] = RawCBOR(event.cbor())
      all.append(wrapped)
    }
    switch kind {
    case .staking:
      for event in try StakingEvent.decode(events, height: height, transactionHash: transaction) { add(\.staking, event) }
    case .registry:
      for event in try Registry.Event.decode(events, height: height, transactionHash: transaction) { add(\.registry, event) }
    case .roothash:
      for event in try RootHash.Event.decode(events, height: height, transactionHash: transaction) { add(\.roothash, event) }
    case .governance:
      for event in try Governance.Event.decode(events, height: height, transactionHash: transaction) { add(\.governance, event) }
    }
    return all
  }

  public func genesisHeight() async throws -> UInt64 { UInt64(clamping: backend.initialHeight) }

  public func fetchTransactions(limit: Int) async throws -> [[UInt8]] { await pool()?.scheduleMore(limit: limit).map(\.bytes) ?? [] }

  public func blockMetadata(height: UInt64) async throws -> HostFetchBlockMetadataTxResponse {
    let block = try await backend.block(at: signed(height))
    let isMetadata = { (bytes: [UInt8]) in
      guard let blob = try? SignedEnvelope.decode(cbor: bytes).blob else { return false }
      return (try? Transaction.decode(cbor: blob))?.method == BlockMetadata.method
    }
    guard let index = block.data.transactions.lastIndex(where: isMetadata) else {
      throw CallError.unknown("block \(height) has no metadata transaction")
    }
    let proven = try proven(index, block)
    var response = HostFetchBlockMetadataTxResponse()
    (response.signedTransaction, response.proof) = (proven.transaction, proven.proof)
    return response
  }

  public func proveFreshness(_ nonce: [UInt8]) async throws -> HostProveFreshnessResponse {
    let submitted = try await submission.submit("registry.ProveFreshness", nonce, signer: node)
    let proven = try proven(submitted.index, try await backend.block(at: submitted.height))
    var response = HostProveFreshnessResponse()
    (response.signedTransaction, response.proof) = (proven.transaction, proven.proof)
    return response
  }

  /// A transaction of a block with the proof that it is in there.
  private func proven(_ index: Int, _ block: CometBFT.Block) throws -> (
    transaction: SignedEnvelope, proof: RuntimeProtocol.TransactionProof
  ) {
    let transactions = block.data.transactions
    let proofs = Consensus.TransactionProof.all(of: transactions)
    guard transactions.indices.contains(index), proofs.indices.contains(index) else {
      throw CallError.unknown("block \(block.header.height) has no transaction \(index)")
    }
    var proof = RuntimeProtocol.TransactionProof()
    (proof.height, proof.rawProof) = (block.header.height, proofs[index].cbor())
    return (try SignedEnvelope.decode(cbor: transactions[index]), proof)
  }

  public func nodeID() async throws -> PublicKey { node.publicKey }

  private func signed(_ height: UInt64) throws -> Int64 {
    guard let height = Int64(exactly: height) else { throw CallError.unknown("height \(height) is too large") }
    return height
  }
}
