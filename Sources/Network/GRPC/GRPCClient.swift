internal import AsyncValues
public import AsyncIO

/// A gRPC client on one connection, which is made when first needed and made anew after it was lost. Rule: sheet 09 §5.1.
public final class GRPCClient: Sendable {
  /// How a client calls.
  public struct Options: Sendable {
    public var contentType = "application/grpc+cbor"
    public var authority = "localhost"
    /// Bytes of one message received.
    public var messageSize = 104_857_600
    /// Whether a call waits until the server can be reached, instead of failing at once.
    public var waitForReady = false
    public var connectTimeout: Duration = .seconds(20)

    public init() {}
  }

  @IO let core: ClientCore

  public init(_ address: SocketAddress, options: Options = Options()) { core = ClientCore(address, options) }

  deinit {
    let core = self.core
    Task { @IO in core.close() }
  }

  /// One message out, one in. Cancelling the task, or `timeout`, ends the call on both sides.
  public func unary(
    _ path: String, _ message: [UInt8], timeout: Duration? = nil, metadata: [HeaderField] = []
  ) async throws(GRPCStatus) -> [UInt8] {
    let call = try await core.start(path, message, timeout, metadata)
    defer { withExtendedLifetime(call) {} }
    guard let answer = try await call.next() else { throw GRPCStatus(.internal, "no response message") }
    guard try await call.next() == nil else { throw GRPCStatus(.internal, "more than one response message") }
    return answer
  }

  /// One message out, any number in. Forgetting the sequence's last iterator ends the call.
  public func serverStreaming(
    _ path: String, _ message: [UInt8], timeout: Duration? = nil, metadata: [HeaderField] = []
  ) async throws(GRPCStatus) -> GRPCMessages {
    GRPCMessages(call: try await core.start(path, message, timeout, metadata))
  }

  /// Ends the connection and the calls on it. A later call makes a new one.
  @IO public func close() { core.close() }
}

/// The messages of a streaming call; ends when the server ends it well, throws its ``GRPCStatus`` otherwise. For one reader.
public struct GRPCMessages: AsyncSequence, Sendable {
  /// A message, without its frame.
  public typealias Element = [UInt8]
  /// How a stream ends that does not end well.
  public typealias Failure = GRPCStatus

  let call: ClientCallHandle

  /// The messages from where the stream is; a stream is read once.
  public func makeAsyncIterator() -> Iterator { Iterator(call: call) }

  /// Reads messages in the order sent.
  public struct Iterator: AsyncIteratorProtocol {
    let call: ClientCallHandle

    /// The next message; nil once the server ended the call with OK.
    public func next(isolation actor: isolated (any Actor)?) async throws(GRPCStatus) -> [UInt8]? { try await call.next() }
    public func next() async throws(GRPCStatus) -> [UInt8]? { try await call.next() }
  }
}

/// The user's side of a call: ends it when forgotten.
final class ClientCallHandle: Sendable {
  @IO private let call: ClientCall

  @IO init(_ call: ClientCall) { self.call = call }

  deinit {
    let call = self.call
    Task { @IO in call.cancel() }
  }

  @IO func next() async throws(GRPCStatus) -> [UInt8]? { try await call.next().get() }
}

/// The loop's side of a client: its one connection, and the attempt to make it.
@IO final class ClientCore {
  private let address: SocketAddress
  private let options: GRPCClient.Options
  private var connection: ClientConnection?
  private var attempt: Task<Result<ClientConnection, GRPCStatus>, Never>?

  nonisolated init(_ address: SocketAddress, _ options: GRPCClient.Options) { (self.address, self.options) = (address, options) }

  func close() {
    attempt?.cancel()
    connection?.close()
    connection = nil
  }

  func start(_ path: String, _ message: [UInt8], _ timeout: Duration?, _ metadata: [HeaderField]) async throws(GRPCStatus)
    -> ClientCallHandle
  {
    let clock = ContinuousClock()
    let deadline = timeout.map { clock.now + $0 }
    var backoff = Backoff(from: .milliseconds(50), to: .seconds(1))
    var refusals = 0
    while true {
      do throws(GRPCStatus) {
        let connection = try await connected()
        var left: Duration?
        if let deadline { left = clock.now.duration(to: deadline) }
        if let call = connection.start(path, message, left, metadata) { return ClientCallHandle(call) }
        // The connection takes no more streams: the next turn makes a new one, at once only the first time.
        if self.connection === connection { self.connection = nil }
        refusals &+= 1  // &+: a turn takes longer than a nanosecond
        if refusals == 1 { continue }
        guard options.waitForReady else { throw GRPCStatus(.unavailable, "connection error: desc = \"no stream could be started\"") }
      } catch {
        if Task.isCancelled { throw GRPCStatus(.cancelled, "context canceled") }
        guard options.waitForReady, error.code == .unavailable else { throw error }
      }
      let wait = backoff.next()
      if let deadline, clock.now + wait > deadline { throw GRPCStatus(.deadlineExceeded, "context deadline exceeded") }
      do { try await IO.sleep(for: wait) } catch { throw GRPCStatus(.cancelled, "context canceled") }
    }
  }

  /// The live connection, or a new one; callers that come meanwhile share the attempt.
  private func connected() async throws(GRPCStatus) -> ClientConnection {
    if let connection, connection.isUsable { return connection }
    if let attempt { return try await attempt.value.get() }
    let started = Task { @IO in await connect() }
    attempt = started
    let result = await started.value
    if attempt == started { attempt = nil }
    return try result.get()
  }

  private func connect() async -> Result<ClientConnection, GRPCStatus> {
    let address = self.address
    do {
      let stream = try await IO.withTimeout(options.connectTimeout) { try await ByteStream.connect(to: address) }
      let made = ClientConnection(stream, options)
      connection = made
      IO.spawn { await made.run() }
      return .success(made)
    } catch {
      let text = "connection error: desc = \"transport: Error while dialing: \(dialError(error))\""
      return .failure(GRPCStatus(.unavailable, text))
    }
  }

  private func dialError(_ error: any Error) -> String {
    guard let code = (error as? IOError)?.code else { return "\(error)" }
    return switch address {
    case .unix(let path): "dial unix \(path): connect: \(IOError.text(code))"
    case .tcp: "dial tcp \(address): connect: \(IOError.text(code))"
    }
  }
}
