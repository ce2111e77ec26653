import Bytes
import CBOR
import GoldenSupport
import JSONText
import MKVS
import OasisCrypto
import OasisTypes
import Wire

/// `overlay-prefetch.jsonl`: overlay scripts, closed trees, clients of a serving tree.
enum OverlaysAndRemotes: GoldenLoader {
  static let patterns = ["vectors/mkvs/overlay-prefetch.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (number, line) in try file.lines() {
      let type = try line.text("type")
      let name = "\(number) \(type) \(line["name"]?.string ?? line["call"]?.string ?? "")"
      switch type {
      case "overlay_script" where name.contains("nil value"): report.skip("Go's nil values have no counterpart here")
      case "remote" where name.contains("prefetch several prefixes"):
        report.skip("the reference's seek answers with more nodes than it was asked for")
      case "overlay_script": report.check(name) { try script(line) }
      case "closed_tree":
        if ["get", "insert", "remove", "remove_existing", "commit", "commit_known"].contains(try line.text("call")) {
          report.check(name) { try closed(line) }
        } else {
          report.skip("a call without counterpart here")
        }
      case "remote": report.check(name) { try remote(line) }
      default: report.check(name) { try answer(line) }
      }
    }
  }

  private static func script(_ line: JSONValue) throws {
    let tree = Tree()
    try tree.apply(try line.log("pairs"))
    _ = try tree.commit(namespace: testNamespace, version: 1)
    var version: UInt64 = 1
    var overlays: [String: Overlay] = [:]
    func find(_ name: String?) throws -> any KeyValueTree {
      if name == "t" { return tree }
      guard let overlay = overlays[name ?? ""] else { throw GoldenError("no overlay \(name ?? "")") }
      return overlay
    }
    for entry in try line.list("steps") {
      let step = try entry.list("step"), result = entry["result"] ?? .null
      let operation = step[0].string ?? "", name = step.count > 1 ? step[1].string : nil
      switch operation {
      case "overlay": overlays[name ?? ""] = Overlay(try find(step[2].string))
      case "insert": try find(name).insert(try step[2].bytes, try step[3].optionalBytes ?? [])
      case "remove": try find(name).remove(try step[2].bytes)
      case "remove_existing": try expectBytes(try find(name).removeExisting(try step[2].bytes), result, operation)
      case "get": try expectBytes(try find(name).get(try step[2].bytes), result, operation)
      case "list": try expectEqual(log(try find(name).pairs()), try entry.log("result"), operation)
      case "copy":
        guard let source = try find(step[2].string) as? Overlay else { throw GoldenError("copy of a tree") }
        overlays[name ?? ""] = source.copy(over: step.count > 3 ? try find(step[3].string) : nil)
      case "commit_overlay": try (find(name) as? Overlay)?.commit()
      case "close": try (find(name) as? Overlay)?.close()
      case "insert_nil", "iterator_proof": continue  // Go's nil values and overlay proofs have no counterpart
      case "commit_tree":
        version += 1
        let commit = try tree.commit(namespace: testNamespace, version: version)
        try expectEqual(commit.root.hash.hex, try result.text("root"), "root")
        try expectEqual(sorted(commit.writeLog), try result.log("write_log"), "write log")
      case "root_nopersist":
        let commit = try tree.commitWithoutPersisting(namespace: testNamespace, version: version + 1)
        try expectEqual(commit.root.hash.hex, result.string ?? (try? result.text("root")) ?? "", "root")
      default: throw GoldenError("unknown step \(operation)")
      }
    }
  }

  private static func closed(_ line: JSONValue) throws {
    let tree = Tree()
    tree.close()
    try expectFailure(line, "call") {
      switch try line.text("call") {
      case "get": _ = try tree.get([1])
      case "insert": try tree.insert([1], [])
      case "remove": try tree.remove([1])
      case "remove_existing": _ = try tree.removeExisting([1])
      case "commit": _ = try tree.commit(namespace: testNamespace, version: 1)
      default: _ = try tree.commitKnown(Root(namespace: testNamespace, version: 1))
      }
    }
  }

  private static func remote(_ line: JSONValue) throws {
    let server = Tree()
    try server.apply(try line.log("pairs"))
    let root = try server.commit(namespace: testNamespace, version: 1).root
    try expectEqual(root.hash.hex, try line.text("root"), "root")
    let counter = Counter(server)
    var options = Tree.Options()
    options.prefetch = 0
    let client = Tree(remote: counter, root: root, options: options)
    try total(try line.text("name"), client)
    for action in line["actions"]?.array ?? [] {
      if action.isFailure { continue }  // the reference's cache was too small
      switch try action.text("op") {
      case "get": try expectBytes(try client.get(try action.bytes("key")), action["value"] ?? .null, "get")
      case "insert": try client.insert(try action.bytes("key"), try action.bytes("value"))
      case "remove": try client.remove(try action.bytes("key"))
      case "prefetch_prefixes", "prefetch":
        try client.prefetchPrefixes(try action.list("prefixes").map { try $0.bytes }, limit: try action.number("limit"))
      case "iterate":
        let prefetch: UInt16 = try action.number("prefetch")
        let iterator = try client.iterator(prefetch: prefetch)
        try iterator.seek(try action["from"]?.bytes ?? [])
        var keys: [String] = []
        while let pair = try iterator.next() {
          keys.append(pair.key.hex)
          if let most = action["max"]?.integer(Int.self), keys.count == most { break }
        }
        if action["keys"] != nil { try expectEqual(keys, try action.list("keys").compactMap(\.string), "keys") }
      case "remove_existing":
        try expectBytes(try client.removeExisting(try action.bytes("key")), action["previous"] ?? .null, "removed")
      case "seek":
        let iterator = try client.iterator(prefetch: try action.number("prefetch"))
        try iterator.seek(try action.bytes("from"))
        try expectBytes(try iterator.next()?.key, action["key"] ?? .null, "key")
      case "commit_nopersist":
        let commit = try client.commitWithoutPersisting(namespace: testNamespace, version: 2)
        if let hash = action["root"]?.string { try expectEqual(commit.root.hash.hex, hash, "root") }
      case let other: throw GoldenError("unknown action \(other)")
      }
    }
    // With a bounded cache the reference asks again for what it dropped; we must never need more than it does.
    let totals = try line.field("totals")
    let theirs: Int = try totals.number("get", Int.self) + totals.number("get_prefixes", Int.self) + totals.number("iterate", Int.self)
    if counter.count > theirs { throw GoldenError("\(counter.count) requests where the reference needs \(theirs)") }
  }

  /// The cases that are known by their totals only.
  private static func total(_ name: String, _ client: Tree) throws {
    let numbered = (0..<1000).map { (key: Array("key \($0)".utf8), value: Array("value \($0)".utf8)) }
    switch name {
    case "totals: get all of kv(1000)": for pair in numbered { try expectEqual(try client.get(pair.key), pair.value, "value") }
    case "totals: remove all of kv(1000) from last to first": for pair in numbered.reversed() { try client.remove(pair.key) }
    case "totals: insert all of kv(1000) again": for pair in numbered { try client.insert(pair.key, pair.value) }
    case "totals: prefetch all of kv(1000) then get":
      try client.prefetchPrefixes([Array("key".utf8)], limit: 1000)
      for pair in numbered { try expectEqual(try client.get(pair.key), pair.value, "value") }
    case "totals: iterate 100 pairs, cache of 50 nodes":
      let iterator = try client.iterator(prefetch: 1000)
      var count = 0
      while try iterator.next() != nil { count += 1 }
      try expectEqual(count, 100, "keys")
    default: break
    }
  }

  private static func answer(_ line: JSONValue) throws {
    let server = Tree()
    try server.apply(try line.log("pairs"))
    let root = try server.commit(namespace: testNamespace, version: 1).root
    let client = Tree(remote: Fixed(try line.field("answer")), root: root)
    func ask() throws -> [UInt8]? {
      switch try line.text("method") {
      case "iterate":
        let iterator = try client.iterator()
        try iterator.seek(Array("key 1".utf8))
        return try iterator.next()?.value
      case "prefetch":
        try client.prefetchPrefixes([Array("key".utf8)], limit: 10)
        return nil
      default: return try client.get(Array("key 1".utf8))
      }
    }
    if line.isFailure { return try expectFailure(line, "answer") { _ = try ask() } }
    let value = try ask()
    if let recorded = line["value"] { try expectBytes(value, recorded, "value") }
  }

  /// Passes requests on and counts them.
  private final class Counter: ReadSyncer {
    let inner: any ReadSyncer
    var count = 0
    init(_ inner: any ReadSyncer) { self.inner = inner }
    func syncGet(_ request: GetRequest) throws -> ProofResponse {
      count += 1
      return try inner.syncGet(request)
    }
    func syncGetPrefixes(_ request: GetPrefixesRequest) throws -> ProofResponse {
      count += 1
      return try inner.syncGetPrefixes(request)
    }
    func syncIterate(_ request: IterateRequest) throws -> ProofResponse {
      count += 1
      return try inner.syncIterate(request)
    }
  }

  /// Gives the same answer to everything.
  private final class Fixed: ReadSyncer {
    let answer: JSONValue
    init(_ answer: JSONValue) { self.answer = answer }
    func give() throws -> ProofResponse {
      if let text = answer["error"]?.string { throw CodedError.uncoded(text) }
      return try ProofResponse.decode(cbor: try answer.bytes)
    }
    func syncGet(_ request: GetRequest) throws -> ProofResponse { try give() }
    func syncGetPrefixes(_ request: GetPrefixesRequest) throws -> ProofResponse { try give() }
    func syncIterate(_ request: IterateRequest) throws -> ProofResponse { try give() }
  }
}
