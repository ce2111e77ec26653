internal import AsyncIO
internal import AsyncValues
internal import Bytes
public import OasisTypes
public import RuntimeProtocol
public import Telemetry

/// All versions of one component of a runtime (07 B.1): at most two run, the active one and the next.
///
/// `run` must be running for anything to be started; when its task is cancelled everything is stopped.
public actor RuntimeAggregate {
  /// A running version.
  private struct Running {
    let runtime: HostedRuntime
    let task: Task<Void, Never>
    let events: Task<Void, Never>
  }

  private let log: Log
  private let broadcaster = RuntimeEvent.broadcast()
  private var known: [Version: HostedRuntime] = [:]
  private var wanted: (active: Version?, next: Version?) = (nil, nil)
  private var active: Running?
  private var next: Running?
  private var nextStarted: RuntimeEvent?
  private var isRunning = false
  private var waiting: [UInt64: CheckedContinuation<HostedRuntime?, Never>] = [:]
  /// Nobody starts versions any more: calls that would wait for one fail.
  private var hasEnded = false
  private var nextWaiter: UInt64 = 0
  private let signal: AsyncStream<Void>.Continuation
  private let signals: AsyncStream<Void>

  /// An aggregate without versions.
  public init(runtimeID: Namespace, log: Log) {
    self.log = log.module("runtime/host/multi").with(["runtime_id": runtimeID.hex])
    (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// What happens to the active version from now on.
  public nonisolated func events() -> AsyncStream<RuntimeEvent> { broadcaster.subscribe() }

  /// The versions that run, or are being started.
  public var versions: (active: Version?, next: Version?) { (active?.runtime.version, next?.runtime.version) }

  /// How the active version is doing; nil where there is none.
  public var status: RuntimeStatus? { get async { await active?.runtime.status } }

  /// A running version.
  public func runtime(_ version: Version) throws -> HostedRuntime {
    for running in [active, next] { if let running, running.runtime.version == version { return running.runtime } }
    throw CallError.unknown("runtime/host/multi: no such version")
  }

  /// What the active version said about itself.
  public func information() async throws -> RuntimeInfoResponse {
    guard let active else { throw CallError.unknown("runtime/host/multi: no active version") }
    return try await active.runtime.information()
  }
}

// MARK: Versions

extension RuntimeAggregate {
  /// Makes a version known; it is started at once where it is wanted.
  public func add(_ runtime: HostedRuntime) {
    log.info("adding version", ["version": runtime.version])
    guard known[runtime.version] == nil else { return }
    known[runtime.version] = runtime
    log.info("version added", ["version": runtime.version])
    signal.yield()
  }

  /// Forgets a version that does not run.
  public func remove(_ version: Version) {
    guard version != wanted.active, version != wanted.next else { return }
    known[version] = nil
  }

  /// Forgets the versions below one that do not run.
  public func removeBelow(_ version: Version) { for old in known.keys where old < version { remove(old) } }

  /// Says which versions shall run. Without an active version the next one takes its place.
  public func setVersions(active: Version?, next: Version?) {
    log.info("set version", ["active": active?.description ?? "NULL", "next": next?.description ?? "NULL"])
    wanted = active == nil ? (next, nil) : (active, next == active ? nil : next)
    signal.yield()
  }

  /// Starts and stops versions as they are wanted, until the task is cancelled.
  public func run() async {
    log.info("starting aggregate")
    (isRunning, hasEnded) = (true, false)
    await reconcile()
    for await _ in signals { await reconcile() }
    (isRunning, hasEnded) = (false, true)
    log.info("stopping aggregate")
    for running in [active, next] { if let running { await Self.stop(running) } }
    (active, next, nextStarted) = (nil, nil, nil)
    let calls = waiting
    waiting = [:]
    for continuation in calls.values { continuation.resume(returning: nil) }
  }

  private func reconcile() async {
    guard isRunning, !Task.isCancelled else { return }
    if let running = active, running.runtime.version != wanted.active {
      active = nil
      known[running.runtime.version] = nil
      await Self.stop(running)
      broadcaster.send(.stopped)
    }
    if active == nil, let version = wanted.active {
      if let running = next, running.runtime.version == version {
        (active, next) = (running, nil)
        let event = nextStarted
        nextStarted = nil
        if let event { broadcaster.send(event) }
      } else if let runtime = known[version] {
        active = start(runtime)
      }
      if let active { answerWaiting(active.runtime) }
    }
    if let running = next, running.runtime.version != wanted.next {
      next = nil
      nextStarted = nil
      known[running.runtime.version] = nil
      await Self.stop(running)
      broadcaster.send(.configurationUpdated)
    }
    if next == nil, let version = wanted.next, let runtime = known[version], active?.runtime.version != version {
      next = start(runtime)
      broadcaster.send(.configurationUpdated)
    }
  }

  private func start(_ runtime: HostedRuntime) -> Running {
    let events = runtime.events()
    let version = runtime.version
    return Running(
      runtime: runtime, task: Task { await runtime.run() },
      events: Task { for await event in events { self.forward(event, from: version) } })
  }

  private static func stop(_ running: Running) async {
    running.task.cancel()
    await running.task.value
    running.events.cancel()
  }

  private func forward(_ event: RuntimeEvent, from version: Version) {
    if active?.runtime.version == version { return broadcaster.send(event) }
    guard next?.runtime.version == version else { return }
    if case .started = event { nextStarted = event } else { nextStarted = nil }
  }
}

// MARK: Calls

extension RuntimeAggregate {
  /// Calls the active version, and waits for it where there is none. News of consensus and key managers go to the next version first.
  public func call(_ body: Body, within limit: Duration? = nil) async throws -> Body {
    switch body {
    case .runtimeConsensusSyncRequest, .runtimeKeyManagerStatusUpdateRequest, .runtimeKeyManagerQuotePolicyUpdateRequest:
      if let next, nextStarted != nil {
        do { _ = try await next.runtime.call(body, within: limit) } catch {
          log.warn("failed to propagate runtime request to next version", ["err": "\(error)", "version": next.runtime.version])
        }
      }
    default: break
    }
    if let active { return try await active.runtime.call(body, within: limit) }
    guard let limit else { return try await ready().call(body) }
    // The limit counts the waiting for an active version too.
    let deadline = ContinuousClock.now + limit
    let runtime: HostedRuntime
    do { runtime = try await IO.withTimeout(limit) { try await self.ready() } } catch IOError.timedOut { throw ConnectionError.timedOut }
    return try await runtime.call(body, within: max(deadline - .now, .zero))
  }

  /// Makes the active version give up what it does.
  public func abort(force: Bool) async { await active?.runtime.abort(force: force) }

  private func ready() async throws -> HostedRuntime {
    if let active { return active.runtime }
    if hasEnded { throw CallError.notReady }
    let id = nextWaiter
    nextWaiter += 1
    let found: HostedRuntime? = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<HostedRuntime?, Never>) in
        if Task.isCancelled || hasEnded { return continuation.resume(returning: nil) }
        if let active { return continuation.resume(returning: active.runtime) }  // it may have come while we got here
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

  private func answerWaiting(_ runtime: HostedRuntime) {
    let calls = waiting
    waiting = [:]
    for continuation in calls.values { continuation.resume(returning: runtime) }
  }
}
