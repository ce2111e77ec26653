internal import Bytes
internal import CBOR
internal import MKVS
internal import OasisCrypto
internal import OasisTypes
public import RuntimeProtocol
internal import Wire

/// Turns the host's requests into calls of a ParaTime and their results into answers (sheet 07 D.2 to D.9). Knows no sockets.
public final class Dispatcher: Sendable {
  /// What the host told at the start.
  struct HostInfo: Sendable {
    var runtimeID: Namespace
    var verifier: any ConsensusVerifier
  }

  let paraTime: any ParaTime
  let host: any Host
  private let info = Monitor<HostInfo?>(nil)
  /// The state trees of execution and of checks, kept from round to round. One execution and one check at a time.
  let executing = Monitor<StateCache>(StateCache())
  let checking = Monitor<StateCache>(StateCache())
  /// The attestation key; without TEE the well-known test key (sheet 07 D.1).
  let attestationKey = MemorySigner(seed: Hash.digest(Array("ekiden test key manager RAK seed".utf8)).bytes)

  public init(_ paraTime: any ParaTime, host: any Host) {
    self.paraTime = paraTime
    self.host = host
  }

  /// The answer to a request.
  /// - Throws: ``GuestAbort`` when the process must end.
  public func answer(_ request: Body) throws(GuestAbort) -> Body {
    do {
      return try handle(request)
    } catch let abort as GuestAbort {
      throw abort
    } catch {
      return .error(CallError(mapping: error))
    }
  }

  private func handle(_ request: Body) throws -> Body {
    switch request {
    case .runtimePingRequest: return .empty(EmptyMessage())
    case .runtimeShutdownRequest, .runtimeAbortRequest: throw CallError.dispatch("method not supported")
    case .runtimeInfoRequest(let request): return .runtimeInfoResponse(try initialize(request))
    default: break
    }
    guard let info = info.update({ (info) throws(Never) in info }) else { throw CallError.dispatch("host info not configured") }
    switch request {
    case .runtimeExecuteTxBatchRequest(let request): return .runtimeExecuteTxBatchResponse(try execute(request, info))
    case .runtimeCheckTxBatchRequest(let request): return .runtimeCheckTxBatchResponse(try check(request, info))
    case .runtimeQueryRequest(let request): return .runtimeQueryResponse(try query(request, info))
    case .runtimeConsensusSyncRequest(let request):
      try info.verifier.sync(height: request.height)
      return .runtimeConsensusSyncResponse(RuntimeConsensusSyncResponse())
    case .runtimeKeyManagerStatusUpdateRequest(let request):
      try updateKeyManagerStatus(request, info)
      return .runtimeKeyManagerStatusUpdateResponse(RuntimeKeyManagerStatusUpdateResponse())
    case .runtimeKeyManagerQuotePolicyUpdateRequest:
      // Without TEE and without enclave sessions there is nothing that a quote policy could decide.
      return .runtimeKeyManagerQuotePolicyUpdateResponse(RuntimeKeyManagerQuotePolicyUpdateResponse())
    case .runtimeNotifyRequest: return .empty(EmptyMessage())
    case .runtimeRPCCallRequest(let request):
      guard request.kind == 1 || request.kind == 2 else {
        throw CallError(module: "demux", code: 4, message: "enclave sessions are not supported by this runtime")
      }
      let answer = try local(request.request ?? [], isWrapped: request.kind == 2)
      var response = RuntimeRPCCallResponse()
      response.response = answer
      return .runtimeRPCCallResponse(response)
    case .runtimeLocalRPCCallRequest(let request):
      var response = RuntimeLocalRPCCallResponse()
      response.response = try local(request.request ?? [], isWrapped: true)
      return .runtimeLocalRPCCallResponse(response)
    case .runtimeCapabilityTEERakInitRequest:
      return .runtimeCapabilityTEERakInitResponse(RuntimeCapabilityTEERakInitResponse())
    case .runtimeCapabilityTEERakReportRequest, .runtimeCapabilityTEERakQuoteRequest, .runtimeCapabilityTEEUpdateEndorsementRequest,
      .runtimeCapabilityTEERakAvrRequest:
      throw CallError.dispatch("attestation is not supported by this runtime")
    default: throw CallError.dispatch("method not supported")
    }
  }

  private func initialize(_ request: RuntimeInfoRequest) throws(CallError) -> RuntimeInfoResponse {
    guard request.consensusBackend == "tendermint" else { throw .dispatch("incompatible consensus backend") }
    try info.update { (info) throws(CallError) in
      guard info == nil else { throw .dispatch("already initialized") }
      info = HostInfo(runtimeID: request.runtimeID, verifier: UnverifiedConsensus(host))
    }
    var response = RuntimeInfoResponse()
    response.protocolVersion = Version(5, 1, 0)
    response.runtimeVersion = paraTime.version
    response.features.scheduleControl = ScheduleControl(initialBatchSize: paraTime.initialBatchSize)
    response.features.keyManagerStatusUpdates = true
    response.features.keyManagerQuotePolicyUpdates = true
    return response
  }

  /// The published status must be the one in consensus state (sheet 07 D.9).
  private func updateKeyManagerStatus(_ request: RuntimeKeyManagerStatusUpdateRequest, _ info: HostInfo) throws {
    let state = try info.verifier.latestState()
    guard let id = try state.runtime(info.runtimeID)?.keyManager else { throw CallError.unknown("key manager not configured") }
    // The same status may be written in more than one way: what it says counts.
    func status(_ bytes: [UInt8]) -> KeyManager.Status? { try? KeyManager.Status.decode(cbor: bytes, mode: .trusted) }
    guard let published = try state.keyManagerStatus(id),
      published == request.status.bytes || (status(published) != nil && status(published) == status(request.status.bytes))
    else { throw CallError.unknown("status mismatch") }
  }

  // MARK: Local calls

  private struct CallFrame: WireMap, Hashable {
    var method = ""
    var arguments = RawCBOR()
    init() {}
    static let fields: [Field<Self>] = [.init("method", \.method), .init("args", \.arguments)]
  }

  private func local(_ request: [UInt8], isWrapped: Bool) throws -> [UInt8] {
    let frame: CallFrame
    do { frame = try CallFrame.decode(cbor: request, mode: .guest) } catch { throw CallError.dispatch("malformed RPC request") }
    var writer = CBORWriter()
    if isWrapped {
      writer.writeMapHead(1)
      writer.write(text: "Response")
    }
    writer.writeMapHead(1)
    writer.write(text: "body")
    writer.writeMapHead(1)
    switch try paraTime.localCall(LocalCall(method: frame.method, arguments: frame.arguments.bytes)) {
    case .success(let value):
      writer.write(text: "Success")
      writer.write(verbatim: value)
    case .failure(let text):
      writer.write(text: "Error")
      writer.write(text: text)
    }
    return writer.bytes
  }
}
