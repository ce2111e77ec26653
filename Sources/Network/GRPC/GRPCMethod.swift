/// One call as a handler sees it.
public struct GRPCRequest: Sendable {
  /// `/package.Service/Method`.
  public var path: String
  /// The request message, undecoded.
  public var message: [UInt8]
  /// The fields of the caller that gRPC itself does not use.
  public var metadata: [HeaderField]
  /// When the caller gives up; nil when it does not say.
  public var deadline: ContinuousClock.Instant?
  /// The number of the call within the server, from 1.
  public var sequence: UInt64
}

/// Where a streaming handler puts its messages.
public struct GRPCResponses: Sendable {
  let write: @Sendable ([UInt8]) async throws -> Void

  /// Sends one message; waits while the caller takes them too slowly. Throws when the call has ended.
  public func send(_ message: [UInt8]) async throws { try await write(message) }
}

/// A method that a server offers. Messages are bytes: the codec is the caller's.
public struct GRPCMethod: Sendable {
  enum Handler: Sendable {
    case unary(@Sendable (GRPCRequest) async throws -> [UInt8])
    case serverStreaming(@Sendable (GRPCRequest, GRPCResponses) async throws -> Void)
  }

  /// `/package.Service/Method`.
  public let path: String
  let handler: Handler

  /// One message in, one message out. What the handler throws becomes the status (see ``GRPCServer``).
  public static func unary(_ path: String, _ handler: @escaping @Sendable (GRPCRequest) async throws -> [UInt8]) -> GRPCMethod {
    GRPCMethod(path: path, handler: .unary(handler))
  }

  /// One message in, any number out. The task is cancelled when the caller goes away or its deadline passes.
  public static func serverStreaming(
    _ path: String, _ handler: @escaping @Sendable (GRPCRequest, GRPCResponses) async throws -> Void
  ) -> GRPCMethod {
    GRPCMethod(path: path, handler: .serverStreaming(handler))
  }
}
