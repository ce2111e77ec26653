internal import Bytes
internal import CometBFT
internal import KeyValueStore
internal import OasisCrypto

/// A key-value application whose state is in a store: a transaction `key=value` sets a key.
final class DiskApplication: Application {
  private let store: any KeyValueStore
  private var height: Int64 = 0
  private var appHash: [UInt8] = []
  private var working: (height: Int64, hash: [UInt8], batch: WriteBatch) = (0, [], WriteBatch())

  init(store: any KeyValueStore) throws {
    self.store = store
    guard let info = try store.get(Array("info".utf8)) else { return }
    height = info.prefix(8).reduce(0) { $0 << 8 | Int64($1) }
    appHash = Array(info.dropFirst(8))
  }

  func info() -> ApplicationInfo { ApplicationInfo(appVersion: 7, lastBlockHeight: height, lastBlockAppHash: appHash) }

  func initChain(_ request: InitChainRequest) -> InitChainResponse {
    appHash = Hash.digest(Array("start".utf8)).bytes
    return InitChainResponse(appHash: appHash)
  }

  func prepareProposal(_ request: PrepareProposalRequest) -> [[UInt8]] { request.transactions }
  func processProposal(_ request: ProcessProposalRequest) -> Bool { true }
  func checkTransaction(_ request: CheckTransactionRequest) -> CheckTransactionResponse { CheckTransactionResponse() }

  func beginBlock(_ request: BeginBlockRequest) -> BeginBlockResponse {
    working = (request.header.height, appHash, WriteBatch())
    return BeginBlockResponse(events: [])
  }

  func deliverTransaction(_ transaction: [UInt8]) -> DeliverTransactionResponse {
    let parts = transaction.split(separator: UInt8(ascii: "="), maxSplits: 1)
    if parts.count == 2 { working.batch.put(Array("v:".utf8) + parts[0], Array(parts[1])) }
    working.hash = Hash.digest(working.hash, transaction).bytes
    return DeliverTransactionResponse()
  }

  func endBlock(height: Int64) -> EndBlockResponse {
    EndBlockResponse(consensusParameterUpdates: ConsensusParameters(version: .init(app: 7)))
  }

  func commit() throws -> CommitResponse {
    let hash = Hash.digest(working.hash, Array("\(working.height)".utf8)).bytes
    let number = (0..<8).reversed().map { UInt8(truncatingIfNeeded: working.height >> (8 * $0)) }
    working.batch.put(Array("info".utf8), number + hash)
    try store.write(working.batch, sync: true)
    (height, appHash) = (working.height, hash)
    return CommitResponse(appHash: hash)
  }
}
