import Glibc
import Telemetry
import Testing

@Suite("Log") struct LogTests {
  func output(_ format: LogFormat, _ levels: LogLevels = .init(.debug)) -> (Log, MemoryLogSink) {
    let sink = MemoryLogSink()
    let output = LogOutput(
      format: format, levels: levels, sink: sink, clock: { LogTime(seconds: 1_777_885_961, nanoseconds: 721_994_640) })
    return (Log(output, module: "oasis-node"), sink)
  }

  @Test func logfmtOrderAndQuotes() {
    let (log, sink) = output(.logfmt)
    log.info("Starting oasis-node", ["version": "26.1", "mode": "compute"], file: "a/node.go", line: 123)
    log.with(["runtime_id": "80"]).info("stopping", ["err": "a \"b\"", "rsk": LogValue.null, "n": 3, "x": ["a"]], file: "node.go", line: 1)
    #expect(
      sink.lines == [
        "level=info ts=2026-05-04T09:12:41.72199464Z caller=node.go:123 module=oasis-node msg=\"Starting oasis-node\" version=26.1 mode=compute",
        "level=info ts=2026-05-04T09:12:41.72199464Z caller=node.go:1 module=oasis-node runtime_id=80 msg=stopping err=\"a \\\"b\\\"\" rsk=null n=3 x=\"unsupported value type\"",
      ])
  }

  @Test func jsonSortsKeysAndKeepsTheLast() {
    let (log, sink) = output(.json)
    log.with(["mode": "x"]).warn(
      "<tag> ü\n", ["mode": "compute", "n": 5, "b": true, "raw": [1, 2, 3] as [UInt8]], file: "node.go", line: 9)
    #expect(
      sink.lines == [
        #"{"b":true,"caller":"node.go:9","level":"warn","mode":"compute","module":"oasis-node","msg":"<tag> ü\n","n":5,"raw":"AQID","ts":"2026-05-04T09:12:41.72199464Z"}"#
      ])
  }

  @Test func guestLinesNameTheModuleTwice() {
    let (log, sink) = output(.logfmt)
    log.module("runtime").with(["runtime_id": "80", "runtime_name": ""]).forward(.warn, [.init("ts", .text("T")), .init("msg", .text(""))])
    #expect(sink.lines == ["module=runtime level=warn module=runtime runtime_id=80 runtime_name= ts=T msg="])
  }

  @Test func anEntryOnlySilences() {
    let levels = LogLevels(.warn, byPrefix: ["abci-mux": .debug, "cometbft": .error, "cometbft/context": .warn])
    #expect(levels.threshold(of: "abci-mux") == .warn)
    #expect(levels.threshold(of: "cometbft/abci") == .error)
    #expect(levels.threshold(of: "cometbft/context") == .warn)
    let (log, sink) = output(.json, levels)
    log.info("no")
    log.module("cometbft").warn("no")
    #expect(sink.lines.isEmpty && !log.isEnabled(.info))
  }

  @Test(arguments: [
    (0, 0, "1970-01-01T00:00:00Z"), (951_782_400, 1, "2000-02-29T00:00:00.000000001Z"), (-1, 500_000_000, "1969-12-31T23:59:59.5Z"),
    (-62_135_596_800, 0, "0001-01-01T00:00:00Z"),
  ]) func timestamps(seconds: Int64, nanoseconds: Int32, text: String) {
    #expect(LogTime(seconds: seconds, nanoseconds: nanoseconds).description == text)
  }
}

@Suite("Metrics") struct MetricsTests {
  @Test func expositionIsSorted() {
    let registry = MetricsRegistry()
    let calls = registry.counter("oasis_grpc_server_calls", help: "Calls\nby name", labels: ["call"])
    calls.increment("b")
    calls.increment(by: 2, "a\"")
    registry.gauge("oasis_abci_db_size", help: "MiB").set(1_234_567.5)
    registry.summary("oasis_rhp_latency", help: "s", labels: ["call"]).observe(0.25, "x")
    let histogram = registry.histogram("z", help: "h", buckets: [0.1, 1])
    histogram.observe(0.05)
    histogram.observe(5)
    #expect(
      registry.exposition() == """
        # HELP oasis_abci_db_size MiB
        # TYPE oasis_abci_db_size gauge
        oasis_abci_db_size 1.2345675e+06
        # HELP oasis_grpc_server_calls Calls\\nby name
        # TYPE oasis_grpc_server_calls counter
        oasis_grpc_server_calls{call="a\\""} 2
        oasis_grpc_server_calls{call="b"} 1
        # HELP oasis_rhp_latency s
        # TYPE oasis_rhp_latency summary
        oasis_rhp_latency_sum{call="x"} 0.25
        oasis_rhp_latency_count{call="x"} 1
        # HELP z h
        # TYPE z histogram
        z_bucket{le="0.1"} 1
        z_bucket{le="1"} 1
        z_bucket{le="+Inf"} 2
        z_sum 5.05
        z_count 2

        """)
  }
}

@Suite("A log that nobody reads", .timeLimit(.minutes(2))) struct UnreadLogTests {
  @Test func linesAreDroppedAndCounted() throws {
    let path = "/tmp/unread-log-test.\(getpid())"
    #expect(mkfifo(path, 0o600) == 0)
    defer { unlink(path) }
    let reader = open(path, O_RDWR | O_NONBLOCK)
    defer { close(reader) }
    let output = LogOutput(format: .json, levels: LogLevels(.debug), sink: try DescriptorLogSink.file(path))
    let log = Log(output, module: "test")
    for _ in 0..<300 { log.info(String(repeating: "x", count: 1000)) }  // far more than a pipe holds: nobody is held up
    var seen: [UInt8] = []
    func drain() {
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while case let count = read(reader, &buffer, buffer.count), count > 0 { seen += buffer[..<count] }
    }
    drain()
    log.info("read again")
    drain()
    let lines = String(decoding: seen, as: UTF8.self).split(separator: "\n")
    let whole = lines.filter { $0.hasPrefix("{") && $0.hasSuffix("}") }
    let notice = try #require(whole.first { $0.contains("log lines were dropped while nobody read the log") })
    let lost = lines.count - 2 < 300 ? 300 - whole.count { $0.contains("xxx") } : 0
    #expect(lost > 0 && notice.contains("\"lines\":\(lost)"))
    #expect(lines.last?.contains("read again") == true)
  }
}
