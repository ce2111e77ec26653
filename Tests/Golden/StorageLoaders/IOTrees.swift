import Bytes
import CBOR
import GoldenSupport
import JSONText
import MKVS
import OasisCrypto
import OasisTypes
import Wire

/// `io-tree.jsonl`: inputs, outputs and tags of a round.
enum IOTrees: GoldenLoader {
  static let patterns = ["vectors/mkvs/io-tree.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (number, line) in try file.lines() {
      let type = try line.text("type")
      let name = "\(number) \(type) \(line["name"]?.string ?? "")"
      switch type {
      case "batch": report.check(name) { try batch(line) }
      case "raw_tree":
        report.check(name) {
          let io = IOTree()
          try io.tree.apply(try line.log("pairs"))
          try expectEqual(try io.commit(namespace: testNamespace, version: 1).root.hash.hex, try line.text("root"), "root")
          try readers(line, io)
        }
      case "validate_write_log":
        report.check(name) {
          let log = try line.log("write_log")
          let count: UInt64 = try line.number("max_batch_size"), bytes: UInt64 = try line.number("max_batch_size_bytes")
          if line.isFailure {
            // An empty key crashes the reference; here it is a key of no known form.
            let recorded = log.contains { $0.key.isEmpty } ? JSONValue.members(["error": .string("")]) : line
            return try expectFailure(recorded, "validating") { try IOTree.validate(log, maxTransactions: count, maxBytes: bytes) }
          }
          try IOTree.validate(log, maxTransactions: count, maxBytes: bytes)
        }
      case "artifact":
        report.check(name) {
          let bytes =
            try line.text("kind") == "input"
            ? InputArtifact(input: try line.bytes("input"), batchOrder: try line.number("batch_order")).cbor()
            : OutputArtifact(output: try line.field("output").optionalBytes).cbor()
          try expectEqual(bytes.hex, try line.text("cbor"), "CBOR")
        }
      case "add":
        report.check(name) { try expectFailure(line, "adding") { try IOTree().add(IOTransaction(input: [])) } }
      case "raw_batch":
        report.check(name) {
          let inputs: [[UInt8]]? = try line.field("inputs").array?.map { try $0.bytes }
          try expectEqual(inputs.cbor().hex, try line.text("cbor"), "CBOR")
          try expectEqual(Hash.of(inputs).hex, try line.text("hash"), "hash")
        }
      default: report.skip("read and write sets are legacy, not part of any root")
      }
    }
  }

  private static func tags(_ value: JSONValue?) throws -> [(key: [UInt8], value: [UInt8])] {
    try (value?.array ?? []).map { (key: try $0.array?[0].bytes ?? [], value: try $0.array?[1].bytes ?? []) }
  }

  private static func batch(_ line: JSONValue) throws {
    let namespace = try Namespace(line.bytes("ns")) ?? testNamespace, version: UInt64 = try line.number("version")
    let io = IOTree(Tree(type: .io))
    let list = try line.list("transactions")
    let transactions = try list.map {
      IOTransaction(
        input: try $0.bytes("input"), output: try $0.field("output").optionalBytes, batchOrder: try $0.number("batch_order"))
    }
    for (transaction, recorded) in zip(transactions, list) {
      try expectEqual(transaction.hash.hex, try recorded.text("hash"), "hash")
      try io.add(IOTransaction(input: transaction.input, batchOrder: transaction.batchOrder))
    }
    let inputs = try io.commit(namespace: namespace, version: version)
    try expectEqual(inputs.root.hash.hex, try line.text("input_root"), "input root")
    try expectEqual(sorted(inputs.writeLog), try line.log("input_write_log"), "input log")
    for (transaction, recorded) in zip(transactions, list) {
      if let output = transaction.output {
        try io.addOutput(output, of: transaction.hash, tags: try tags(recorded["tags"]))
      } else {
        for tag in try tags(recorded["tags"]) { try io.tree.insert([0x45] + tag.key + transaction.hash.bytes, tag.value) }
      }
    }
    try io.addBlockTags(try tags(line["block_tags"]))
    let outputs = try io.commit(namespace: namespace, version: version)
    try expectEqual(outputs.root.hash.hex, try line.text("io_root"), "I/O root")
    try expectEqual(sorted(outputs.writeLog), try line.log("io_write_log"), "I/O log")
    try readers(line, io)
    let raw: [[UInt8]]? = transactions.isEmpty ? nil : transactions.map(\.input)
    let hash = try line.text("raw_batch_hash")
    try expectEqual([Hash.of(raw).hex, Hash.of(transactions.map(\.input)).hex].contains(hash), true, "raw batch hash")
  }

  private static func text(_ transaction: IOTransaction) -> String {
    "\(transaction.input.hex) \(transaction.output?.hex ?? "-") \(transaction.batchOrder)"
  }
  private static func text(_ value: JSONValue) throws -> String {
    "\(try value.text("input")) \(value["output"]?.string ?? "-") \(try value.number("batch_order", Int.self))"
  }
  private static func text(_ tag: IOTag) -> String { "\(tag.key.hex) \(tag.value.hex) \(tag.transaction.hex)" }
  private static func tagTexts(_ value: JSONValue?) -> [String] {
    (value?.array ?? []).map { ($0.array ?? []).compactMap(\.string).joined(separator: " ") }
  }

  private static func readers(_ line: JSONValue, _ io: IOTree) throws {
    let all = try line.field("get_transactions")
    if all.isFailure {
      try expectFailure(all, "transactions") { _ = try io.transactions() }
    } else {
      try expectEqual(try io.transactions().map(text), try (all.array ?? []).map(text), "transactions")
    }
    for limit in try line.list("get_input_batch") {
      let count: UInt64 = try limit.number("max_batch_size"), bytes: UInt64 = try limit.number("max_batch_size_bytes")
      if limit.isFailure {
        try expectFailure(limit, "input batch") { _ = try io.inputBatch(maxTransactions: count, maxBytes: bytes) }
      } else {
        let inputs = try io.inputBatch(maxTransactions: count, maxBytes: bytes).map(\.hex)
        try expectEqual(inputs, try limit.list("inputs").compactMap(\.string), "input batch")
      }
    }
    for query in try line.list("get_transaction") {
      let hash = try query.hash("hash")
      if query.isFailure {
        try expectFailure(query, "transaction") { _ = try io.transaction(hash) }
      } else {
        try expectEqual(text(try io.transaction(hash)), try text(query.field("tx")), "transaction")
      }
    }
    let tags = try line.field("get_tags")
    if tags.isFailure {
      try expectFailure(tags, "tags") { _ = try io.tags() }
    } else {
      try expectEqual(try io.tags().map(text), tagTexts(tags), "tags")
    }
    for query in try line.list("get_tag") {
      let tag = try query.bytes("tag")
      if query.isFailure {
        try expectFailure(query, "tag") { _ = try io.tags(tag) }
      } else {
        try expectEqual(try io.tags(tag).map(text), tagTexts(query["found"]), "tag \(tag.hex)")
      }
    }
  }
}
