import Bytes
import Foundation
import Glibc
import KeyValueStore
import MKVS
import MKVSDatabase
import OasisTypes
import RocksDBStore
import Testing

/// The content at a version, the same in every process.
private struct Model {
  var pairs: [[UInt8]: [UInt8]] = [:]

  static func changes(_ version: UInt64) -> [(key: [UInt8], value: [UInt8]?)] {
    (0..<400).map { number in
      let key = Array("key \((UInt64(number) &* 31 &+ version &* version) % 3000)".utf8)
      return (key, number % 5 == 4 ? nil : Array("value \(version) \(number)".utf8))
    }
  }

  mutating func advance(to version: UInt64) { for (key, value) in Self.changes(version) { pairs[key] = value } }
}

private func open(_ folder: String) throws -> NodeDatabase {
  var options = RocksDBStore.Options()
  options.writeBufferSize = 256 << 10  // files are written all the time
  return try NodeDatabase(store: RocksDBStore(directory: folder + "/db", options: options), namespace: Namespace())
}

/// Commits versions in `folder`, prunes behind them, and notes each when it is final; until it is killed, or a write fails.
private func commit(_ folder: String, versions: UInt64 = 100_000) throws {
  let database = try open(folder)
  let last = database.latestVersion ?? 0
  let root = try database.roots(version: last).first ?? Root(type: .state)
  let notes = Glibc.open(folder + "/notes", O_WRONLY | O_CREAT | O_APPEND, 0o600)
  var tree = try Tree(store: database, root: root)
  for version in (last + 1)...(last + versions) {
    for (key, value) in Model.changes(version) {
      if let value { try tree.insert(key, value) } else { try tree.remove(key) }
    }
    let commit = try tree.commit(namespace: Namespace(), version: version)
    try database.finalize([commit.root])
    let line = Array("\(version) \(commit.root.hash)\n".utf8)
    _ = write(notes, line, line.count)
    let earliest = max(1, database.earliestVersion)  // a kill may have come before the last pruning
    if earliest + 4 <= version { for old in earliest...(version - 4) { try database.prune(old) } }
    if version % 7 == 0 { tree = try Tree(store: database, root: commit.root) }
  }
}

@Suite("Node database that dies", .timeLimit(.minutes(5))) struct KilledDatabaseTests {
  /// What was noted as final, in order.
  private func notes(_ folder: String) -> [(version: UInt64, hash: String)] {
    let text = FileManager.default.contents(atPath: folder + "/notes").map { String(decoding: $0, as: UTF8.self) } ?? ""
    return text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      return words.count == 2 ? UInt64(words[0]).map { ($0, String(words[1])) } : nil
    }
  }

  /// Opens the database: every version that is kept is whole, and none that was final is missing or another one.
  private func check(_ folder: String, _ what: String) throws {
    let database = try open(folder)
    defer { database.close() }
    let noted = notes(folder)
    let latest = database.latestVersion ?? 0
    #expect(latest >= noted.last?.version ?? 0, "\(what): a final version is lost")
    let hashes = Dictionary(noted.map { ($0.version, $0.hash) }) { _, last in last }
    var model = Model()
    var found = 0
    for version in 1..<latest + 1 {
      model.advance(to: version)
      guard version + 4 > latest else { continue }
      let root = try #require(try database.roots(version: version).first, "\(what): version \(version)")
      if let hash = hashes[version] { #expect("\(root.hash)" == hash, "\(what): version \(version)") }
      let pairs = try Tree(store: database, root: root).pairs()
      #expect(pairs.count == model.pairs.count && pairs.allSatisfy { model.pairs[$0.key] == $0.value }, "\(what): version \(version)")
      let fresh = Tree()
      for (key, value) in model.pairs { try fresh.insert(key, value) }
      #expect(try fresh.rootHash() == root.hash, "\(what): version \(version)")
      found += 1
    }
    #expect(found > 0 || latest == 0, "\(what)")
  }

  @Test func everyFinalVersionIsWholeAfterKill9() async throws {
    let folder = NSTemporaryDirectory() + "mkvs-killed-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for life in 0..<10 {
      let before = notes(folder).count
      async let child: ExitTest.Result? = #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
        try Data("\(getpid())\n".utf8).write(to: URL(fileURLWithPath: folder + "/process"))
        do { try commit(folder) } catch {
          try Data("\(error)".utf8).write(to: URL(fileURLWithPath: folder + "/error"))
          throw error
        }
      }
      var process: Int32?
      for _ in 0..<2400 {
        try await Task.sleep(for: .milliseconds(Int.random(in: 5...40)))
        process = FileManager.default.contents(atPath: folder + "/process").flatMap {
          Int32(String(decoding: $0, as: UTF8.self).filter(\.isNumber))
        }
        if process != nil, notes(folder).count > before + life % 4 { break }
      }
      let running = try #require(process)
      try FileManager.default.removeItem(atPath: folder + "/process")
      kill(running, SIGKILL)
      _ = await child
      let error = FileManager.default.contents(atPath: folder + "/error").map { String(decoding: $0, as: UTF8.self) }
      #expect(error == nil, "life \(life)")
      #expect(notes(folder).count > before)
      try check(folder, "life \(life)")
    }
  }

  /// Files that cannot grow, as on a full disk: the error names the store, and what was final stays.
  @Test(arguments: [10, 20, 60, 120, 250]) func aFullDiskLosesNothing(kilobytes: Int) async throws {
    let folder = NSTemporaryDirectory() + "mkvs-full-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for life in 0..<2 {
      await #expect(processExitsWith: .success) { [folder = folder as String, kilobytes = kilobytes as Int] in
        signal(SIGXFSZ, SIG_IGN)
        var bound = rlimit(rlim_cur: UInt(kilobytes) << 10, rlim_max: UInt(kilobytes) << 10)
        setrlimit(__rlimit_resource_t(1), &bound)  // RLIMIT_FSIZE
        do {
          try commit(folder, versions: 150)
          fatalError("no write failed")
        } catch {
          guard "\(error)".contains(folder), "\(error)".contains("File too large") else { fatalError("\(error)") }
        }
      }
      try check(folder, "\(kilobytes) KiB, life \(life)")
    }
  }
}
