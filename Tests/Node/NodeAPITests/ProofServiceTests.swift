import Bytes
import CometBFT
import ConsensusApp
import ConsensusService
import Foundation
import GRPC
import KeyValueStore
import MKVS
import MKVSDatabase
import OasisCrypto
import OasisTypes
import Testing
import Wire

@testable import NodeAPI

/// A runtime's trees with two finalized versions.
struct StoredRuntime: RuntimeStorageBackend {
  let runtimeID = FakeConsensus.runtime
  let database: NodeDatabase
  let first: Root
  let second: Root

  init() throws {
    let database = try NodeDatabase(store: MemoryStore(), namespace: FakeConsensus.runtime)
    func apply(_ source: Root, _ version: UInt64, _ log: WriteLog) throws -> Root {
      let tree = try Tree(store: database, root: source)
      try tree.apply(log)
      let root = try tree.commit(namespace: FakeConsensus.runtime, version: version).root
      try database.finalize([root])
      return root
    }
    let start = Root(namespace: FakeConsensus.runtime, version: 0, type: .state, hash: .empty)
    let first = try apply(start, 0, [LogEntry([1], [1])])
    (self.database, self.first) = (database, first)
    second = try apply(first, 1, (0..<25).map { LogEntry([2, $0], [$0]) })
  }

  func syncGet(_ request: GetRequest) async throws -> ProofResponse { try database.syncGet(request) }
  func syncGetPrefixes(_ request: GetPrefixesRequest) async throws -> ProofResponse { try database.syncGetPrefixes(request) }
  func syncIterate(_ request: IterateRequest) async throws -> ProofResponse { try database.syncIterate(request) }
  func writeLog(from start: Root, to end: Root) async throws -> WriteLog { try database.writeLog(from: start, to: end) }
}

@Suite("Proofs, differences, commitments", .timeLimit(.minutes(5))) struct ProofServiceTests {
  @Test func answersWithProofs() async throws {
    let server = try await TestServer()
    let stored = server.stored
    let tree = TreeID(root: stored.second, position: stored.second.hash)
    for service in ["Consensus/StateSync", "Storage/Sync"] {
      let request = GetRequest(tree: tree, key: [2, 7])
      let answer: ProofResponse = try await server.client.call("\(service)Get", request)
      #expect(answer == (try stored.database.syncGet(request)))
      let iterate = IterateRequest(tree: tree, key: [2], prefetch: 3)
      #expect(try await server.client.call("\(service)Iterate", iterate, as: ProofResponse.self) == stored.database.syncIterate(iterate))
      var wrong = request
      wrong.proofVersion = 2
      await #expect { try await server.client.call("\(service)Get", wrong, as: ProofResponse.self) } throws: {
        ($0 as? GRPCStatus)?.message == "mkvs: unsupported proof version: 2"
      }
      var unknown = request
      unknown.tree.root.hash = Hash.digest([9])
      await #expect { try await server.client.call("\(service)Get", unknown, as: ProofResponse.self) } throws: {
        ($0 as? CodedError)?.isSame(as: CodedError("storage/mkvs/db", 8, "")) ?? false
      }
    }
    var foreign = GetRequest(tree: tree, key: [1])
    foreign.tree.root.namespace = Namespace()
    await #expect { try await server.client.call("Consensus/StateSyncGet", foreign, as: ProofResponse.self) } throws: {
      ($0 as? CodedError)?.isSame(as: CodedError("storage/mkvs/db", 10, "")) ?? false
    }
    await #expect { try await server.client.call("Storage/SyncGet", foreign, as: ProofResponse.self) } throws: {
      ($0 as? GRPCStatus)?.message.hasPrefix("runtime/registry: runtime 000000") ?? false
    }
    await server.stop()
  }

  @Test func sendsDifferencesInPieces() async throws {
    let server = try await TestServer()
    func chunks(_ request: GetDiffRequest) async throws -> [SyncChunk] {
      var chunks: [SyncChunk] = []
      try await server.client.stream("Storage/GetDiff", request.cbor(), of: SyncChunk.self) {
        chunks.append($0)
        return true
      }
      return chunks
    }
    var request = GetDiffRequest(from: server.stored.first, to: server.stored.second)
    let all = try await chunks(request)
    #expect(all.map { $0.writeLog?.count } == [10, 10, 5] && all.map(\.isFinal) == [false, false, true])
    request.options.limit = 12
    #expect(try await chunks(request).map { $0.writeLog?.count } == [10, 2])
    request.options = SyncOptions()
    request.options.offsetKey = all[2].writeLog?[3].key
    #expect(try await chunks(request).map { $0.writeLog?.count } == [1])
    request.options.offsetKey = [9, 9]
    #expect(try await chunks(request) == [SyncChunk(isFinal: true, writeLog: nil)])
    var checkpoints = GetCheckpointsRequest()
    (checkpoints.version, checkpoints.namespace) = (1, FakeConsensus.runtime)
    #expect(try await server.client.call("Storage/GetCheckpoints", checkpoints, as: [CheckpointMetadata]?.self) == nil)
    await server.stop()
  }

  @Test func tellsOfCommitmentsOfOneRuntime() async throws {
    let server = try await TestServer()
    var commitment = RootHash.ExecutorCommitment()
    commitment.header.header.round = 7
    let (feed, watched) = (server.commitments, commitment)
    let sender = Task {
      while !Task.isCancelled {
        feed.observe(Namespace(), RootHash.ExecutorCommitment())
        feed.observe(FakeConsensus.runtime, watched)
        try? await Task.sleep(for: .milliseconds(5))
      }
    }
    var found: [RootHash.ExecutorCommitment] = []
    try await server.client.stream("RootHash/WatchExecutorCommitments", FakeConsensus.runtime.cbor(), of: RootHash.ExecutorCommitment.self)
    {
      found.append($0)
      return found.count < 2
    }
    sender.cancel()
    #expect(found == [commitment, commitment])
    await server.stop()
  }

  @Test func tellsWhoHasVoted() async throws {
    let server = try await TestServer()
    let next: Consensus.NextBlockState = try await server.client.call("Consensus/GetNextBlockState")
    #expect(next.height == 4 && next.validatorCount == 3 && next.votingPower == 40)
    #expect(next.prevotes.votingPower == 10 && next.prevotes.ratio.value == 0.25 && next.prevotes.votes?.count == 1)
    #expect(next.precommits.votes == nil && next.precommits.ratio.value == 0)
    #expect(next.jsonText().contains("\"ratio\":0.25") && next.jsonText().contains("\"ratio\":0,"))
    await server.stop()
  }

  @Test func refusesEvidenceInTheReferencesWords() async throws {
    let server = try await TestServer()
    func refusal(_ bytes: [UInt8]) async -> String {
      do { try await server.client.run("Consensus/SubmitEvidence", Consensus.EvidenceMessage(meta: bytes)) } catch {
        return (error as? GRPCStatus)?.message ?? "\(error)"
      }
      return ""
    }
    #expect(
      await refusal([1, 2, 3]) == "cometbft: malformed evidence while unmarshalling: proto: Evidence: illegal tag 0 (wire type 1)")
    #expect(await refusal([]) == "cometbft: malformed evidence while converting: evidence is not recognized")
    #expect(await refusal([10, 9]) == "cometbft: malformed evidence while unmarshalling: unexpected EOF")
    await server.stop()
  }

  @Test func readsWhatASlowReaderMissed() async throws {
    let (backend, heights) = (FakeConsensus(telling: [3, 4, 8]), Recorder())
    try await backend.follow { await heights.add($0.height) }
    #expect(await heights.all == [4, 5, 6, 7, 8])
  }

  private actor Recorder {
    private(set) var all: [Int64] = []
    func add(_ height: Int64) { all.append(height) }
  }
}
