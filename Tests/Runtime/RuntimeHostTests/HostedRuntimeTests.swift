import AsyncIO
import Bytes
import Foundation
import OasisCrypto
import OasisTypes
import RuntimeBundle
import RuntimeProtocol
import Synchronization
import Telemetry
import Testing

@testable import RuntimeHost

/// Collects log lines.
final class Collector: LogSink {
  private let lines = Mutex<[String]>([])
  func write(line: String) { lines.withLock { $0.append(line) } }
  var all: [String] { lines.withLock { $0 } }
  /// Waits for a line that has all the parts: what a runtime prints comes in its own time. The caller has a time limit.
  func wait(for parts: String...) async throws {
    while !all.contains(where: { line in parts.allSatisfy { line.contains($0) } }) { try await IO.sleep(for: .milliseconds(5)) }
  }
}

/// A node that knows only who it is.
struct TestNode: HostHandler {
  struct Refused: Error, CustomStringConvertible { var description: String { "refused" } }
  func syncStorage(_ request: HostStorageSyncRequest) async throws -> HostStorageSyncResponse { throw Refused() }
  func localValue(forKey key: [UInt8]) async throws -> [UInt8]? { nil }
  func setLocalValue(_ value: [UInt8], forKey key: [UInt8]) async throws {}
  func lightBlock(height: UInt64) async throws -> LightBlock { throw Refused() }
  func validators(height: UInt64) async throws -> Validators { throw Refused() }
  func events(height: UInt64, kind: EventKind) async throws -> [ConsensusEvent] { [] }
  func genesisHeight() async throws -> UInt64 { 1 }
  func fetchTransactions(limit: Int) async throws -> [[UInt8]] { [] }
  func blockMetadata(height: UInt64) async throws -> HostFetchBlockMetadataTxResponse { throw Refused() }
  func proveFreshness(_ nonce: [UInt8]) async throws -> HostProveFreshnessResponse { throw Refused() }
  func nodeID() async throws -> PublicKey { PublicKey() }
}

/// The test guest in a mode.
func guestConfiguration(_ mode: String, sandbox: SandboxKind = .bubblewrap("/usr/bin/bwrap")) throws -> RuntimeConfiguration {
  // The guest is built into the same folder as the tests themselves.
  let program = URL(fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
  let folder = program.deletingLastPathComponent().path
  try #require(FileManager.default.fileExists(atPath: "\(folder)/test-guest"))
  var component = Component(kind: .ronl)
  component.elf = ELFMetadata(executable: "test-guest")
  component.version = Version(0, 1)
  var configuration = RuntimeConfiguration(
    runtimeID: Namespace(), component: component, directory: folder,
    host: HostInformation(consensusProtocolVersion: Version(7), chainContext: "test"))
  configuration.environment.append("GUEST_MODE=\(mode)")
  configuration.sandbox = sandbox
  // Short only where a test waits for the limit: a busy machine takes its time to start a guest.
  configuration.timing.connect = .seconds(mode == "no-connect" ? 1 : 60)
  configuration.timing.information = .seconds(mode == "silent" ? 1 : 60)
  return configuration
}

/// Runs the test guest in a mode and hands it to `body`.
func withGuest(
  _ mode: String, sandbox: SandboxKind = .bubblewrap("/usr/bin/bwrap"), change: (inout RuntimeConfiguration) -> Void = { _ in },
  _ body: @escaping @Sendable (HostedRuntime, AsyncStream<RuntimeEvent>, Collector) async throws -> Void
) async throws {
  var configuration = try guestConfiguration(mode, sandbox: sandbox)
  change(&configuration)
  let collector = Collector()
  let runtime = HostedRuntime(
    configuration, handler: TestNode(), log: Log(LogOutput(format: .json, levels: LogLevels(.debug), sink: collector), module: "test"))
  let events = runtime.events()
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { await runtime.run() }
    defer { group.cancelAll() }
    try await IO.withTimeout(.seconds(120)) { try await body(runtime, events, collector) }
  }
  #expect(await runtime.status.state == .stopped)
}

extension AsyncStream where Element == RuntimeEvent {
  /// The next event.
  func next() async -> RuntimeEvent? {
    for await event in self { return event }
    return nil
  }

  /// Waits until the runtime could not be started; the reason.
  func failure() async -> String? {
    for await event in self { if case .failedToStart(let reason) = event { return reason } }
    return nil
  }
}

@Suite("Hosted runtimes, in Bubblewrap (07 B.2)", .serialized, .timeLimit(.minutes(6))) struct HostedRuntimeTests {
  @Test func startsAndAnswers() async throws {
    try await withGuest("normal") { runtime, events, log in
      #expect(await events.next() == .started(version: Version(0, 1)))
      let query = RuntimeQueryRequest()
      let answers = try await withThrowingTaskGroup(of: Body.self) { group in
        for _ in 0..<10 { group.addTask { try await runtime.call(.runtimeQueryRequest(query), within: .seconds(60)) } }
        return try await group.reduce(into: [Body]()) { $0.append($1) }
      }
      #expect(
        answers.allSatisfy { if case .runtimeQueryResponse(let answer) = $0 { Array(answer.data) == Array("yes".utf8) } else { false } })
      #expect(try await runtime.information().features.scheduleControl?.initialBatchSize == 50)
      await #expect(throws: CallError.self) { try await runtime.call(.runtimeShutdownRequest(.init()), within: .seconds(60)) }
      #expect(await runtime.status.state == .running)
      for message in ["starting runtime", "waiting for runtime to connect", "runtime connected", "runtime host protocol initialized"] {
        try await log.wait(for: "\"msg\":\"\(message)\"", #""module":"runtime/host/sandbox""#, #""runtime_id":"0000"#)
      }
      try await log.wait(
        for:
          #""msg":"Runtime is starting""#, #""component":"ronl""#, #""provisioner":"sandbox""#, #""ts":"2026-01-01T00:00:00Z""#)
    }
  }

  @Test func callsWaitUntilReady() async throws {
    try await withGuest("normal") { runtime, _, _ in
      _ = try await runtime.call(.runtimePingRequest(.init()), within: .seconds(60))
    }
  }

  @Test func answersTheRuntime() async throws {
    try await withGuest("calls") { runtime, events, log in
      #expect(await events.next() == .started(version: Version(0, 1)))
      try await log.wait(for: #""msg":"identity received""#, #""module":"runtime/foo""#, #""level":"warn""#)
    }
  }

  @Test func restartsAfterACrash() async throws {
    try await withGuest("crash") { runtime, events, log in
      #expect(await events.next() == .started(version: Version(0, 1)))
      #expect(await events.next() == .stopped)
      #expect(await events.next() == .started(version: Version(0, 1)))
      #expect(await events.next() == .stopped)
      try await log.wait(for: #""msg":"runtime process has terminated unexpectedly""#, #""err":"exit status 134""#)
      try await log.wait(for: #""msg":"error while receiving message from worker""#, #""err":"EOF""#)
      let status = await runtime.status
      #expect(status.restarts >= 1)
      #expect(status.lastFailure == "runtime process has terminated unexpectedly: exit status 134")
    }
  }

  @Test(arguments: [
    ("exit", "terminated while waiting for runtime to connect"), ("no-connect", "timed out while waiting for runtime to connect"),
    ("silent", "failed to initialize connection: context deadline exceeded"),
    ("garbage", "failed to initialize connection: failed to read response: connection closed"),
    ("huge", "failed to initialize connection: failed to read response: connection closed"),
    ("wrong-version", "version mismatch (runtime reported: 0.2.0 bundle: 0.1.0)"),
    ("wrong-id", "failed to initialize connection: invalid runtime id"),
    ("wrong-protocol", "failed to initialize connection: incompatible runtime host protocol version (expected: 5 got: 4.1.0)"),
  ])
  func doesNotStart(_ mode: String, _ reason: String) async throws {
    try await withGuest(mode) { runtime, events, log in
      #expect(await events.failure() == reason)
      #expect(await events.failure() == reason)
      try await log.wait(for: #""msg":"failed to start runtime""#, reason, #""attempt":2"#)
      while await runtime.status.state != .failing { try await IO.sleep(for: .milliseconds(5)) }
      #expect(await runtime.status.nextAttempt != nil)
      let status = await runtime.status
      #expect(status.restarts >= 1 && status.lastFailure?.hasPrefix(reason) == true)
      if mode == "exit" {
        #expect(status.lastFailure == "\(reason) (exit status 3, this runtime gives up)")
        try await log.wait(for: #""msg":"this runtime gives up""#, #""level":"warn""#, #""module":"runtime""#)
        try await log.wait(for: #""status":"exit status 3""#)
      }
    }
  }

  @Test func whatExitsAtOnceForEverIsTriedEverMoreRarely() async throws {
    try await withGuest("exit") { runtime, events, log in
      for _ in 0..<5 { _ = await events.failure() }
      let status = await runtime.status
      #expect(status.state == .failing || status.state == .starting)
      #expect(status.restarts >= 4)
      #expect(log.all.filter { $0.contains("what usually helps") }.count == 1)
    }
  }

  @Test func childrenOfARuntimeEndWithIt() async throws {
    let folder = NSTemporaryDirectory() + "orphan-\(UInt32.random(in: 0...UInt32.max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try "#!/bin/sh\nsleep 1000 >/dev/null 2>&1 &\necho child $! >&2\nexit 3\n".write(
      toFile: "\(folder)/test-guest", atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(folder)/test-guest")
    try await withGuest("normal", sandbox: .none, change: { $0.directory = folder }) { _, events, log in
      _ = await events.failure()
      let line = try #require(log.all.first { $0.contains("child ") })
      let number = try #require(line.split(separator: "child ").last.flatMap { Int32($0.prefix { $0.isNumber }) })
      // Killed, and reaped by whoever took it over.
      while kill(number, 0) == 0, !isZombie(number) { try await IO.sleep(for: .milliseconds(10)) }
    }
  }

  private func isZombie(_ number: Int32) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8) else { return true }
    return text.split(separator: ")").last?.split(separator: " ").first == "Z"
  }

  @Test(arguments: ["no-connect", "silent", "no-ping", "stop-reading", "normal"]) func stopsWhateverItDoes(_ mode: String) async throws {
    var configuration = try guestConfiguration(mode)
    configuration.timing.connect = .seconds(60)
    configuration.timing.information = .seconds(60)
    let collector = Collector()
    let runtime = HostedRuntime(
      configuration, handler: TestNode(), log: Log(LogOutput(format: .json, levels: LogLevels(.debug), sink: collector), module: "test"))
    let running = Task { await runtime.run() }
    try await collector.wait(for: "waiting for runtime to connect")
    async let call = runtime.call(.runtimeQueryRequest(RuntimeQueryRequest()))  // waits, or runs, while it is stopped
    if mode != "no-connect" { try await collector.wait(for: "runtime connected") }
    let began = ContinuousClock.now
    running.cancel()
    await running.value
    _ = try? await call
    #expect(ContinuousClock.now - began < .seconds(60))
    #expect(await runtime.status.state == .stopped)
  }

  @Test func unresponsiveRuntimesAreRestarted() async throws {
    try await withGuest(
      "no-ping",
      change: {
        $0.timing.pingInterval = .milliseconds(100)
        $0.timing.ping = .milliseconds(200)
      }
    ) { runtime, events, log in
      #expect(await events.next() == .started(version: Version(0, 1)))
      #expect(await events.next() == .stopped)
      try await log.wait(for: #""msg":"ping failed, terminating runtime""#)
      #expect(await events.next() == .started(version: Version(0, 1)))
    }
  }

  @Test func abortRestartsARuntimeThatDoesNotKnowIt() async throws {
    try await withGuest("normal") { runtime, events, _ in
      #expect(await events.next() == .started(version: Version(0, 1)))
      await runtime.abort(force: false)
      #expect(await events.next() == .stopped)
      #expect(await events.next() == .started(version: Version(0, 1)))
    }
  }

  @Test func callsHaveLimits() async throws {
    try await withGuest("stop-reading") { runtime, events, _ in
      #expect(await events.next() == .started(version: Version(0, 1)))
      await #expect(throws: ConnectionError.timedOut) { try await runtime.call(.runtimePingRequest(.init()), within: .milliseconds(100)) }
      var large = RuntimeQueryRequest()
      large.arguments = [UInt8](repeating: 0, count: 65 << 20)
      await #expect(throws: ConnectionError.self) { try await runtime.call(.runtimeQueryRequest(large), within: .seconds(5)) }
    }
  }

  @Test func measuresCalls() async throws {
    let registry = MetricsRegistry()
    try await withGuest("normal", change: { $0.metrics = RuntimeMetrics(registry) }) { runtime, events, _ in
      #expect(await events.next() == .started(version: Version(0, 1)))
      _ = try await runtime.call(.runtimePingRequest(.init()))
      _ = try? await runtime.call(.runtimeShutdownRequest(.init()))
    }
    let text = registry.exposition()
    #expect(text.contains(#"oasis_rhp_successes{call="RuntimePingRequest"} 1"#))
    #expect(text.contains(#"oasis_rhp_failures{call="RuntimeShutdownRequest"} 1"#))
    #expect(text.contains(#"oasis_rhp_latency_count{call="RuntimeInfoRequest"} 1"#))
  }

  @Test func manyCalls() async throws {
    try await withGuest("normal") { runtime, events, _ in
      #expect(await events.next() == .started(version: Version(0, 1)))
      let began = ContinuousClock.now
      for _ in 0..<2000 { _ = try await runtime.call(.runtimePingRequest(.init()), within: .seconds(60)) }
      print("ping: \((ContinuousClock.now - began) / 2000) each")
    }
  }

  @Test func leavesNothingBehind() async throws {
    let folder = NSTemporaryDirectory() + "rh-\(UInt32.random(in: 0...UInt32.max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await withGuest("normal", change: { $0.temporaryDirectory = folder }) { runtime, events, _ in
      #expect(await events.next() == .started(version: Version(0, 1)))
      #expect(await runtime.status.processID.map { kill($0, 0) } == 0)
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(left.isEmpty)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
  }
}

@Suite("Sandboxes that cannot start (cli/logs)", .serialized, .timeLimit(.minutes(4))) struct SandboxFailureTests {
  private func script(_ text: String) throws -> String {
    let path = NSTemporaryDirectory() + "bwrap-\(UInt32.random(in: 0...UInt32.max))"
    try "#!/bin/sh\n\(text)\n".write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    return path
  }

  @Test func missing() async throws {
    try await withGuest("normal", sandbox: .bubblewrap("/no/such/bwrap")) { _, events, _ in
      #expect(await events.failure() == "failed to spawn sandbox: sandbox binary not found")
    }
  }

  @Test func refused() async throws {
    let path = try script("echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1")
    defer { try? FileManager.default.removeItem(atPath: path) }
    try await withGuest("normal", sandbox: .bubblewrap(path)) { runtime, events, log in
      #expect(await events.failure() == "terminated while waiting for runtime to connect")
      try await log.wait(for: #""msg":"bwrap: setting up uid map: Permission denied""#, #""level":"warn""#, #""module":"runtime""#)
      try await log.wait(for: #""status":"exit status 1""#)
      try await log.wait(for: "what usually helps", "user namespaces")
      #expect(
        await runtime.status.lastFailure
          == "terminated while waiting for runtime to connect (exit status 1, bwrap: setting up uid map: Permission denied)")
    }
  }

  @Test(arguments: ["exit 1", "echo bubblewrap something", "sleep 100 & wait"]) func unreadableVersionIsTriedAllTheSame(_ answer: String)
    async throws
  {
    let path = try script("[ \"$1\" = --version ] && { \(answer); exit 0; }; exec /usr/bin/bwrap \"$@\"")
    defer { try? FileManager.default.removeItem(atPath: path) }
    try await withGuest("normal", sandbox: .bubblewrap(path)) { _, events, log in
      #expect(await events.next() == .started(version: Version(0, 1)))
      #expect(!log.all.contains { $0.contains("please upgrade bubblewrap") })
    }
  }

  @Test func oldVersion() async throws {
    let path = try script("[ \"$1\" = --version ] && echo 'bubblewrap 0.3.1' && exit 0; exec /usr/bin/bwrap \"$@\"")
    defer { try? FileManager.default.removeItem(atPath: path) }
    try await withGuest("normal", sandbox: .bubblewrap(path)) { _, events, log in
      #expect(await events.next() == .started(version: Version(0, 1)))
      try await log.wait(for: #""version":"0.3.1""#, #""level":"warn""#)
    }
  }

  @Test(arguments: [("/no/such/dir", "stat /no/such/dir: no such file or directory"), ("/proc/sys", "mkdir /proc/sys/oasis-runtime")])
  func temporaryDirectory(_ path: String, _ reason: String) async throws {
    try await withGuest("normal", change: { $0.temporaryDirectory = path }) { _, events, _ in
      let failure = await events.failure()
      #expect(failure?.hasPrefix("failed to create temporary directory: \(reason)") == true)
    }
  }

  @Test func unconfined() async throws {
    try await withGuest("normal", sandbox: .none) { runtime, _, _ in
      _ = try await runtime.call(.runtimePingRequest(.init()), within: .seconds(60))
    }
  }
}
