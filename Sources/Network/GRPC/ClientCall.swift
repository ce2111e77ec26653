internal import AsyncIO

/// One call of a client.
@IO final class ClientCall {
  /// A reader that is so far behind gets no more room on the stream.
  private static let queueLimit = 64, queueBytes = 4_194_304

  let stream: Int32
  private weak var connection: ClientConnection?
  private var outbox = Outbox()
  private var reader: MessageReader
  private var block: [HeaderField] = []
  private var blockSize = 0
  private var headers: [HeaderField] = []
  private var trailers: [HeaderField]?
  private var queue: [[UInt8]] = []
  private var queued = 0
  private var owed = 0  // bytes received that the stream's window was not given back
  private var outcome: Result<Void, GRPCStatus>?
  private var waiter: (id: UInt64, continuation: CheckedContinuation<Result<[UInt8]?, GRPCStatus>, Never>)?
  private var nextID: UInt64 = 0
  private let timer = IOTimer()

  init(_ stream: Int32, _ connection: ClientConnection, _ message: [UInt8], limit: Int) {
    (self.stream, self.connection) = (stream, connection)
    reader = MessageReader(limit: limit)
    outbox.append(MessageReader.frame(message))
  }

  func setTimeout(_ timeout: Duration?) {
    guard let timeout else { return }
    timer.start(after: timeout) { [weak self] in self?.abort(GRPCStatus(.deadlineExceeded, "context deadline exceeded")) }
  }

  // MARK: The reader

  /// The next message; nil at a good end.
  func next() async -> Result<[UInt8]?, GRPCStatus> {
    if let ready = takeReady() { return ready }
    if waiter != nil { return .failure(GRPCStatus(.internal, "two readers of one call")) }
    nextID &+= 1  // &+: 2^64 messages do not come
    let id = nextID
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // Entering these functions may suspend: what came meanwhile has nobody to wake.
        if let ready = takeReady() { return continuation.resume(returning: ready) }
        waiter = (id, continuation)
        if Task.isCancelled { cancel() }
      }
    } onCancel: {
      Task { @IO in
        if self.waiter?.id == id { self.cancel() }
      }
    }
  }

  private func takeReady() -> Result<[UInt8]?, GRPCStatus>? {
    if !queue.isEmpty {
      let message = queue.removeFirst()
      queued -= message.count
      giveBack(0)
      return .success(message)
    }
    return outcome?.map { nil }
  }

  func cancel() { abort(GRPCStatus(.cancelled, "context canceled")) }

  private func abort(_ status: GRPCStatus) {
    guard outcome == nil else { return }
    connection?.cancel(self)
    queue = []
    finish(status)
  }

  /// Ends the call; nil is a good end. Only the first end counts.
  func finish(_ status: GRPCStatus?) {
    guard outcome == nil else { return }
    outcome = status.map { .failure($0) } ?? .success(())
    timer.cancel()
    wake()
  }

  private func wake() {
    guard let waiting = waiter, let ready = takeReady() else { return }
    waiter = nil
    waiting.continuation.resume(returning: ready)
  }

  // MARK: The stream

  func received(_ field: HeaderField) -> Bool {
    blockSize += field.name.utf8.count + field.value.utf8.count + 32
    guard blockSize <= 1_048_576 else { return false }
    block.append(field)
    return true
  }

  func receivedHeaders(isFirst: Bool) {
    if isFirst { headers = block } else { trailers = block }
    block = []
  }

  func received(_ bytes: UnsafeRawBufferPointer) {
    guard outcome == nil else { return }
    reader.append(bytes)
    do throws(MessageReader.Failure) {
      while let message = try reader.next() {
        queue.append(message)
        queued += message.count
      }
    } catch {
      switch error {
      case .compressed: return abort(GRPCStatus(.internal, "grpc: compressed flag set with identity or empty encoding"))
      case .tooLarge(let size):
        return abort(GRPCStatus(.resourceExhausted, "grpc: received message larger than max (\(size) vs. \(reader.limit))"))
      }
    }
    giveBack(bytes.count)
    wake()
  }

  private func giveBack(_ count: Int) {
    owed += count
    guard queue.count < Self.queueLimit, queued < Self.queueBytes else { return }
    connection?.consume(owed, of: stream)
    owed = 0
  }

  func receivedEnd() {
    if let status = GRPCStatus(trailers: trailers ?? headers) { return finish(status.code == .ok ? nil : status) }
    if let text = headers.first(where: { $0.name == ":status" })?.value, text != "200" {
      return finish(GRPCStatus(code(ofHTTP: text), "unexpected HTTP status code received from server: \(text)"))
    }
    finish(GRPCStatus(.internal, "server closed the stream without sending trailers"))
  }

  func closed(error: UInt32) {
    let text = "stream terminated by RST_STREAM with error code: \(error)"
    switch error {
    case HTTP2Error.refused: finish(GRPCStatus(.unavailable, text))
    case HTTP2Error.cancel: finish(GRPCStatus(.cancelled, text))
    case HTTP2Error.calm: finish(GRPCStatus(.resourceExhausted, text))
    default: finish(GRPCStatus(.internal, text))
    }
  }

  func fill(_ room: UnsafeMutableRawBufferPointer) -> HTTP2Filled {
    let count = outbox.take(into: room)
    return outbox.isEmpty ? .last(count) : .bytes(count)
  }

  private func code(ofHTTP status: String) -> GRPCCode {
    switch status {
    case "400": .internal
    case "401": .unauthenticated
    case "403": .permissionDenied
    case "404": .unimplemented
    case "429", "502", "503", "504": .unavailable
    default: .unknown
    }
  }
}
