internal import CBOR
internal import Wire

/// What a protocol message carries: exactly one named message (07 C.2).
///
/// The cases stand in the reference's declaration order, which decides where a peer sends several names at once.
public enum Body: Hashable, Sendable {
  case empty(EmptyMessage)
  case error(CallError)
  case runtimeInfoRequest(RuntimeInfoRequest)
  case runtimeInfoResponse(RuntimeInfoResponse)
  case runtimePingRequest(RuntimePingRequest)
  case runtimeShutdownRequest(RuntimeShutdownRequest)
  case runtimeAbortRequest(RuntimeAbortRequest)
  case runtimeAbortResponse(RuntimeAbortResponse)
  case runtimeCapabilityTEERakInitRequest(RuntimeCapabilityTEERakInitRequest)
  case runtimeCapabilityTEERakInitResponse(RuntimeCapabilityTEERakInitResponse)
  case runtimeCapabilityTEERakReportRequest(RuntimeCapabilityTEERakReportRequest)
  case runtimeCapabilityTEERakReportResponse(RuntimeCapabilityTEERakReportResponse)
  case runtimeCapabilityTEERakAvrRequest(RuntimeCapabilityTEERakAvrRequest)
  case runtimeCapabilityTEERakAvrResponse(RuntimeCapabilityTEERakAvrResponse)
  case runtimeCapabilityTEERakQuoteRequest(RuntimeCapabilityTEERakQuoteRequest)
  case runtimeCapabilityTEERakQuoteResponse(RuntimeCapabilityTEERakQuoteResponse)
  case runtimeCapabilityTEEUpdateEndorsementRequest(RuntimeCapabilityTEEUpdateEndorsementRequest)
  case runtimeCapabilityTEEUpdateEndorsementResponse(RuntimeCapabilityTEEUpdateEndorsementResponse)
  case runtimeRPCCallRequest(RuntimeRPCCallRequest)
  case runtimeRPCCallResponse(RuntimeRPCCallResponse)
  case runtimeLocalRPCCallRequest(RuntimeLocalRPCCallRequest)
  case runtimeLocalRPCCallResponse(RuntimeLocalRPCCallResponse)
  case runtimeCheckTxBatchRequest(RuntimeCheckTxBatchRequest)
  case runtimeCheckTxBatchResponse(RuntimeCheckTxBatchResponse)
  case runtimeExecuteTxBatchRequest(RuntimeExecuteTxBatchRequest)
  case runtimeExecuteTxBatchResponse(RuntimeExecuteTxBatchResponse)
  case runtimeKeyManagerStatusUpdateRequest(RuntimeKeyManagerStatusUpdateRequest)
  case runtimeKeyManagerStatusUpdateResponse(RuntimeKeyManagerStatusUpdateResponse)
  case runtimeKeyManagerQuotePolicyUpdateRequest(RuntimeKeyManagerQuotePolicyUpdateRequest)
  case runtimeKeyManagerQuotePolicyUpdateResponse(RuntimeKeyManagerQuotePolicyUpdateResponse)
  case runtimeQueryRequest(RuntimeQueryRequest)
  case runtimeQueryResponse(RuntimeQueryResponse)
  case runtimeConsensusSyncRequest(RuntimeConsensusSyncRequest)
  case runtimeConsensusSyncResponse(RuntimeConsensusSyncResponse)
  case runtimeNotifyRequest(RuntimeNotifyRequest)
  case runtimeNotifyResponse(RuntimeNotifyResponse)
  case hostRPCCallRequest(HostRPCCallRequest)
  case hostRPCCallResponse(HostRPCCallResponse)
  case hostSubmitPeerFeedbackRequest(HostSubmitPeerFeedbackRequest)
  case hostSubmitPeerFeedbackResponse(HostSubmitPeerFeedbackResponse)
  case hostStorageSyncRequest(HostStorageSyncRequest)
  case hostStorageSyncResponse(HostStorageSyncResponse)
  case hostLocalStorageGetRequest(HostLocalStorageGetRequest)
  case hostLocalStorageGetResponse(HostLocalStorageGetResponse)
  case hostLocalStorageSetRequest(HostLocalStorageSetRequest)
  case hostLocalStorageSetResponse(HostLocalStorageSetResponse)
  case hostFetchConsensusBlockRequest(HostFetchConsensusBlockRequest)
  case hostFetchConsensusBlockResponse(HostFetchConsensusBlockResponse)
  case hostFetchConsensusValidatorsRequest(HostFetchConsensusValidatorsRequest)
  case hostFetchConsensusValidatorsResponse(HostFetchConsensusValidatorsResponse)
  case hostFetchConsensusEventsRequest(HostFetchConsensusEventsRequest)
  case hostFetchConsensusEventsResponse(HostFetchConsensusEventsResponse)
  case hostFetchGenesisHeightRequest(HostFetchGenesisHeightRequest)
  case hostFetchGenesisHeightResponse(HostFetchGenesisHeightResponse)
  case hostFetchTxBatchRequest(HostFetchTxBatchRequest)
  case hostFetchTxBatchResponse(HostFetchTxBatchResponse)
  case hostFetchBlockMetadataTxRequest(HostFetchBlockMetadataTxRequest)
  case hostFetchBlockMetadataTxResponse(HostFetchBlockMetadataTxResponse)
  case hostProveFreshnessRequest(HostProveFreshnessRequest)
  case hostProveFreshnessResponse(HostProveFreshnessResponse)
  case hostIdentityRequest(HostIdentityRequest)
  case hostIdentityResponse(HostIdentityResponse)
  case hostSubmitTxRequest(HostSubmitTxRequest)
  case hostSubmitTxResponse(HostSubmitTxResponse)
  case hostRegisterNotifyRequest(HostRegisterNotifyRequest)
  case hostRegisterNotifyResponse(HostRegisterNotifyResponse)
  /// A body without any name of this protocol; holds the first name found, or nothing. Answered with 'method not supported'.
  case unknown(String)

  /// The message inside, or nil for an unknown one.
  public var message: (any RuntimeProtocolMessage)? {
    switch self {
    case .empty(let message): message
    case .error(let message): message
    case .runtimeInfoRequest(let message): message
    case .runtimeInfoResponse(let message): message
    case .runtimePingRequest(let message): message
    case .runtimeShutdownRequest(let message): message
    case .runtimeAbortRequest(let message): message
    case .runtimeAbortResponse(let message): message
    case .runtimeCapabilityTEERakInitRequest(let message): message
    case .runtimeCapabilityTEERakInitResponse(let message): message
    case .runtimeCapabilityTEERakReportRequest(let message): message
    case .runtimeCapabilityTEERakReportResponse(let message): message
    case .runtimeCapabilityTEERakAvrRequest(let message): message
    case .runtimeCapabilityTEERakAvrResponse(let message): message
    case .runtimeCapabilityTEERakQuoteRequest(let message): message
    case .runtimeCapabilityTEERakQuoteResponse(let message): message
    case .runtimeCapabilityTEEUpdateEndorsementRequest(let message): message
    case .runtimeCapabilityTEEUpdateEndorsementResponse(let message): message
    case .runtimeRPCCallRequest(let message): message
    case .runtimeRPCCallResponse(let message): message
    case .runtimeLocalRPCCallRequest(let message): message
    case .runtimeLocalRPCCallResponse(let message): message
    case .runtimeCheckTxBatchRequest(let message): message
    case .runtimeCheckTxBatchResponse(let message): message
    case .runtimeExecuteTxBatchRequest(let message): message
    case .runtimeExecuteTxBatchResponse(let message): message
    case .runtimeKeyManagerStatusUpdateRequest(let message): message
    case .runtimeKeyManagerStatusUpdateResponse(let message): message
    case .runtimeKeyManagerQuotePolicyUpdateRequest(let message): message
    case .runtimeKeyManagerQuotePolicyUpdateResponse(let message): message
    case .runtimeQueryRequest(let message): message
    case .runtimeQueryResponse(let message): message
    case .runtimeConsensusSyncRequest(let message): message
    case .runtimeConsensusSyncResponse(let message): message
    case .runtimeNotifyRequest(let message): message
    case .runtimeNotifyResponse(let message): message
    case .hostRPCCallRequest(let message): message
    case .hostRPCCallResponse(let message): message
    case .hostSubmitPeerFeedbackRequest(let message): message
    case .hostSubmitPeerFeedbackResponse(let message): message
    case .hostStorageSyncRequest(let message): message
    case .hostStorageSyncResponse(let message): message
    case .hostLocalStorageGetRequest(let message): message
    case .hostLocalStorageGetResponse(let message): message
    case .hostLocalStorageSetRequest(let message): message
    case .hostLocalStorageSetResponse(let message): message
    case .hostFetchConsensusBlockRequest(let message): message
    case .hostFetchConsensusBlockResponse(let message): message
    case .hostFetchConsensusValidatorsRequest(let message): message
    case .hostFetchConsensusValidatorsResponse(let message): message
    case .hostFetchConsensusEventsRequest(let message): message
    case .hostFetchConsensusEventsResponse(let message): message
    case .hostFetchGenesisHeightRequest(let message): message
    case .hostFetchGenesisHeightResponse(let message): message
    case .hostFetchTxBatchRequest(let message): message
    case .hostFetchTxBatchResponse(let message): message
    case .hostFetchBlockMetadataTxRequest(let message): message
    case .hostFetchBlockMetadataTxResponse(let message): message
    case .hostProveFreshnessRequest(let message): message
    case .hostProveFreshnessResponse(let message): message
    case .hostIdentityRequest(let message): message
    case .hostIdentityResponse(let message): message
    case .hostSubmitTxRequest(let message): message
    case .hostSubmitTxResponse(let message): message
    case .hostRegisterNotifyRequest(let message): message
    case .hostRegisterNotifyResponse(let message): message
    case .unknown: nil
    }
  }

  /// The name under which the message travels.
  public var name: String {
    if case .unknown(let name) = self { return name }
    return message.map { type(of: $0).name } ?? ""
  }
}

extension Body {
  typealias Decoder = (index: Int, decode: @Sendable (inout CBORReader) throws(CBORError) -> Body)

  private static func decoder<M: RuntimeProtocolMessage>(
    _ wrap: @escaping @Sendable (M) -> Body
  ) -> (name: String, decode: @Sendable (inout CBORReader) throws(CBORError) -> Body) {
    (M.name, { (reader: inout CBORReader) throws(CBORError) -> Body in wrap(try M(from: &reader)) })
  }

  private static let ordered: [(name: String, decode: @Sendable (inout CBORReader) throws(CBORError) -> Body)] = [
    decoder { .empty($0) },
    decoder { .error($0) },
    decoder { .runtimeInfoRequest($0) },
    decoder { .runtimeInfoResponse($0) },
    decoder { .runtimePingRequest($0) },
    decoder { .runtimeShutdownRequest($0) },
    decoder { .runtimeAbortRequest($0) },
    decoder { .runtimeAbortResponse($0) },
    decoder { .runtimeCapabilityTEERakInitRequest($0) },
    decoder { .runtimeCapabilityTEERakInitResponse($0) },
    decoder { .runtimeCapabilityTEERakReportRequest($0) },
    decoder { .runtimeCapabilityTEERakReportResponse($0) },
    decoder { .runtimeCapabilityTEERakAvrRequest($0) },
    decoder { .runtimeCapabilityTEERakAvrResponse($0) },
    decoder { .runtimeCapabilityTEERakQuoteRequest($0) },
    decoder { .runtimeCapabilityTEERakQuoteResponse($0) },
    decoder { .runtimeCapabilityTEEUpdateEndorsementRequest($0) },
    decoder { .runtimeCapabilityTEEUpdateEndorsementResponse($0) },
    decoder { .runtimeRPCCallRequest($0) },
    decoder { .runtimeRPCCallResponse($0) },
    decoder { .runtimeLocalRPCCallRequest($0) },
    decoder { .runtimeLocalRPCCallResponse($0) },
    decoder { .runtimeCheckTxBatchRequest($0) },
    decoder { .runtimeCheckTxBatchResponse($0) },
    decoder { .runtimeExecuteTxBatchRequest($0) },
    decoder { .runtimeExecuteTxBatchResponse($0) },
    decoder { .runtimeKeyManagerStatusUpdateRequest($0) },
    decoder { .runtimeKeyManagerStatusUpdateResponse($0) },
    decoder { .runtimeKeyManagerQuotePolicyUpdateRequest($0) },
    decoder { .runtimeKeyManagerQuotePolicyUpdateResponse($0) },
    decoder { .runtimeQueryRequest($0) },
    decoder { .runtimeQueryResponse($0) },
    decoder { .runtimeConsensusSyncRequest($0) },
    decoder { .runtimeConsensusSyncResponse($0) },
    decoder { .runtimeNotifyRequest($0) },
    decoder { .runtimeNotifyResponse($0) },
    decoder { .hostRPCCallRequest($0) },
    decoder { .hostRPCCallResponse($0) },
    decoder { .hostSubmitPeerFeedbackRequest($0) },
    decoder { .hostSubmitPeerFeedbackResponse($0) },
    decoder { .hostStorageSyncRequest($0) },
    decoder { .hostStorageSyncResponse($0) },
    decoder { .hostLocalStorageGetRequest($0) },
    decoder { .hostLocalStorageGetResponse($0) },
    decoder { .hostLocalStorageSetRequest($0) },
    decoder { .hostLocalStorageSetResponse($0) },
    decoder { .hostFetchConsensusBlockRequest($0) },
    decoder { .hostFetchConsensusBlockResponse($0) },
    decoder { .hostFetchConsensusValidatorsRequest($0) },
    decoder { .hostFetchConsensusValidatorsResponse($0) },
    decoder { .hostFetchConsensusEventsRequest($0) },
    decoder { .hostFetchConsensusEventsResponse($0) },
    decoder { .hostFetchGenesisHeightRequest($0) },
    decoder { .hostFetchGenesisHeightResponse($0) },
    decoder { .hostFetchTxBatchRequest($0) },
    decoder { .hostFetchTxBatchResponse($0) },
    decoder { .hostFetchBlockMetadataTxRequest($0) },
    decoder { .hostFetchBlockMetadataTxResponse($0) },
    decoder { .hostProveFreshnessRequest($0) },
    decoder { .hostProveFreshnessResponse($0) },
    decoder { .hostIdentityRequest($0) },
    decoder { .hostIdentityResponse($0) },
    decoder { .hostSubmitTxRequest($0) },
    decoder { .hostSubmitTxResponse($0) },
    decoder { .hostRegisterNotifyRequest($0) },
    decoder { .hostRegisterNotifyResponse($0) },
  ]

  /// Decoders by message name, with the place in the declaration order.
  static let decoders: [String: Decoder] = Dictionary(
    ordered.enumerated().map { ($0.element.name, (index: $0.offset, decode: $0.element.decode)) }, uniquingKeysWith: { first, _ in first })
}
