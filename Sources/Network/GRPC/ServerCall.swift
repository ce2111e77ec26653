internal import AsyncIO

/// One call on the server: collects the request, runs the handler, sends what it gives.
@IO final class ServerCall {
  private enum Phase { case collecting, handling, finished }

  let stream: Int32
  private let connection: ServerConnection
  private let server: GRPCServer
  private let start = ContinuousClock.now
  private let sequence: UInt64
  private var headers: [HeaderField] = []
  private var headerSize = 0
  private var reader: MessageReader
  private var counted = 0
  private var phase = Phase.collecting
  private var contentType = "application/grpc"
  private var path = ""
  private var method: GRPCMethod?
  private var request: [UInt8]?
  private var deadline: ContinuousClock.Instant?
  private var outbox = Outbox()
  private var trailers: [HeaderField]?
  private var headersSent = false
  private var isClosed = false
  private(set) var hasRequestEnded = false
  private var messages = 0
  private var task: Task<Void, Never>?
  private let timer = IOTimer()
  private var drained: [CheckedContinuation<Void, Never>] = []

  init(_ stream: Int32, _ connection: ServerConnection, _ server: GRPCServer) {
    (self.stream, self.connection, self.server) = (stream, connection, server)
    sequence = server.nextSequence()
    reader = MessageReader(limit: server.limits.messageSize)
  }

  // MARK: The request

  /// Keeps a header; false when there are too many of them.
  func received(_ field: HeaderField) -> Bool {
    headerSize += field.name.utf8.count + field.value.utf8.count + 32  // as RFC 9113 counts
    guard headerSize <= server.limits.headerListSize else { return false }
    headers.append(field)
    return true
  }

  func begin() {
    path = value(":path") ?? ""
    guard value(":method") == "POST", let type = value("content-type"), isGRPC(type) else {
      phase = .finished
      return connection.respond(stream, [HeaderField(":status", "415")], body: false)
    }
    contentType = type
    if let encoding = value("grpc-encoding"), encoding != "identity" {
      return finish(GRPCStatus(.unimplemented, "grpc: Decompressor is not installed for grpc-encoding \"\(encoding)\""))
    }
    do { method = try server.method(path) } catch { return finish(error) }
    if let text = value("grpc-timeout") {
      guard let timeout = GRPCTimeout.parse(text) else { return finish(GRPCStatus(.internal, "malformed grpc-timeout: \(text)")) }
      deadline = start + timeout
      timer.start(after: timeout) { [weak self] in self?.expire() }
    }
  }

  func received(_ bytes: UnsafeRawBufferPointer) {
    guard phase == .collecting else { return }
    reader.append(bytes)
    do throws(MessageReader.Failure) {
      while let message = try reader.next() {
        guard request == nil else { return finish(GRPCStatus(.internal, "more than one request message")) }
        request = message
      }
    } catch {
      switch error {
      case .compressed: return finish(GRPCStatus(.internal, "grpc: compressed flag set with identity or empty encoding"))
      case .tooLarge(let size):
        let text = "grpc: received message larger than max (\(size) vs. \(server.limits.messageSize))"
        return finish(GRPCStatus(.resourceExhausted, text))
      }
    }
    count(reader.buffered + (request?.count ?? 0))
  }

  func receivedEnd() {
    hasRequestEnded = true
    guard phase == .collecting, let method else { return }
    guard let message = request, reader.buffered == 0 else { return finish(GRPCStatus(.internal, "incomplete request message")) }
    phase = .handling
    let metadata = headers.filter { !$0.name.hasPrefix(":") && !$0.name.hasPrefix("grpc-") && !Self.own.contains($0.name) }
    let call = GRPCRequest(path: path, message: message, metadata: metadata, deadline: deadline, sequence: sequence)
    request = nil
    connection.handlerStarted()
    server.started(path)
    // Handlers run on the shared pool: they may compute, and ask actors.
    task = Task { @concurrent in await self.handled(await self.handle(method, call)) }
  }

  private static let own: Set<String> = ["content-type", "te", "user-agent"]

  /// The unary answer (nil after a stream), or what went wrong.
  private nonisolated func handle(_ method: GRPCMethod, _ call: GRPCRequest) async -> Result<[UInt8]?, GRPCStatus> {
    do {
      switch method.handler {
      case .unary(let body): return .success(try await body(call))
      case .serverStreaming(let body):
        try await body(call, GRPCResponses { try await self.deliver($0) })
        return .success(nil)
      }
    } catch let status as GRPCStatus {
      return .failure(status)
    } catch is CancellationError {
      return .failure(GRPCStatus(.cancelled, "context canceled"))
    } catch {
      return .failure(server.status(error))
    }
  }

  private func handled(_ result: Result<[UInt8]?, GRPCStatus>) {
    task = nil
    connection.handlerEnded()
    count(0)
    do throws(GRPCStatus) {
      if let message = try result.get(), phase != .finished { try enqueue(message) }
      finish(nil)
    } catch {
      finish(error)
    }
  }

  private func expire() {
    finish(GRPCStatus(.deadlineExceeded, "context deadline exceeded"))
    task?.cancel()
  }

  // MARK: The response

  private func enqueue(_ message: [UInt8]) throws(GRPCStatus) {
    guard message.count <= server.limits.messageSize else {
      let text = "trying to send message larger than max (\(message.count) vs. \(server.limits.messageSize))"
      throw GRPCStatus(.resourceExhausted, text)
    }
    guard !connection.isFull else { throw GRPCStatus(.resourceExhausted, "too many unread responses on this connection") }
    messages += 1
    let frame = MessageReader.frame(message)
    outbox.append(frame)
    connection.changeUnread(frame.count)
    openResponse()
    connection.resume(stream)
  }

  /// One message of a stream; waits while too much is unsent.
  private func deliver(_ message: [UInt8]) async throws {
    if isClosed || phase == .finished { throw CancellationError() }
    try enqueue(message)
    server.streamed(path)
    guard outbox.count > server.limits.bufferedResponses else { return }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // Entering these functions may suspend: what was sent meanwhile has nobody to wake.
        if Task.isCancelled || isClosed || phase == .finished || outbox.count <= server.limits.bufferedResponses {
          continuation.resume()
        } else {
          drained.append(continuation)
        }
      }
    } onCancel: {
      Task { @IO in self.releaseWaiter() }
    }
    try Task.checkCancellation()
  }

  private func openResponse() {
    if headersSent { return }
    headersSent = true
    connection.respond(stream, [HeaderField(":status", "200"), HeaderField("content-type", contentType)], body: true)
  }

  /// Ends the call: trailers after what was sent, or, before anything was, one header block alone.
  private func finish(_ status: GRPCStatus?) {
    guard phase != .finished else { return }
    phase = .finished
    timer.cancel()
    releaseWaiter()
    report(status)
    if isClosed { return }
    let fields = (status ?? GRPCStatus(.ok, "")).trailers
    if headersSent || status == nil {
      openResponse()
      trailers = fields
      connection.resume(stream)
    } else {
      connection.respond(stream, [HeaderField(":status", "200"), HeaderField("content-type", contentType)] + fields, body: false)
    }
  }

  func fill(_ room: UnsafeMutableRawBufferPointer) -> HTTP2Filled {
    let count = outbox.take(into: room)
    connection.changeUnread(-count)
    if outbox.count <= server.limits.bufferedResponses / 2 { releaseWaiter() }
    if outbox.isEmpty, let trailers { return .trailers(count, trailers) }
    return count > 0 ? .bytes(count) : .later
  }

  func streamClosed() {
    isClosed = true
    connection.changeUnread(-outbox.count)
    outbox.removeAll()
    timer.cancel()
    releaseWaiter()
    task?.cancel()
    if phase == .collecting { count(0) }
    if phase != .finished {
      phase = .finished
      report(GRPCStatus(.cancelled, "context canceled"))
    }
  }

  // MARK: Small things

  private func releaseWaiter() {
    let waiting = drained
    drained = []
    for waiter in waiting { waiter.resume() }
  }

  private func count(_ bytes: Int) {
    connection.changeBuffered(bytes - counted)
    counted = bytes
  }

  private func report(_ status: GRPCStatus?) {
    server.finished(
      .init(path: path, isKnown: method != nil, sequence: sequence, status: status, duration: .now - start, messages: messages))
  }

  private func value(_ name: String) -> String? { headers.first { $0.name == name }?.value }

  private func isGRPC(_ type: String) -> Bool {
    guard type.hasPrefix("application/grpc") else { return false }
    let rest = type.dropFirst("application/grpc".count)
    return rest.isEmpty || rest.hasPrefix("+") || rest.hasPrefix(";")
  }
}
