internal import Bytes
internal import CometBFT
internal import GoldenSupport
internal import JSONText
internal import OasisCrypto

/// Answers what was recorded, and notes what it was asked.
final class ScriptedApplication: Application {
  var height: Int64 = 0
  var appHash: [UInt8] = []
  var appVersion: UInt64 = 0
  var initResponse = InitChainResponse(appHash: [])
  /// Answers by height.
  var results: [Int64: [DeliverTransactionResponse]] = [:]
  var ends: [Int64: EndBlockResponse] = [:]
  var commits: [Int64: CommitResponse] = [:]
  /// What a fresh call gives when nothing was recorded for the height.
  var defaultCommit: (Int64) -> CommitResponse = { _ in CommitResponse(appHash: []) }
  var defaultEnd = EndBlockResponse()

  private(set) var calls: [String] = []
  private(set) var initRequest: InitChainRequest?
  private(set) var begin: BeginBlockRequest?
  private var next = 0

  func info() -> ApplicationInfo { ApplicationInfo(appVersion: appVersion, lastBlockHeight: height, lastBlockAppHash: appHash) }

  func initChain(_ request: InitChainRequest) -> InitChainResponse {
    calls.append("init_chain")
    initRequest = request
    return initResponse
  }

  func prepareProposal(_ request: PrepareProposalRequest) -> [[UInt8]] { request.transactions }
  func processProposal(_ request: ProcessProposalRequest) -> Bool { true }
  func checkTransaction(_ request: CheckTransactionRequest) -> CheckTransactionResponse { CheckTransactionResponse() }

  func beginBlock(_ request: BeginBlockRequest) -> BeginBlockResponse {
    calls.append("begin_block \(request.header.height)")
    begin = request
    next = 0
    return BeginBlockResponse()
  }

  func deliverTransaction(_ transaction: [UInt8]) -> DeliverTransactionResponse {
    let recorded = results[begin?.header.height ?? 0] ?? []
    defer { next += 1 }
    return next < recorded.count ? recorded[next] : DeliverTransactionResponse()
  }

  func endBlock(height: Int64) -> EndBlockResponse { ends[height] ?? defaultEnd }

  func commit() -> CommitResponse {
    let height = begin?.header.height ?? 0
    calls.append("commit \(height)")
    let response = commits[height] ?? defaultCommit(height)
    (self.height, appHash) = (height, response.appHash)
    return response
  }
}
