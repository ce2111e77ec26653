public import AsyncIO
internal import CBOR
internal import GRPC
public import OasisTypes
public import Wire

/// Calls a node's services with wire types. Rule: sheet 09 §5.1.
public struct NodeClient: Sendable {
  private let grpc: GRPCClient

  /// - Parameters:
  ///   - waitForReady: whether calls wait until the node can be reached, instead of failing at once.
  public init(_ address: SocketAddress, waitForReady: Bool = false) {
    var options = GRPCClient.Options()
    options.waitForReady = waitForReady
    grpc = GRPCClient(address, options: options)
  }

  /// A method with argument and result, such as `Staking/Account`.
  ///
  /// - Throws: `CodedError` where the node's error has a module, else `GRPCStatus`.
  public func call<Request: WireValue, Response: WireValue>(
    _ method: String, _ request: Request, as type: Response.Type = Response.self, timeout: Duration? = nil
  ) async throws -> Response {
    try Self.decode(try await raw(method, request.cbor(), timeout))
  }

  /// A method without argument.
  public func call<Response: WireValue>(
    _ method: String, as type: Response.Type = Response.self, timeout: Duration? = nil
  ) async throws -> Response {
    try Self.decode(try await raw(method, [], timeout))
  }

  /// A method without result.
  public func run<Request: WireValue>(_ method: String, _ request: Request, timeout: Duration? = nil) async throws {
    _ = try await raw(method, request.cbor(), timeout)
  }

  /// A method with neither.
  public func run(_ method: String, timeout: Duration? = nil) async throws { _ = try await raw(method, [], timeout) }

  /// The items of a stream, until the node ends it or the task is cancelled.
  public func stream<Item: WireValue>(
    _ method: String, _ request: [UInt8] = [], of type: Item.Type = Item.self, _ each: (Item) async throws -> Bool
  ) async throws {
    do {
      for try await message in try await grpc.serverStreaming("/oasis-core.\(method)", request) {
        guard try await each(try Self.decode(message)) else { return }
      }
    } catch let status as GRPCStatus { throw Self.error(status) }
  }

  private func raw(_ method: String, _ message: [UInt8], _ timeout: Duration?) async throws -> [UInt8] {
    do { return try await grpc.unary("/oasis-core.\(method)", message, timeout: timeout) } catch { throw Self.error(error) }
  }

  private static func error(_ status: GRPCStatus) -> any Error { APIErrors.coded(status) ?? status }

  private static func decode<Response: WireValue>(_ message: [UInt8]) throws -> Response {
    do { return try Response.decode(cbor: message, mode: .rpc) } catch {
      throw GRPCStatus(.internal, "grpc: failed to unmarshal the received message: cbor: \(error)")
    }
  }
}

// MARK: Calls that programs make often

extension NodeClient {
  /// The whole status, as `control status` prints it.
  public func status() async throws -> Control.Status { try await call("NodeController/GetStatus") }
  /// Whether the node has caught up with its network.
  public func isSynced() async throws -> Bool { try await call("NodeController/IsSynced") }
  /// Returns once the node has caught up.
  public func waitSync() async throws { try await run("NodeController/WaitSync") }
  /// Whether all workers are ready.
  public func isReady() async throws -> Bool { try await call("NodeController/IsReady") }
  /// Returns once all workers are ready.
  public func waitReady() async throws { try await run("NodeController/WaitReady") }
  /// With `wait` the call ends after the node has deregistered.
  public func requestShutdown(wait: Bool) async throws { try await run("NodeController/RequestShutdown", wait) }

  /// 0 for the latest.
  public func block(at height: Int64 = 0) async throws -> Consensus.Block { try await call("Consensus/GetBlock", height) }
  /// The chain context: the hash of the genesis document, in hexadecimal.
  public func chainContext() async throws -> String { try await call("Consensus/GetChainContext") }
  /// A genesis document of the state of a height, 0 for the latest.
  public func stateToGenesis(at height: Int64 = 0) async throws -> GenesisDocument { try await call("Consensus/StateToGenesis", height) }
  /// Waits until a block holds the transaction.
  public func submit(_ transaction: SignedEnvelope) async throws { try await run("Consensus/SubmitTx", transaction) }
  /// An account at a height, 0 for the latest.
  public func account(_ owner: Address, at height: Int64 = 0) async throws -> Account {
    try await call("Staking/Account", OwnerQuery(height: height, owner: owner))
  }
  /// The epoch of a height, 0 for the latest.
  public func epoch(at height: Int64 = 0) async throws -> Epoch { try await call("Beacon/GetEpoch", height) }

  /// Waits until a block of the runtime holds the transaction.
  public func submitRuntime(_ id: Namespace, _ transaction: [UInt8]) async throws -> RuntimeClient.SubmissionResult {
    try await call("RuntimeClient/SubmitTxMeta", RuntimeClient.Submission(runtimeID: id, data: transaction))
  }
  /// Arguments and answer are CBOR.
  public func queryRuntime(
    _ id: Namespace, round: UInt64 = RuntimeClient.latestRound, method: String, arguments: [UInt8]
  ) async throws -> [UInt8] {
    let query = RuntimeClient.Query(runtimeID: id, round: round, method: method, arguments: arguments)
    return try await call("RuntimeClient/Query", query, as: RuntimeClient.QueryResult.self).data ?? []
  }
}
