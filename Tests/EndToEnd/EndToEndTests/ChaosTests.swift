import AsyncIO
import Foundation
import NetRunner
import NodeAPI
import OasisCrypto
import OasisTypes
import Testing

/// `OASIS_CHAOS=20` kills the node as many times; without it nothing is killed here.
private let rounds = ProcessInfo.processInfo.environment["OASIS_CHAOS"].flatMap { Int($0) } ?? 0

@Suite(.enabled(if: ReleasePrograms.isGiven && rounds > 0, "kill -9 at random points: 'make chaos', or OASIS_CHAOS=20 with OASIS_BIN"))
struct ChaosTests {
  /// What was reported, and must stay.
  private actor Ledger {
    private(set) var values: [String: String] = [:]
    private(set) var hashes: [Int64: Hash] = [:]
    func note(_ key: String, _ value: String) { values[key] = value }
    func note(_ height: Int64, _ hash: Hash) -> Bool { hashes.updateValue(hash, forKey: height).map { $0 == hash } ?? true }
  }

  /// The node is killed at random points while transactions run. What was reported final is there afterwards, no block changes, and both
  /// chains go on.
  @Test(.timeLimit(.minutes(30))) func nothingFinalIsLost() async throws {
    let folder = try TemporaryFolder()
    let directory = try DemoDirectory("\(folder.path)/net")
    let lock = try directory.lock()
    _ = try DemoNetwork.prepare(directory, programs: ReleasePrograms.programs)
    var node = try await TestNode.start(directory, in: folder.path)
    try await node.awaitCommittee()
    let ledger = Ledger()
    var signed = SignatureLedger(directory)
    for round in 0..<rounds {
      let life = Duration.milliseconds(Int.random(in: 50...6000))
      print("chaos: life \(round) of the node lasts \(life)")
      let work = Task { [node] in await load(node, round, ledger) }
      try await IO.sleep(for: life)
      let ended = await node.running.child.exit
      #expect(ended == nil, "the node ended by itself: \(node.tail)")
      await node.running.child.kill()
      _ = await node.running.child.wait()
      work.cancel()
      await work.value
      try signed.read()
      node = try await TestNode.start(directory, in: folder.path)
    }
    try await check(node, ledger)
    #expect(try await node.stop().exit == .code(0))
    try signed.read()
    #expect(signed.signatures.count > rounds)
    #expect(signed.doubleSigned.isEmpty, "signed more than once")
    print("chaos: \(signed.signatures.count) steps signed, each once")
    withExtendedLifetime(lock) {}
  }

  /// Inserts values, eight at a time, and notes the blocks that the status names, until cancelled.
  private func load(_ node: TestNode, _ round: Int, _ ledger: Ledger) async {
    await withTaskGroup(of: Void.self) { group in
      for sender in 0..<8 {
        group.addTask {
          var index = 0
          while !Task.isCancelled {
            let (key, value) = ("key \(round) \(sender) \(index)", "value \(index)")
            let outcome = try? await node.client.submit(.insert(key: key, value: value))
            if case .success = outcome?.result { await ledger.note(key, value) }
            if outcome == nil { try? await IO.sleep(for: .milliseconds(50)) }
            index += 1
          }
        }
      }
      group.addTask {
        while !Task.isCancelled {
          if let consensus = try? await node.client.status().consensus, consensus.latestHeight > 0 {
            let isSame = await ledger.note(consensus.latestHeight, consensus.latestHash)
            #expect(isSame, "block \(consensus.latestHeight) changed")
          }
          try? await IO.sleep(for: .milliseconds(40))
        }
      }
    }
  }

  private func check(_ node: TestNode, _ ledger: Ledger) async throws {
    let before = try await node.awaitCommittee()
    let (values, hashes) = (await ledger.values, await ledger.hashes)
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      let kept = try await node.client.query(key)
      #expect(kept == value, "\(key): reported final, but now it is \(kept ?? "gone")")
    }
    for (height, hash) in hashes.sorted(by: { $0.key < $1.key }) {
      let kept = try await node.client.blockHash(at: height)
      #expect(kept == hash, "block \(height) changed")
    }
    let outcome = try await node.client.submit(.insert(key: "last", value: "one"))
    #expect(outcome.result == .success(nil))
    let height = before.consensus?.latestHeight ?? 0
    try await node.wait(for: "a block after \(height)") { ($0.consensus?.latestHeight ?? 0) > height }
    print("chaos: \(values.count) values and \(hashes.count) blocks kept through \(rounds) kills")
  }
}
