internal import Bytes
internal import CBOR
internal import MKVS
internal import OasisCrypto
public import OasisTypes
public import RuntimeProtocol
internal import Wire

/// Decides which consensus state a runtime believes (sheet 07 D.8).
public protocol ConsensusVerifier: Sendable {
  /// Learns of blocks up to a height; 0 = the latest. A height that is already known is fine.
  func sync(height: UInt64) throws(CallError)
  /// The state at a light block, for execution: checked as strictly as this verifier can.
  func verify(_ block: LightBlock, header: RootHash.Header, epoch: UInt64) throws(CallError) -> ConsensusState
  /// The state at a light block, for queries: no rule about the order of rounds.
  func verifyForQuery(_ block: LightBlock, header: RootHash.Header, epoch: UInt64) throws(CallError) -> ConsensusState
  /// The state at a light block as it says itself.
  func unverifiedState(_ block: LightBlock) throws(CallError) -> ConsensusState
  /// The newest state known.
  func latestState() throws(CallError) -> ConsensusState
}

/// Believes the host: the verifier of a runtime without TEE and without a built-in trust root.
///
/// States are still read through proofs against the roots that the host names.
public final class UnverifiedConsensus: ConsensusVerifier {
  private let host: any Host
  private let latest = Monitor<UInt64>(0)

  public init(_ host: any Host) {
    self.host = host
  }

  public func sync(height: UInt64) throws(CallError) {
    let block = try host.consensusBlock(height: height)
    let found = UInt64(max(block.height, 0))
    latest.update { (latest) throws(Never) in latest = max(latest, found) }
  }

  public func verify(_ block: LightBlock, header: RootHash.Header, epoch: UInt64) throws(CallError) -> ConsensusState {
    try unverifiedState(block)
  }

  public func verifyForQuery(_ block: LightBlock, header: RootHash.Header, epoch: UInt64) throws(CallError) -> ConsensusState {
    try unverifiedState(block)
  }

  public func unverifiedState(_ block: LightBlock) throws(CallError) -> ConsensusState {
    let header = try LightBlockHeader(block)
    return state(version: UInt64(header.height - 1), hash: Hash(header.appHash) ?? .empty, height: UInt64(header.height))
  }

  public func latestState() throws(CallError) -> ConsensusState {
    var height = latest.update { (latest) throws(Never) in latest }
    if height == 0 {
      try sync(height: 0)
      height = latest.update { (latest) throws(Never) in latest }
    }
    let blob = try host.blockMetadata(height: height).signedTransaction.blob ?? []
    let metadata: BlockMetadata
    do {
      let transaction = try Transaction.decode(cbor: blob, mode: .trusted)
      guard transaction.method == "consensus.Meta" else { throw Self.failed("not a block metadata transaction") }
      metadata = try BlockMetadata.decode(cbor: transaction.body.bytes, mode: .trusted)
    } catch { throw (error as? CallError) ?? Self.failed("\(error)") }
    return state(version: height, hash: metadata.stateRoot, height: height)
  }

  private static func failed(_ reason: String) -> CallError {
    CallError(module: "verifier", code: 6, message: "consensus verifier: transaction verification failed: \(reason)")
  }

  private func state(version: UInt64, hash: Hash, height: UInt64) -> ConsensusState {
    let root = Root(namespace: Namespace(), version: version, type: .state, hash: hash)
    var options = Tree.Options()
    options.writeLog = false
    return ConsensusState(height: height, tree: Tree(remote: HostStorage(host, endpoint: .consensus), root: root, options: options))
  }
}
