internal import Bytes
public import GoldenSupport
internal import JSONText
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// Checks one case of pure logic of a service.
typealias LogicCheck = @Sendable (Case) throws -> Void

/// `service-logic.jsonl`: pure functions of the services. Each service lists its kinds in a table of its own.
public enum ServiceLogicLoader: GoldenLoader {
  public static let patterns = ["vectors/core/service-logic.jsonl"]

  static let tables: [[String: LogicCheck]] = [rootHashLogic, schedulerLogic, governanceLogic]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    let checks = tables.reduce(into: [String: LogicCheck]()) { $0.merge($1) { first, _ in first } }
    try runCases(file, &report) { item in
      guard let check = checks[item.kind] else { return "kind \(item.kind) that no table lists" }
      try check(item)
      return nil
    }
  }
}

let rootHashLogic: [String: LogicCheck] = [
  "block": { item in
    let block = try RootHash.Block.decode(cbor: item.bytes("block"))
    try expectEqual(block.header.hash, try item.fixed("header_hash"), "hash")
    try expectEqual(block.header.isParent(of: block.header), try item.bool("is_parent_of_itself"), "own parent")
  },
  "committee": { item in
    let committee = try Committee.decode(cbor: item.bytes("committee"))
    try expectEqual(committee.membersHash, try item.fixed("members_hash"), "members hash")
    for rank in try item.cases("ranks") where rank.value["scheduler_index"] != nil {
      let index = committee.schedulerIndex(round: try rank.integer("round"), rank: try rank.integer("rank"))
      try expectEqual(index != nil, try rank.bool("ok"), "has a scheduler")
      if let index { try expectEqual(index, try rank.integer("scheduler_index"), "scheduler") }
    }
  },
  "message": { item in
    let message = try RootHash.Message.decode(cbor: item.bytes("message"))
    try expectEqual(message.violation == nil, try item.bool("ok"), "verdict (\(message.violation ?? ""))")
  },
  "messages-hash": { item in
    let messages = try [RootHash.Message].decode(cbor: item.bytes("messages"))
    try expectEqual(RootHash.Message.hash(of: messages), try item.fixed("hash"), "hash")
  },
  "in-messages-hash": { item in
    let messages = try [RootHash.IncomingMessage].decode(cbor: item.bytes("messages"))
    try expectEqual(RootHash.IncomingMessage.hash(of: messages), try item.fixed("hash"), "hash")
  },
  "executor-commitment": { item in
    let commitment = try RootHash.ExecutorCommitment.decode(cbor: item.bytes("commitment"))
    let (id, chain) = (try item.fixed("runtime_id", Namespace.self), try item.text("chain_context"))
    try expectEqual(commitment.violation == nil, try item.bool("ok"), "verdict (\(commitment.violation ?? ""))")
    try expectEqual(
      commitment.isSignatureValid(runtime: id, chainContext: chain, blacklist: .production), !item.has("signature_error"), "signature")
    try expectEqual(
      commitment.isSignatureValid(runtime: Namespace(), chainContext: chain, blacklist: .production), !item.has("other_runtime_error"),
      "other runtime")
    try expectEqual(commitment.indicatesFailure, try item.bool("indicates_failure"), "failure")
    try expectEqual(commitment.header.header.hash, try item.fixed("results_header_hash"), "results hash")
    if item.value["rak_error"] != nil, let signature = commitment.header.rakSignature {
      let rak: PublicKey = try item.fixed("rak")
      try expectEqual(commitment.header.header.isSigned(by: rak, signature, blacklist: .production), !item.has("rak_error"), "RAK")
    }
  },
  "evidence": { item in
    let evidence = try RootHash.Evidence.decode(cbor: item.bytes("evidence"))
    let violation = evidence.violation(chainContext: try item.text("chain_context"), blacklist: .production)
    try expectEqual(violation == nil, try item.bool("ok"), "verdict (\(violation ?? ""))")
    try expectEqual(evidence.hash?.hex, item.value["evidence_hash"]?.string, "hash")
  },
]
