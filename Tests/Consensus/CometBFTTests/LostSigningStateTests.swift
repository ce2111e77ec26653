import CometBFT
import EngineTestSupport
import Foundation
import Telemetry
import Testing

func recorder(_ sink: MemoryLogSink) -> Log { Log(LogOutput(format: .logfmt, levels: LogLevels(), sink: sink), module: "cometbft") }

@Suite("Lost signing state", .timeLimit(.minutes(2))) struct LostSigningStateTests {
  @Test func theOnlyValidatorWaitsAndGoesOn() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lost-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var network = DiskNetwork(folder: folder)
    network.configuration.waitBeforeSigning = .seconds(3600)
    let first = MemoryLogSink()
    let last = try #require(try await network.run(blocks: 5, log: recorder(first)).last)  // an empty store waits for nothing
    #expect(first.lines.isEmpty, "\(first.lines)")
    var check = SignatureCheck()
    try check.read(folder: folder + "/cs.wal")

    try FileManager.default.removeItem(atPath: network.signingPath)
    network.configuration.waitBeforeSigning = .milliseconds(400)
    let sink = MemoryLogSink()
    let start = ContinuousClock.now
    let heights = try await network.run(blocks: 3, log: recorder(sink))
    #expect(ContinuousClock.now - start >= .milliseconds(400))
    #expect(heights.count == 3 && heights[0] > last)
    let loud = sink.lines.filter { $0.contains("OUR SIGNING STATE WAS MISSING") }
    #expect(loud.count == 1 && loud[0].contains(network.signingPath), "\(sink.lines)")
    try check.read(folder: folder + "/cs.wal")
    #expect(check.contradictions.isEmpty)
    let again = MemoryLogSink()
    try await network.run(blocks: 2, log: recorder(again))
    #expect(again.lines.isEmpty, "\(again.lines)")
  }

  /// A crash in the wait does not end it: the state's file was made, but nothing was signed.
  @Test func theWaitStartsAnewAfterACrash() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lost-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var network = DiskNetwork(folder: folder)
    try await network.run(blocks: 3)
    try FileManager.default.removeItem(atPath: network.signingPath)
    network.configuration.waitBeforeSigning = .seconds(3600)
    for _ in 0..<2 {
      let sink = MemoryLogSink()
      let node = try network.open(log: recorder(sink))
      try await node.engine.start()
      node.close()
      #expect(sink.lines.contains { $0.contains("OUR SIGNING STATE WAS MISSING") })
    }
  }

  @Test(arguments: [11, 12, 13] as [UInt64]) func oneOfManySignsAfterBlocksWithoutIt(seed: UInt64) throws {
    let network = try SimulatedNetwork(seed: seed, powers: [10, 10, 10, 10])
    let shell = network.nodes[2].shell
    let address = try #require(shell.machine.ownAddress)
    shell.pause = SigningPause(address: address, needed: 3, start: 1)
    try network.run(until: 12)
    #expect(shell.pause == nil)
    var signed: [Int64] = []
    for height in 2...Int64(12) {
      let commit = try #require(try network.nodes[0].blocks.block(at: height)?.lastCommit)
      if commit.signatures.contains(where: { $0.validatorAddress == address }) { signed.append(commit.height) }
    }
    let first = try #require(signed.first)
    #expect(first >= 5, "\(signed)")  // the commits of 2, 3 and 4 went without it
  }

  @Test func anotherSignerWithOurKeyKeepsUsSilent() throws {
    let network = try SimulatedNetwork(seed: 14, powers: [10, 10, 10, 10])
    try network.run(until: 10)
    let address = try #require(network.nodes[2].shell.machine.ownAddress)
    var pause = SigningPause(address: address, needed: 3, start: 1)
    var signedInARow = 0
    for height in 3...Int64(10) {
      let block = try #require(try network.nodes[0].blocks.block(at: height))
      let isSigned = block.lastCommit?.signatures.contains { $0.validatorAddress == address } == true
      signedInARow = isSigned ? 0 : signedInARow + 1
      #expect(pause.isOver(after: block, signers: network.nodes[0].shell.machine.state.lastValidators) == (signedInARow >= 3))
    }
  }
}
