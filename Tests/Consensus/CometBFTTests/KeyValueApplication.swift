import Bytes
import CometBFT
import OasisCrypto
import Synchronization

/// A tiny key-value application: a transaction `key=value` sets a key; its state outlives the engine in `disk`.
final class KeyValueApplication: Application {
  /// What has been committed; shared by all runs of the application.
  final class Disk: Sendable {
    struct Content: Sendable {
      var height: Int64 = 0
      var values: [String: String] = [:]
      var appHash: [UInt8] = []
      var initChains = 0
    }
    let content = Mutex(Content())
  }

  let disk: Disk
  /// What the blocks of these heights change of the validators.
  var updates: [Int64: [ValidatorUpdate]] = [:]
  private var working: Disk.Content

  init(disk: Disk) {
    self.disk = disk
    working = disk.content.withLock { $0 }
  }

  private func hash(_ content: Disk.Content) -> [UInt8] {
    let text = content.values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "\n")
    return Hash.digest(Array("\(content.height)\n\(text)".utf8)).bytes
  }

  func info() -> ApplicationInfo {
    disk.content.withLock { ApplicationInfo(appVersion: 7, lastBlockHeight: $0.height, lastBlockAppHash: $0.appHash) }
  }

  func initChain(_ request: InitChainRequest) -> InitChainResponse {
    disk.content.withLock { $0.initChains += 1 }
    return InitChainResponse(appHash: hash(working))
  }

  func prepareProposal(_ request: PrepareProposalRequest) -> [[UInt8]] { request.transactions }
  func processProposal(_ request: ProcessProposalRequest) -> Bool { request.transactions.allSatisfy { parse($0) != nil } }

  private func parse(_ transaction: [UInt8]) -> (key: String, value: String)? {
    let parts = String(decoding: transaction, as: UTF8.self).split(separator: "=", maxSplits: 1)
    return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
  }

  func checkTransaction(_ request: CheckTransactionRequest) -> CheckTransactionResponse {
    var response = CheckTransactionResponse()
    guard let (key, value) = parse(request.transaction) else {
      (response.code, response.log) = (1, "not a pair")
      return response
    }
    if key == "once", request.kind == .recheck { response.code = 2 }
    response.priority = Int64(value.count)
    return response
  }

  func beginBlock(_ request: BeginBlockRequest) -> BeginBlockResponse {
    working = disk.content.withLock { $0 }
    working.height = request.header.height
    return BeginBlockResponse(events: [])
  }

  func deliverTransaction(_ transaction: [UInt8]) -> DeliverTransactionResponse {
    var response = DeliverTransactionResponse()
    if let (key, value) = parse(transaction) {
      working.values[key] = value
      response.data = Array(value.utf8)
    } else {
      response.code = 1
    }
    return response
  }

  func endBlock(height: Int64) -> EndBlockResponse {
    EndBlockResponse(validatorUpdates: updates[height] ?? [], consensusParameterUpdates: ConsensusParameters(version: .init(app: 7)))
  }

  func commit() -> CommitResponse {
    working.appHash = hash(working)
    disk.content.withLock { content in
      let count = content.initChains
      content = working
      content.initChains = count
    }
    return CommitResponse(appHash: working.appHash)
  }
}
