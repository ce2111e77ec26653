internal import Bytes
internal import CometBFT
internal import Foundation
internal import GoldenSupport
internal import JSONText
internal import OasisCrypto
internal import Protobuf

/// `wal.jsonl` and the files beside it: records, search, repair, replay.
struct WALLoader: GoldenLoader {
  static let patterns = ["cometbft/wal.jsonl"]
  static let companions = ["cometbft/wal/*.wal"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    let lines = try file.lines()
    guard let first = lines.first?.value else { return }
    for (_, line) in lines {
      switch line.text("kind") {
      case "record": report.check(line.text("name")) { try record(line) }
      case "encode":
        report.check(line.text("name")) {
          let text = String(repeating: "x", count: WALCoding.limit)
          let message = WALMessage(.roundState(RoundStateRecord(height: 1, round: 0, step: text)))
          try expectVerdict(refused: true, "encode") { _ = try WALCoding.encode(TimedWALMessage(time: .zero, message: message)) }
        }
      default:
        guard let wal = file.neighbour("cometbft/\(line.text("file"))") else {
          report.fail(line.text("name"), "\(line.text("file")) is missing")
          continue
        }
        let bytes = try wal.contents()
        report.check("\(line.text("name")): decode, search, repair") { try check(line, first, bytes) }
        report.check("\(line.text("name")): replay") { try replay(line, first, bytes) }
      }
    }
  }

  private static func record(_ line: JSONValue) throws {
    let bytes = try line.bytes("bytes")
    guard case .record(let record)? = WALCoding.decode(bytes).first else { throw GoldenError("does not decode") }
    try expectEqual(record.time, line.time("time"), "time")
    try expectHex(WALCoding.encode(record), line["bytes"], "encoding")
  }

  private static func check(_ line: JSONValue, _ first: JSONValue, _ bytes: [UInt8]) throws {
    let items = WALCoding.decode(bytes)
    var good: [TimedWALMessage] = []
    var isCorrupt = false
    for item in items {
      guard case .record(let record) = item else {
        isCorrupt = true
        break
      }
      good.append(record)
    }
    try expectEqual(isCorrupt, line.flag("decode_error_is_corruption"), "damaged")
    if line.has("records_before_error") { try expectEqual(good.count, line.number("records_before_error"), "records before the damage") }
    if line.has("records") {
      for (ours, theirs) in zip(good, line.list("records")) {
        try expectHex(ours.message?.protobuf() ?? [], theirs["message_pb"], "record")
        try expectEqual(ours.time, theirs.time("time"), "time")
      }
      try expectEqual(good.count, line.list("records").count, "records")
    }
    for height in Int64(0)...2 {
      guard let verdict = line["search_end_height_\(height)_ignore_true"]?.array else { continue }
      try expectEqual(WALCoding.items(after: height, in: items) != nil, verdict.first?.bool ?? false, "end of height \(height)")
    }
    let repaired = WALCoding.repaired(bytes)
    try expectEqual(repaired.count, line.number("repaired_size"), "repaired size")
    var hash = SHA256()
    hash.update(repaired)
    try expectHex(hash.finish(), line["repaired_sha256"], "repaired")
  }

  /// Runs what lies after the end of height 1 through a node, up to the first damage, as the reference does.
  private static func replay(_ line: JSONValue, _ first: JSONValue, _ bytes: [UInt8]) throws {
    guard line.has("replay") else { return }
    let recorded = try line.member("replay")
    let setup = try first.member("setup")
    let after = try recorded.member("after")
    let now = try after.time("start_time").adding(Nanoseconds(-(try setup.number("timeout_commit_ns", as: Int64.self))))
    let state = try ChainState(encoded: first.bytes("state_pb"))
    let base = try MemoryChain(ChainState(encoded: setup.bytes("state_pb")))
    let block: Block = try first.message("block_1_pb")
    try base.blocks.save(block, parts: block.parts(), seenCommit: try first.message("seen_commit_1_pb"))
    try base.states.save(state)
    let node = try ConsensusNode(setup: setup, state: state, now: now, signing: try signing(first), base: base)
    let items = WALCoding.decode(bytes)
    let hasNext = WALCoding.items(after: 2, in: items) != nil
    let found = hasNext ? nil : WALCoding.items(after: 1, in: items)
    var isCorrupt = false
    var records: [TimedWALMessage] = []
    for item in found ?? [] {
      guard case .record(let record) = item else {
        isCorrupt = true
        break
      }
      records.append(record)
    }
    node.journal.lines = []
    try node.shell.replay(records, now: now)
    try expectEqual(found == nil || isCorrupt, recorded.has("error"), "error")
    try expectEqual(isCorrupt, recorded.flag("is_corruption"), "damaged")
    let theirs = try recorded.list("effects").compactMap(ConsensusNode.line).filter { !$0.hasPrefix("app prepare") }
    let ours = node.journal.lines.filter { !$0.hasPrefix("app prepare") }
    for (index, (ours, theirs)) in zip(ours, theirs).enumerated() where ours != theirs {
      throw GoldenError("effect \(index): ours \(ours), theirs \(theirs)")
    }
    try expectEqual(ours.count, theirs.count, "effects")
    try node.expect(after)
  }

  private static func signing(_ first: JSONValue) throws -> SigningState {
    let json = try JSONValue(parsing: first.text("privval_state"))
    var state = SigningState()
    (state.height, state.round, state.step) = (try json.number("height"), try json.number("round"), try json.number("step"))
    state.signature = [UInt8](base64: json.text("signature")) ?? []
    state.signBytes = [UInt8](hex: json.text("signbytes")) ?? []
    return state
  }
}
