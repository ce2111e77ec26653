import Bytes
import CBOR
import GoldenSupport
import JSONText
import MKVS
import OasisCrypto
import OasisTypes
import Wire

/// `nodes.jsonl`: serialized forms, hashes, hostile bytes, bit strings.
enum NodeForms: GoldenLoader {
  static let patterns = ["vectors/mkvs/nodes.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (number, line) in try file.lines() {
      let type = try line.text("type")
      switch type {
      case "depth", "key_encoding", "key_decode", "compare": report.skip("an inner helper of the reference without counterpart here")
      default: report.check("\(number) \(type) \(line["name"]?.string ?? "")") { try check(line, type) }
      }
    }
  }

  private static func leaf(_ value: JSONValue?) throws -> SerializedNode.Leaf? {
    guard let value, !value.isNull else { return nil }
    return SerializedNode.Leaf(key: try value.bytes("key"), value: try value.bytes("value"))
  }

  private static func check(_ line: JSONValue, _ type: String) throws {
    switch type {
    case "leaf":
      let leaf = SerializedNode.Leaf(key: try line.bytes("key"), value: try line.bytes("value"))
      try expectEqual(leaf.hash.hex, try line.text("hash"), "hash")
      try expectEqual(leaf.bytes.hex, try line.text("serialized"), "bytes")
      try expectEqual(try SerializedNode(decoding: leaf.bytes).content, .leaf(leaf), "decoded")
    case "internal":
      let node = SerializedNode.Inner(
        labelBits: try line.number("label_bits"), label: try line.bytes("label"), leaf: try leaf(line["leaf"]),
        left: try line.field("left").isNull ? nil : line.hash("left"), right: try line.field("right").isNull ? nil : line.hash("right"))
      try expectEqual(node.full.hex, try line.text("full"), "full")
      try expectEqual(node.compact0.hex, try line.text("compact_v0"), "compact 0")
      try expectEqual(node.compact1.hex, try line.text("compact_v1"), "compact 1")
      let leafHash = try line["leaf_hash"].map { try $0.bytes }.flatMap { Hash($0) }
      try expectEqual((leafHash.map { node.hash(leafHash: $0) } ?? node.hash).hex, try line.text("hash"), "hash")
    case "decode": try decode(line)
    case "split":
      let parts = BitString.split(try line.bytes("key"), at: try line.number("at"), count: try line.number("bits"))
      try expectEqual([parts.prefix.hex, parts.suffix.hex], [try line.text("prefix"), try line.text("suffix")], "parts")
    case "merge":
      let merged = BitString.merge(
        try line.bytes("a"), try line.number("a_bits"), try line.bytes("b"), try line.number("b_bits"))
      try expectEqual(merged.hex, try line.text("result"), "merged")
    case "append_bit":
      let result = BitString.appendBit(try line.bytes("key"), try line.number("bits"), line.flag("bit"))
      try expectEqual(result.hex, try line.text("result"), "result")
    case "common_prefix_len":
      let count = BitString.commonPrefix(
        try line.bytes("a"), try line.number("a_bits"), try line.bytes("b"), try line.number("b_bits"))
      try expectEqual(count, try line.number("result"), "bits")
    default: throw GoldenError("unknown type \(type)")
    }
  }

  private static func decode(_ line: JSONValue) throws {
    let data = try line.bytes("data")
    if line.isFailure {
      return try expectFailure(line, "decoding") { _ = try SerializedNode(decoding: data) }
    }
    let node = try SerializedNode(decoding: data)
    try expectEqual(node.hash?.hex, line["hash"]?.string, "hash")
    switch node.content {
    case .leaf(let leaf):
      try expectEqual("leaf", try line.text("node"), "kind")
      try expectEqual([leaf.key.hex, leaf.value.hex], [try line.text("key"), try line.text("value")], "leaf")
    case .inner(let inner):
      try expectEqual("internal", try line.text("node"), "kind")
      try expectEqual(inner.labelBits, try line.number("label_bits"), "label bits")
      try expectEqual(inner.label.hex, try line.text("label"), "label")
      try expectEqual(inner.leaf, try leaf(line["leaf"]), "leaf")
      try expectEqual([inner.left?.hex, inner.right?.hex], [line["left"]?.string, line["right"]?.string], "children")
    }
  }
}

/// `roots.jsonl`: forms of roots and their relations.
enum Roots: GoldenLoader {
  static let patterns = ["vectors/mkvs/roots.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    var roots: [Int: Root] = [:]
    for (number, line) in try file.lines() {
      let type = try line.text("type")
      if type == "root" { roots[try line.number("id")] = try line.root }
      report.check("\(number) \(type) \(line["name"]?.string ?? "")") {
        switch type {
        case "root":
          let root = try line.root
          try expectEqual(root.cbor().hex, try line.text("cbor"), "CBOR")
          try expectEqual(root.jsonText(), try line.text("json"), "JSON")
          try expectEqual("\(root)", try line.text("text"), "text")
          try expectEqual(root.encodedHash.hex, try line.text("encoded_hash"), "encoded hash")
          try expectEqual(root.typedHash.hex, try line.text("typed_hash"), "typed hash")
          if let empty = line["is_empty"]?.bool { try expectEqual(root.isEmptyRoot, empty, "is empty") }
        case "relation":
          let a = roots[try line.number("a")] ?? Root(), b = roots[try line.number("b")] ?? Root()
          try expectEqual(a.follows(b), line.flag("a_follows_b"), "a follows b")
          try expectEqual(a == b, line.flag("equal"), "equal")
        case "decode":
          let data = try line.bytes("data")
          if line.isFailure { return try expectFailure(line, "decoding") { _ = try Root.decode(cbor: data) } }
          try expectEqual(try Root.decode(cbor: data), try line.root, "decoded")
        case "typed_hash_decode":
          let data = try line.bytes("data")
          try expectEqual(data.count == 33, !line.isFailure, "33 bytes")
        default: throw GoldenError("unknown type \(type)")
        }
      }
    }
  }
}

/// `writelogs.jsonl`: forms of write logs, and logs applied to a storage backend.
enum WriteLogs: GoldenLoader {
  static let patterns = ["vectors/mkvs/writelogs.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (number, line) in try file.lines() {
      let type = try line.text("type")
      let name = "\(number) \(type) \(try line.text("name"))"
      switch type {
      case "iterator", "annotated": report.skip("Go's iterator and the legacy backend's record have no counterpart here")
      case "apply":
        report.check(name) {
          var run = DatabaseScript()
          try run.reopen()
          for (index, step) in try line.list("steps").enumerated() {
            do { try run.step(step) } catch { throw GoldenError("step \(index) \(try step.text("op")): \(error)") }
          }
        }
      default: report.check(name) { try check(line, type) }
      }
    }
  }

  private static func check(_ line: JSONValue, _ type: String) throws {
    switch type {
    case "encoding":
      let log: WriteLog? = try line.text("cbor") == "f6" ? nil : try line.log("entries")
      try expectEqual(log.cbor().hex, try line.text("cbor"), "CBOR")
      try expectEqual((log ?? []).jsonText(), try line.text("json"), "JSON")
    case "decode":
      let data = try line.bytes("data")
      if line.isFailure { return try expectFailure(line, "decoding") { _ = try WriteLog.decode(cbor: data) } }
      try expectEqual(try WriteLog.decode(cbor: data), try line.log("entries"), "decoded")
    case "decode_json":
      let data = try line.text("data")
      if line.isFailure { return try expectFailure(line, "decoding") { _ = try WriteLog.decode(json: data) } }
      try expectEqual(try WriteLog.decode(json: data), try line.log("entries"), "decoded")
    case "structure" where try line.text("name").hasPrefix("GetDiffRequest"):
      let request = try GetDiffRequest.decode(cbor: try line.bytes("cbor"))
      try expectEqual(request.cbor().hex, try line.text("cbor"), "CBOR")
      if line["limit"] != nil { try expectEqual(request.options.limit, try line.number("limit"), "limit") }
      if line["offset_key"] != nil { try expectEqual(request.options.offsetKey, try line.bytes("offset_key"), "offset key") }
    case "structure" where try line.text("name").hasPrefix("SyncChunk"):
      let chunk = try SyncChunk.decode(cbor: try line.bytes("cbor"))
      try expectEqual(chunk.cbor().hex, try line.text("cbor"), "CBOR")
      if line["writelog"] != nil { try expectEqual(chunk.writeLog, try line.log("writelog"), "write log") }
    case "structure":
      let request = try ApplyRequest.decode(cbor: try line.bytes("cbor"))
      try expectEqual(request.cbor().hex, try line.text("cbor"), "CBOR")
      if line["writelog"] != nil { try expectEqual(request.writeLog, try line.log("writelog"), "write log") }
    default: throw GoldenError("unknown type \(type)")
    }
  }
}
