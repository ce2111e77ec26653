import Bytes
import CometBFT
import KeyValueStore
import OasisCrypto
import Testing

import struct Telemetry.Log

/// Several nodes on a virtual clock. Messages arrive late and in random order, once their receiver can use them; parts of blocks are
/// offered as long as somebody lacks them (what gossip does between real nodes).
final class SimulatedNetwork {
  final class Node {
    let shell: ConsensusShell
    let blocks: BlockStore
    var timer: (info: TimeoutInfo, due: Timestamp)?
    var inbox: [(message: ConsensusMessage, from: Int)] = []
    var applied: [Int64: [UInt8]] = [:]
    init(_ shell: ConsensusShell, _ blocks: BlockStore) { (self.shell, self.blocks) = (shell, blocks) }
  }

  var nodes: [Node] = []
  var now = Timestamp(seconds: 1_700_000_010)
  var random: SplitMix
  private var dead: Set<Int>
  /// All parts that were ever sent, by the root of their set.
  private var parts: [[UInt8]: [BlockPartMessage]] = [:]

  init(seed: UInt64, powers: [Int64], dead: Set<Int> = []) throws {
    random = SplitMix(state: seed)
    self.dead = dead
    let context = "test/tendermint"
    let signers = powers.indices.map { ContextSigner(MemorySigner(seed: [UInt8](repeating: UInt8($0 + 1), count: 32)), context: context) }
    var solo = SoloNetwork().genesis
    solo.validators = zip(signers, powers).map { .init(publicKey: $0.publicKey, power: $1) }
    let scheme = ContextSignatureScheme(context: context)
    for signer in signers {
      var state = try ChainState(genesis: solo)
      state.lastResultsHash = Merkle.root(of: [])
      let blocks = BlockStore(MemoryStore()), states = StateStore(MemoryStore())
      try states.save(state)
      let pool = try EvidencePool(store: MemoryStore(), states: states, blocks: blocks, state: state, scheme: scheme, log: .silent)
      let application = KeyValueApplication(disk: .init())
      let executor = BlockExecutor(
        application: application, states: states, blocks: blocks, evidence: pool, mempool: nil, scheme: scheme, log: .silent)
      let key = try ValidatorKey(signer: signer, path: nil)
      let machine = try ConsensusMachine(
        state: state, timeouts: ConsensusTimeouts(), ownAddress: key.address, lastCommit: nil, lastBlockAppHash: nil, scheme: scheme,
        now: now)
      let shell = ConsensusShell(
        machine: machine, executor: executor, blocks: blocks, evidence: pool, log: MemoryLog(), key: key, report: .silent
      ) { _ in }
      let node = Node(shell, blocks)
      shell.output = { [unowned node, unowned self] output in
        switch output {
        case .schedule(let info, taken: true): node.timer = (info, self.now.adding(info.duration))
        case .applied(let block): node.applied[block.height] = block.block.header.hash()
        default: break
        }
      }
      nodes.append(node)
    }
  }

  /// Whether a message is of use to a node now; nil when it will never be again.
  private func isReady(_ message: ConsensusMessage, _ machine: ConsensusMachine) -> Bool? {
    switch message.kind {
    case .proposal(let message):
      let place = (message.proposal.height, message.proposal.round)
      if place < (machine.height, machine.round) { return nil }
      return place == (machine.height, machine.round)
    case .vote(let message):
      guard let vote = message.vote, vote.height >= machine.height - 1 else { return nil }
      return vote.height <= machine.height && vote.round <= machine.round + 1
    default: return nil
    }
  }

  /// Parts that a node waits for.
  private func missing(_ machine: ConsensusMachine) -> [BlockPartMessage] {
    guard let set = machine.proposalParts, !set.isComplete else { return [] }
    return (parts[set.header.hash] ?? []).filter { !set.bits[Int($0.part.index)] }
  }

  /// Runs until all live nodes have applied a height, or the turns are used up.
  func run(until height: Int64, turns: Int = 20_000) throws {
    for (index, node) in nodes.enumerated() where !dead.contains(index) { try node.shell.start(now: now) }
    for _ in 0..<turns {
      if nodes.indices.allSatisfy({ dead.contains($0) || nodes[$0].applied[height] != nil }) { return }
      try step()
    }
  }

  private func step() throws {
    now = now.adding(.milliseconds(1))
    let live = nodes.indices.filter { !dead.contains($0) }
    for index in live.shuffled(using: &random) where try deliver(to: index) { return }
    try fireNext()
  }

  /// Lets a node handle one message; false when none is of use to it.
  private func deliver(to index: Int) throws -> Bool {
    let node = nodes[index]
    if let message = try node.shell.handleOwn(now: now) {
      if case .blockPart(let part) = message.kind, let root = node.shell.machine.proposalParts?.header.hash {
        parts[root, default: []].append(part)
      } else {
        for (other, peer) in nodes.enumerated() where other != index { peer.inbox.append((message, index)) }
      }
      return true
    }
    if let part = missing(node.shell.machine).randomElement(using: &random) {
      try node.shell.receive(ConsensusMessage(.blockPart(part)), from: "any", now: now)
      return true
    }
    node.inbox.removeAll { self.isReady($0.message, node.shell.machine) == nil }
    let choices = node.inbox.indices.filter { self.isReady(node.inbox[$0].message, node.shell.machine) == true }
    guard let choice = choices.randomElement(using: &random) else { return false }
    let item = node.inbox.remove(at: choice)
    try node.shell.receive(item.message, from: "peer \(item.from)", now: now)
    return true
  }

  /// When nothing is under way, time passes up to the next timer.
  private func fireNext() throws {
    let waiting = nodes.indices.filter { !dead.contains($0) && nodes[$0].timer != nil }
    guard let index = waiting.min(by: { (nodes[$0].timer?.due ?? .zero, $0) < (nodes[$1].timer?.due ?? .zero, $1) }),
      let timer = nodes[index].timer
    else { return }
    now = max(now, timer.due)
    nodes[index].timer = nil
    try nodes[index].shell.fire(timer.info, now: now)
  }
}

/// A repeatable source of random numbers.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}

@Suite("Several validators") struct SimulatedNetworkTests {
  @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64]) func agreeOnEveryBlock(seed: UInt64) throws {
    let network = try SimulatedNetwork(seed: seed, powers: [10, 10, 10, 10])
    try network.run(until: 8)
    try expectAgreement(network.nodes, until: 8)
  }

  @Test(arguments: [7, 8, 9] as [UInt64]) func goOnWithoutOneOfFour(seed: UInt64) throws {
    let network = try SimulatedNetwork(seed: seed, powers: [10, 10, 10, 10], dead: [2])
    try network.run(until: 6)
    try expectAgreement([0, 1, 3].map { network.nodes[$0] }, until: 6)
  }

  @Test func stopWithoutTwoThirds() throws {
    let network = try SimulatedNetwork(seed: 10, powers: [10, 10, 10, 10], dead: [1, 2])
    try network.run(until: 1, turns: 2000)
    #expect(network.nodes.allSatisfy { $0.applied.isEmpty })
  }

  /// A damaged log may hold any round.
  @Test(arguments: [.max, .max - 1, 10_001] as [Int32], [.propose, .prevoteWait, .precommitWait] as [ConsensusStep])
  func ignoreTimeoutsOfRoundsFarAhead(round: Int32, step: ConsensusStep) throws {
    let network = try SimulatedNetwork(seed: 1, powers: [10, 10, 10, 10])
    for node in network.nodes {
      let timeout = TimeoutInfo(duration: Nanoseconds(), height: 1, round: round, step: step)
      try node.shell.fire(timeout, now: network.now)
      #expect(node.shell.machine.round == 0 && node.shell.machine.step == .newHeight)
    }
    try network.run(until: 2)
    try expectAgreement(network.nodes, until: 2)
  }

  private func expectAgreement(_ nodes: [SimulatedNetwork.Node], until height: Int64) throws {
    for number in 1...height {
      let hashes = Set(nodes.map { $0.applied[number] })
      #expect(hashes.count == 1 && hashes.first != .some(nil), "height \(number)")
    }
  }
}
