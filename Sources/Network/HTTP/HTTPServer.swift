public import AsyncIO

/// A small HTTP/1.1 server for pages without request bodies, such as metrics. Bounded in connections, sizes and time.
public final class HTTPServer: Sendable {
  /// What one client, and all of them, may take.
  public struct Limits: Sendable {
    public var connections = 64
    /// To read a request's head. The reference's figure.
    public var headTimeout: Duration = .seconds(5)
    /// Between requests.
    public var idle: Duration = .seconds(60)
    /// To write an answer.
    public var writeTimeout: Duration = .seconds(30)

    public init() {}
  }

  private let limits: Limits
  private let respond: @Sendable (HTTPRequest) async -> HTTPResponse
  @IO private var connections = 0
  @IO private var listener: StreamListener?

  /// `respond` answers GET; HEAD gets the same without the body, other methods are refused with 405.
  public init(limits: Limits = Limits(), respond: @escaping @Sendable (HTTPRequest) async -> HTTPResponse) {
    (self.limits, self.respond) = (limits, respond)
  }

  /// Serves until the listener is closed or the task is cancelled.
  @IO public func serve(_ listener: StreamListener) async {
    self.listener = listener
    await withDiscardingTaskGroup { group in
      while let stream = await next(of: listener) {
        if connections >= limits.connections {
          stream.close()
          continue
        }
        connections += 1
        group.addTask {
          await self.serve(stream)
          await self.ended()
        }
      }
      group.cancelAll()
    }
  }

  /// Closes the listener; running answers end with `serve`.
  @IO public func stop() { listener?.close() }

  @IO private func ended() { connections -= 1 }

  @IO private func next(of listener: StreamListener) async -> ByteStream? {
    while true {
      do { return try await listener.accept() } catch IOError.closed { return nil } catch IOError.cancelled { return nil } catch {
        // Out of descriptors or memory: the client is lost, the listener is not.
        try? await IO.sleep(for: .milliseconds(50))
      }
    }
  }

  private func serve(_ stream: ByteStream) async {
    var parser = RequestParser()
    while !Task.isCancelled {
      do {
        guard let parsed = try await request(stream, &parser) else { break }
        let (request, keepAlive) = (parsed.request, parsed.keepAlive)
        let isKnown = request.method == "GET" || request.method == "HEAD"
        let answer = isKnown ? await respond(request) : HTTPResponse(status: 405, text: "method not allowed\n")
        try await write(answer.serialized(keepAlive: keepAlive, head: request.method == "HEAD"), stream)
        if !keepAlive { break }
      } catch let refusal as RequestParser.Refusal {
        let answer = HTTPResponse(status: refusal.status, text: "request refused\n")
        try? await write(answer.serialized(keepAlive: false, head: false), stream)
        break
      } catch {
        break
      }
    }
    await stream.close()
  }

  /// The next request; nil when the client has left or is too slow.
  private func request(_ stream: ByteStream, _ parser: inout RequestParser) async throws -> RequestParser.Parsed? {
    let clock = ContinuousClock()
    var deadline = clock.now + limits.idle
    var isStarted = false
    while true {
      if let parsed = try parser.next() { return parsed }
      if parser.isWithinRequest, !isStarted {
        isStarted = true
        deadline = clock.now + limits.headTimeout
      }
      let bytes = try await IO.withTimeout(clock.now.duration(to: deadline)) { try await stream.read(upTo: 16_384) }
      if bytes.isEmpty { return nil }
      parser.append(bytes)
    }
  }

  private func write(_ bytes: [UInt8], _ stream: ByteStream) async throws {
    try await IO.withTimeout(limits.writeTimeout) { try await stream.write(bytes) }
  }
}
