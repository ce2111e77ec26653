internal import Bytes
internal import CometBFT
internal import Foundation
internal import GoldenSupport
internal import JSONText
internal import KeyValueStore
internal import Protobuf
internal import struct Telemetry.Log

/// Stores in memory with an executor on them.
final class MemoryChain {
  let blockData = MemoryStore(), stateData = MemoryStore(), evidenceData = MemoryStore()
  let blocks: BlockStore
  let states: StateStore
  let application: ScriptedApplication
  var pool: EvidencePool
  var executor: BlockExecutor
  var state: ChainState

  init(_ state: ChainState, application: ScriptedApplication = ScriptedApplication(), saving: Bool = true) throws {
    blocks = BlockStore(blockData)
    states = StateStore(stateData)
    if saving { try states.save(state) }
    (self.state, self.application) = (state, application)
    pool = try EvidencePool(store: evidenceData, states: states, blocks: blocks, state: state, scheme: scheme, log: .silent)
    executor = BlockExecutor(
      application: application, states: states, blocks: blocks, evidence: pool, mempool: nil, scheme: scheme, log: .silent)
  }

  func apply(_ block: Block, seenCommit: Commit) throws {
    let parts = block.parts()
    try blocks.save(block, parts: parts, seenCommit: seenCommit)
    state = try executor.apply(block, blockID: BlockID(hash: block.header.hash(), partSetHeader: parts.header), to: state).state
  }

  static func entries(_ store: MemoryStore) throws -> [[String]] {
    var result: [[String]] = []
    let iterator = try store.iterator(from: nil, to: nil)
    while let entry = try iterator.next() { result.append([entry.key.hex, entry.value.hex]) }
    return result
  }
}

/// Runs the chains of `state_transition.jsonl`.
struct RecordedChains {
  var chains: [String: MemoryChain] = [:]
  /// Entries of the state store before the first block.
  var initial: [String: [[String]]] = [:]

  /// Applies one recorded block; throws where ours differs.
  mutating func apply(_ line: JSONValue) throws {
    let name = line.text("chain")
    let before = try ChainState(encoded: line.bytes("state_before_pb"))
    try expectHex(before.encoded(), line["state_before_pb"], "state before, re-encoded")
    if chains[name] == nil {
      let chain = try MemoryChain(before)
      chains[name] = chain
      initial[name] = try MemoryChain.entries(chain.stateData)
    }
    guard let chain = chains[name] else { return }
    try expectHex(chain.state.encoded(), line["state_before_pb"], "state before")
    let height: Int64 = try line.number("height")
    try script(chain.application, line, height)
    let block: Block = try line.message("block_pb")
    try expectHex(block.protobuf(), line["block_pb"], "block, re-encoded")
    let seen: Commit = line.has("seen_commit_pb") ? try line.message("seen_commit_pb") : Commit()
    try expectVerdict(refused: line.isRefused, "apply") { try chain.apply(block, seenCommit: seen) }
    try expectHex(chain.application.begin?.hash ?? [], line["begin_block_hash"], "hash in begin block")
    try commitInfo(chain.application.begin?.lastCommit ?? CommitInfo(), line)
    guard !line.isRefused else { return }
    try expectHex(chain.blocks.meta(at: height)?.blockID.protobuf() ?? [], line["block_id_pb"], "block ID")
    try expectHex(chain.states.responses(at: height).protobuf(), line["abci_responses_pb"], "responses")
    try expectHex(chain.state.encoded(), line["state_after_pb"], "state after")
    try expectEqual(chain.blocks.base(), line.number("block_store_base"), "base")
  }

  private func script(_ application: ScriptedApplication, _ line: JSONValue, _ height: Int64) throws {
    if line.has("abci_responses_pb") {
      let responses: BlockResponses = try line.message("abci_responses_pb")
      application.results[height] = responses.deliverTransactions
      application.ends[height] = responses.endBlock
    } else {
      var end = EndBlockResponse()
      end.validatorUpdates = try line.list("validator_updates").map { update in
        let key = try update.member("pub_key")
        return ValidatorUpdate(ed25519: key.has("ed25519") ? try key.bytes("ed25519") : [], power: try update.number("power"))
      }
      if line.has("consensus_param_updates") { end.consensusParameterUpdates = try parameters(line.member("consensus_param_updates")) }
      application.ends[height] = end
    }
    application.commits[height] = CommitResponse(appHash: try line.bytes("app_hash"), retainHeight: try line.number("retain_height"))
  }

  private func parameters(_ json: JSONValue) throws -> ConsensusParameters {
    var result = ConsensusParameters()
    if json.has("block") {
      let block = try json.member("block")
      result.block = .init(maxBytes: try block.number("max_bytes"), maxGas: try block.number("max_gas"))
    }
    if json.has("evidence") {
      let evidence = try json.member("evidence")
      result.evidence = .init(
        maxAgeBlocks: try evidence.number("max_age_num_blocks"), maxAgeDuration: Nanoseconds(try evidence.number("max_age_duration")),
        maxBytes: try evidence.number("max_bytes"))
    }
    if json.has("validator") {
      result.validator = .init(publicKeyTypes: try json.member("validator").list("pub_key_types").compactMap(\.string))
    }
    if json.has("version") { result.version = .init(app: try json.member("version").number("app")) }
    return result
  }

  private func commitInfo(_ info: CommitInfo, _ line: JSONValue) throws {
    guard let recorded = line["begin_block_last_commit"], !recorded.isNull else { return }
    guard matches(info.protobufValue, recorded) else { throw GoldenError("last commit info differs: \(info)") }
  }
}

/// `state_transition.jsonl`: chains of blocks.
struct StateTransitionLoader: GoldenLoader {
  static let patterns = ["cometbft/state_transition.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    var chains = RecordedChains()
    for (_, line) in try file.lines() { report.check(line.text("name")) { try chains.apply(line) } }
  }
}

/// `stores.jsonl`: what the stores hold after those chains, and what can be loaded.
struct StoresLoader: GoldenLoader {
  static let patterns = ["cometbft/stores.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    guard let source = file.neighbour("cometbft/state_transition.jsonl") else { throw GoldenError("state_transition.jsonl is missing") }
    var chains = RecordedChains()
    for (_, line) in try source.lines() { try? chains.apply(line) }
    for (_, line) in try file.lines() { report.check(line.text("name")) { try check(line, chains) } }
  }

  private static func check(_ line: JSONValue, _ chains: RecordedChains) throws {
    let name = line.text("name").components(separatedBy: ": ").dropLast().joined(separator: ": ")
    guard let chain = chains.chains[name] else { throw GoldenError("no chain \(name)") }
    if line.text("store") == "load" { return try load(line, chain) }
    let ours: [[String]]
    if line.text("store") == "block" {
      ours = try MemoryChain.entries(chain.blockData)
    } else if line.text("name").hasSuffix("after genesis") {
      ours = chains.initial[name] ?? []
    } else {
      ours = try MemoryChain.entries(chain.stateData)
    }
    let theirs = line.list("entries").map { ($0.array ?? []).map { $0.string ?? "" } }
    for (a, b) in zip(ours, theirs) where a != b {
      // The commits that were seen for refused blocks are not recorded.
      if name.hasPrefix("bad"), a[0] == b[0], b[0].hasPrefix(Array("SC:".utf8).hex) { continue }
      throw GoldenError("entry \(String(decoding: [UInt8](hex: b[0]) ?? [], as: UTF8.self)): ours \(a), theirs \(b)")
    }
    try expectEqual(ours.count, theirs.count, "entries")
  }

  private static func load(_ line: JSONValue, _ chain: MemoryChain) throws {
    let height: Int64 = try line.number("height")
    try expectEqual(chain.blocks.block(at: height) != nil, line.flag("has_block"), "block")
    try expectEqual(chain.blocks.commit(at: height) != nil, line.flag("has_commit"), "commit")
    try expectEqual(chain.blocks.seenCommit(at: height) != nil, line.flag("has_seen_commit"), "seen commit")
    try expectVerdict(refused: line.has("validators_error"), "validators") {
      let set = try chain.states.validators(at: height)
      if line.has("validators_pb") { try expectHex(set.message().protobuf(), line["validators_pb"], "validators") }
    }
    try expectVerdict(refused: line.has("params_error"), "parameters") {
      let parameters = try chain.states.consensusParameters(at: height)
      if line.has("params_pb") { try expectHex(parameters.protobuf(), line["params_pb"], "parameters") }
    }
    try expectVerdict(refused: line.has("responses_error"), "responses") { _ = try chain.states.responses(at: height) }
  }
}
