import Bytes
import CBOR
import GoldenSupport
import JSONText
import KeyValueStore
import MKVS
import MKVSDatabase
import OasisCrypto
import OasisTypes
import Wire

/// `proofs.jsonl`: requests answered, proofs built, verified and refused.
enum Proofs: GoldenLoader {
  static let patterns = ["vectors/mkvs/proofs.jsonl"]

  private struct Served {
    var root: Root
    var memory: Tree
    var database: NodeDatabase
  }

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    var trees: [String: Served] = [:]
    for (number, line) in try file.lines() {
      let type = try line.text("type")
      let name = "\(number) \(type) \(line["name"]?.string ?? line["tree"]?.string ?? "")"
      if type == "tree" {
        report.check(name) {
          let root = try line.field("root").root
          let memory = Tree()
          try memory.apply(try line.log("pairs"))
          try expectEqual(try memory.commit(namespace: root.namespace, version: root.version).root, root, "root")
          if let nodes = line["nodes"] { try expectEqual(memory.shape, try shape(nodes), "nodes") }
          let database = try NodeDatabase(store: MemoryStore(), namespace: root.namespace)
          let stored = try Tree(store: database, root: Root(type: .state))
          try stored.apply(try line.log("pairs"))
          _ = try stored.commit(namespace: root.namespace, version: root.version)
          try database.finalize([root])
          trees[try line.text("tree")] = Served(root: root, memory: memory, database: database)
        }
        continue
      }
      if type == "server", let reason = notOurs(line) {
        report.skip(reason)
        continue
      }
      report.check(name) {
        switch type {
        case "verify": try verify(line)
        case "verify_repeated": try verifyRepeated(line)
        case "decode": try decode(line)
        default:
          guard let served = trees[try line.text("tree")] else { throw GoldenError("no such tree") }
          try serve(line, type, served)
        }
      }
    }
  }

  /// Why a request's answerer has no counterpart here; nil where it has one.
  private static func notOurs(_ line: JSONValue) -> String? {
    let name = line["name"]?.string ?? ""
    if name.contains("no-op") { return "the reference's answerer of nothing" }
    return name.hasPrefix("badger") ? "the legacy database" : nil
  }

  private static func shape(_ value: JSONValue) throws -> TreeShape {
    guard let parts = value.array else { return .none }
    let hash = Hash(try parts[1].bytes) ?? Hash()
    switch parts[0].string {
    case "h": return hash == .empty ? .none : .pruned(hash)  // the reference keeps a pointer to nothing
    case "l": return .leaf(hash, key: try parts[2].bytes, value: try parts[3].bytes)
    default:
      return .inner(
        hash, labelBits: parts[2].integer() ?? 0, label: try parts[3].bytes, leaf: try shape(parts[4]), left: try shape(parts[5]),
        right: try shape(parts[6]))
    }
  }

  private static func serve(_ line: JSONValue, _ type: String, _ served: Served) throws {
    let version: UInt16 = try line.number("proof_version")
    if type == "builder" {
      let paths = try line.list("include").compactMap(\.string)
      let built = try served.memory.proof(including: paths, subtree: try line.text("subtree"), version: version)
      try expectEqual(built.sizes, try line.list("sizes").compactMap { $0.integer(Int.self) }, "sizes")
      return try expectEqual(built.proof.cbor().hex, try line.text("proof"), "proof")
    }
    let root = try line["requested_root"].map { try $0.root } ?? served.root
    let position = try line["position"].map { try $0.bytes }.flatMap { Hash($0) } ?? root.hash
    let tree = TreeID(root: root, position: position)
    var answer: (any ReadSyncer) throws -> ProofResponse
    var request: [UInt8]
    let method = type == "server" ? try line.text("method") : type
    switch method {
    case "get":
      let get = GetRequest(
        tree: tree, key: try line["key"]?.bytes ?? Array("key 1".utf8), includeSiblings: line.flag("include_siblings"),
        proofVersion: version)
      request = get.cbor()
      answer = { try $0.syncGet(get) }
    case "iterate":
      let iterate = IterateRequest(
        tree: tree, key: try line["key"]?.bytes ?? [], prefetch: line["prefetch"]?.integer() ?? 10, proofVersion: version)
      request = iterate.cbor()
      answer = { try $0.syncIterate(iterate) }
    default:
      let prefixes = try line["prefixes"].map { try ($0.array ?? []).map { try $0.bytes } } ?? [Array("key".utf8)]
      var get = GetPrefixesRequest(tree: tree, prefixes: prefixes, limit: line["limit"]?.integer() ?? 10, proofVersion: version)
      if let text = line["request"]?.string, text.contains("687072656669786573f6") { get.prefixList = nil }
      request = get.cbor()
      answer = { try $0.syncGetPrefixes(get) }
    }
    if let text = line["request"]?.string { try expectEqual(request.hex, text, "request") }
    let name = line["name"]?.string ?? ""
    let fromDatabase = line["module"] != nil || name.contains("database")
    if type == "server", line.isFailure {
      if name.contains("pending") {
        let tree = Tree(type: .state)
        try tree.apply(log(try served.memory.pairs()))
        _ = try tree.commit(namespace: served.root.namespace, version: served.root.version)
        try tree.insert([1], [1])
        return try expectFailure(line, "answer") { _ = try answer(tree) }
      }
      if fromDatabase, name.contains("pruned") {
        let next = try Tree(store: served.database, root: served.root)
        let root = try next.commit(namespace: served.root.namespace, version: served.root.version + 1).root
        try? served.database.finalize([root])
        try? served.database.prune(served.root.version)
      }
      return try expectFailure(line, "answer") { _ = try answer(fromDatabase ? served.database : served.memory) }
    }
    let isExact = type == "get" || type == "server"
    for syncer in (fromDatabase ? [served.database] : [served.memory, served.database]) as [any ReadSyncer] {
      let proof = try answer(syncer).proof
      if isExact, let recorded = line["proof"]?.string, method == "get" { try expectEqual(proof.cbor().hex, recorded, "proof") }
      if line["contents"] != nil {
        let anchor = proof.untrustedRoot
        if !isExact { try expectEqual(anchor, root.hash, "anchor") }
        let contents = try proof.verifyToWriteLog(root: anchor)
        let recorded = try line.log("contents")
        if isExact {
          try expectEqual(contents, recorded, "contents")
        } else {
          for entry in recorded where !contents.contains(entry) { throw GoldenError("contents lack \(entry.key.hex)") }
        }
      }
    }
  }

  private static func verify(_ line: JSONValue) throws {
    let root = try line.hash("root")
    let data = try line.bytes("proof")
    guard !line.isFailure else {
      return try expectFailure(line, "verifying") {
        let proof = try Proof.decode(cbor: data)
        _ = try proof.verify(root: Root(hash: root))
      }
    }
    let proof = try Proof.decode(cbor: data)
    try expectEqual(try proof.verifyToWriteLog(root: root), try line.log("contents"), "contents")
    if line["subtree"] != nil {
      try expectEqual(try proof.verify(root: Root(hash: root)).shape, try shape(line.field("subtree")), "subtree")
    }
  }

  private static func verifyRepeated(_ line: JSONValue) throws {
    let root = try line.hash("root")
    var proof = Proof(untrustedRoot: root)
    func entry(_ value: JSONValue) throws -> [UInt8]? { try value.optionalBytes }
    proof.entries = try line.list("head").map(entry)
    proof.entries += [[UInt8]?](repeating: try entry(line.field("entry")), count: try line.number("count"))
    if let nulls = line["tail"]?["nulls"]?.integer(Int.self) {
      proof.entries += [[UInt8]?](repeating: nil, count: nulls)
    } else {
      proof.entries += try line.list("tail").map(entry)
    }
    try expectFailure(line, "verifying") { _ = try proof.verify(root: Root(hash: root)) }
  }

  private static func decode(_ line: JSONValue) throws {
    let data = try line.bytes("data")
    if line.isFailure { return try expectFailure(line, "decoding") { _ = try Proof.decode(cbor: data) } }
    let proof = try Proof.decode(cbor: data)
    try expectEqual(proof.entries.count, try line.number("entries"), "entries")
    try expectEqual(proof.version, try line.number("version"), "version")
  }
}
