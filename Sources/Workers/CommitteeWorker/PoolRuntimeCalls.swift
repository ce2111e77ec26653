public import RuntimeHost
public import RuntimeHistory
public import RuntimeProtocol
public import TransactionPool

/// The pool's view of the hosted runtime and of what is stored.
public struct PoolRuntimeCalls: PoolRuntime {
  private let host: any HostedComponent
  private let history: RuntimeHistory

  public init(host: any HostedComponent, history: RuntimeHistory) { (self.host, self.history) = (host, history) }

  public func checkTransactions(_ request: RuntimeCheckTxBatchRequest, within limit: Duration) async throws -> RuntimeCheckTxBatchResponse {
    let body = try await host.call(.runtimeCheckTxBatchRequest(request), within: limit)
    guard case .runtimeCheckTxBatchResponse(let response) = body else {
      throw CallError.dispatch("runtime answered a check with \(body.name)")
    }
    return response
  }

  public func abort() async { await host.abort(force: false) }

  public func waitSynced(round: UInt64, within limit: Duration) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await self.history.waitSynced(round: round) }
      group.addTask {
        try await Task.sleep(for: limit)
        throw ConnectionError.timedOut
      }
      try await group.next()
      group.cancelAll()
    }
  }
}
