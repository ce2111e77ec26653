import AsyncValues
import Bytes
import MKVS
import OasisCrypto
public import OasisTypes
public import RuntimeHost
public import RuntimeProtocol
import Synchronization

/// A runtime that keeps no state: each transaction's output is its input, transactions that begin with 0xff are refused.
public final class FakeHost: HostedComponent {
  private struct Inner {
    var versions: (active: Version?, next: Version?) = (nil, nil)
    var isRunning = true
    var calls: [String] = []
    var aborts = 0
    var behaviour: (@Sendable (Body) async throws -> Body?)?
  }
  private let inner = Mutex(Inner())
  private let feed = Broadcast<RuntimeEvent>(.bufferingNewest(64), replaysLatest: false)

  public init() {}

  /// Names of the requests that came, in order.
  public var calls: [String] { inner.withLock { $0.calls } }
  public var aborts: Int { inner.withLock { $0.aborts } }
  /// What to answer instead; nil leaves the usual answer.
  public func behave(_ body: (@Sendable (Body) async throws -> Body?)?) { inner.withLock { $0.behaviour = body } }
  public func tell(_ event: RuntimeEvent) { feed.send(event) }

  public func events() -> AsyncStream<RuntimeEvent> { feed.subscribe() }
  public var versions: (active: Version?, next: Version?) { get async { inner.withLock { $0.versions } } }
  public var status: RuntimeStatus? { get async { nil } }

  public func information() async throws -> RuntimeInfoResponse {
    var information = RuntimeInfoResponse()
    information.runtimeVersion = inner.withLock { $0.versions.active } ?? Version()
    information.features.scheduleControl = .init(initialBatchSize: 50)
    return information
  }

  public func call(_ body: Body, within limit: Duration?) async throws -> Body {
    let behaviour = inner.withLock { inner in
      inner.calls.append(body.name)
      return inner.behaviour
    }
    if let answer = try await behaviour?(body) { return answer }
    switch body {
    case .runtimeConsensusSyncRequest: return .runtimeConsensusSyncResponse(.init())
    case .runtimeCheckTxBatchRequest(let request):
      var response = RuntimeCheckTxBatchResponse()
      response.results = (request.inputs ?? []).map { input in
        var result = CheckTxResult()
        if input.first == 0xff { result.error = CallError(module: "test", code: 1, message: "refused") }
        var metadata = CheckTxMetadata()
        metadata.sender = input
        result.metadata = metadata
        return result
      }
      return .runtimeCheckTxBatchResponse(response)
    case .runtimeExecuteTxBatchRequest(let request): return .runtimeExecuteTxBatchResponse(try Self.execute(request))
    case .runtimeQueryRequest(let request):
      var response = RuntimeQueryResponse()
      response.data = Array(request.method.utf8)
      return .runtimeQueryResponse(response)
    default: throw CallError.methodNotSupported
    }
  }

  /// The results of a batch whose outputs are its inputs.
  public static func execute(_ request: RuntimeExecuteTxBatchRequest) throws -> RuntimeExecuteTxBatchResponse {
    let header = request.block.header
    let round = header.round + 1
    let tree = IOTree()
    for (index, input) in (request.inputs ?? []).enumerated() {
      try tree.add(IOTransaction(input: input, output: input, batchOrder: UInt32(index)))
    }
    let commit = try tree.commit(namespace: header.namespace, version: round)
    var response = RuntimeExecuteTxBatchResponse()
    response.transactionHashes = (request.inputs ?? []).map { Hash.digest($0) }
    response.inputRoot = request.mode == .execute ? request.ioRoot : commit.root.hash
    response.batch.ioWriteLog = commit.writeLog
    var results = RootHash.ComputeResultsHeader()
    (results.round, results.previousHash) = (round, header.hash)
    (results.ioRoot, results.stateRoot) = (commit.root.hash, header.stateRoot)
    (results.messagesHash, results.inMessagesHash) = (.empty, .empty)
    response.batch.header = results
    return response
  }

  public func abort(force: Bool) async { inner.withLock { $0.aborts += 1 } }

  public func setVersions(active: Version?, next: Version?) async {
    let isNew = inner.withLock { inner in
      defer { inner.versions = (active, next) }
      return inner.versions.active != active
    }
    if isNew, let active { feed.send(.started(version: active)) }
  }

  public func removeBelow(_ version: Version) async {}

  public func run() async {
    let (forever, continuation) = AsyncStream.makeStream(of: Void.self)
    for await _ in forever {}
    continuation.finish()
  }
}
