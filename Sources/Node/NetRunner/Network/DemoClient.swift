internal import AsyncIO
internal import CBOR
internal import GRPC
public import NodeAPI
public import OasisCrypto
internal import OasisTypes
internal import Wire

/// A client of the network's node over its socket. Rule: sheet 09 §5, 11 B.1.
public struct DemoClient: Sendable {
  private let client: GRPCClient

  public init(socket: String) {
    var options = GRPCClient.Options()
    options.connectTimeout = .seconds(5)
    client = GRPCClient(.unix(socket), options: options)
  }

  /// The node's own account of itself.
  public func status() async throws -> Control.Status {
    try Control.Status.decode(cbor: try await call("NodeController/GetStatus", [], timeout: .seconds(10)), mode: .rpc)
  }

  /// The hash of a consensus block.
  public func blockHash(at height: Int64) async throws -> Hash {
    try BlockSummary.decode(cbor: try await call("Consensus/GetBlock", height.cbor(), timeout: .seconds(20)), mode: .rpc).hash
  }

  /// What a transaction came to.
  public struct Outcome: Sendable, Hashable {
    public var result: KeyValueResult
    public var round: UInt64
  }

  /// Submits a call as the first of a sender made up for it, and waits until a block holds it: so no other submission can take its nonce.
  public func submit(_ call: KeyValueCall) async throws -> Outcome {
    var generator = SystemRandomNumberGenerator()
    return try await submit(call, sender: (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }, nonce: 0)
  }

  /// Submits a sender's call with this nonce, and waits until a block holds it.
  public func submit(_ call: KeyValueCall, sender: [UInt8], nonce: UInt64) async throws -> Outcome {
    let submission = RuntimeClient.Submission(
      runtimeID: DemoGenesis.runtimeID, data: call.transaction(sender: sender, nonce: nonce))
    let answer = try await self.call("RuntimeClient/SubmitTxMeta", submission.cbor(), timeout: .seconds(60))
    let meta = try RuntimeClient.SubmissionResult.decode(cbor: answer, mode: .rpc)
    if let refusal = meta.checkError { return Outcome(result: .failure(refusal.message), round: meta.round) }
    return Outcome(result: try KeyValueResult(output: meta.data), round: meta.round)
  }

  /// Asks the runtime about the last block, without a transaction.
  public func query(_ key: String) async throws -> String? {
    let query = RuntimeClient.Query(
      runtimeID: DemoGenesis.runtimeID, round: RuntimeClient.latestRound, method: "get", arguments: KeyValueCall.get(key: key).arguments)
    let answer = try await call("RuntimeClient/Query", query.cbor(), timeout: .seconds(20))
    return try String?.decode(cbor: try RuntimeClient.QueryResult.decode(cbor: answer, mode: .rpc).data ?? [], mode: .untrusted)
  }

  private func call(_ method: String, _ message: [UInt8], timeout: Duration) async throws -> [UInt8] {
    try await client.unary("/oasis-core.\(method)", message, timeout: timeout)
  }
}

/// The part of a consensus block that the runner looks at.
private struct BlockSummary: WireMap, Sendable {
  var hash = Hash()
  init() {}
  static let fields: [Field<Self>] = [.init("hash", \.hash)]
}
