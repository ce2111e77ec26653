internal import Bytes
internal import CometBFT
internal import GoldenSupport
internal import JSONText
internal import OasisCrypto
internal import Protobuf

/// `merkle.jsonl`: roots, proofs, and verdicts on proofs.
struct MerkleLoader: GoldenLoader {
  static let patterns = ["cometbft/merkle.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (_, line) in try file.lines() {
      report.check(line.text("name")) { if line.text("kind") == "tree" { try tree(line) } else { try verify(line) } }
    }
  }

  private static func tree(_ line: JSONValue) throws {
    let items = try line.list("items").map { try $0.bytes() }
    try expectHex(Merkle.root(of: items), line["root"], "root")
    let (root, proofs) = Merkle.proofs(of: items)
    try expectHex(root, line["root"], "root with proofs")
    guard line.has("proofs") else { return }
    for (proof, recorded) in zip(proofs, line.list("proofs")) {
      try expectHex(proof.protobuf(), recorded["pb"], "proof \(proof.index)")
      try proof.verify(root: root, item: items[Int(proof.index)])
    }
  }

  private static func verify(_ line: JSONValue) throws {
    let proof = MerkleProof(
      total: try line.number("total"), index: try line.number("index"), leafHash: try line.bytes("leaf_hash"),
      aunts: try line.list("aunts").map { try $0.bytes() })
    try expectVerdict(refused: line.has("valid_basic_error"), "basic") { try proof.validateBasic() }
    try expectVerdict(refused: line.has("verify_error") || line.has("panic"), "verify") {
      try proof.verify(root: try line.bytes("root"), item: try line.bytes("leaf"))
    }
  }
}

/// `hashes.jsonl`: every hash of the engine.
struct HashesLoader: GoldenLoader {
  static let patterns = ["cometbft/hashes.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (_, line) in try file.lines() {
      if line.text("kind") == "part_set_add" {
        report.skip("the bytes of the parts are not recorded")
        continue
      }
      report.check("\(line.text("kind")): \(line.text("name"))") {
        switch line.text("kind") {
        case "header": try expectHex(line.message("pb", as: Header.self).hash(), line["hash"], "hash")
        case "commit": try expectHex(line.message("pb", as: Commit.self).hash(), line["hash"], "hash")
        case "data": try data(line)
        case "validator_set": try validatorSet(line)
        case "priority_hash": try priorities(line)
        case "consensus_params": try expectHex(line.message("pb", as: ConsensusParameters.self).hash(), line["hash"], "hash")
        case "results": try results(line)
        case "part_set": try partSet(line)
        default: throw GoldenError("unknown kind")
        }
      }
    }
  }

  private static func data(_ line: JSONValue) throws {
    let data: BlockData = try line.message("pb")
    try expectHex(data.hash(), line["hash"], "hash")
    for (transaction, key) in zip(data.transactions, line.list("tx_keys")) { try expectHex(transactionKey(transaction), key, "key") }
    let size = data.transactions.reduce(Int64(0)) { $0 + encodedSize(ofTransaction: $1.count) }
    try expectEqual(size, line.number("proto_size"), "size")
    for (proof, recorded) in zip(TransactionProof.all(of: data.transactions), line.list("tx_proofs_pb")) {
      try expectHex(proof.protobuf(), recorded, "proof")
    }
  }

  private static func validatorSet(_ line: JSONValue) throws {
    let message: ValidatorSetMessage = try line.message("pb")
    let set = message.validators.isEmpty ? ValidatorSet() : try ValidatorSet(message)
    try expectHex(set.hash(), line["hash"], "hash")
    try expectHex(set.proposerPriorityHash(), line["priority_hash"], "priority hash")
    try expectHex(set.message().protobuf(), line["pb"], "encoding")
  }

  private static func priorities(_ line: JSONValue) throws {
    let priorities: [Int64] = try line.list("priorities").map { try $0.number() }
    let validators = priorities.enumerated().map { index, priority in
      Validator(address: [UInt8(index)], publicKey: ConsensusKey(), votingPower: 1, proposerPriority: priority)
    }
    try expectHex(ValidatorSet(unchecked: validators).proposerPriorityHash(), line["priority_hash"], "hash")
  }

  private static func results(_ line: JSONValue) throws {
    let results = try line.list("responses_pb").map { try DeliverTransactionResponse(protobuf: $0.bytes()) }
    let responses = BlockResponses(deliverTransactions: results, endBlock: .init(), beginBlock: .init())
    try expectHex(responses.resultsHash(), line["hash"], "hash")
  }

  private static func pattern(_ size: Int) -> [UInt8] { (0..<size).map { UInt8($0 % 251) } }

  private static func partSet(_ line: JSONValue) throws {
    let bytes = line.has("data") ? try line.bytes("data") : pattern(try line.number("size"))
    let set = PartSet(cutting: bytes, partSize: try line.number("part_size"))
    try expectEqual(Int(set.header.total), line.number("total"), "total")
    try expectHex(set.header.hash, line["hash"], "hash")
    for recorded in line.list("parts") {
      guard let part = set.parts[try recorded.number("index", as: Int.self)] else { throw GoldenError("part is missing") }
      try expectEqual(part.bytes.count, recorded.number("size"), "size")
      try expectHex(part.proof.protobuf(), recorded["proof_pb"], "proof")
      try part.validateBasic()
    }
    var copy = PartSet(header: set.header)
    for part in set.parts.reversed() { if let part { _ = try copy.add(part) } }
    try expectEqual(copy.assembled() ?? [], bytes, "assembled")
  }
}
