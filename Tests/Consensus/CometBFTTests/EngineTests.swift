import Bytes
import CometBFT
import Foundation
import KeyValueStore
import OasisCrypto
import Synchronization
import Telemetry
import Testing

/// One validator that makes a chain alone, on stores that outlive the engine.
struct SoloNetwork {
  let context = "test/tendermint"
  let stores = (blocks: MemoryStore(), state: MemoryStore(), evidence: MemoryStore())
  let disk = KeyValueApplication.Disk()
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("engine-\(UUID().uuidString)").path
  let signer = MemorySigner(seed: [UInt8](repeating: 7, count: 32))
  var interval = Nanoseconds()

  var genesis: GenesisDocument {
    GenesisDocument(
      time: Timestamp(seconds: 1_700_000_000), chainID: "solo", initialHeight: 1,
      consensusParameters: ConsensusParameters(
        block: .init(maxBytes: 1 << 20, maxGas: -1),
        evidence: .init(maxAgeBlocks: 100, maxAgeDuration: .seconds(1000), maxBytes: 1 << 16),
        validator: .init(publicKeyTypes: ["ed25519"]), version: .init(app: 7)),
      validators: [.init(publicKey: signer.publicKey.bytes, power: 10)], appState: Array("{}".utf8))
  }

  func engine() throws -> Engine {
    var configuration = Engine.Configuration()
    configuration.timeouts.skipCommit = true
    configuration.timeouts.commit = .milliseconds(1)
    configuration.timeouts.emptyBlocksInterval = interval
    configuration.storePrefix = [1]
    let log = try FileLog(folder: folder + "/cs.wal", now: Timestamp(seconds: 1_700_000_000))
    let key = try ValidatorKey(signer: ContextSigner(signer, context: context), path: folder + "/priv_validator.json")
    return Engine(
      configuration: configuration, genesis: genesis, application: KeyValueApplication(disk: disk),
      storage: .init(blocks: stores.blocks, state: stores.state, evidence: stores.evidence, log: log), key: key,
      scheme: ContextSignatureScheme(context: context), log: .silent)
  }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }
}

@Suite("Engine of a single validator", .timeLimit(.minutes(2))) struct EngineTests {
  /// Runs an engine until it has applied `height`; gives the app hashes by height.
  private func run(_ network: SoloNetwork, until height: Int64) async throws -> [Int64: [UInt8]] {
    let engine = try network.engine()
    let blocks = engine.newBlocks()
    async let running: Void = engine.run()
    var hashes: [Int64: [UInt8]] = [:]
    for await block in blocks {
      hashes[block.height] = block.state.appHash
      if block.height >= height { break }
    }
    await engine.stop()
    try await running
    return hashes
  }

  @Test func makesAHundredBlocksAndGoesOnAfterARestart() async throws {
    let network = SoloNetwork()
    defer { network.remove() }
    let first = try await run(network, until: 100)
    #expect(first.count >= 100)
    let stopped = network.disk.content.withLock { $0.height }
    let second = try await run(network, until: stopped + 20)
    #expect(second.keys.min() == stopped + 1)
    #expect(network.disk.content.withLock { $0.initChains } == 1)
    let reader = ChainReader(blocks: BlockStore(network.stores.blocks, prefix: [1]), states: StateStore(network.stores.state, prefix: [1]))
    for height in 2...stopped + 10 {
      let block = try reader.block(at: height)
      #expect(block.header.appHash == first[height - 1] ?? second[height - 1])
      let light = try reader.lightBlock(at: height)
      try light.validateBasic(chainID: "solo")
      #expect(light.validatorSet?.totalVotingPower == 10)
    }
  }

  @Test func executesAllBlocksAgainWhenTheApplicationLostItsState() async throws {
    let network = SoloNetwork()
    defer { network.remove() }
    _ = try await run(network, until: 5)
    let states = StateStore(network.stores.state, prefix: [1])
    let height = try #require(try states.load()).lastBlockHeight
    network.disk.content.withLock { ($0.height, $0.values, $0.appHash) = (0, [:], []) }
    let more = try await run(network, until: height + 3)
    #expect(more[height + 1] != nil)
    #expect(network.disk.content.withLock { $0.initChains } == 2)
  }

  @Test func putsTransactionsIntoBlocks() async throws {
    let network = SoloNetwork(interval: .seconds(30))
    defer { network.remove() }
    let engine = try network.engine()
    async let running: Void = engine.run()
    let outcome = try await engine.submitAndWait(Array("a=1".utf8))
    guard case .included(let result) = outcome else {
      Issue.record("not included: \(outcome)")
      return
    }
    #expect(result.response.data == Array("1".utf8))
    #expect(network.disk.content.withLock { $0.values["a"] } == "1")
    let refused = try await engine.submitAndWait(Array("bad".utf8))
    guard case .refused(let answer) = refused else {
      Issue.record("not refused: \(refused)")
      return
    }
    #expect(answer.code == 1)
    await #expect(throws: EngineError.self) { _ = try await engine.submit(Array("a=1".utf8)) }  // in the cache
    await engine.stop()
    try await running
  }
}
