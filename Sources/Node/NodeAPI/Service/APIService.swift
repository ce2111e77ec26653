internal import CBOR
public import GRPC
internal import Wire

/// A gRPC service of the node (sheet 09 §5.3).
public protocol APIService: Sendable {
  /// What it answers; every other method of the service is answered Unimplemented.
  var methods: [GRPCMethod] { get }
}

/// Makes methods of a service from functions on wire types. Rule: sheet 09 §5.1: a method without argument never looks at the message, one
/// without result answers with an empty one.
struct MethodTable {
  /// Such as `Staking`.
  let service: String

  init(_ service: String) { self.service = service }

  private func path(_ name: String) -> String { "/oasis-core.\(service)/\(name)" }

  private static func decode<Request: WireValue>(_ message: [UInt8]) throws -> Request {
    do { return try Request.decode(cbor: message, mode: .rpc) } catch {
      throw GRPCStatus(.internal, "grpc: error unmarshalling request: cbor: \(error)")
    }
  }

  /// Argument and result.
  func answer<Request: WireValue, Response: WireValue>(
    _ name: String, _ body: @escaping @Sendable (Request) async throws -> Response
  ) -> GRPCMethod {
    .unary(path(name)) { call in try await body(try Self.decode(call.message)).cbor() }
  }

  /// A result only.
  func tell<Response: WireValue>(_ name: String, _ body: @escaping @Sendable () async throws -> Response) -> GRPCMethod {
    .unary(path(name)) { _ in try await body().cbor() }
  }

  /// An argument only.
  func take<Request: WireValue>(_ name: String, _ body: @escaping @Sendable (Request) async throws -> Void) -> GRPCMethod {
    .unary(path(name)) { call in
      try await body(try Self.decode(call.message))
      return []
    }
  }

  /// Neither.
  func run(_ name: String, _ body: @escaping @Sendable () async throws -> Void) -> GRPCMethod {
    .unary(path(name)) { _ in
      try await body()
      return []
    }
  }

  /// A stream that an argument asks for.
  func stream<Request: WireValue, Item: WireValue>(
    _ name: String, _ body: @escaping @Sendable (Request, Sink<Item>) async throws -> Void
  ) -> GRPCMethod {
    .serverStreaming(path(name)) { call, responses in try await body(try Self.decode(call.message), Sink(responses)) }
  }

  /// A stream without argument.
  func stream<Item: WireValue>(_ name: String, _ body: @escaping @Sendable (Sink<Item>) async throws -> Void) -> GRPCMethod {
    .serverStreaming(path(name)) { _, responses in try await body(Sink(responses)) }
  }
}

/// Where a stream's items go.
struct Sink<Item: WireValue>: Sendable {
  private let responses: GRPCResponses
  init(_ responses: GRPCResponses) { self.responses = responses }
  /// Sends an item; waits for a slow reader, throws once it is gone.
  func callAsFunction(_ item: Item) async throws { try await responses.send(item.cbor()) }
}

extension Array {
  /// The list as Go sends one that was never made: null instead of empty.
  var nilIfEmpty: [Element]? { isEmpty ? nil : self }
}
