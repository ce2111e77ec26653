import CBOR
import FuzzSupport
import OasisTypes
import RuntimeProtocol
import Testing
import Wire

@Suite("Frames: any input") struct FrameFuzzTests {
  @Test func isReadOrRefused() async {
    await #expect(processExitsWith: .success) {
      var request = RuntimeInfoRequest()
      request.consensusBackend = "tendermint"
      request.consensusChainContext = "test"
      var response = RuntimeInfoResponse()
      response.features.scheduleControl = ScheduleControl(initialBatchSize: 50)
      let bodies: [Body] = [
        .runtimePingRequest(RuntimePingRequest()), .empty(EmptyMessage()), .error(.notReady), .runtimeInfoRequest(request),
        .runtimeConsensusSyncRequest(.init(height: 1000)), .runtimeInfoResponse(response),
      ]
      var frames = bodies.enumerated().compactMap {
        try? RuntimeMessage(id: UInt64($0), kind: $0 % 2 == 0 ? .request : .response, body: $1).frame()
      }
      let names = [
        "RuntimeExecuteTxBatchRequest", "RuntimeExecuteTxBatchResponse", "RuntimeCheckTxBatchRequest", "RuntimeQueryRequest",
        "RuntimeRPCCallRequest", "RuntimeKeyManagerStatusUpdateRequest", "HostStorageSyncRequest", "HostStorageSyncResponse",
        "HostRPCCallRequest", "HostFetchConsensusBlockRequest", "HostFetchConsensusEventsRequest", "HostFetchTxBatchRequest",
        "HostLocalStorageGetRequest", "HostProveFreshnessRequest", "HostIdentityRequest", "HostSubmitTxRequest",
      ]
      for name in names {  // known bodies with a field that is not theirs: most decode leniently
        var writer = CBORWriter()
        writer.writeMapHead(3)
        writer.write(text: "id")
        writer.write(unsigned: 7)
        writer.write(text: "body")
        writer.writeMapHead(1)
        writer.write(text: name)
        writer.writeMapHead(2)
        writer.write(text: "height")
        writer.write(unsigned: 3)
        writer.write(text: "inputs")
        writer.writeNull()
        writer.write(text: "message_type")
        writer.write(unsigned: 1)
        frames.append([0, 0, 0, UInt8(writer.count)] + writer.bytes)
      }
      let tokens: [[UInt8]] =
        [[0, 0, 0, 1], [0xff, 0xff, 0xff, 0xff], [0x01, 0xff, 0xff, 0xff], [0xa1], [0x81], [0xf6], [0x64, 0x62, 0x6f, 0x64, 0x79]]
        + names.map { [0x60 | UInt8(min($0.utf8.count, 23))] + Array($0.utf8) }
      fuzz(
        "frames", memory: 768, corpus: frames, tokens: tokens,
        forms: [
          FuzzForm("payloads at the host") { bytes, _ in _ = try RuntimeMessage(payload: Array(bytes.dropFirst(4)), mode: .rpc).cbor() },
          FuzzForm("payloads at the guest") { bytes, _ in _ = try RuntimeMessage(payload: Array(bytes.dropFirst(4)), mode: .guest).cbor() },
          FuzzForm("host") { bytes, _ in try FrameFuzzTests.read(bytes, FrameReader(limit: FrameLimit.host, mode: .rpc)) },
          FuzzForm("guest") { bytes, _ in try FrameFuzzTests.read(bytes, FrameReader(limit: FrameLimit.guest, mode: .guest)) },
        ])
    }
  }
  struct Partial: Error {}

  private static func read(_ bytes: [UInt8], _ empty: FrameReader) throws {
    var reader = empty
    reader.append(bytes)  // a length alone takes no memory
    while let message = try reader.next() { _ = message.cbor() }
    if reader.isPartial { throw Partial() }
  }

  /// Every message by itself.
  @Test func bodiesAreReadOrRefused() async {
    await #expect(processExitsWith: .success) {
      let tokens: [[UInt8]] = [
        [0x81], [0x82], [0xa1], [0xf6], [0x40], [0x58, 0x20], [0x9b, 0, 0, 0, 1, 0, 0, 0, 0], [0xbb, 0, 0, 0, 1, 0, 0, 0, 0],
        [0x5a, 0x7f, 0xff, 0xff, 0xff],
      ]
      fuzz("runtime messages", share: 4, memory: 768, tokens: tokens, forms: messages())
    }
  }
}

private func form<T: WireValue>(_ type: T.Type) -> FuzzForm {
  var random = WireRandom(seed: 4)
  let samples = (0..<6).map { _ in T.random(using: &random).cbor() }.filter { $0.count < 3000 }
  return FuzzForm("\(type)", samples: samples) { bytes, number in
    _ = try T.decode(cbor: bytes, mode: number % 2 == 0 ? .rpc : .guest).cbor()
  }
}

private func messages() -> [FuzzForm] {
  [
    form(EmptyMessage.self), form(RuntimeInfoRequest.self), form(RuntimeInfoResponse.self), form(RuntimePingRequest.self),
    form(RuntimeShutdownRequest.self), form(RuntimeAbortRequest.self), form(RuntimeAbortResponse.self),
    form(RuntimeCapabilityTEERakInitRequest.self), form(RuntimeCapabilityTEERakInitResponse.self),
    form(RuntimeCapabilityTEERakReportRequest.self), form(RuntimeCapabilityTEERakReportResponse.self),
    form(RuntimeCapabilityTEERakAvrRequest.self), form(RuntimeCapabilityTEERakAvrResponse.self),
    form(RuntimeCapabilityTEERakQuoteRequest.self), form(RuntimeCapabilityTEERakQuoteResponse.self),
    form(RuntimeCapabilityTEEUpdateEndorsementRequest.self), form(RuntimeCapabilityTEEUpdateEndorsementResponse.self),
    form(RuntimeRPCCallRequest.self), form(RuntimeRPCCallResponse.self), form(RuntimeLocalRPCCallRequest.self),
    form(RuntimeLocalRPCCallResponse.self), form(RuntimeCheckTxBatchRequest.self), form(RuntimeCheckTxBatchResponse.self),
    form(RuntimeExecuteTxBatchRequest.self), form(RuntimeExecuteTxBatchResponse.self), form(RuntimeKeyManagerStatusUpdateRequest.self),
    form(RuntimeKeyManagerStatusUpdateResponse.self), form(RuntimeKeyManagerQuotePolicyUpdateRequest.self),
    form(RuntimeKeyManagerQuotePolicyUpdateResponse.self), form(RuntimeQueryRequest.self), form(RuntimeQueryResponse.self),
    form(RuntimeConsensusSyncRequest.self), form(RuntimeConsensusSyncResponse.self), form(RuntimeNotifyRequest.self),
    form(RuntimeNotifyResponse.self), form(HostRPCCallRequest.self), form(HostRPCCallResponse.self),
    form(HostSubmitPeerFeedbackRequest.self), form(HostSubmitPeerFeedbackResponse.self), form(HostStorageSyncRequest.self),
    form(HostStorageSyncResponse.self), form(HostLocalStorageGetRequest.self), form(HostLocalStorageGetResponse.self),
    form(HostLocalStorageSetRequest.self), form(HostLocalStorageSetResponse.self), form(HostFetchConsensusBlockRequest.self),
    form(HostFetchConsensusBlockResponse.self), form(HostFetchConsensusValidatorsRequest.self),
    form(HostFetchConsensusValidatorsResponse.self), form(HostFetchConsensusEventsRequest.self),
    form(HostFetchConsensusEventsResponse.self), form(HostFetchGenesisHeightRequest.self), form(HostFetchGenesisHeightResponse.self),
    form(HostFetchTxBatchRequest.self), form(HostFetchTxBatchResponse.self), form(HostFetchBlockMetadataTxRequest.self),
    form(HostFetchBlockMetadataTxResponse.self), form(HostProveFreshnessRequest.self), form(HostProveFreshnessResponse.self),
    form(HostIdentityRequest.self), form(HostIdentityResponse.self), form(HostSubmitTxRequest.self), form(HostSubmitTxResponse.self),
    form(HostRegisterNotifyRequest.self), form(HostRegisterNotifyResponse.self),
  ]
}
