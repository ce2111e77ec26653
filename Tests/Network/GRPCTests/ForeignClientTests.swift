import AsyncIO
import Foundation
import GRPC
import Synchronization
import Testing

/// Debian's python3-grpcio (gRPC's C core) as a client that is not ours.
@Suite("A foreign client", .timeLimit(.minutes(2))) struct ForeignClientTests {
  static let python = "/usr/bin/python3"
  static let hasGRPC: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = ["-c", "import grpc"]
    process.standardError = FileHandle.nullDevice
    return (try? process.run()) != nil
      && {
        process.waitUntilExit(); return process.terminationStatus == 0
      }()
  }()

  @Test(.enabled(if: hasGRPC, "python3-grpcio is not installed")) func passes() async throws {
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
    #expect(try await TestServer.eventually { server.cancelled.load(ordering: .relaxed) >= 2 })
  }

  static let script = """
    import sys, grpc
    from concurrent.futures import ThreadPoolExecutor
    options = [("grpc.max_receive_message_length", 1 << 27), ("grpc.max_send_message_length", 1 << 27)]
    channel = grpc.insecure_channel("unix:" + sys.argv[1], options=options)
    unary = lambda name: channel.unary_unary("/t.Test/" + name)
    stream = lambda name: channel.unary_stream("/t.Test/" + name)
    def fails(call, code, text=None):
        try:
            call()
        except grpc.RpcError as error:
            assert error.code() == code, error
            assert text is None or error.details() == text, error.details()
            return dict(error.trailing_metadata())
        assert False, "no error"
    assert unary("Echo")(b"hello") == b"hello"
    assert unary("Void")(b"") == b""
    big = bytes(range(256)) * (3 << 12)
    assert unary("Echo")(big) == big
    with ThreadPoolExecutor(50) as pool:
        assert list(pool.map(lambda i: unary("Echo")(b"%d" % i), range(1000))) == [b"%d" % i for i in range(1000)]
    assert [int(m) for m in stream("Count")(b"5000")] == list(range(5000))
    meta = fails(lambda: unary("Fail")(b""), grpc.StatusCode.UNKNOWN, "control: not implemented")
    assert meta["grpc-status-details-bin"].hex() == "08021218636f6e74726f6c3a206e6f7420696d706c656d656e7465641a181216a264636f646501666d6f64756c6567636f6e74726f6c"
    fails(lambda: unary("Odd")(b""), grpc.StatusCode.UNKNOWN, "odd: 100 % of \\u00fcn\\u00efcode\\n")
    fails(lambda: list(stream("FailLate")(b"")), grpc.StatusCode.NOT_FOUND, "late")
    fails(lambda: unary("No")(b""), grpc.StatusCode.UNIMPLEMENTED, "unknown method No for service t.Test")
    fails(lambda: unary("Wait")(b"", timeout=0.2), grpc.StatusCode.DEADLINE_EXCEEDED)
    call = unary("Wait").future(b"")
    import time; time.sleep(0.2)
    call.cancel()
    fails(lambda: unary("Echo")(b"x" * 1000, compression=grpc.Compression.Gzip), grpc.StatusCode.UNIMPLEMENTED)
    assert unary("Echo")(b"after") == b"after"
    print("done")
    """
}
