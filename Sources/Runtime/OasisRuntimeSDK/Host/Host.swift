public import MKVS
public import OasisCrypto
public import OasisTypes
public import RuntimeProtocol

/// What a guest may ask of its host. Every call blocks until the answer is there.
///
/// Answers are not trusted: what enters execution must be proven.
public protocol Host: Sendable {
  /// Sends a request and waits for the answer.
  /// - Throws: the `CallError` that the host answered with, or one of module `protocol` when the connection is gone.
  func call(_ request: Body) throws(CallError) -> Body
}

extension Host {
  private func call<Answer>(_ request: Body, _ pick: (Body) -> Answer?) throws(CallError) -> Answer {
    let answer = try call(request)
    guard let picked = pick(answer) else { throw .protocol("invalid response from host") }
    return picked
  }

  /// The light block at a height; 0 = the latest.
  public func consensusBlock(height: UInt64) throws(CallError) -> LightBlock {
    try call(.hostFetchConsensusBlockRequest(HostFetchConsensusBlockRequest(height: height))) {
      if case .hostFetchConsensusBlockResponse(let answer) = $0 { answer.block } else { nil }
    }
  }

  /// The block metadata transaction of a height, not verified.
  public func blockMetadata(height: UInt64) throws(CallError) -> HostFetchBlockMetadataTxResponse {
    try call(.hostFetchBlockMetadataTxRequest(HostFetchBlockMetadataTxRequest(height: height))) {
      if case .hostFetchBlockMetadataTxResponse(let answer) = $0 { answer } else { nil }
    }
  }

  /// Events of a module at a height, not verified.
  public func consensusEvents(height: UInt64, kind: EventKind) throws(CallError) -> [ConsensusEvent] {
    try call(.hostFetchConsensusEventsRequest(HostFetchConsensusEventsRequest(height: height, kind: kind))) {
      if case .hostFetchConsensusEventsResponse(let answer) = $0 { answer.events } else { nil }
    }
  }

  /// More transactions for the batch that is being scheduled, at most `limit`.
  public func fetchBatch(offset: Hash?, limit: UInt32) throws(CallError) -> [[UInt8]] {
    var request = HostFetchTxBatchRequest()
    request.offset = offset
    request.limit = limit
    return try call(.hostFetchTxBatchRequest(request)) {
      if case .hostFetchTxBatchResponse(let answer) = $0 { answer.batch } else { nil }
    }
  }

  /// The node's identity key.
  public func identity() throws(CallError) -> PublicKey {
    try call(.hostIdentityRequest(HostIdentityRequest())) {
      if case .hostIdentityResponse(let answer) = $0 { answer.nodeID } else { nil }
    }
  }

  /// A value of the runtime's local storage on this node, or nil. Only this node sees it: it must not decide about state.
  public func localStorage(get key: [UInt8]) throws(CallError) -> [UInt8]? {
    var request = HostLocalStorageGetRequest()
    request.key = key
    return try call(.hostLocalStorageGetRequest(request)) {
      if case .hostLocalStorageGetResponse(let answer) = $0 { .some(answer.value) } else { nil }
    }
  }

  /// Sets a value of the runtime's local storage on this node.
  public func localStorage(set key: [UInt8], to value: [UInt8]) throws(CallError) {
    var request = HostLocalStorageSetRequest()
    request.key = key
    request.value = value
    let done: Bool = try call(.hostLocalStorageSetRequest(request)) {
      if case .hostLocalStorageSetResponse = $0 { true } else { nil }
    }
    _ = done
  }
}

/// Reads trees through the host, which proves its answers (sheet 07 D.7).
public final class HostStorage: ReadSyncer {
  private let host: any Host
  private let endpoint: StorageEndpoint

  /// - Parameter endpoint: the runtime's own storage, or consensus state.
  public init(_ host: any Host, endpoint: StorageEndpoint) {
    self.host = host
    self.endpoint = endpoint
  }

  private func ask(_ fill: (inout HostStorageSyncRequest) -> Void) throws(CallError) -> ProofResponse {
    var request = HostStorageSyncRequest(endpoint: endpoint)
    fill(&request)
    guard case .hostStorageSyncResponse(let answer) = try host.call(.hostStorageSyncRequest(request)), let proof = answer.proof else {
      throw .protocol("invalid response from host")
    }
    return proof
  }

  public func syncGet(_ request: GetRequest) throws -> ProofResponse { try ask { $0.get = request } }
  public func syncGetPrefixes(_ request: GetPrefixesRequest) throws -> ProofResponse { try ask { $0.getPrefixes = request } }
  public func syncIterate(_ request: IterateRequest) throws -> ProofResponse { try ask { $0.iterate = request } }
}
