import AsyncIO
import Foundation
import Testing

/// Debian's python3-grpcio and python3-cbor2 as a client that shares no code with ours.
@Suite("A foreign client", .timeLimit(.minutes(5))) struct ForeignClientTests {
  static let python = "/usr/bin/python3"
  static let isInstalled: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = ["-c", "import grpc, cbor2"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  @Test(.enabled(if: isInstalled, "python3-grpcio or python3-cbor2 is not installed")) func readsStatusAndLatestBlock() async throws {
    let server = try await TestServer()
    let out = try Descriptor.pipe()
    let child = try await ChildProcess.spawn(
      .init(
        executable: Self.python, arguments: ["-c", Self.script, server.path], environment: ["PATH=/usr/bin:/bin"],
        descriptors: [.init(out.write, as: 1), .init(out.write, as: 2)]))
    out.write.close()
    let reader = try await ByteStream(out.read)
    var text: [UInt8] = []
    while case let bytes = try await reader.read(), !bytes.isEmpty { text += bytes }
    #expect(String(decoding: text, as: UTF8.self) == "done\n")
    #expect(await child.wait() == .code(0))
    await server.stop()
  }

  static let script = """
    import sys, grpc, cbor2
    channel = grpc.insecure_channel("unix:" + sys.argv[1])
    def call(name, *argument):
        raw = channel.unary_unary("/oasis-core." + name)(cbor2.dumps(argument[0]) if argument else b"")
        return cbor2.loads(raw) if raw else None
    status = call("NodeController/GetStatus")
    assert status["software_version"] == "26.1" and status["mode"] == "compute", status
    assert status["consensus"]["status"] == 0 and status["consensus"]["latest_height"] == 3, status
    assert status["consensus"]["latest_time"] == 1700000003, status
    assert status["consensus"]["features"] == 3 and status["consensus"]["version"] == {"major": 7}, status
    assert status["light_client"]["latest_time"] is None, status
    assert list(status["runtimes"])[0][:8] == bytes([128, 0, 0, 0, 0, 0, 0, 0]), status
    assert call("NodeController/IsSynced") is True
    assert call("NodeController/WaitReady") is None
    block = call("Consensus/GetBlock", 0)
    assert block["height"] == 3 and block["time"] == 1700000003 and block["state_root"]["version"] == 2, block
    assert block["hash"] == status["consensus"]["latest_hash"] and sorted(block["meta"]) == ["header", "last_commit"], block
    assert call("Consensus/GetLatestHeight") == 3
    assert call("Staking/TotalSupply", 0) == (1000).to_bytes(2, "big")
    try:
        call("Staking/TotalSupply", 99)
        assert False
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.UNKNOWN and error.details() == "consensus: version not found", error
        details = dict(error.trailing_metadata())["grpc-status-details-bin"]
        assert cbor2.loads(details[details.index(b"\\xa2"):]) == {"module": "consensus", "code": 3}, details
    heights = [cbor2.loads(item)["height"] for item in channel.unary_stream("/oasis-core.Consensus/WatchBlocks")(b"")]
    assert heights == [4, 5], heights
    print("done")
    """
}
