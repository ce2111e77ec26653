import Bytes
import GoldenSupport
import JSONText
import KeyValueStore
import MKVS
import MKVSDatabase
import OasisCrypto
import OasisTypes
import Wire

/// How a script's tree is kept: the results must not depend on it.
enum TreeMode: CaseIterable {
  case memory, memoryWithoutLog, database, reopened, tinyCache
}

/// A tree as a script uses it.
struct ScriptTree {
  let mode: TreeMode
  let type: RootType
  let database: NodeDatabase?
  var tree: Tree

  init(_ mode: TreeMode, _ type: RootType) throws {
    self.mode = mode
    self.type = type
    switch mode {
    case .memory, .memoryWithoutLog:
      database = nil
      var options = Tree.Options()
      options.writeLog = mode == .memory
      tree = Tree(type: type, options: options)
    case .database, .reopened, .tinyCache:
      let database = try NodeDatabase(store: MemoryStore(), namespace: testNamespace)
      self.database = database
      var options = Tree.Options()
      if mode == .tinyCache { options.cacheSize = 1 }
      tree = try Tree(store: database, root: Root(type: type), options: options)
    }
  }

  mutating func committed(_ root: Root) throws {
    try database?.finalize([root])
    if mode == .reopened, let database { tree = try Tree(store: database, root: root) }
  }
}

/// `tree-ops*.jsonl`: scripts of operations with the root after each commit.
enum TreeOperations: GoldenLoader {
  static let patterns = ["vectors/mkvs/tree-ops.jsonl", "vectors/mkvs/tree-ops-random.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (number, line) in try file.lines() {
      let type = RootType(rawValue: try line.number("root_type"))
      for mode in TreeMode.allCases {
        // Roots of type 2 have no children: only a tree in memory extends them.
        if type == .io, mode != .memory, mode != .memoryWithoutLog { continue }
        report.check("\(number) \(line["name"]?.string ?? "") \(mode)") {
          var script = try ScriptTree(mode, type)
          for operation in try line.list("ops") { try run(operation.array ?? [], &script) }
        }
      }
    }
  }

  private static func run(_ operation: [JSONValue], _ script: inout ScriptTree) throws {
    let tree = script.tree
    switch operation[0].string {
    case "i": try tree.insert(operation[1].bytes, operation[2].bytes)
    case "r": try tree.remove(operation[1].bytes)
    case "x": try expectBytes(try tree.removeExisting(operation[1].bytes), operation[2], "removed")
    case "g": try expectBytes(try tree.get(operation[1].bytes), operation[2], "got")
    case "c", "n", "k": try commit(operation, &script)
    default: throw GoldenError("unknown operation")
    }
  }

  private static func commit(_ operation: [JSONValue], _ script: inout ScriptTree) throws {
    let tree = script.tree, version = operation[1].integer(UInt64.self) ?? 0
    let hash = Hash(try operation[2].bytes) ?? Hash()
    let root = Root(namespace: testNamespace, version: version, type: script.type, hash: hash)
    var log: WriteLog
    switch operation[0].string {
    case "n":
      let commit = try tree.commitWithoutPersisting(namespace: testNamespace, version: version)
      try expectEqual(commit.root, root, "root")
      log = commit.writeLog
    case "k":
      if operation[3].isFailure {
        return try expectFailure(operation[3], "commit known") { _ = try tree.commitKnown(root) }
      }
      log = try tree.commitKnown(root)
      try script.committed(root)
    default:
      let commit = try tree.commit(namespace: testNamespace, version: version)
      try expectEqual(commit.root, root, "root")
      log = commit.writeLog
      try script.committed(root)
    }
    if script.mode == .memoryWithoutLog {
      if operation[0].string != "n" { try expectEqual(log, [], "write log") }
      return
    }
    let recorded = operation[3].array ?? []
    log = sorted(log)
    try expectEqual(log.count, recorded.count, "entries of the write log")
    for (entry, pair) in zip(log, recorded) {
      try expectBytes(entry.key, pair.array?[0] ?? .null, "key")
      try expectBytes(entry.value, pair.array?[1] ?? .null, "value")
    }
  }
}

/// `tree-ops-large.jsonl`: generated operations.
enum LargeTreeOperations: GoldenLoader {
  static let patterns = ["vectors/mkvs/tree-ops-large.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (_, line) in try file.lines() {
      for mode in [TreeMode.memory, .database, .reopened] {
        report.check("\(try line.text("name")) \(mode)") { try run(line, mode) }
      }
    }
  }

  private static func run(_ line: JSONValue, _ mode: TreeMode) throws {
    var script = try ScriptTree(mode, .state)
    let seed: UInt64 = try line.number("seed"), space: UInt64 = try line.number("key_space")
    let least: Int = try line.number("key_len_min"), most: Int = try line.number("key_len_max")
    let values: Int = try line.number("value_len_max"), every: Int = try line.number("commit_every")
    let first = try line.list("first_keys"), checkpoints = try line.list("checkpoints")
    var random = SplitMix64(seed), model: Set<[UInt8]> = []
    for number in 1...(try line.number("ops", Int.self)) {
      let choice = random.below(100), id = random.next() % space
      var keys = SplitMix64(seed ^ (id &* 0x9e37_79b9_7f4a_7c15) ^ 0x6b6579)
      let key = keys.bytes(least + keys.below(most - least + 1))
      var operation = ["r", key.hex]
      if choice < 70 {
        let value = random.bytes(random.below(values + 1))
        operation = ["i", key.hex, value.hex]
        try script.tree.insert(key, value)
        model.insert(key)
      } else {
        try script.tree.remove(key)
        model.remove(key)
      }
      if number <= first.count { try expectEqual(operation, first[number - 1].array?.compactMap(\.string) ?? [], "generator") }
      guard number % every == 0 else { continue }
      let checkpoint = checkpoints[number / every - 1]
      let commit = try script.tree.commit(namespace: testNamespace, version: try checkpoint.number("version"))
      try expectEqual(commit.root.hash.hex, try checkpoint.text("root"), "root after \(number)")
      try expectEqual(commit.writeLog.count, try checkpoint.number("log_len"), "log after \(number)")
      try expectEqual(Hash.of(sorted(commit.writeLog)).hex, try checkpoint.text("log_digest"), "log after \(number)")
      try expectEqual(model.count, try checkpoint.number("keys"), "keys after \(number)")
      try script.committed(commit.root)
      if number / every == checkpoints.count, mode != .memory {
        let database = try Tree(store: script.database ?? NodeDatabase(store: MemoryStore(), namespace: testNamespace), root: commit.root)
        try expectEqual(try database.pairs().count, model.count, "keys iterated")
      }
    }
  }
}
