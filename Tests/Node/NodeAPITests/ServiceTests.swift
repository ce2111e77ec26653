import AsyncIO
import Bytes
import CometBFT
import ConsensusService
import Foundation
import GRPC
import MKVS
import NodeAPI
import OasisCrypto
import OasisTypes
import Telemetry
import Testing
import Wire

/// All services on a real unix socket.
struct TestServer: ~Copyable {
  let path: String
  let client: NodeClient
  let stored: StoredRuntime
  let commitments: CommitmentFeed
  let meters: MetricsRegistry
  private let server: APIServer

  init(runtime: FakeRuntime = FakeRuntime()) async throws {
    let chain = FakeConsensus()
    let key = FakeConsensus.validator.publicKey
    let status = ConsensusStatusReader(chain, consensusKey: key, network: nil)
    var sources = NodeControllerAPI.Sources(mode: "compute", identity: .init(node: key, consensus: key, tls: key))
    sources.runtimes = [FakeRuntime()]
    let (stored, commitments, meters) = (try StoredRuntime(), CommitmentFeed(), MetricsRegistry())
    let server = APIServer(log: .silent, meters: meters)
    let path = "\(NSTemporaryDirectory())api-\(UUID().uuidString.prefix(8)).sock"
    await server.register([
      NodeControllerAPI(consensus: chain, consensusStatus: status, sources: sources, node: FakeNode(), log: .silent),
      ConsensusAPI(chain, genesis: GenesisDocument(), status: status, state: stored.database),
      StakingAPI(chain, genesis: GenesisDocument()), RegistryAPI(chain),
      BeaconAPI(chain, baseEpoch: 1), SchedulerAPI(chain), RootHashAPI(chain, commitments: commitments),
      RuntimeClientAPI(chain, runtimes: [runtime]),
      StorageWorkerAPI([]), StorageAPI([stored]), GovernanceAPI(chain), VaultAPI(chain), KeyManagerAPI(chain), ChurpAPI(chain),
    ])
    let listener = try await server.listen(path: path)
    (self.stored, self.commitments, self.meters, self.server, self.path) = (stored, commitments, meters, server, path)
    IO.spawn { [server] in await server.serve(listener) }
    client = NodeClient(.unix(path))
  }

  func stop() async { await server.stop(grace: .zero) }
}

@Suite("API services", .timeLimit(.minutes(5))) struct ServiceTests {
  @Test func takesNoOthersSocketOrFile() async throws {
    let server = try await TestServer()
    let second = APIServer(log: .silent)
    await #expect(throws: IOError.invalid("another process answers on this socket")) { try await second.listen(path: server.path) }
    #expect(try await server.client.isReady())
    let file = "\(NSTemporaryDirectory())api-\(UUID().uuidString.prefix(8)).pem"
    try Data("a key".utf8).write(to: URL(fileURLWithPath: file))
    await #expect(throws: IOError.invalid("is not a socket: it is left as it is")) { try await second.listen(path: file) }
    #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == Data("a key".utf8))
    try FileManager.default.removeItem(atPath: file)
    await server.stop()
  }

  @Test func answersAboutTheNode() async throws {
    let server = try await TestServer()
    let status = try await server.client.status()
    #expect(status.softwareVersion == "26.1" && status.mode == "compute")
    let consensus = try #require(status.consensus)
    #expect(consensus.latestHeight == 3 && consensus.isValidator && consensus.latestEpoch == 4)
    #expect(consensus.latestStateRoot.version == 2 && consensus.latestStateRoot.hash.bytes == [UInt8](repeating: 3, count: 32))
    #expect(status.runtimes[FakeConsensus.runtime]?.latestRound == 1)
    #expect(try await server.client.isReady())
    try await server.client.waitReady()
    try await server.client.requestShutdown(wait: true)
    await server.stop()
  }

  @Test func answersAboutChainAndState() async throws {
    let server = try await TestServer()
    let client = server.client
    #expect(try await client.block().height == 3)
    #expect(try await client.block(at: 2).hash.bytes == FakeConsensus.block(2).header.hash())
    #expect(try await client.account(FakeConsensus.account).general.balance == 100)
    #expect(try await client.epoch() == 4)
    let events: [StakingEvent] = try await client.call("Staking/GetEvents", Int64(2))
    #expect(events.count == 1 && events[0].height == 2 && events[0].transfer?.amount == 5)
    #expect(events[0].transactionHash == Hash.digest([1, 2, 2]))
    let results: Consensus.TransactionsWithResults = try await client.call("Consensus/GetTransactionsWithResults", Int64(0))
    #expect(results.results?.first?.events?.first?.staking?.height == 0)
    await server.stop()
  }

  @Test func carriesErrorsWithModuleAndCode() async throws {
    let server = try await TestServer()
    let client = server.client
    await #expect { try await client.submit(SignedEnvelope()) } throws: {
      ($0 as? CodedError)?.isSame(as: CodedError("staking", 5, "")) ?? false
    }
    await #expect { try await client.account(FakeConsensus.account, at: 9) } throws: {
      ($0 as? CodedError)?.isSame(as: CodedError("consensus", 3, "")) ?? false
    }
    await #expect { try await client.block(at: 9) } throws: {
      ($0 as? GRPCStatus)?.message
        == "cometbft: block query failed: height 9 must be less than or equal to the current blockchain height 3"
    }
    await #expect { try await client.call("Beacon/GetEpoch", "text", as: UInt64.self) } throws: {
      ($0 as? GRPCStatus)?.code == .internal
    }
    await #expect { try await client.run("Consensus/GetSignerNonce") } throws: { ($0 as? GRPCStatus)?.code == .unimplemented }
    await server.stop()
  }

  @Test func answersForParaTimes() async throws {
    let server = try await TestServer()
    let (client, id) = (server.client, FakeConsensus.runtime)
    let included = try await client.submitRuntime(id, [1])
    #expect(included.data == [9] && included.round == 1 && included.batchOrder == 2 && included.checkError == nil)
    #expect(try await client.submitRuntime(id, [2]).checkError?.message == "method not found")
    #expect(try await client.queryRuntime(id, method: "get", arguments: [0xf6]) == [0xf6])
    await #expect { try await client.run("RuntimeClient/CheckTx", RuntimeClient.Submission(runtimeID: id, data: [2])) } throws: {
      "\($0)" == "client: transaction check failed: runtime error: module: test code: 1 message: method not found"
    }
    await #expect { try await client.queryRuntime(id, round: 7, method: "get", arguments: []) } throws: {
      "\($0)" == "client: failed to fetch annotated block from history: roothash: block not found"
    }
    let round = RuntimeClient.RoundRequest(runtimeID: id, round: 1)
    let results: [RuntimeClient.TransactionWithResults] = try await client.call("RuntimeClient/GetTransactionsWithResults", round)
    #expect(results.count == 1 && results[0].result == [3] && results[0].events == [.init(key: [4], value: [5])])
    await #expect { try await client.queryRuntime(Namespace(), method: "get", arguments: []) } throws: {
      ($0 as? CodedError)?.isSame(as: RuntimeClient.noHostedRuntime) ?? false
    }
    await server.stop()
  }

  @Test func streamsBlocksAndEpochs() async throws {
    let server = try await TestServer()
    var heights: [Int64] = []
    try await server.client.stream("Consensus/WatchBlocks", of: Consensus.Block.self) { block in
      heights.append(block.height)
      return true
    }
    #expect(heights == [4, 5])
    var epochs: [Epoch] = []
    try await server.client.stream("Beacon/WatchEpochs", of: Epoch.self) { epoch in
      epochs.append(epoch)
      return true
    }
    #expect(epochs == [1, 2])
    await server.stop()
  }

  @Test func watchersOfAParaTimeMissNoRound() async throws {
    var runtime = FakeRuntime()
    (runtime.watched, runtime.pruned) = ([3, 6, 6, 5, 9, 10], [7])  // as a stream that lost blocks gives them
    let server = try await TestServer(runtime: runtime)
    var rounds: [UInt64] = []
    let id = FakeConsensus.runtime.cbor()
    try await server.client.stream("RuntimeClient/WatchBlocks", id, of: RootHash.AnnotatedBlock.self) { block in
      let round = try #require(block.block?.header.round)
      #expect(block.height == Int64(round) + 10)
      rounds.append(round)
      return true
    }
    #expect(rounds == [3, 4, 5, 6, 8, 9, 10])
    await server.stop()
  }

  @Test func countsCallsByMethod() async throws {
    let server = try await TestServer()
    _ = try await server.client.block()
    await #expect(throws: GRPCStatus.self) { try await server.client.run("Consensus/NoSuchMethod") }
    try await server.client.stream("Beacon/WatchEpochs", of: Epoch.self) { _ in true }
    await server.stop()
    let page = server.meters.exposition()
    #expect(page.contains("oasis_grpc_server_calls{call=\"/oasis-core.Consensus/GetBlock\"} 1\n"))
    #expect(page.contains("oasis_grpc_server_latency_count{call=\"/oasis-core.Consensus/GetBlock\"} 1\n"))
    #expect(page.contains("oasis_grpc_server_stream_writes{call=\"/oasis-core.Beacon/WatchEpochs\"} 2\n"))
    #expect(!page.contains("NoSuchMethod"))
  }

  @Test func onlyTheOwnerMayUseTheSocket() async throws {
    let server = try await TestServer()
    let mode = try FileManager.default.attributesOfItem(atPath: server.path)[.posixPermissions] as? Int
    #expect(mode.map { $0 & 0o077 } == 0)
    await server.stop()
  }
}
