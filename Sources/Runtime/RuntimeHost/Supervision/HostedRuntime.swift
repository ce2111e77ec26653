internal import AsyncIO
internal import AsyncValues
internal import Bytes
public import CBOR
internal import Glibc
public import OasisTypes
public import RuntimeBundle
public import RuntimeProtocol
public import Telemetry

/// What a runtime is told about its host.
public struct HostInformation: Sendable, Hashable {
  /// The consensus backend's name.
  public var consensusBackend = "tendermint"
  /// The consensus protocol's version.
  public var consensusProtocolVersion: Version
  /// The chain context, as hex text.
  public var chainContext: String

  /// Information of a chain.
  public init(consensusProtocolVersion: Version, chainContext: String) {
    (self.consensusProtocolVersion, self.chainContext) = (consensusProtocolVersion, chainContext)
  }
}

/// How one component of a runtime is run.
public struct RuntimeConfiguration: Sendable {
  /// Time limits (07 B.2).
  public struct Timing: Sendable {
    /// From the start of the process to its connection.
    public var connect = Duration.seconds(5)
    /// For the answer to the introduction.
    public var information = Duration.seconds(1)
    /// Between two pings.
    public var pingInterval = Duration.seconds(15)
    /// For the answer to a ping.
    public var ping = Duration.seconds(5)
    /// For the answer to a request to abort.
    public var abort = Duration.seconds(1)

    /// The reference's limits.
    public init() {}
  }

  /// The runtime.
  public var runtimeID: Namespace
  /// The component of the bundle.
  public var component: Component
  /// The folder of the unpacked bundle.
  public var directory: String
  /// What the runtime is told about us.
  public var host: HostInformation
  /// The operator's settings for the component.
  public var localConfiguration: [String: RawCBOR] = [:]
  /// How it is kept apart.
  public var sandbox = SandboxKind.bubblewrap("/usr/bin/bwrap")
  /// Where sockets are made; must exist.
  public var temporaryDirectory: String
  /// Variables that the sandbox hands on to the runtime, as in the reference.
  public var environment: [String]
  /// Where the component's own log goes, as JSON lines.
  public var componentLog: (any LogSink)?
  /// Where calls are measured; nil where they are not.
  public var metrics: RuntimeMetrics?
  /// Time limits.
  public var timing = Timing()

  /// A configuration with this process's environment and temporary directory.
  public init(runtimeID: Namespace, component: Component, directory: String, host: HostInformation) {
    (self.runtimeID, self.component, self.directory, self.host) = (runtimeID, component, directory, host)
    temporaryDirectory = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    environment = Self.processEnvironment
  }

  private static var processEnvironment: [String] {
    var variables: [String] = []
    var next = environ
    while let variable = next.pointee {
      variables.append(String(cString: variable))
      next += 1
    }
    return variables
  }
}

/// One version of one component, started in its sandbox, watched, and started again when it ends (07 B.2).
///
/// `run` lives as long as the runtime is wanted; cancel its task to stop it.
public actor HostedRuntime {
  /// How it is run.
  public nonisolated let configuration: RuntimeConfiguration
  private let handler: any HostHandler
  private let log: Log
  private let broadcaster = RuntimeEvent.broadcast()
  private var connection: RuntimeConnection?
  private var process: ChildProcess?
  private var waiting: [UInt64: CheckedContinuation<RuntimeConnection?, Never>] = [:]
  /// Nobody starts the runtime any more: calls that would wait for it fail.
  private var hasEnded = false
  private var nextWaiter: UInt64 = 0
  private var starts = 0

  /// How it is doing.
  public private(set) var status = RuntimeStatus()

  /// A runtime that is not yet started.
  public init(_ configuration: RuntimeConfiguration, handler: any HostHandler, log: Log) {
    (self.configuration, self.handler) = (configuration, handler)
    self.log = log.module("runtime/host/sandbox").with(["runtime_id": configuration.runtimeID.hex])
  }

  /// The version that the bundle names.
  public nonisolated var version: Version { configuration.component.version }

  /// What happens to it from now on.
  public nonisolated func events() -> AsyncStream<RuntimeEvent> { broadcaster.subscribe() }

  /// What it said about itself; throws while it does not run.
  public func information() throws -> RuntimeInfoResponse {
    guard let information = status.information else { throw CallError.unknown("runtime is not yet ready") }
    return information
  }

  /// Calls the runtime. While it is not ready the call waits, until the task is cancelled or the limit passes.
  public nonisolated func call(_ body: Body, within limit: Duration? = nil) async throws -> Body {
    if let connection = await connection { return try await connection.call(body, within: limit) }
    guard let limit else { return try await ready().call(body) }
    do { return try await IO.withTimeout(limit) { try await self.ready().call(body) } } catch IOError.timedOut {
      throw ConnectionError.timedOut
    }
  }
}

// MARK: Life

extension HostedRuntime {
  /// Starts the runtime and keeps it running until the task is cancelled, or until it failed for a whole day.
  public func run() async {
    await warnAboutOldSandbox()
    hasEnded = false
    var policy = RestartPolicy()
    while !Task.isCancelled {
      guard let delay = policy.next(jitter: Double.random(in: 0..<1)) else {
        status.state = .givenUp
        log.error("runtime could not be started for a day, giving up", ["err": status.lastFailure ?? ""])
        break
      }
      if delay > .zero {
        status.state = .failing
        status.nextAttempt = LogTime(seconds: LogTime.now.seconds + delay.components.seconds)
        do { try await IO.sleep(for: delay) } catch {
          tellTermination()
          break
        }
      }
      let began = ContinuousClock.now
      await attempt(policy.attempts)
      if ContinuousClock.now - began >= RestartPolicy.stableRun { policy = RestartPolicy() }
    }
    if status.state != .givenUp { status.state = .stopped }
    status.nextAttempt = nil
    hasEnded = true
    abandonWaiting()
  }

  private func warnAboutOldSandbox() async {
    guard case .bubblewrap(let binary) = configuration.sandbox, let version = await BubblewrapVersion.ask(binary) else { return }
    if version < .oldest {
      log.warn(
        "sandbox binary is older than the oldest version known to work, please upgrade bubblewrap",
        [
          "version": version, "oldest": BubblewrapVersion.oldest,
        ])
    }
  }

  /// One life of a process, from its start to its end.
  private func attempt(_ number: Int) async {
    log.info("starting runtime", ["attempt": number])
    status.state = .starting
    status.nextAttempt = nil
    starts += 1
    status.restarts = starts - 1
    do {
      try await RuntimeProcess.withProcess(configuration, log: log) { process, stream in
        try await self.serve(process, stream)
      }
    } catch {
      if Task.isCancelled { return tellTermination() }
      let failure = error as? LaunchError
      let summary = failure?.summary ?? "\(error)"
      log.error("failed to start runtime", ["err": "\(error)", "attempt": number])
      // The same advice once is enough, however often the same thing fails.
      if let hint = failure?.hint, summary != status.lastFailure { log.warn("what usually helps", ["hint": hint, "failure": summary]) }
      status.lastFailure = summary
      broadcaster.send(.failedToStart("\(error)"))
    }
  }

  /// Initializes the connection and watches process and connection until either ends. Throws where the runtime never became ready.
  private func serve(_ process: ChildProcess, _ stream: ByteStream) async throws {
    let connection = await RuntimeConnection(stream, handler: handler, log: log, metrics: configuration.metrics)
    let timing = configuration.timing
    try await withThrowingTaskGroup(of: End.self) { group in
      group.addTask { .disconnected(await connection.run()) }
      group.addTask { .exited(await process.wait()) }
      do {
        let information = try await initialize(connection)
        publish(connection, process, information)
        group.addTask { await Self.watch(connection, timing) }
        let end = try await group.next()
        await finish(end, process, connection)
      } catch {
        await stop(process, connection)
        group.cancelAll()
        throw error
      }
      group.cancelAll()
    }
  }

  private enum End: Sendable {
    case exited(ChildExit)
    case disconnected(String)
    case unresponsive(String)
    case cancelled
  }

  private func initialize(_ connection: RuntimeConnection) async throws -> RuntimeInfoResponse {
    var request = RuntimeInfoRequest()
    request.runtimeID = configuration.runtimeID
    request.consensusBackend = configuration.host.consensusBackend
    request.consensusProtocolVersion = configuration.host.consensusProtocolVersion
    request.consensusChainContext = configuration.host.chainContext
    request.localConfiguration = configuration.localConfiguration
    let information: RuntimeInfoResponse
    do { information = try await connection.initialize(request, within: configuration.timing.information) } catch {
      throw LaunchError("failed to initialize connection: \(error)", hint: Self.hint(for: error))
    }
    if configuration.component.id.isRONL, information.runtimeVersion != configuration.component.version {
      throw LaunchError(
        "version mismatch (runtime reported: \(information.runtimeVersion) bundle: \(configuration.component.version))",
        hint: "the bundle's manifest names another version than the program in it: use a bundle that was packed anew")
    }
    return information
  }

  private static func hint(for error: any Error) -> String? {
    switch error {
    case ConnectionError.incompatibleVersion:
      "the runtime was built for another version of the Runtime Host Protocol: use a bundle built for this node's version"
    case ConnectionError.timedOut: "the runtime connected, but said nothing: see its own lines (module runtime) above"
    case is CallError:
      "the runtime refuses this node: is the bundle of this runtime and this network? See its own lines (module runtime) above"
    default: nil
    }
  }

  private func publish(_ connection: RuntimeConnection, _ process: ChildProcess, _ information: RuntimeInfoResponse) {
    self.connection = connection
    self.process = process
    status.state = .running
    status.processID = process.processID
    status.information = information
    let calls = waiting
    waiting = [:]
    for continuation in calls.values { continuation.resume(returning: connection) }
    broadcaster.send(.started(version: information.runtimeVersion))
  }

  private func tellTermination() {
    log.warn("termination requested")
    log.warn("terminating runtime")
  }

  private func finish(_ end: End?, _ process: ChildProcess, _ connection: RuntimeConnection) async {
    var reason = ""
    let isRequested = Task.isCancelled
    switch end {
    case _ where isRequested: tellTermination()
    case .unresponsive(let text):
      reason = "ping failed: \(text)"
      log.error("ping failed, terminating runtime", ["err": text])
    case .disconnected: await Self.graceForExit(process)
    case .exited, .cancelled, nil: break
    }
    await stop(process, connection)
    let exit = await process.wait()
    if !isRequested {
      if reason.isEmpty { reason = "runtime process has terminated unexpectedly: \(exit)" }
      log.error("runtime process has terminated unexpectedly", ["err": "\(exit)"])
      status.lastFailure = reason
    }
    self.connection = nil
    self.process = nil
    status.processID = nil
    status.information = nil
    broadcaster.send(.stopped)
  }

  /// A process that ends closes its connection first: waits a moment for the exit status before it is killed.
  private static func graceForExit(_ process: ChildProcess) async {
    for _ in 0..<20 where await process.exit == nil { try? await IO.sleep(for: .milliseconds(10)) }
  }

  private func stop(_ process: ChildProcess, _ connection: RuntimeConnection) async {
    await process.kill()
    await connection.close()
    _ = await process.wait()
  }

  /// Pings until the runtime does not answer in time.
  private static func watch(_ connection: RuntimeConnection, _ timing: RuntimeConfiguration.Timing) async -> End {
    while true {
      do { try await IO.sleep(for: timing.pingInterval) } catch { return .cancelled }
      do { _ = try await connection.call(.runtimePingRequest(RuntimePingRequest()), within: timing.ping) } catch {
        return Task.isCancelled ? .cancelled : .unresponsive("\(error)")
      }
    }
  }
}

// MARK: Calls while it is not ready, and aborts

extension HostedRuntime {
  private func ready() async throws -> RuntimeConnection {
    if let connection { return connection }
    if hasEnded { throw CallError.notReady }
    let id = nextWaiter
    nextWaiter += 1
    let found: RuntimeConnection? = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<RuntimeConnection?, Never>) in
        if Task.isCancelled || hasEnded { return continuation.resume(returning: nil) }
        if let connection { return continuation.resume(returning: connection) }  // it may have come while we got here
        waiting[id] = continuation
      }
    } onCancel: {
      Task { await self.giveUp(id) }
    }
    try Task.checkCancellation()
    guard let found else { throw CallError.notReady }
    return found
  }

  private func giveUp(_ id: UInt64) { waiting.removeValue(forKey: id)?.resume(returning: nil) }

  private func abandonWaiting() {
    let calls = waiting
    waiting = [:]
    for continuation in calls.values { continuation.resume(returning: nil) }
  }

  /// Makes the runtime give up what it does: by asking, else, or when forced, by restarting it (07 B.2).
  public func abort(force: Bool) async {
    guard let connection, let process else { return }
    let answer = try? await connection.call(.runtimeAbortRequest(RuntimeAbortRequest()), within: configuration.timing.abort)
    if case .runtimeAbortResponse = answer, !force { return }
    log.warn("restarting runtime")
    await process.kill()
    _ = await process.wait()
  }
}
