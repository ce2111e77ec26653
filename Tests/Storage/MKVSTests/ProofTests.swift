import Bytes
import MKVS
import OasisCrypto
import OasisTypes
import Testing
import Wire

/// Proofs of both versions: honest ones hold what was asked, altered ones are refused or prove nothing false.
@Suite(.timeLimit(.minutes(10))) struct ProofTests {
  struct Grown {
    var tree = Tree()
    var root = Root(type: .state)
    var model: [[UInt8]: [UInt8]] = [:]
  }

  private func grow(_ random: inout SplitMix, count: Int) throws -> Grown {
    var grown = Grown()
    for _ in 0..<count {
      let key = random.bytes(random.below(5)), value = random.bytes(random.below(40))
      try grown.tree.insert(key, value)
      grown.model[key] = value
    }
    grown.root = try grown.tree.commit(namespace: Namespace(), version: 1).root
    return grown
  }

  private func proofs(_ grown: Grown, _ random: inout SplitMix, version: UInt16) throws -> [Proof] {
    let tree = TreeID(root: grown.root, position: grown.root.hash)
    let key = random.bytes(random.below(5))
    return [
      try grown.tree.syncGet(GetRequest(tree: tree, key: key, includeSiblings: random.below(2) == 0, proofVersion: version)).proof,
      try grown.tree.syncIterate(IterateRequest(tree: tree, key: key, prefetch: UInt16(random.below(20)), proofVersion: version)).proof,
      try grown.tree.syncGetPrefixes(
        GetPrefixesRequest(
          tree: tree, prefixes: [random.bytes(1), random.bytes(2)], limit: UInt16(random.below(20)), proofVersion: version)
      ).proof,
    ]
  }

  /// Whether everything that a proof shows is so.
  private func isTrue(_ log: WriteLog, _ grown: Grown) -> Bool {
    log.allSatisfy { $0.value != nil && grown.model[$0.key] == $0.value }
  }

  @Test(arguments: [UInt16(0), 1]) func honest(version: UInt16) throws {
    var random = SplitMix(state: 3)
    for round in 0..<60 {
      let grown = try grow(&random, count: round)
      for proof in try proofs(grown, &random, version: version) {
        #expect(proof.version == version)
        #expect(isTrue(try proof.verifyToWriteLog(root: grown.root.hash), grown))
        #expect(try Proof.decode(cbor: proof.cbor()) == proof)
      }
      // A tree that has nothing but the root finds every key through the proofs.
      let remote = Tree(remote: grown.tree, root: grown.root)
      for (key, value) in grown.model { #expect(try remote.get(key) == value) }
      #expect(try remote.get([9, 9, 9]) == nil)
    }
  }

  @Test(arguments: [UInt16(0), 1]) func altered(version: UInt16) throws {
    var random = SplitMix(state: 4)
    var accepted = 0
    for round in 1..<120 {
      let grown = try grow(&random, count: 1 + round % 40)
      for honest in try proofs(grown, &random, version: version) {
        for _ in 0..<40 {
          var proof = honest
          for _ in 0...random.below(2) { alter(&proof, &random) }
          guard let log = try? proof.verifyToWriteLog(root: grown.root.hash) else { continue }
          accepted += 1
          #expect(isTrue(log, grown), "\(proof.cbor().hex)")
        }
      }
    }
    // Some changes mean nothing (bytes that a reader does not look at): they may pass, as long as nothing false is shown.
    #expect(accepted < 119 * 3 * 40)
  }

  private func alter(_ proof: inout Proof, _ random: inout SplitMix) {
    guard !proof.entries.isEmpty else { return proof.entries.append(nil) }
    let index = random.below(UInt64(proof.entries.count))
    switch random.below(9) {
    case 0: proof.entries.remove(at: index)
    case 1: proof.entries.insert(nil, at: index)
    case 2: proof.entries[index] = nil
    case 3: proof.entries.insert(proof.entries[index], at: index)
    case 4: proof.entries.swapAt(index, random.below(UInt64(proof.entries.count)))
    case 5: proof.version = UInt16(random.below(3))
    case 6: proof.entries[index] = [2] + (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    default:
      guard var entry = proof.entries[index], !entry.isEmpty else { return }
      let place = random.below(UInt64(entry.count))
      switch random.below(4) {
      case 0: entry.removeSubrange(place...)
      case 1: entry.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
      default: entry[place] ^= 1 << UInt8(random.below(8))
      }
      proof.entries[index] = entry
    }
  }

  /// Claims of length and depth that a reader must not believe.
  @Test func boundless() {
    let deep = [[UInt8]?](repeating: [1, 1, 0, 0, 2], count: 200_000)
    for version in [UInt16(0), 1] {
      #expect(throws: (any Error).self) {
        try Proof(version: version, untrustedRoot: .empty, entries: deep).verify(root: Root(hash: .empty))
      }
      for entry: [UInt8] in [[1, 0, 0xff, 0xff], [1, 0, 1, 0, 7, 0xff, 0xff, 0xff, 0xff], [1, 1, 0xff, 0xff, 1], [1], [], [3], [2, 1]] {
        #expect(throws: (any Error).self) {
          try Proof(version: version, untrustedRoot: .empty, entries: [entry]).verify(root: Root(hash: .empty))
        }
      }
    }
  }
}
