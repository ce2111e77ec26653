internal import Bytes
internal import CometBFT
internal import GoldenSupport
internal import JSONText
internal import Protobuf

/// `consensus.jsonl`, `consensus_random.jsonl`: one node's state machine, input by input.
struct ConsensusLoader: GoldenLoader {
  static let patterns = ["cometbft/consensus.jsonl", "cometbft/consensus_random.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (_, line) in try file.lines() {
      report.check(line.text("name")) { try replay(line) }
    }
  }

  private static func replay(_ line: JSONValue) throws {
    let setup = try line.member("setup")
    let steps = line.list("steps")
    guard let start = steps.first else { return }
    let node = try ConsensusNode(
      setup: setup, state: ChainState(encoded: setup.bytes("state_pb")), now: try start.member("input").time("now"))
    for (number, step) in steps.enumerated() {
      let input = try step.member("input")
      do { try run(step, input, node) } catch let error as GoldenError {
        throw GoldenError("step \(number) (\(input.text("in")) \(input.text("note"))): \(error)")
      }
    }
    for recorded in line.list("blocks") {
      let height: Int64 = try recorded.number("height")
      try expectHex(node.chain.blocks.block(at: height)?.protobuf() ?? [], recorded["block_pb"], "block \(height)")
      try expectHex(node.chain.blocks.seenCommit(at: height)?.protobuf() ?? [], recorded["seen_commit_pb"], "seen commit \(height)")
    }
    if line.has("state_pb") { try expectHex(node.shell.machine.state.encoded(), line["state_pb"], "state at the end") }
  }

  private static func run(_ step: JSONValue, _ input: JSONValue, _ node: ConsensusNode) throws {
    let now = try input.time("now")
    node.clock.now = now
    node.journal.lines = []
    var halted = false
    do {
      try feed(input, node, now)
      while !node.shell.own.isEmpty {
        node.journal.lines.append("own \(node.shell.own[0].protobuf().hex)")
        _ = try node.shell.handleOwn(now: now)
      }
    } catch let error as EngineError {
      guard step.has("halted") else { throw GoldenError("halts: \(error)") }
      halted = true
    }
    let theirs = try step.list("effects").compactMap(ConsensusNode.line)
    for (index, (ours, theirs)) in zip(node.journal.lines, theirs).enumerated() where ours != theirs {
      throw GoldenError("effect \(index): ours \(ours), theirs \(theirs)")
    }
    try expectEqual(halted, step.has("halted"), "halted")
    if halted { return }  // the reference finishes its step on the way out
    try expectEqual(node.journal.lines.count, theirs.count, "effects; ours \(node.journal.lines.last ?? ""), theirs \(theirs.last ?? "")")
    if step.has("after") { try node.expect(try step.member("after")) }
  }

  private static func feed(_ input: JSONValue, _ node: ConsensusNode, _ now: Timestamp) throws {
    switch input.text("in") {
    case "start": try node.shell.start(now: now)
    case "message": try node.shell.receive(ConsensusMessage(protobuf: input.bytes("pb")), from: input.text("peer"), now: now)
    case "txs_available": try node.shell.transactionsAvailable(now: now)
    case "peer_maj23":
      var claim = VoteSetMaj23Message()
      claim.height = node.shell.machine.height
      (claim.round, claim.type) = (try input.number("round"), SignedMessageType(rawValue: try input.number("type")))
      claim.blockID = try input.message("block_id_pb")
      try node.shell.peerMajority(claim, from: input.text("peer"), now: now)
    case "timeout":
      var info = TimeoutInfo()
      (info.duration, info.height) = (Nanoseconds(try input.number("duration_ns")), try input.number("height"))
      (info.round, info.step) = (try input.number("round"), try input.number("step"))
      let running = node.clock.timer.info
      if running == info { node.clock.timer.isRunning = false }
      try node.shell.fire(info, now: now)
    default: throw GoldenError("unknown input")
    }
  }
}
