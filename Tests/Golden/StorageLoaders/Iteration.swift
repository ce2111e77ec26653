import Bytes
import GoldenSupport
import JSONText
import KeyValueStore
import MKVS
import MKVSDatabase
import OasisCrypto
import OasisTypes

/// `iterate.jsonl`: walks over trees and overlays.
enum Iteration: GoldenLoader {
  static let patterns = ["vectors/mkvs/iterate.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (number, line) in try file.lines() {
      let type = try line.text("type")
      let name = "\(number) \(type) \(try line.text("name"))"
      switch type {
      case "tree": report.check(name) { try tree(line) }
      case "overlay": report.check(name) { try overlay(line) }
      default: report.skip("iterators have no close here")
      }
    }
  }

  private static func tree(_ line: JSONValue) throws {
    let local = Tree()
    try local.apply(try line.log("pairs"))
    let root = try local.commit(namespace: testNamespace, version: 1).root
    try expectEqual(root.hash.hex, try line.text("root"), "root")
    let database = try NodeDatabase(store: MemoryStore(), namespace: testNamespace)
    let stored = try Tree(store: database, root: Root(type: .state))
    try stored.apply(try line.log("pairs"))
    _ = try stored.commit(namespace: testNamespace, version: 1)
    var options = Tree.Options()
    options.prefetch = 2
    let trees = [local, stored, try Tree(store: database, root: root), Tree(remote: local, root: root, options: options)]
    for tree in trees {
      for walk in try line.list("walks") { try check(walk, tree) }
      let iterator = try tree.iterator()
      for action in try line.list("actions") {
        let step = action.array?[0] ?? .null
        if let seek = step.array { try iterator.seek(try seek[1].bytes) }
        if step.string == "rewind" { try iterator.seek([]) }
        let pair = try iterator.next()
        try expectEqual(pair.map { [$0.key.hex, $0.value.hex] }, action.array?[1].array?.compactMap(\.string), "\(step)")
      }
    }
  }

  private static func check(_ walk: JSONValue, _ tree: any KeyValueTree) throws {
    let iterator = try tree.iterator()
    if let seek = try walk.field("seek").optionalBytes { try iterator.seek(seek) }
    var keys: [String] = []
    let most: Int = try walk.number("max")
    while keys.count < most, let pair = try iterator.next() { keys.append(pair.key.hex) }
    try expectEqual(keys, try walk.list("keys").compactMap(\.string), "keys from \(walk["seek"]?.string ?? "start")")
    try expectEqual(try iterator.next() == nil, walk.flag("end"), "end")
  }

  private static func overlay(_ line: JSONValue) throws {
    let tree = Tree()
    try tree.apply(try line.log("pairs"))
    try expectEqual(try tree.commit(namespace: testNamespace, version: 1).root.hash.hex, try line.text("root"), "root")
    try apply(try line.list("pending"), to: tree)
    var layers: [Overlay] = []
    for operations in try line.list("layers") {
      layers.append(Overlay(layers.last ?? tree))
      try apply(operations.array ?? [], to: layers[layers.count - 1])
    }
    let top: any KeyValueTree = layers.last ?? tree
    try expectEqual(log(try top.pairs()), try line.log("merged"), "merged")
    for walk in try line.list("walks") { try check(walk, top) }
    for layer in layers.reversed() { try layer.commit() }
    let commit = try tree.commit(namespace: testNamespace, version: 2)
    try expectEqual(commit.root.hash.hex, try line.text("root_after_commit"), "root after commit")
    try expectEqual(sorted(commit.writeLog), try line.log("write_log_after_commit"), "write log")
  }

  private static func apply(_ operations: [JSONValue], to tree: any KeyValueTree) throws {
    for operation in operations {
      guard let parts = operation.array else { continue }
      switch parts[0].string {
      case "i": try tree.insert(try parts[1].bytes, try parts[2].bytes)
      case "r": try tree.remove(try parts[1].bytes)
      case "x": try expectEqual(try tree.removeExisting(try parts[1].bytes)?.hex, parts[2].string, "removed")
      default: throw GoldenError("unknown operation")
      }
    }
  }
}
