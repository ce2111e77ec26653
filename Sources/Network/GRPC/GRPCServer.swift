public import AsyncIO

/// A gRPC server over stream sockets, codec-agnostic: `application/grpc` with any subtype is served, and echoed. Rule: sheet 09 §5.1.
///
/// Every connection is bounded (``Limits``); compressed messages are refused. A handler's error becomes the status: a ``GRPCStatus`` as it
/// is, any other through `status`.
public final class GRPCServer: Sendable {
  /// What one peer can make the server hold.
  public struct Limits: Sendable {
    /// Bytes of one message, in and out. The reference's figure.
    public var messageSize = 104_857_600
    /// Bytes of requests that one connection may have in the works.
    public var bufferedPerConnection = 134_217_728
    public var connections = 1024
    /// Calls of one connection at once, handlers of cancelled calls included until they end.
    public var streamsPerConnection = 1000
    public var headerListSize = 16_384
    /// A connection without calls is closed after this time. The reference's figure.
    public var idle: Duration = .seconds(600)
    /// A connection that does not begin to speak HTTP/2 is closed after this time.
    public var handshake: Duration = .seconds(20)
    /// Bytes of responses a stream holds before its handler waits.
    public var bufferedResponses = 1_048_576
    /// Bytes of responses that one connection may leave unread; what comes beyond is answered with an error instead.
    public var unreadPerConnection = 268_435_456
    /// Bytes of requests that all connections together may have in the works.
    public var bufferedInAll = 1_073_741_824
    /// A connection whose peer takes no byte for so long is cut.
    public var stall: Duration = .seconds(600)
    /// Frames that move nothing (PING, SETTINGS, PRIORITY, WINDOW_UPDATE, RST_STREAM, CONTINUATION, empty DATA) which a peer may send within
    /// ``controlWindow`` while no message moves either; beyond them the connection is cut.
    public var controlFrames = 10_000
    public var controlWindow: Duration = .seconds(1)

    public init() {}
  }

  /// A finished call, for logs and metrics.
  public struct Finished: Sendable {
    public var path: String
    /// Whether the server has such a method; other paths are the caller's invention.
    public var isKnown: Bool
    public var sequence: UInt64
    /// Nil when the call ended well.
    public var status: GRPCStatus?
    public var duration: Duration
    /// Messages that were streamed.
    public var messages: Int
  }

  public let limits: Limits
  let status: @Sendable (any Error) -> GRPCStatus
  let finished: @Sendable (Finished) -> Void
  let started: @Sendable (String) -> Void
  let streamed: @Sendable (String) -> Void
  @IO private var methods: [String: GRPCMethod] = [:]
  @IO private var services: Set<String> = []
  @IO private var connections: [ObjectIdentifier: ServerConnection] = [:]
  @IO private var listeners: [StreamListener] = []
  @IO private var isStopping = false
  @IO private var lastSequence: UInt64 = 0
  /// Request bytes of all connections.
  @IO private(set) var buffered = 0

  /// - Parameters:
  ///   - status: what a handler's error becomes.
  ///   - started: hears of the path of each call that is handed to its method.
  ///   - streamed: hears of each message of a stream.
  public init(
    limits: Limits = Limits(), status: @escaping @Sendable (any Error) -> GRPCStatus = { GRPCStatus(.unknown, "\($0)") },
    started: @escaping @Sendable (_ path: String) -> Void = { _ in }, streamed: @escaping @Sendable (_ path: String) -> Void = { _ in },
    finished: @escaping @Sendable (Finished) -> Void = { _ in }
  ) {
    (self.limits, self.status, self.finished) = (limits, status, finished)
    (self.started, self.streamed) = (started, streamed)
  }

  /// Adds methods; also while the server runs.
  @IO public func register(_ added: [GRPCMethod]) {
    for method in added {
      methods[method.path] = method
      if let service = GRPCServer.split(method.path)?.service { services.insert(service) }
    }
  }

  /// Serves `listener` until it is closed or the server stops. Several may be served at once.
  @IO public func serve(_ listener: StreamListener) async {
    if isStopping { return listener.close() }
    listeners.append(listener)
    await withDiscardingTaskGroup { group in
      while let stream = await next(of: listener) {
        if connections.count >= limits.connections {
          stream.close()
          continue
        }
        let connection = ServerConnection(stream, self)
        connections[ObjectIdentifier(connection)] = connection
        group.addTask(executorPreference: IO.loop) {
          await connection.run()
          await self.forget(connection)
        }
      }
    }
  }

  private func next(of listener: StreamListener) async -> ByteStream? {
    while true {
      do { return try await listener.accept() } catch IOError.closed { return nil } catch IOError.cancelled { return nil } catch {
        // Out of descriptors or memory: the client is lost, the listener is not.
        try? await IO.sleep(for: .milliseconds(50))
      }
    }
  }

  /// Connections that are open now.
  @IO public var connectionCount: Int { connections.count }

  @IO private func forget(_ connection: ServerConnection) { connections[ObjectIdentifier(connection)] = nil }

  /// Closes the listeners, lets running calls end for up to `grace`, then cuts the connections.
  @IO public func stop(grace: Duration = .seconds(5)) async {
    isStopping = true
    for listener in listeners { listener.close() }
    for connection in connections.values { connection.drain() }
    let clock = ContinuousClock()
    let end = clock.now + grace
    while !connections.isEmpty, clock.now < end {
      do { try await IO.sleep(for: .milliseconds(10)) } catch { break }
    }
    for connection in connections.values { connection.close() }
  }

  @IO func method(_ path: String) throws(GRPCStatus) -> GRPCMethod {
    if let method = methods[path] { return method }
    guard let (service, name) = GRPCServer.split(path) else { throw GRPCStatus(.unimplemented, "malformed method name: \"\(path)\"") }
    throw services.contains(service)
      ? GRPCStatus(.unimplemented, "unknown method \(name) for service \(service)")
      : GRPCStatus(.unimplemented, "unknown service \(service)")
  }

  @IO func changeBuffered(_ amount: Int) { buffered += amount }

  @IO func nextSequence() -> UInt64 {
    lastSequence &+= 1  // &+: 2^64 calls do not happen
    return lastSequence
  }

  private static func split(_ path: String) -> (service: String, method: String)? {
    guard path.hasPrefix("/"), let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return nil }
    return (String(path[path.index(after: path.startIndex)..<slash]), String(path[path.index(after: slash)...]))
  }
}
