import EngineTestSupport
import Foundation
import KeyValueStore
import OasisCrypto
import Telemetry
import Testing

@testable import CometBFT

/// A node over stores of its own in a network of two validators: the other makes blocks until ours has all the power.
private struct Pair {
  static let context = "test/tendermint"
  static func signer(_ number: UInt8) -> ContextSigner {
    ContextSigner(MemorySigner(seed: [UInt8](repeating: number, count: 32)), context: context)
  }
  static let (ours, other) = (signer(1), signer(2))

  let stores = (blocks: MemoryStore(), state: MemoryStore(), evidence: MemoryStore())
  let disk = KeyValueApplication.Disk()

  /// - Parameter signer: the key, with a signing state that knows nothing.
  func engine(_ signer: ContextSigner, log: Log = .silent) throws -> Engine {
    var configuration = Engine.Configuration()
    var timeouts = ConsensusTimeouts()
    timeouts.commit = .milliseconds(1)
    (timeouts.propose, timeouts.proposeDelta) = (.milliseconds(40), .milliseconds(10))
    (timeouts.prevote, timeouts.precommit) = (.milliseconds(20), .milliseconds(20))
    configuration.timeouts = timeouts
    configuration.waitBeforeSigning = .milliseconds(50)
    var genesis = SoloNetwork().genesis
    genesis.validators = [.init(publicKey: Self.other.publicKey, power: 10), .init(publicKey: Self.ours.publicKey, power: 1)]
    let application = KeyValueApplication(disk: disk)
    application.updates = [3: [ValidatorUpdate(ed25519: Self.ours.publicKey, power: 100)]]  // for height 5
    return Engine(
      configuration: configuration, genesis: genesis, application: application,
      storage: .init(blocks: stores.blocks, state: stores.state, evidence: stores.evidence, log: MemoryLog()),
      key: try ValidatorKey(signer: signer, path: nil), scheme: ContextSignatureScheme(context: Self.context), log: log)
  }
}

extension Engine {
  /// Hands in what makes a block final: the precommits of others, and the block.
  fileprivate func take(_ block: Block, _ commit: Commit) {
    for index in commit.signatures.indices where commit.signatures[index].flag == .commit {
      inputs.yield(.message(ConsensusMessage(.vote(VoteMessage(commit.vote(at: index)))), peer: "other"))
    }
    for case let part? in block.parts().parts {
      let message = BlockPartMessage(height: block.header.height, round: commit.round, part: part)
      inputs.yield(.message(ConsensusMessage(.blockPart(message)), peer: "other"))
    }
  }
}

@Suite("A validator that becomes needed", .timeLimit(.minutes(3))) struct NeededValidatorTests {
  /// Runs an engine, handing in the blocks of `source` from `first` on, until it has applied the block `last`.
  private func run(_ engine: Engine, _ source: ChainReader? = nil, from first: Int64 = 1, until last: Int64) async throws {
    let blocks = engine.newBlocks()
    async let running: Void = engine.run()
    func hand(_ height: Int64) async throws {
      guard let source, let block = try source.blocks.block(at: height), let commit = try source.blocks.seenCommit(at: height) else {
        return
      }
      await engine.take(block, commit)
    }
    try await hand(first)
    for await block in blocks {
      if block.height >= last { break }
      try await hand(block.height + 1)
    }
    await engine.stop()
    try await running
  }

  /// Its signing state is lost, and others make blocks at first: the wait begins with the block after which none comes without it.
  @Test func waitsAndSigns() async throws {
    let maker = Pair()
    let first = try maker.engine(Pair.other)
    try await run(first, until: 4)
    #expect(try first.chain.latestHeight() == 4)  // the next needs the other

    let ours = Pair()
    try await run(try ours.engine(Pair.ours), first.chain, until: 2)
    let sink = MemoryLogSink()
    let engine = try ours.engine(Pair.ours, log: recorder(sink))
    try await run(engine, first.chain, from: 3, until: 7)
    #expect(sink.lines.contains { $0.contains("no block comes without our signature any more") }, "\(sink.lines)")
    #expect(sink.lines.contains { $0.contains("signing again") }, "\(sink.lines)")
  }
}

@Suite("A lost precommit", .timeLimit(.minutes(3))) struct LostPrecommitTests {
  /// Peers may have seen it and committed its block: no other block may follow from our next round.
  @Test func waitsForItsBlockWhereThereArePeers() async throws {
    let chain = try await StoppedChain(signatures: 14)  // the precommit of height 5 is due
    defer { chain.remove() }
    var network = try chain.copy()
    defer { try? FileManager.default.removeItem(atPath: network.folder) }
    var parts: [BlockPartMessage] = []
    var last: Vote?
    let records = try FileLog(folder: network.folder + "/cs.wal", now: .zero).records(after: 4)
    for record in try #require(records) {
      guard case .message(let record) = record.message?.kind else { continue }
      switch record.message.kind {
      case .blockPart(let part): parts.append(part)
      case .vote(let message): last = message.vote
      default: break
      }
    }
    var vote = try #require(last)
    #expect(vote.type == .prevote && vote.height == 5 && !vote.blockID.isZero && !parts.isEmpty)
    vote.type = .precommit
    _ = try ValidatorKey(signer: DiskNetwork.signer, path: network.signingPath).sign(vote, chainID: DiskNetwork.chainID)
    try FileManager.default.removeItem(atPath: network.folder + "/cs.wal")

    network.configuration.hasPeers = true
    let sink = MemoryLogSink()
    let node = try network.open(log: recorder(sink))
    defer { node.close() }
    let blocks = node.engine.newBlocks()
    let engine = node.engine
    for part in parts { await engine.inputs.yield(.message(ConsensusMessage(.blockPart(part)), peer: "other")) }
    async let running: Void = engine.run()
    for await block in blocks {
      if block.height == 5 { #expect(block.blockID == vote.blockID) }
      if block.height == 7 { break }
    }
    await engine.stop()
    try await running
    #expect(sink.lines.contains { $0.contains("waiting for its block") }, "\(sink.lines)")
    var check = SignatureCheck()
    try check.read(folder: chain.folder + "/cs.wal")
    try check.read(folder: network.folder + "/cs.wal")
    #expect(check.contradictions.isEmpty, "\(check.contradictions)")
  }
}
