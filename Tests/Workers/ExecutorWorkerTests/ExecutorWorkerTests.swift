import Bytes
import CometBFT
import CommitteeWorker
import ConsensusApp
import ConsensusService
import KeyValueStore
import MKVS
import MKVSDatabase
import OasisCrypto
import OasisTypes
import RegistrationWorker
import RuntimeHost
import RuntimeHistory
import RuntimeProtocol
import Synchronization
import Telemetry
import Testing
import TransactionPool
import Wire
import WorkerTestSupport

@testable import ExecutorWorker

/// What is published, and what peers know.
private final class Peers: CommitteePeers {
  let proposals = Mutex<[RootHash.Proposal]>([])
  let known = Mutex<[[UInt8]]>([])
  func publish(_ proposal: RootHash.Proposal, epoch: Epoch) async { proposals.withLock { $0.append(proposal) } }
  func transactions(_ hashes: [Hash]) async throws -> [[UInt8]] { known.withLock { $0 } }
}

@Suite("Executor worker (08 C4)", .serialized, .timeLimit(.minutes(5))) struct ExecutorWorkerTests {
  private let peers = Peers()
  private let other = MemorySigner(seed: [UInt8](repeating: 9, count: 32))

  private struct Parts: Sendable {
    let worker: ExecutorWorker
    let registration: RegistrationWorker
    let provider: RoleProvider
  }

  private func parts(_ bench: WorkerBench, observing feed: CommitmentFeed? = nil) async -> Parts {
    let configuration = RegistrationWorker.Configuration(
      entityID: bench.node.publicKey, node: bench.node, p2p: bench.node, consensus: bench.node, vrf: bench.node, tls: bench.node,
      softwareVersion: "test")
    let registration = RegistrationWorker(
      configuration: configuration, backend: bench.chain, submission: bench.submission, store: MemoryStore(), log: bench.log, now: { 0 })
    let provider = await registration.provider(for: .compute)
    let worker = ExecutorWorker(
      runtimeID: WorkerBench.runtimeID, node: bench.node, backend: bench.chain, submission: bench.submission, committee: bench.committee,
      pool: bench.pool, history: bench.history, database: bench.database, store: bench.store, provider: provider, peers: peers,
      observed: feed, log: bench.log)
    return Parts(worker: worker, registration: registration, provider: provider)
  }

  /// Says that the trees of the newest block are stored.
  private func sync(_ bench: WorkerBench) async throws {
    let round = bench.chain.now.runtime?.lastBlock?.header.round ?? 0
    try await bench.eventually { await bench.history.lastRound == round }
    try await bench.history.storageSynced(round: round)
  }

  private var others: [CommitteeNode] {
    [
      CommitteeNode(role: .worker, publicKey: other.publicKey),
      CommitteeNode(role: .worker, publicKey: MemorySigner(seed: [UInt8](repeating: 3, count: 32)).publicKey),
    ]
  }

  @Test func schedulesCommitsAndGoesOn() async throws {
    let bench = try WorkerBench()
    let parts = await parts(bench)
    bench.chain.advance { $0.runtime = bench.genesis() }
    try await bench.running([{ await parts.worker.run() }]) {
      try await sync(bench)
      // Without transactions the first round after genesis is made all the same.
      try await bench.eventually { bench.chain.commitments.count == 1 }
      let first = try #require(bench.chain.commitments.first)
      #expect(first.header.header.round == 1 && first.header.failure == .none)
      #expect(first.isSignatureValid(runtime: WorkerBench.runtimeID, chainContext: bench.chain.chainContext, blacklist: .production))
      let proposal = try #require(peers.proposals.withLock { $0.first })
      #expect(proposal.header.round == 1)
      #expect(proposal.isSignatureValid(runtime: WorkerBench.runtimeID, chainContext: bench.chain.chainContext, blacklist: .production))
      bench.chain.addRuntimeBlock { $0.ioRoot = first.header.header.ioRoot ?? .empty }
      try await sync(bench)
      // Then only when there is something to do.
      _ = try await bench.pool.submit([1, 2, 3])
      try await bench.eventually { bench.chain.commitments.count == 2 }
      let second = bench.chain.commitments[1].header.header
      #expect(second.round == 2)
      #expect(try bench.database.hasRoot(.init(namespace: WorkerBench.runtimeID, version: 2, type: .io, hash: second.ioRoot ?? .empty)))
      #expect(await bench.pool.sizes.schedule == 1)
      bench.chain.addRuntimeBlock { $0.ioRoot = second.ioRoot ?? .empty }
      try await bench.eventually { await bench.pool.sizes.schedule == 0 }  // used up
    }
  }

  @Test func aCommitmentIsDroppedWhenItsRoundIsOver() async throws {
    let stuck = Mutex(0)
    let bench = try WorkerBench(onSubmit: { _ in
      stuck.withLock { $0 += 1 }
      defer { stuck.withLock { $0 -= 1 } }
      try await Task.sleep(for: .seconds(1000))
    })
    let parts = await parts(bench)
    bench.chain.advance { $0.runtime = bench.genesis() }
    try await bench.running([{ await parts.worker.run() }]) {
      try await sync(bench)
      try await bench.eventually { stuck.withLock { $0 } == 1 }
      bench.chain.addRuntimeBlock { $0.type = .roundFailed }
      try await bench.eventually { stuck.withLock { $0 } == 0 }
      #expect(bench.lines.contains("executor commit dropped"))
      #expect(!bench.lines.contains("failed to submit executor commit"))
    }
  }

  @Test func executesOthersProposals() async throws {
    let bench = try WorkerBench()
    let parts = await parts(bench)
    let members = others
    bench.chain.advance { $0.runtime = bench.genesis(members, round: 1) }  // round 2: the other is of rank 0
    try await bench.running([{ await parts.worker.run() }]) {
      try await sync(bench)
      let block = try #require(bench.chain.now.runtime?.lastBlock)
      try await bench.eventually { await parts.worker.dispatch != nil }
      var proposal = RootHash.Proposal()
      (proposal.header.round, proposal.header.previousHash) = (2, block.header.hash)
      proposal.batch = [Hash.digest([7, 7])]
      // Not signed by who it says.
      try proposal.sign(with: bench.node, runtime: WorkerBench.runtimeID, chainContext: bench.chain.chainContext)
      proposal.nodeID = other.publicKey
      let forged = proposal
      await #expect(throws: ProposalRefusal(description: "bad signature", isPermanent: true)) { try await parts.worker.receive(forged) }
      try proposal.sign(
        with: MemorySigner(seed: [UInt8](repeating: 8, count: 32)), runtime: WorkerBench.runtimeID, chainContext: bench.chain.chainContext)
      let stranger = proposal
      await #expect(throws: ProposalRefusal.self) { try await parts.worker.receive(stranger) }
      try proposal.sign(with: other, runtime: WorkerBench.runtimeID, chainContext: bench.chain.chainContext)
      try await parts.worker.receive(proposal)
      // The transaction is fetched from peers.
      peers.known.withLock { $0 = [[7, 7]] }
      try await bench.eventually { bench.chain.commitments.count == 1 }
      let commitment = try #require(bench.chain.commitments.first)
      #expect(commitment.header.schedulerID == other.publicKey && commitment.nodeID == bench.node.publicKey)
      #expect(commitment.header.failure == .none && commitment.messages.isEmpty)
      #expect(peers.proposals.withLock { $0.isEmpty })
      var past = proposal
      past.header.round = 1
      try past.sign(with: bench.node, runtime: WorkerBench.runtimeID, chainContext: bench.chain.chainContext)
      let old = past
      await #expect(throws: ProposalRefusal.self) { try await parts.worker.receive(old) }
    }
  }

  @Test func aRestartedNodeHandsInTheSameCommitment() async throws {
    let (store, trees, blocks) = (MemoryStore(), MemoryStore(), MemoryStore())
    var signed: RootHash.ExecutorCommitment?
    for start in 0..<2 {
      let bench = try WorkerBench(store: store, historyStore: blocks, treeStore: trees)
      let parts = await parts(bench)
      bench.chain.advance { $0.runtime = bench.genesis() }
      let found = Mutex<RootHash.ExecutorCommitment?>(nil)
      try await bench.running([{ await parts.worker.run() }]) {
        try await sync(bench)
        // Another transaction would make another batch.
        if start == 1 { _ = try await bench.pool.submit([4, 4]) }
        try await bench.eventually { !bench.chain.commitments.isEmpty }
        found.withLock { $0 = bench.chain.commitments.first }
        if start == 1 {
          try await bench.eventually { bench.lines.contains("signed before the restart") }
          #expect(bench.chain.commitments.count == 1)
        }
      }
      let commitment = found.withLock { $0 }
      if let signed { #expect(commitment == signed) }
      signed = commitment
    }
  }

  /// Killed after any number of writes to any of its stores, and started again with other transactions in the pool: the node never hands
  /// in two different commitments for its rank of a round.
  @Test func noKillMakesItSignTwice() async throws {
    for limit in 1..<30 {
      let (store, trees, blocks) = (MemoryStore(), MemoryStore(), MemoryStore())
      let fuse = Fuse(limit)
      let seen = Mutex<[RootHash.ExecutorCommitment]>([])
      for start: UInt8 in 0..<2 {
        let isFirst = start == 0
        let bench = try? WorkerBench(
          store: isFirst ? DyingStore(store, fuse) : store, historyStore: isFirst ? DyingStore(blocks, fuse) : blocks,
          treeStore: isFirst ? DyingStore(trees, fuse) : trees)
        guard let bench else { continue }  // died while it opened its stores
        let parts = await parts(bench)
        bench.chain.advance { $0.runtime = bench.genesis() }
        do {
          try await bench.running([{ await parts.worker.run() }]) {
            try await bench.eventually { if isFirst, fuse.isBurnt { true } else { await bench.history.lastRound == 0 } }
            try await bench.history.storageSynced(round: 0)
            _ = try await bench.pool.submit([start, start])
            try await bench.eventually { (isFirst && fuse.isBurnt) || !bench.chain.commitments.isEmpty }
          }
        } catch {
          if !isFirst { throw error }
        }
        let commitments = bench.chain.commitments
        seen.withLock { $0 += commitments }
      }
      let all = seen.withLock { $0 }
      #expect(!all.isEmpty)
      for commitment in all where commitment.header.failure == .none { #expect(commitment == all.first { $0.header.failure == .none }) }
    }
  }

  @Test func aSchedulersCommitmentOnItsWayCounts() async throws {
    let bench = try WorkerBench()
    let feed = CommitmentFeed()
    let parts = await parts(bench, observing: feed)
    let members = others
    bench.chain.advance { $0.runtime = bench.genesis(members, round: 1) }  // round 2: the other is of rank 0
    try await bench.running([{ await parts.worker.run() }]) {
      try await sync(bench)
      let block = try #require(bench.chain.now.runtime?.lastBlock)
      try await bench.eventually { await parts.worker.dispatch != nil }
      var commitment = RootHash.ExecutorCommitment()
      (commitment.header.schedulerID, commitment.header.header.round) = (other.publicKey, 2)
      commitment.header.header.previousHash = block.header.hash
      try commitment.sign(with: other, runtime: WorkerBench.runtimeID, chainContext: bench.chain.chainContext)
      var forged = commitment
      forged.signature = Signature()
      feed.observe(WorkerBench.runtimeID, forged)
      feed.observe(WorkerBench.runtimeID, commitment)
      try await bench.eventually { await parts.worker.machine.isWaitingForScheduler(above: 0) }
    }
  }

  @Test func aRuntimeThatDoesNotAnswerIsAborted() async throws {
    let bench = try WorkerBench()
    let parts = await parts(bench)
    var state = bench.genesis()
    state.runtime?.transactionScheduler.proposeBatchTimeout = 10_000_000
    let genesis = state
    let fails = Mutex(2)
    bench.host.behave { body in
      guard case .runtimeExecuteTxBatchRequest = body,
        fails.withLock({ fails in
          defer { fails -= 1 }
          return fails > 0
        })
      else { return nil }
      throw ConnectionError.timedOut
    }
    bench.chain.advance { $0.runtime = genesis }
    try await bench.running([{ await parts.worker.run() }]) {
      try await sync(bench)
      try await bench.eventually { bench.chain.commitments.count == 1 }  // tried again
      #expect(bench.host.aborts == 2)
      #expect(bench.lines.contains("error while sending batch processing request to runtime"))
    }
  }

  @Test func aRoundThatMovesOnLeavesItsCallBehind() async throws {
    let bench = try WorkerBench()
    let parts = await parts(bench)
    let (gate, open) = AsyncStream.makeStream(of: Void.self)
    let first = Mutex(true)
    bench.host.behave { body in
      guard case .runtimeExecuteTxBatchRequest = body,
        first.withLock({ first in
          defer { first = false }
          return first
        })
      else { return nil }
      for await _ in gate { break }
      return nil
    }
    bench.chain.advance { $0.runtime = bench.genesis() }
    try await bench.running([{ await parts.worker.run() }]) {
      try await sync(bench)
      try await bench.eventually { bench.host.calls.contains("RuntimeExecuteTxBatchRequest") }
      for _ in 0..<3 { bench.chain.addRuntimeBlock { $0.type = .roundFailed } }
      try await sync(bench)
      try await bench.eventually { await parts.worker.machine.round?.number == 4 }
      #expect(bench.chain.commitments.isEmpty)
      open.yield()  // the call of round 1 ends: its outcome counts for nothing
      try await bench.eventually { bench.chain.commitments.count == 1 }
      #expect(bench.chain.commitments[0].header.header.round == 4)
    }
  }

  @Test func stopsWhileABatchRuns() async throws {
    let bench = try WorkerBench()
    let parts = await parts(bench)
    bench.host.behave { body in
      if case .runtimeExecuteTxBatchRequest = body { try await Task.sleep(for: .seconds(1000)) }
      return nil
    }
    bench.chain.advance { $0.runtime = bench.genesis() }
    let began = ContinuousClock.now
    try await bench.running([{ await parts.worker.run() }]) {
      try await sync(bench)
      try await bench.eventually { bench.host.calls.contains("RuntimeExecuteTxBatchRequest") }
    }
    #expect(ContinuousClock.now - began < .seconds(100))
  }

  @Test func theRoleFollowsTheRuntime() async throws {
    let bench = try WorkerBench()
    let parts = await parts(bench)
    bench.chain.advance { $0.runtime = bench.genesis() }
    try await bench.running([{ await parts.worker.run() }]) {
      try await bench.eventually { await parts.worker.availability == .ready }
      bench.host.tell(.failedToStart("no sandbox"))
      try await bench.eventually { await parts.worker.availability == .waitingForRuntime }
      bench.host.behave { body in
        if case .runtimeConsensusSyncRequest = body { throw CallError.notReady }
        return nil
      }
      bench.host.tell(.started(version: WorkerBench.version))
      try await bench.eventually { await parts.worker.availability == .waitingForTrustSync }
      bench.host.behave(nil)
      try await bench.eventually { await parts.worker.availability == .ready }
    }
  }

  @Test func aDisputedBatchWaitsForTheRuntimeToFollow() async throws {
    let bench = try WorkerBench()
    let parts = await parts(bench)
    let members = [
      CommitteeNode(role: .worker, publicKey: other.publicKey), CommitteeNode(role: .backupWorker, publicKey: bench.node.publicKey),
    ]
    bench.chain.advance { $0.runtime = bench.genesis(members) }
    try await bench.running([{ await parts.worker.run() }]) {
      try await sync(bench)
      let block = try #require(bench.chain.now.runtime?.lastBlock)
      try await bench.eventually { await parts.worker.dispatch != nil }
      var proposal = RootHash.Proposal()
      (proposal.header.round, proposal.header.previousHash) = (1, block.header.hash)
      try proposal.sign(with: other, runtime: WorkerBench.runtimeID, chainContext: bench.chain.chainContext)
      try await parts.worker.receive(proposal)
      try await bench.eventually { await parts.worker.machine.state.name == "WaitingForEvent" }
      #expect(bench.chain.commitments.isEmpty)
      var event = RootHash.ExecutionDiscrepancyDetectedEvent()
      (event.round, event.rank) = (1, 0)
      bench.chain.advance(events: [
        .init(
          type: BlockEvent.type(of: RootHash.ExecutionDiscrepancyDetectedEvent.service),
          attributes: [
            .init(key: "runtime_id", value: WorkerBench.runtimeID.bytes.base64),
            .init(key: RootHash.ExecutionDiscrepancyDetectedEvent.kind, value: event.cbor().base64),
          ])
      ])
      try await bench.eventually { bench.chain.commitments.count == 1 }
      #expect(bench.lines.contains("execution discrepancy detected"))
      let calls = bench.host.calls
      let sync = try #require(calls.lastIndex(of: "RuntimeConsensusSyncRequest"))
      #expect(calls[..<sync].count < calls.lastIndex(of: "RuntimeExecuteTxBatchRequest") ?? 0)
    }
  }
}
