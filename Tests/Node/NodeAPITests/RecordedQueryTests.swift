import AsyncIO
import Bytes
import CBOR
import CometBFT
import ConsensusApp
import ConsensusService
import Foundation
import GRPC
import GoldenSupport
import JSONText
import NodeAPI
import OasisCrypto
import OasisTypes
import Telemetry
import Testing
import Wire

/// The recorded network at one height, its state made again from the genesis document that was exported there.
final class RecordedConsensus: ChainAccess {
  let chainContext: String
  let initialHeight: Int64 = 1
  let height: Int64
  let document: OasisTypes.GenesisDocument
  private let state: [[UInt8]: [UInt8]]

  init() throws {
    let export = try Self.calls("Consensus").first { $0["name"]?.string == "Consensus.StateToGenesis/mid" }
    let bytes = try #require([UInt8](hex: export?["response"]?["hex"]?.string ?? ""))
    document = try OasisTypes.GenesisDocument.decode(cbor: bytes, mode: .rpc)
    (height, chainContext) = (document.height, document.chainContext)
    // Before the first epoch every expiration is too far away; the limit is put back below.
    var start = document
    start.registry.parameters.maxNodeExpiration = 0
    var configuration = ConsensusApplication.Configuration()
    configuration.node.blacklist = .reserved  // the recorded network is one of tests
    configuration.node.allowsDebug = true
    let application = try ConsensusApplication(
      genesis: Genesis(document: start.json()), chainContext: document.chainContext, services: ServiceList.all(),
      store: try MemoryStateStore(), configuration: configuration)
    _ = try application.initChain(
      InitChainRequest(
        time: .init(seconds: 1_700_000_000, nanoseconds: 0), chainID: "", consensusParameters: .init(), validators: [], appState: [],
        initialHeight: height))
    state = Dictionary(uniqueKeysWithValues: try application.workingStateContents().map { ($0.key, $0.value) })
  }

  /// The recorded calls of a service.
  static func calls(_ service: String) throws -> [JSONValue] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let path = root.appendingPathComponent("Data/rpc/\(service).jsonl").path
    let bytes = try GoldenFile.read(FileManager.default.fileExists(atPath: path) ? path : path + ".gz")
    return try bytes.split(separator: UInt8(ascii: "\n")).map { try JSONParser.parse(Array($0)) }
  }

  func query<Answer: Sendable>(at height: Int64, _ body: @Sendable (StateTree) throws -> Answer) async throws -> Answer {
    guard height == self.height || height == 0 else { throw CodedError.versionNotFound }
    let tree = StateTree(over: MemoryState(state))
    RegistryState.parameters.set(tree, to: document.registry.parameters)
    EpochState.current.set(tree, to: EpochTimeState(epoch: document.beacon.base, height: height))
    return try body(tree)
  }

  func isSynced() async -> Bool { true }
  func waitSynced() async throws {}
  func latestHeight() async -> Int64 { height }
  func lastRetainedHeight() async -> Int64 { 1 }
  func updates() async -> AsyncStream<ConsensusUpdate> { AsyncStream { $0.finish() } }
  func lightBlock(at height: Int64) async throws -> Consensus.LightBlock { throw CodedError.versionNotFound }
  func block(at height: Int64) async throws -> CometBFT.Block { throw CodedError.versionNotFound }
  func results(at height: Int64) async throws -> BlockResults { throw CodedError.versionNotFound }
  func submit(_ transaction: SignedEnvelope) async throws -> SubmittedTransaction { throw CodedError.unsupported }
  func estimateGas(signer: PublicKey, _ transaction: Transaction) async throws -> UInt64 { 0 }
  func validators(at height: Int64) async throws -> ValidatorSetMessage { throw CodedError.versionNotFound }
  func engineParameters(at height: Int64) async throws -> CometBFT.ConsensusParameters { throw CodedError.versionNotFound }
  func submitNoWait(_ transaction: SignedEnvelope) async throws {}
  func unconfirmedTransactions() async -> [[UInt8]] { [] }
  func runningRound() async throws -> RunningRound { throw CodedError.noCommittedBlocks }
  func submitEvidence(_ evidence: CometBFT.Evidence) async throws {}
}

@Suite("Recorded queries", .timeLimit(.minutes(2))) struct RecordedQueryTests {
  /// Answers that an exported genesis does not hold, or that the start of a chain changes.
  static let lost: Set<String> = [
    "Beacon/GetBeacon", "Scheduler/GetValidators",  // made at the next epoch
    "Registry/GetNodes",  // only validators are exported
    "KeyManager.Secrets/GetStatuses", "KeyManager.Secrets/StateToGenesis",  // without their nodes
    "KeyManager.Churp/ConsensusParameters", "KeyManager.Churp/StateToGenesis",  // defaults are stored instead
    "RootHash/GetGenesisBlock", "RootHash/GetLatestBlock", "RootHash/GetRuntimeState", "RootHash/GetLastRoundResults",
    "RootHash/GetRoundRoots", "RootHash/GetPastRoundRoots", "RootHash/GetIncomingMessageQueueMeta",  // runtimes begin again
  ]

  @Test(arguments: [
    "Staking", "Registry", "Governance", "Vault", "KeyManager.Churp", "Scheduler", "Beacon", "RootHash",
  ]) func answersAsRecorded(_ service: String) async throws {
    let chain = try RecordedConsensus()
    let server = APIServer(log: .silent)
    let path = "\(NSTemporaryDirectory())api-\(UUID().uuidString.prefix(8)).sock"
    await server.register([
      StakingAPI(chain, genesis: chain.document), RegistryAPI(chain), BeaconAPI(chain, baseEpoch: chain.document.beacon.base),
      SchedulerAPI(chain), RootHashAPI(chain, commitments: CommitmentFeed()), GovernanceAPI(chain), VaultAPI(chain), KeyManagerAPI(chain),
      ChurpAPI(chain),
    ])
    let listener = try await server.listen(path: path)
    IO.spawn { await server.serve(listener) }
    let client = GRPCClient(.unix(path))
    var compared = 0
    for call in try RecordedConsensus.calls(service) where call["kind"]?.string == "unary" {
      let request = call["request"]?["json"]
      let asked: Int64? = request?.integer() ?? request?["height"]?.integer()
      guard asked == chain.height, call["node"]?.string == "validator-0", call["name"]?.string?.contains("#") == false,
        let method = call["method"]?.string, !Self.lost.contains(String(method.dropFirst("/oasis-core.".count))),
        !method.hasSuffix("/GetEvents")  // there are no blocks
      else { continue }
      compared += 1
      let name = call["name"]?.string ?? ""
      do {
        let answer = try await client.unary(method, try #require([UInt8](hex: call["request"]?["hex"]?.string ?? "")))
        #expect(answer.hex == call["response"]?["hex"]?.string ?? "", "\(name)")
      } catch let status as GRPCStatus { #expect(status.message == call["error"]?.string, "\(name)") }
    }
    #expect(compared > 0)
    await server.stop(grace: .zero)
  }
}
