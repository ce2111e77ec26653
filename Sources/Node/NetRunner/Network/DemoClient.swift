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
  private let nonces = Nonces()

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

  /// Submits a call and waits until a block holds it; a nonce that another submission took meanwhile is replaced.
  public func submit(_ call: KeyValueCall, sender: [UInt8]) async throws -> Outcome {
    var attempts = 5
    while true {
      // Two submissions at once may take the same nonce; one of them is then refused and takes the next.
      let nonce = try await nextNonce(of: sender)
      await nonces.set(sender, nonce + 1)
      let submission = RuntimeClient.Submission(
        runtimeID: DemoGenesis.runtimeID, data: call.transaction(sender: sender, nonce: nonce))
      let answer = try await self.call("RuntimeClient/SubmitTxMeta", submission.cbor(), timeout: .seconds(60))
      let meta = try RuntimeClient.SubmissionResult.decode(cbor: answer, mode: .rpc)
      let result: KeyValueResult
      if let refusal = meta.checkError {
        result = .failure(refusal.message)
      } else {
        result = try KeyValueResult(output: meta.data)
      }
      attempts -= 1
      if case .failure(let text) = result, text.contains(Self.nonceRefusal), attempts > 0 {
        await nonces.set(sender, nil)
        continue
      }
      return Outcome(result: result, round: meta.round)
    }
  }

  /// Asks the runtime about the last block, without a transaction.
  public func query(_ key: String) async throws -> String? {
    let query = RuntimeClient.Query(
      runtimeID: DemoGenesis.runtimeID, round: RuntimeClient.latestRound, method: "get", arguments: KeyValueCall.get(key: key).arguments)
    let answer = try await call("RuntimeClient/Query", query.cbor(), timeout: .seconds(20))
    return try String?.decode(cbor: try RuntimeClient.QueryResult.decode(cbor: answer, mode: .rpc).data ?? [], mode: .untrusted)
  }

  private static let nonceRefusal = "Invalid nonce"

  /// The sender's next nonce, as far as this client knows. The runtime's check accepts every nonce from it on, and there is no query for it: so it is searched.
  func nextNonce(of sender: [UInt8]) async throws -> UInt64 {
    if let known = await nonces.next[sender] { return known }
    return try await NonceSearch.run { nonce in
      let probe = KeyValueCall.get(key: "").transaction(sender: sender, nonce: nonce)
      do {
        let submission = RuntimeClient.Submission(runtimeID: DemoGenesis.runtimeID, data: probe)
        _ = try await call("RuntimeClient/CheckTx", submission.cbor(), timeout: .seconds(20))
        return true
      } catch let status as GRPCStatus where status.message.contains(Self.nonceRefusal) { return false }
    }
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

/// The next nonce of each sender that this client has submitted for.
private actor Nonces {
  private(set) var next: [[UInt8]: UInt64] = [:]
  func set(_ sender: [UInt8], _ nonce: UInt64?) { next[sender] = nonce }
}

/// Finds the least number that is accepted, where all above it are accepted too.
enum NonceSearch {
  static func run(_ isAccepted: (UInt64) async throws -> Bool) async throws -> UInt64 {
    if try await isAccepted(0) { return 0 }
    var refused: UInt64 = 0
    var step: UInt64 = 1
    while try await !isAccepted(refused + step) {
      refused += step
      guard step < 1 << 62 else { throw RunnerError("the runtime accepts no nonce") }
      step *= 2
    }
    var accepted = refused + step
    while accepted - refused > 1 {
      let middle = refused + (accepted - refused) / 2
      if try await isAccepted(middle) { accepted = middle } else { refused = middle }
    }
    return accepted
  }
}
