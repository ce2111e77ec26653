import Bytes
import ConsensusApp
import KeyValueStore
import OasisCrypto
import OasisTypes
@testable import RuntimeHost
import RuntimeHistory
import RuntimeProtocol
import Telemetry
import Testing
import WorkerTestSupport

@testable import CommitteeWorker

@Suite("Committee worker (08 C2)", .serialized, .timeLimit(.minutes(5))) struct CommitteeWorkerTests {
  @Test func statusFollowsTheConditions() async throws {
    let bench = try WorkerBench()
    #expect(await bench.committee.state == .waitingForConsensusSync)
    try await bench.running {
      try await bench.eventually { await bench.committee.state == .waitingForDescriptor }
      bench.chain.advance()
      bench.chain.advance { $0.runtime = bench.genesis() }
      try await bench.eventually { await bench.committee.state == .waitingForHistoryReindex }
      await bench.committee.historyIsReady()
      #expect(await bench.committee.state == .waitingForWorkers)
      await bench.committee.workersAreReady()
      try await bench.eventually { await bench.committee.state == .ready }
      bench.host.tell(.stopped)
      try await bench.eventually { await bench.committee.state == .waitingForHost }
      bench.host.tell(.started(version: WorkerBench.version))
      try await bench.eventually { await bench.committee.state == .ready }
      bench.chain.advance(isEpochChange: true) { $0.runtime?.suspended = true }
      try await bench.eventually { await bench.committee.state == .suspended }
      bench.chain.advance(isEpochChange: true) { $0.runtime?.suspended = false }
      try await bench.eventually { await bench.committee.state == .ready }
    }
  }

  @Test func everyBlockIsTold() async throws {
    let bench = try WorkerBench()
    bench.chain.advance { $0.runtime = bench.genesis() }
    try await bench.running {
      var dispatches = bench.committee.dispatches().makeAsyncIterator()
      #expect(await dispatches.next()?.block.header.round == 0)
      let block = bench.chain.addRuntimeBlock()
      let next = await dispatches.next()
      #expect(next?.block == block)
      #expect(next?.committee?.contains(bench.node.publicKey) == true)
      bench.chain.advance()  // a consensus block without one of the runtime
      let later = bench.chain.addRuntimeBlock()
      #expect(await dispatches.next()?.block == later)
    }
  }

  @Test func versionsFollowTheDeployments() async throws {
    let bench = try WorkerBench(preWarmEpochs: 2)
    bench.chain.advance { $0.runtime = bench.genesis() }
    try await bench.running {
      try await bench.eventually { await bench.host.versions.active == Version(1) }
      #expect(await bench.committee.registrableVersions() == [Version(1)])
      bench.chain.advance { moment in
        var deployment = Registry.VersionInfo()
        (deployment.version, deployment.validFrom) = (Version(2), 4)
        moment.runtime?.runtime?.deployments.append(deployment)
      }
      bench.chain.advance(isEpochChange: true) { $0.epoch = 2 }
      try await bench.eventually { await bench.host.versions.next == Version(2) }  // two epochs before
      #expect(await bench.committee.registrableVersions() == [Version(1), Version(2)])
      // The block before the epoch counts already.
      bench.chain.advance { $0.future = EpochTimeState(epoch: 4, height: 5) }
      try await bench.eventually { await bench.host.versions.active == Version(2) }
      #expect(await bench.host.versions.next == nil)
      #expect(await bench.committee.registrableVersions() == [Version(2)])
    }
  }

  @Test func nextVersionsRunInComputeModeOnly() async throws {
    let bench = try WorkerBench(preWarmEpochs: nil)
    var state = bench.genesis()
    var deployment = Registry.VersionInfo()
    (deployment.version, deployment.validFrom) = (Version(2), 2)
    state.runtime?.deployments.append(deployment)
    let genesis = state
    bench.chain.advance { $0.runtime = genesis }
    try await bench.running {
      try await bench.eventually { await bench.host.versions.active == Version(1) }
      #expect(await bench.host.versions.next == nil)
    }
  }

  @Test func anotherBundleThanTheRegistrysIsToldOf() async throws {
    let bench = try WorkerBench(checksums: [Version(1): Hash.digest([1])])
    var state = bench.genesis()
    state.runtime?.deployments[0]?.bundleChecksum = Hash.digest([2]).bytes
    let genesis = state
    bench.chain.advance { $0.runtime = genesis }
    try await bench.running {
      try await bench.eventually {
        bench.lines.contains("not the one that the registry names", Hash.digest([1]).description, Hash.digest([2]).description)
      }
    }
  }

  @Test func theRuntimeHearsOfConsensusBlocks() async throws {
    let bench = try WorkerBench()
    bench.chain.advance { $0.runtime = bench.genesis() }
    try await bench.running {
      try await bench.eventually {
        bench.chain.advance()
        try await Task.sleep(for: .milliseconds(2))
        return bench.host.calls.contains("RuntimeConsensusSyncRequest")
      }
      // A runtime that hangs does not keep the worker from following the chain.
      bench.host.behave { body in
        if case .runtimeConsensusSyncRequest = body { try await Task.sleep(for: .seconds(1000)) }
        return nil
      }
      let block = bench.chain.addRuntimeBlock()
      try await bench.eventually { await bench.committee.latest?.block == block }
    }
  }

  @Test func aBlockThatCannotBeReadIsReadAgain() async throws {
    let bench = try WorkerBench()
    bench.chain.advance { $0.runtime = bench.genesis() }
    try await bench.running {
      try await bench.eventually { await bench.history.lastRound == 0 }
      bench.chain.advance { moment in
        guard var state = moment.runtime, let last = state.lastBlock else { return }
        state.lastBlock = RootHash.Block(emptyAfter: last, timestamp: 9, type: .normal)
        state.lastBlockHeight = 2
        (moment.runtime, moment.failures) = (state, 3)
      }
      try await bench.eventually { await bench.history.lastRound == 1 }
      #expect(bench.lines.contains("failed to read the runtime's block"))
    }
  }
}

@Suite("Local storage of a runtime (07 C.7)") struct LocalStorageTests {
  @Test func localStorage() async throws {
    let bench = try WorkerBench()
    let handler = NodeHostHandler(
      runtimeID: WorkerBench.runtimeID, node: bench.node, backend: bench.chain, submission: bench.submission,
      runtimeState: bench.database, consensusState: bench.database, localStore: MemoryStore(), pool: { bench.pool })
    func answer(_ body: Body) async -> Body { await handler.answer(body) }
    var get = HostLocalStorageGetRequest()
    guard case .error(let error) = await answer(.hostLocalStorageGetRequest(get)) else { return #expect(Bool(false)) }
    #expect(error.module == "unknown" && error.code == 1 && error.message == "invalid local storage key")
    get.key = [1]
    guard case .hostLocalStorageGetResponse(let missing) = await answer(.hostLocalStorageGetRequest(get)) else {
      return #expect(Bool(false))
    }
    #expect(missing.value?.isEmpty ?? true)
    var set = HostLocalStorageSetRequest()
    (set.key, set.value) = ([1], [2, 3])
    guard case .hostLocalStorageSetResponse = await answer(.hostLocalStorageSetRequest(set)) else { return #expect(Bool(false)) }
    guard case .hostLocalStorageGetResponse(let found) = await answer(.hostLocalStorageGetRequest(get)) else { return #expect(Bool(false)) }
    #expect(found.value == [2, 3])
  }
}
