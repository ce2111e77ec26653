import Bytes
import Foundation
import Glibc
import KeyValueStore
import MKVS
import MKVSDatabase
import OasisCrypto
import OasisTypes
import RocksDBStore
import Wire

/// The random numbers of sheet 12: SplitMix64.
private struct SplitMix64 {
  static let step: UInt64 = 0x9e37_79b9_7f4a_7c15
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= Self.step
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }

  /// `count` bytes, a multiple of 8.
  mutating func bytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      for offset in stride(from: 0, to: count, by: 8) {
        UnsafeMutableRawBufferPointer(buffer).storeBytes(of: next().littleEndian, toByteOffset: offset, as: UInt64.self)
      }
      filled = count
    }
  }

  /// The generator before pair `index` of seed 1: a pair takes 12 numbers.
  static func pair(_ index: UInt64) -> SplitMix64 { SplitMix64(state: 1 &+ step &* 12 &* index) }
  static func key(_ index: UInt64) -> [UInt8] {
    var random = pair(index)
    return random.bytes(32)
  }
}

private let million: UInt64 = 1_000_000

private func root(_ count: Int) throws -> Root {
  let hex =
    count == 100_000
    ? "d768c1794dd65878eba8131458f40afab08cfb5970191309d57d7109f1320809"
    : "39ce86ef5a659d445a6a336d31cce9772ed943ba56ff44e2ba1eed19a2317751"
  guard let hash = Hash(hex: hex) else { throw WrongResult("not a hash") }
  return Root(version: 1, type: .state, hash: hash)
}

private func open(_ count: Int) throws -> NodeDatabase {
  try NodeDatabase(store: RocksDBStore(directory: "\(Environment.scratch)/mkvs-\(count)"), namespace: Namespace())
}

private func unlimited() -> Tree.Options {
  var options = Tree.Options()
  options.cacheSize = 0
  return options
}

/// Inserts into an empty tree and one commit with write log, tree cache unlimited, no fsync; leaves the database for other workloads.
func measureInserts(_ count: Int, _ report: inout Report) throws {
  let reference =
    count == 100_000
    ? (time: "1.67 / cpu 1.72 s", memory: "434 MB", disk: "25.8 MB") : (time: "25.7 / cpu 29.4 s", memory: "3.60 GB", disk: "248 MB")
  let database = try open(count)
  let tree = try Tree(store: database, root: Root(type: .state), options: unlimited())
  let inserts = try once {
    for index in 0..<UInt64(count) {
      var random = SplitMix64.pair(index)
      let key = random.bytes(32)
      try tree.insert(key, random.bytes(64))
    }
  }
  var commit: Commit?
  let committing = try once { commit = try tree.commit(namespace: Namespace(), version: 1) }
  try expect(commit?.root, try root(count), "root")
  try expect(commit?.writeLog.count, count, "length of the write log")
  let both = Samples(wall: [inserts.wall[0] + committing.wall[0]], cpu: [inserts.cpu[0] + committing.cpu[0]])
  report.add("inserts", inserts)
  report.add("commit: hash, write log, store", committing)
  report.add("inserts and commit", both, reference: reference.time, note: "root as recorded")
  report.add("peak memory", Text.size(peakMemory), reference: reference.memory)
  try database.finalize([try root(count)])
  try database.sync()
  database.close()
  report.add("disk", Text.size(diskUse("\(Environment.scratch)/mkvs-\(count)")), reference: reference.disk, note: "with write-ahead log")
}

/// Cold: files out of the page cache, then the same keys again in the same tree.
func measureGets(_ report: inout Report) throws {
  func gets(_ tree: Tree) throws {
    var random = SplitMix64(state: 3)
    for _ in 0..<100_000 {
      guard try tree.get(SplitMix64.key(random.next() % million)) != nil else { throw WrongResult("a key is missing") }
    }
  }
  for (options, name, cold, warm) in [
    (Tree.Options(), "default cache", "9.8 / cpu 8.4 s", "8.9 / cpu 7.3 s"), (unlimited(), "unlimited cache", "4.5 s", "1.0 s"),
  ] {
    dropPageCache("\(Environment.scratch)/mkvs-1000000")
    let database = try open(1_000_000)
    let tree = try Tree(store: database, root: try root(1_000_000), options: options)
    report.add("gets, cold, \(name)", try once { try gets(tree) }, reference: cold)
    report.add("the same again, same tree", try once { try gets(tree) }, reference: warm)
    report.add("peak memory", Text.size(peakMemory), reference: name == "default cache" ? "1.03 GB" : "")
    tree.close()
    database.close()
  }
}

func measureIteration(_ report: inout Report) throws {
  dropPageCache("\(Environment.scratch)/mkvs-1000000")
  let database = try open(1_000_000)
  let tree = try Tree(store: database, root: try root(1_000_000))
  let samples = try once {
    var count = 0
    let iterator = try tree.iterator()
    while try iterator.next() != nil { count += 1 }
    try expect(count, 1_000_000, "pairs")
  }
  report.add("iterate", samples, reference: "16.3 / cpu 11.5 s")
  report.add("peak memory", Text.size(peakMemory))
  database.close()
}

/// One proof a key as a peer asks for them, then one proof of many keys. All are decoded and verified, untimed.
func measureProofs(_ report: inout Report) throws {
  dropPageCache("\(Environment.scratch)/mkvs-1000000")
  let database = try open(1_000_000)
  let root = try root(1_000_000)
  let tree = try Tree(store: database, root: root)
  for (version, reference) in [(UInt16(0), "0.377 / cpu 0.18 s"), (1, "0.090 s")] {
    var answers: [ProofResponse] = []
    let samples = try once {
      var random = SplitMix64(state: 4)
      for _ in 0..<1000 {
        let key = SplitMix64.key(random.next() % million)
        answers.append(
          try tree.syncGet(GetRequest(tree: TreeID(root: root, position: root.hash), key: key, proofVersion: version)))
      }
    }
    try expect(answers.reduce(0) { $0 + $1.proof.entries.reduce(0) { $0 + ($1?.count ?? 0) } }, 893_104, "bytes of the proofs' entries")
    var random = SplitMix64(state: 4)
    for answer in answers {
      let key = SplitMix64.key(random.next() % million)
      guard try answer.proof.verify(root: root).get(key) != nil else { throw WrongResult("a proof lacks its key") }
    }
    report.add(
      "1,000 proofs of a key, V\(version)\(version == 0 ? ", cold" : ", same tree")", samples, reference: reference,
      note: "sizes as recorded")
  }
  for (version, reference, entries) in [(UInt16(0), "0.17 / cpu 0.11 s", 20_669), (1, "0.08 s", 31_003)] {
    var random = SplitMix64(state: 5)
    let keys = (0..<1000).map { _ in SplitMix64.key(random.next() % million) }
    var proof = Proof(untrustedRoot: root.hash)
    let samples = try once { proof = try tree.proof(of: keys, version: version) }
    try expect(proof.entries.count, entries, "entries")
    report.add("one proof of 1,000 keys, V\(version)", samples, reference: reference, note: "entries as recorded")
  }
  report.add("peak memory", Text.size(peakMemory))
  database.close()
}

/// 1,000 changed and 100 new keys a version, each committed and finalized. Changes the database: the last workload on it.
func measureVersions(_ report: inout Report) throws {
  let database = try open(1_000_000)
  let tree = try Tree(store: database, root: try root(1_000_000))
  var random = SplitMix64(state: 2)
  var last = Root()
  let samples = try once {
    for version in UInt64(2)...101 {
      for _ in 0..<1000 {
        let key = SplitMix64.key(random.next() % million)
        try tree.insert(key, random.bytes(64))
      }
      for _ in 0..<100 {
        let key = random.bytes(32)
        try tree.insert(key, random.bytes(64))
      }
      last = try tree.commit(namespace: Namespace(), version: version).root
      try database.finalize([last])
    }
  }
  try expect(last.hash.hex, "fe18579f4a6d023221c60817ff78f4bb4c1fcdb485d1213491e0c04162aeac69", "last root")
  report.add("100 versions", samples, reference: "19.2 / cpu 18.9 s", note: "last root as recorded")
  report.add("peak memory", Text.size(peakMemory), reference: "1.56 GB")
  database.close()
  report.add("disk", Text.size(diskUse("\(Environment.scratch)/mkvs-1000000")), reference: "381 MB", note: "with write-ahead log")
}

private func files(_ folder: String) -> [String] {
  (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []).map { "\(folder)/\($0)" }
}

/// The size of a folder's files in bytes.
func diskUse(_ folder: String) -> Int {
  files(folder).reduce(0) { total, path in
    total + (((try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int) ?? 0)
  }
}

/// Makes the kernel forget the contents of a folder's files.
private func dropPageCache(_ folder: String) {
  for path in files(folder) {
    let descriptor = Glibc.open(path, O_RDONLY)
    guard descriptor >= 0 else { continue }
    fsync(descriptor)
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    close(descriptor)
  }
}
