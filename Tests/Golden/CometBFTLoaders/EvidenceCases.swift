internal import Bytes
internal import CometBFT
internal import GoldenSupport
internal import JSONText
internal import KeyValueStore
internal import Protobuf
internal import struct Telemetry.Log

/// `evidence.jsonl`: verification, pool, expiry.
struct EvidenceLoader: GoldenLoader {
  static let patterns = ["cometbft/evidence.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    var chain: JSONValue?
    for (_, line) in try file.lines() {
      switch line.text("kind") {
      case "chain": chain = line
      case "add":
        report.check(line.text("name")) {
          guard let chain else { throw GoldenError("no chain") }
          try add(line, chain)
        }
      case "pool": try pool(line, &report)
      case "expiry": report.skip("the chain of an expiry case is not recorded; the pool script covers both limits")
      default: report.fail(line.text("name"), "unknown kind")
      }
    }
  }

  /// Stores with headers, commits and validators from light blocks.
  private static func chain(_ lightBlocks: [LightBlock], _ state: ChainState) throws -> MemoryChain {
    let chain = try MemoryChain(state, saving: false)
    for block in lightBlocks { try insert(block, into: chain, last: state.lastBlockHeight) }
    chain.pool = try EvidencePool(
      store: chain.evidenceData, states: chain.states, blocks: chain.blocks, state: state, scheme: scheme, log: .silent)
    return chain
  }

  private static func insert(_ block: LightBlock, into chain: MemoryChain, last: Int64) throws {
    guard let header = block.signedHeader?.header, let commit = block.signedHeader?.commit else { throw GoldenError("no header") }
    let height = header.height
    let meta = BlockMeta(blockID: commit.blockID, blockSize: 0, header: header, transactionCount: 0)
    var validators = StateStore.ValidatorsInfo()
    (validators.validators, validators.lastHeightChanged) = (block.validatorSet, height)
    var range = BlockStore.Range()
    (range.base, range.height) = (1, height)
    try chain.blockData.put(Array("H:\(height)".utf8), meta.protobuf())
    if height < last { try chain.blockData.put(Array("C:\(height)".utf8), commit.protobuf()) }
    try chain.blockData.put(Array("blockStore".utf8), range.protobuf())
    try chain.stateData.put(Array("validatorsKey:\(height)".utf8), validators.protobuf())
  }

  private static func add(_ line: JSONValue, _ recorded: JSONValue) throws {
    let blocks = try recorded.list("light_blocks_pb").map { try LightBlock(protobuf: $0.bytes()) }
    let chain = try chain(blocks, ChainState(encoded: recorded.bytes("state_pb")))
    let evidence: Evidence = try line.message("evidence_pb")
    try expectVerdict(refused: line.has("basic_error"), "basic") { try evidence.validateBasic() }
    if !line.has("panic") {
      try expectHex(evidence.hash(), line["hash"], "hash")
      try expectEqual(evidence.height, line.number("height"), "height")
    }
    try expectVerdict(refused: line.isRefused, "add") { try chain.pool.add(evidence) }
    try expectEqual(chain.pool.count, line.number("pending"), "pending")
    let pending = try chain.pool.pending(maxBytes: 1 << 40)
    if line.has("pending_size") {
      let size = pending.isEmpty ? 0 : EvidenceList(pending).protobuf().count
      try expectEqual(size, line.number("pending_size"), "bytes of pending evidence")
    }
    guard !line.isRefused, let abci = line["abci"]?.array else { return }
    try expectEqual(evidence.misbehavior.count, abci.count, "misbehavior")
    for (ours, theirs) in zip(evidence.misbehavior, abci) where !matches(ours.protobufValue, theirs) {
      throw GoldenError("misbehavior differs: \(ours)")
    }
  }

  // MARK: Pool script

  private static func pool(_ line: JSONValue, _ report: inout GoldenReport) throws {
    var chain: MemoryChain?
    for (number, step) in line.list("steps").enumerated() {
      report.check("pool step \(number): \(step.text("op")) \(step.text("name"))") { try run(step, &chain) }
    }
    report.check("pool: store") {
      let ours = try chain.map { try MemoryChain.entries($0.evidenceData) } ?? []
      let theirs = (line["store"]?.array ?? []).map { ($0.array ?? []).map { $0.string ?? "" } }
      try expectEqual(ours, theirs, "store")
    }
  }

  private static func run(_ step: JSONValue, _ chain: inout MemoryChain?) throws {
    switch step.text("op") {
    case "block": try block(step, &chain)
    case "add":
      try expectVerdict(refused: step.has("error"), "add") { try chain?.pool.add(try step.message("evidence_pb")) }
    case "check":
      let list = try (step["evidence_pb"]?.array ?? step["evidence_pb"].map { [$0] } ?? []).map { try Evidence(protobuf: $0.bytes()) }
      try expectVerdict(refused: step.has("error"), "check") { try chain?.pool.check(list) }
    case "pending":
      let list = try chain?.pool.pending(maxBytes: try step.number("max_bytes")) ?? []
      try expectEqual(list.count, step.number("count"), "count")
      try expectEqual(list.isEmpty ? 0 : EvidenceList(list).protobuf().count, step.number("bytes"), "bytes")
      return
    default: chain?.pool.report(try step.message("vote_a_pb"), try step.message("vote_b_pb"))
    }
    let pending = try chain?.pool.pending(maxBytes: 1 << 40) ?? []
    try expectEqual(pending.map { $0.hash().hex }, step.list("pending").map { $0.string ?? "" }, "pending")
    try expectEqual(chain?.pool.count ?? 0, step.number("pool_size"), "size")
  }

  private static func block(_ step: JSONValue, _ chain: inout MemoryChain?) throws {
    let block: Block = try step.message("block_pb")
    let light: LightBlock = try step.message("light_block_pb")
    if chain == nil {
      var state = ChainState()
      (state.chainID, state.initialHeight) = (block.header.chainID, 1)
      state.consensusParameters.evidence = .init(maxAgeBlocks: 20, maxAgeDuration: .seconds(100), maxBytes: 1 << 20)
      chain = try MemoryChain(state, saving: false)
    }
    guard let chain else { return }
    try insert(light, into: chain, last: .max)
    if let commit = block.lastCommit, block.header.height > 1 {
      try chain.blockData.put(Array("C:\(block.header.height - 1)".utf8), commit.protobuf())
    }
    try chain.pool.check(block.evidence.evidence)
    var state = chain.state
    (state.lastBlockHeight, state.lastBlockTime) = (block.header.height, block.header.time)
    if let set = light.validatorSet { state.lastValidators = try ValidatorSet(set) }
    chain.state = state
    try chain.pool.update(state, committed: block.evidence.evidence)
    let misbehavior = block.evidence.evidence.flatMap(\.misbehavior)
    for (ours, theirs) in zip(misbehavior, step.list("misbehavior")) where !matches(ours.protobufValue, theirs) {
      throw GoldenError("misbehavior differs: \(ours)")
    }
    try expectEqual(misbehavior.count, step.list("misbehavior").count, "misbehavior")
  }
}
