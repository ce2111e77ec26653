import Bytes
import CBOR
import OasisTypes
import RuntimeProtocol
import Testing
import Wire

@Suite("Frames (07 E.3)") struct FrameTests {
  @Test func pingRequest() throws {
    let frame = try RuntimeMessage(id: 0, kind: .request, body: .runtimePingRequest(RuntimePingRequest())).frame()
    #expect(frame.hex == "0000002da36269640064626f6479a17252756e74696d6550696e6752657175657374a06c6d6573736167655f7479706501")
  }

  @Test func emptyResponse() throws {
    let frame = try RuntimeMessage(id: 0, kind: .response, body: .empty(EmptyMessage())).frame()
    #expect(frame.hex == "00000020a36269640064626f6479a165456d707479a06c6d6573736167655f7479706502")
  }

  @Test func notReady() throws {
    let frame = try RuntimeMessage(id: 3, kind: .response, body: .error(.notReady)).frame()
    #expect(
      frame.hex
        == "00000051a36269640364626f6479a1654572726f72a364636f646501666d6f64756c656c7268702f696e7465726e616c676d6573736167656e7268703a206e6f742072656164796c6d6573736167655f7479706502"
    )
  }

  @Test func consensusSync() throws {
    let frame = try RuntimeMessage(id: 1, kind: .request, body: .runtimeConsensusSyncRequest(.init(height: 1000))).frame()
    #expect(
      frame.hex
        == "00000041a36269640164626f6479a1781b52756e74696d65436f6e73656e73757353796e6352657175657374a1666865696768741903e86c6d6573736167655f7479706501"
    )
  }

  @Test func informationRequest() throws {
    var request = RuntimeInfoRequest()
    request.runtimeID = try #require(Namespace([0x80] + [UInt8](repeating: 0, count: 31)))
    request.consensusBackend = "tendermint"
    request.consensusProtocolVersion = Version(7)
    request.consensusChainContext = "test"
    let frame = try RuntimeMessage(id: 0, kind: .request, body: .runtimeInfoRequest(request)).frame()
    #expect(
      frame.hex
        == "000000b8a36269640064626f6479a17252756e74696d65496e666f52657175657374a46a72756e74696d655f69645820800000000000000000000000000000000000000000000000000000000000000071636f6e73656e7375735f6261636b656e646a74656e6465726d696e7477636f6e73656e7375735f636861696e5f636f6e746578746474657374781a636f6e73656e7375735f70726f746f636f6c5f76657273696f6ea1656d616a6f72076c6d6573736167655f7479706501"
    )
  }

  @Test func informationResponse() throws {
    var response = RuntimeInfoResponse()
    response.protocolVersion = Version(5, 1)
    response.runtimeVersion = Version(0, 1)
    response.features.scheduleControl = ScheduleControl(initialBatchSize: 50)
    response.features.keyManagerQuotePolicyUpdates = true
    response.features.keyManagerStatusUpdates = true
    response.features.endorsedCapabilityTEE = true
    let message = RuntimeMessage(id: 0, kind: .response, body: .runtimeInfoResponse(response))
    let frame = try message.frame()
    #expect(
      frame.hex
        == "000000f0a36269640064626f6479a17352756e74696d65496e666f526573706f6e7365a3686665617475726573a4707363686564756c655f636f6e74726f6ca172696e697469616c5f62617463685f73697a65183277656e646f727365645f6361706162696c6974795f746565f5781a6b65795f6d616e616765725f7374617475735f75706461746573f578206b65795f6d616e616765725f71756f74655f706f6c6963795f75706461746573f56f72756e74696d655f76657273696f6ea1656d696e6f72017070726f746f636f6c5f76657273696f6ea2656d616a6f7205656d696e6f72016c6d6573736167655f7479706502"
    )
    var reader = FrameReader(limit: FrameLimit.host, mode: .rpc)
    for byte in frame.dropLast() {
      reader.append([byte])
      #expect(try reader.next() == nil)
    }
    reader.append(frame.suffix(1))
    #expect(try reader.next() == message)
    #expect(!reader.isPartial)
  }
}

@Suite("Message bodies (07 C.1, C.2)") struct BodyTests {
  private func message(_ names: [String]) throws -> [UInt8] {
    var writer = CBORWriter()
    writer.writeMapHead(3)
    writer.write(text: "id")
    writer.write(unsigned: 7)
    writer.write(text: "body")
    writer.writeMapHead(names.count)
    for name in names {
      writer.write(text: name)
      writer.writeMapHead(0)
    }
    writer.write(text: "message_type")
    writer.write(unsigned: 1)
    return writer.bytes
  }

  @Test func firstInDeclarationOrderCounts() throws {
    let body = try RuntimeMessage(payload: message(["HostIdentityRequest", "Empty"]), mode: .rpc).body
    #expect(body == .empty(EmptyMessage()))
  }

  @Test func guestTakesOneNameOnly() throws {
    #expect(throws: FrameError.self) { try RuntimeMessage(payload: message(["Empty", "HostIdentityRequest"]), mode: .guest) }
  }

  @Test func unknownNames() throws {
    #expect(try RuntimeMessage(payload: message(["Future"]), mode: .rpc).body == .unknown("Future"))
    #expect(try RuntimeMessage(payload: message([]), mode: .rpc).body == .unknown(""))
    #expect(throws: FrameError.self) { try RuntimeMessage(payload: message(["Future"]), mode: .guest) }
    #expect(throws: FrameError.self) { try RuntimeMessage(payload: message(["Empty", "Empty"]), mode: .rpc) }
  }

  @Test func tooLarge() throws {
    var request = RuntimeQueryRequest()
    request.arguments = [UInt8](repeating: 0, count: 1000)
    #expect(throws: FrameError.self) { try RuntimeMessage(id: 0, kind: .request, body: .runtimeQueryRequest(request)).frame(limit: 1000) }
    var reader = FrameReader(limit: 1000, mode: .rpc)
    reader.append([0, 0, 4, 0])
    #expect(throws: FrameError.tooLarge(1024)) { try reader.next() }
  }

  @Test func errorsBecomeModuleAndCode() {
    struct Plain: Error, CustomStringConvertible { var description: String { "plain" } }
    #expect(CallError(mapping: Plain()) == CallError(module: "unknown", code: 1, message: "plain"))
    #expect(
      CallError(mapping: CodedError("consensus", 3, "version not found"))
        == CallError(module: "consensus", code: 3, message: "version not found"))
    #expect(CallError(mapping: CallError.notReady) == .notReady)
    #expect(CallError().isSuccess)
  }
}

@Suite("Random frames") struct RandomFrameTests {
  /// Mutations of a real message: nothing may trap, and what decodes must encode again.
  @Test func mutations() throws {
    var request = RuntimeCheckTxBatchRequest()
    request.inputs = [[1, 2, 3], []]
    let good = RuntimeMessage(id: 300, kind: .request, body: .runtimeCheckTxBatchRequest(request)).cbor()
    var random = SplitMix(state: 1)
    for _ in 0..<20_000 {
      var bytes = good
      for _ in 0...Int(random.next() % 4) {
        let index = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 3 {
        case 0: bytes[index] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.remove(at: index)
        default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: index)
        }
      }
      for mode in [DecodingMode.rpc, .guest] {
        guard let message = try? RuntimeMessage(payload: bytes, mode: mode) else { continue }
        _ = message.cbor()
      }
    }
  }

  private struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }
}
