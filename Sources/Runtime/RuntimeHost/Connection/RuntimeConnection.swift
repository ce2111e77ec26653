public import AsyncIO
internal import CBOR
public import OasisTypes
public import RuntimeProtocol
internal import Synchronization
public import Telemetry

/// Why a call to a runtime got no answer.
public enum ConnectionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The connection ended first.
  case closed
  /// The runtime did not answer in time.
  case timedOut
  /// The runtime answered with another message than the request wants.
  case unexpectedResponse(String)
  /// The runtime speaks another version of the protocol.
  case incompatibleVersion(String)
  /// The message is too long for the protocol.
  case tooLarge(Int)

  /// The text for logs.
  public var description: String {
    switch self {
    case .closed: "failed to read response: connection closed"
    case .timedOut: "context deadline exceeded"
    case .unexpectedResponse(let name): "unexpected response: \(name)"
    case .incompatibleVersion(let version):
      "incompatible runtime host protocol version (expected: \(RuntimeConnection.protocolVersion.major) got: \(version))"
    case .tooLarge(let size): "message of \(size) bytes is too large"
    }
  }
}

/// The host's end of the Runtime Host Protocol (07 C.3): calls both ways at once over one stream.
@IO public final class RuntimeConnection {
  /// The version of the protocol that we speak.
  public nonisolated static let protocolVersion = Version(5, 1, 0)

  private enum State { case initializing, ready, closed }

  /// What is written within this time or not at all.
  private static let writeDeadline = Duration.seconds(5)
  /// How long a request of the runtime waits for the connection to be ready.
  private static let readyDeadline = Duration.seconds(5)
  /// Bytes that wait to be written at most: a runtime that does not read is cut off.
  private static let longestQueue = 2 * FrameLimit.host
  /// Requests of the runtime that are worked on at once at most.
  private nonisolated static let mostRequests = 4096
  /// Bytes of such requests at most: room for any one request, and for another that comes while it is answered.
  public nonisolated static let longestWork = 2 * FrameLimit.host
  /// Messages up to this size are decoded on the loop.
  private static let largestOnLoop = 1 << 18

  private let stream: ByteStream
  private let handler: any HostHandler
  private let log: Log
  private nonisolated let metrics: RuntimeMetrics?
  private nonisolated let nextID = Atomic<UInt64>(0)
  private var state = State.initializing
  private var pending: [UInt64: CheckedContinuation<Result<Body, any Error>, Never>] = [:]
  private var gate: [Int: CheckedContinuation<Bool, Never>] = [:]
  private var nextWaiter = 0
  private var running = 0
  private var runningSize = 0
  private let longestWork: Int
  private var outgoing: [[UInt8]] = []
  private var outgoingSize = 0
  private var isWriting = false

  /// A connection on an accepted stream; `run` must be running for anything to happen. A runtime whose requests that are worked on at
  /// once are more than `longestWork` bytes is cut off.
  public init(
    _ stream: ByteStream, handler: any HostHandler, log: Log, metrics: RuntimeMetrics? = nil,
    longestWork: Int = RuntimeConnection.longestWork
  ) {
    (self.stream, self.handler, self.log, self.metrics, self.longestWork) = (stream, handler, log, metrics, longestWork)
  }

  /// Whether calls are possible.
  public var isReady: Bool { state == .ready }
}

// MARK: Calls to the runtime

extension RuntimeConnection {
  /// Introduces the host and reads what the runtime says of itself; afterwards the connection is ready.
  public func initialize(_ information: RuntimeInfoRequest, within limit: Duration) async throws -> RuntimeInfoResponse {
    let response: Body
    do { response = try await timed(limit, .runtimeInfoRequest(information)) } catch is CancellationError { throw ConnectionError.closed }
    guard case .runtimeInfoResponse(let answer) = response else { throw ConnectionError.unexpectedResponse(response.name) }
    guard answer.protocolVersion.major == Self.protocolVersion.major else {
      throw ConnectionError.incompatibleVersion("\(answer.protocolVersion)")
    }
    guard state == .initializing else { throw ConnectionError.closed }
    state = .ready
    log.info("runtime host protocol initialized", ["runtime_version": "\(answer.runtimeVersion)"])
    openGate(true)
    return answer
  }

  /// Calls the runtime; an error answer is thrown as ``RuntimeProtocol/CallError``.
  public nonisolated func call(_ body: Body, within limit: Duration? = nil) async throws -> Body {
    guard await isReady else { throw CallError.notReady }
    return try await timed(limit, body)
  }

  private nonisolated func timed(_ limit: Duration?, _ body: Body) async throws -> Body {
    guard let metrics else { return try await limited(limit, body) }
    let began = ContinuousClock.now
    do {
      let answer = try await limited(limit, body)
      metrics.ended(body.name, after: .now - began, nil)
      return answer
    } catch {
      metrics.ended(body.name, after: .now - began, error)
      throw error
    }
  }

  private nonisolated func limited(_ limit: Duration?, _ body: Body) async throws -> Body {
    let id = nextID.wrappingAdd(1, ordering: .relaxed).oldValue
    let frame: [UInt8]
    do { frame = try RuntimeMessage(id: id, kind: .request, body: body).frame() } catch .tooLarge(let size) {
      throw ConnectionError.tooLarge(size)
    }
    let response = try await send(id, frame, within: limit)
    if case .error(let error) = response { throw error }
    return response
  }

  private func send(_ id: UInt64, _ frame: [UInt8], within limit: Duration?) async throws -> Body {
    let timer = limit.map { limit in
      let timer = IOTimer()
      timer.start(after: limit) { [weak self] in
        self?.pending.removeValue(forKey: id)?.resume(returning: .failure(ConnectionError.timedOut))
      }
      return timer
    }
    defer { timer?.cancel() }
    let outcome: Result<Body, any Error> = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Result<Body, any Error>, Never>) in
        if state == .closed { return continuation.resume(returning: .failure(ConnectionError.closed)) }
        if Task.isCancelled { return continuation.resume(returning: .failure(CancellationError())) }
        pending[id] = continuation
        enqueue(frame)
      }
    } onCancel: {
      // There is no message to cancel a call: the answer will be dropped.
      Task { @IO in self.pending.removeValue(forKey: id)?.resume(returning: .failure(CancellationError())) }
    }
    return try outcome.get()
  }
}

// MARK: Writing

extension RuntimeConnection {
  private func enqueue(_ frame: [UInt8]) {
    guard state != .closed else { return }
    outgoing.append(frame)
    outgoingSize += frame.count
    metrics?.transferred(frame.count, isRead: false)
    if outgoingSize > Self.longestQueue {
      log.error("error while sending message to worker", ["err": "\(outgoingSize) bytes are waiting: the runtime does not read"])
      return close()
    }
    if !isWriting {
      isWriting = true
      IO.spawn { await self.write() }
    }
  }

  private func write() async {
    while state != .closed, !outgoing.isEmpty {
      let bytes = outgoing.count == 1 ? outgoing[0] : Array(outgoing.joined())
      outgoing = []
      outgoingSize = 0
      let stream = self.stream
      do { try await IO.withTimeout(Self.writeDeadline) { try await stream.write(bytes) } } catch {
        if state != .closed { log.error("error while sending message to worker", ["err": "\(error)"]) }
        close()
      }
    }
    isWriting = false
  }
}

// MARK: Reading

extension RuntimeConnection {
  /// Reads until the connection ends, and answers what the runtime asks; returns the reason of the end. Cancelling closes the connection.
  public func run() async -> String {
    let reason = await withTaskCancellationHandler {
      await withDiscardingTaskGroup { group in
        let reason = await read(&group)
        close()  // requests that wait for the connection to be ready do not wait on
        group.cancelAll()
        return reason
      }
    } onCancel: {
      Task { @IO in self.close() }
    }
    return reason
  }

  private func read(_ group: inout DiscardingTaskGroup) async -> String {
    var assembler = FrameAssembler(maximumSize: FrameLimit.host)
    do {
      while true {
        let bytes = try await stream.read()
        if bytes.isEmpty { throw EndOfFile() }
        assembler.append(bytes)
        while let payload = try assembler.next() {
          metrics?.transferred(payload.count, isRead: true)
          let message =
            payload.count > Self.largestOnLoop ? try await Self.decode(payload) : try RuntimeMessage(payload: payload, mode: .rpc)
          try receive(message, payload.count, &group)
        }
      }
    } catch {
      if state == .closed { return "use of closed network connection" }  // by us: nothing went wrong
      log.error("error while receiving message from worker", ["err": "\(error)"])
      return "\(error)"
    }
  }

  private struct EndOfFile: Error, CustomStringConvertible { var description: String { "EOF" } }

  @concurrent private nonisolated static func decode(_ payload: [UInt8]) async throws -> RuntimeMessage {
    try RuntimeMessage(payload: payload, mode: .rpc)
  }

  private func receive(_ message: RuntimeMessage, _ size: Int, _ group: inout DiscardingTaskGroup) throws {
    switch message.kind {
    case .response:
      guard let continuation = pending.removeValue(forKey: message.id) else {
        log.warn("received a response but no request with id is outstanding", ["id": message.id])
        return
      }
      continuation.resume(returning: .success(message.body))
    case .request:
      guard running < Self.mostRequests else { throw TooManyRequests() }
      guard size <= longestWork - runningSize else { throw TooLongRequests(limit: longestWork) }
      running += 1
      runningSize += size
      group.addTask { await self.handle(message, size) }
    case .invalid: log.warn("received a malformed message from worker, ignoring", ["type": "\(message.body.name)"])
    }
  }

  private struct TooManyRequests: Error, CustomStringConvertible {
    var description: String { "more than \(RuntimeConnection.mostRequests) requests at once" }
  }

  private struct TooLongRequests: Error, CustomStringConvertible {
    let limit: Int
    var description: String { "requests of more than \(limit) bytes at once" }
  }

  private nonisolated func handle(_ message: RuntimeMessage, _ size: Int) async {
    let answer = await waitUntilReady() ? await handler.answer(message.body) : .error(.notReady)
    do {
      let frame = try message.answer(answer).frame()
      await finish(frame, size)
    } catch {
      log.error("failed to send response", ["err": "\(error)", "request": message.body.name])
      await finish(nil, size)
    }
  }

  private func finish(_ frame: [UInt8]?, _ size: Int) {
    running -= 1
    runningSize -= size
    if let frame { enqueue(frame) }
  }

  private func waitUntilReady() async -> Bool {
    guard state == .initializing else { return state == .ready }
    let id = nextWaiter
    nextWaiter += 1
    let timer = IOTimer()
    defer { timer.cancel() }
    return await withCheckedContinuation { continuation in
      // Entering this function may suspend: the gate may have opened meanwhile.
      if state != .initializing { return continuation.resume(returning: state == .ready) }
      gate[id] = continuation
      timer.start(after: Self.readyDeadline) { [weak self] in self?.gate.removeValue(forKey: id)?.resume(returning: false) }
    }
  }

  private func openGate(_ isReady: Bool) {
    let waiting = gate
    gate = [:]
    for continuation in waiting.values { continuation.resume(returning: isReady) }
  }

  /// Ends the connection: pending calls fail, running handlers are cancelled by the end of `run`.
  public func close() {
    guard state != .closed else { return }
    state = .closed
    stream.close()
    outgoing = []
    openGate(false)
    let calls = pending
    pending = [:]
    for continuation in calls.values { continuation.resume(returning: .failure(ConnectionError.closed)) }
  }
}
