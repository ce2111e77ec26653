public import OasisCrypto
public import RuntimeProtocol

/// What a runtime may ask of its node (07 C.7). The node implements it; errors that carry module and code keep them on the wire.
public protocol HostHandler: Sendable {
  /// Calls a key manager of the runtime.
  func callKeyManager(_ request: HostRPCCallRequest) async throws -> HostRPCCallResponse
  /// Takes the runtime's verdict on the node that answered a key manager call; unknown calls are ignored.
  func submitPeerFeedback(requestID: UInt64, feedback: UInt8) async
  /// Reads a tree of the runtime or of consensus, with proof.
  func syncStorage(_ request: HostStorageSyncRequest) async throws -> HostStorageSyncResponse
  /// A value of the runtime's untrusted local store; nil where there is none.
  func localValue(forKey key: [UInt8]) async throws -> [UInt8]?
  /// Writes the runtime's untrusted local store; returns once it is on disk.
  func setLocalValue(_ value: [UInt8], forKey key: [UInt8]) async throws
  /// A consensus block; height 0 means the latest.
  func lightBlock(height: UInt64) async throws -> LightBlock
  /// The validators of a height; 0 means the latest.
  func validators(height: UInt64) async throws -> Validators
  /// The events of one service at a height.
  func events(height: UInt64, kind: EventKind) async throws -> [ConsensusEvent]
  /// The height of the genesis document.
  func genesisHeight() async throws -> UInt64
  /// More transactions of the pool for the batch that is being scheduled; `limit` is at most 100.
  func fetchTransactions(limit: Int) async throws -> [[UInt8]]
  /// The transaction of a block that carries its state root, with proof.
  func blockMetadata(height: UInt64) async throws -> HostFetchBlockMetadataTxResponse
  /// Puts 32 bytes on chain.
  func proveFreshness(_ nonce: [UInt8]) async throws -> HostProveFreshnessResponse
  /// The identity of the node.
  func nodeID() async throws -> PublicKey
}

extension HostHandler {
  /// There is no key manager: what a runtime hears when nobody answers.
  public func callKeyManager(_ request: HostRPCCallRequest) async throws -> HostRPCCallResponse { throw CallError.failedOnAllPeers }

  /// Nothing to remember.
  public func submitPeerFeedback(requestID: UInt64, feedback: UInt8) async {}
}

/// The endpoint of key manager calls.
private let keyManagerEndpoint = "key-manager"
/// Transactions handed out at once.
private let largestFetch: UInt32 = 100

extension HostHandler {
  /// Answers a request of the main component of a runtime; whatever it may not ask is `method not supported`.
  func answer(_ request: Body) async -> Body {
    do { return try await dispatch(request) } catch { return .error(CallError(mapping: error)) }
  }

  private func dispatch(_ request: Body) async throws -> Body {
    switch request {
    case .hostRPCCallRequest(let request):
      guard request.endpoint == keyManagerEndpoint else { throw CallError.endpointNotSupported }
      return .hostRPCCallResponse(try await callKeyManager(request))
    case .hostSubmitPeerFeedbackRequest(let request):
      guard request.endpoint == keyManagerEndpoint else { throw CallError.endpointNotSupported }
      await submitPeerFeedback(requestID: request.requestID, feedback: request.peerFeedback)
      return .hostSubmitPeerFeedbackResponse(HostSubmitPeerFeedbackResponse())
    case .hostStorageSyncRequest(let request):
      guard request.endpoint != nil else { throw CallError.endpointNotSupported }
      return .hostStorageSyncResponse(try await syncStorage(request))
    case .hostLocalStorageGetRequest, .hostLocalStorageSetRequest: return try await dispatchLocalStorage(request)
    case .hostFetchTxBatchRequest(let request):
      var response = HostFetchTxBatchResponse()
      response.batch = try await fetchTransactions(limit: Int(min(request.limit, largestFetch)))
      return .hostFetchTxBatchResponse(response)
    case .hostIdentityRequest:
      var response = HostIdentityResponse()
      response.nodeID = try await nodeID()
      return .hostIdentityResponse(response)
    default: return try await dispatchConsensus(request)
    }
  }

  private func dispatchLocalStorage(_ request: Body) async throws -> Body {
    func checked(_ key: [UInt8]?) throws -> [UInt8] {
      guard let key, !key.isEmpty else { throw CallError.unknown("invalid local storage key") }
      return key
    }
    switch request {
    case .hostLocalStorageGetRequest(let request):
      var response = HostLocalStorageGetResponse()
      response.value = try await localValue(forKey: checked(request.key))
      return .hostLocalStorageGetResponse(response)
    case .hostLocalStorageSetRequest(let request):
      try await setLocalValue(request.value ?? [], forKey: checked(request.key))
      return .hostLocalStorageSetResponse(HostLocalStorageSetResponse())
    default: throw CallError.methodNotSupported
    }
  }

  private func dispatchConsensus(_ request: Body) async throws -> Body {
    switch request {
    case .hostFetchConsensusBlockRequest(let request):
      var response = HostFetchConsensusBlockResponse()
      response.block = try await lightBlock(height: request.height)
      return .hostFetchConsensusBlockResponse(response)
    case .hostFetchConsensusValidatorsRequest(let request):
      var response = HostFetchConsensusValidatorsResponse()
      response.validators = try await validators(height: request.height)
      return .hostFetchConsensusValidatorsResponse(response)
    case .hostFetchConsensusEventsRequest(let request):
      guard let kind = request.kind else { throw CallError.unknown("unsupported event kind") }
      var response = HostFetchConsensusEventsResponse()
      response.events = try await events(height: request.height, kind: kind)
      return .hostFetchConsensusEventsResponse(response)
    case .hostFetchGenesisHeightRequest:
      var response = HostFetchGenesisHeightResponse()
      response.height = try await genesisHeight()
      return .hostFetchGenesisHeightResponse(response)
    case .hostFetchBlockMetadataTxRequest(let request):
      return .hostFetchBlockMetadataTxResponse(try await blockMetadata(height: request.height))
    case .hostProveFreshnessRequest(let request):
      // The reference reads into 32 bytes: what is shorter is filled with zeros, what is longer is cut.
      let nonce = Array((request.blob + [UInt8](repeating: 0, count: 32)).prefix(32))
      return .hostProveFreshnessResponse(try await proveFreshness(nonce))
    default: throw CallError.methodNotSupported
    }
  }
}
