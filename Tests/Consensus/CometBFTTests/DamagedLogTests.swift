import CometBFT
import EngineTestSupport
import Foundation
import Synchronization
import Telemetry
import Testing

/// Signs so many times, then refuses and tells.
final class TiringSigner: ValidatorSigner {
  private let base = DiskNetwork.signer
  private let left: Mutex<Int>
  let refused: AsyncStream<Void>
  private let refusal: AsyncStream<Void>.Continuation
  struct Tired: Error {}

  init(count: Int) {
    left = Mutex(count)
    (refused, refusal) = AsyncStream.makeStream(of: Void.self)
  }

  var publicKey: [UInt8] { base.publicKey }
  func sign(_ message: [UInt8]) throws -> [UInt8] {
    let isTired = left.withLock { left in
      left -= 1
      return left < 0
    }
    if isTired {
      refusal.yield()
      throw Tired()
    }
    return try base.sign(message)
  }
}

/// A chain that stopped in the middle of a height.
struct StoppedChain {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("stopped-\(UUID().uuidString)").path

  /// - Parameter signatures: how many are made; a block takes three.
  init(signatures: Int) async throws {
    var network = DiskNetwork(folder: folder)
    // On a slow machine no round may end by a timer: its signatures are counted.
    let never = Nanoseconds.seconds(3600)
    (network.configuration.timeouts.propose, network.configuration.timeouts.prevote, network.configuration.timeouts.precommit) =
      (never, never, never)
    let signer = TiringSigner(count: signatures)
    network.wrapSigner = { _ in signer }
    let node = try network.open()
    let engine = node.engine
    async let running: Void = engine.run()
    for await _ in signer.refused { break }
    await engine.stop()
    try await running
    node.close()
  }

  func copy() throws -> DiskNetwork {
    let target = FileManager.default.temporaryDirectory.appendingPathComponent("damaged-\(UUID().uuidString)").path
    try FileManager.default.copyItem(atPath: folder, toPath: target)
    return DiskNetwork(folder: target)
  }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }
}

/// What happens to a log, and how it is answered.
enum Damage: CaseIterable {
  case cutBy1, cutBy7, cutBy100, cutBy700, flippedInLast, flippedInOlderHeight, flippedInLastEnd, flippedAfterLastEnd
  case wrongLengthInOlderHeight, longLengthInOlderHeight, hugeLast, hugeInOlderHeight, hugeAfterLastEnd, zeroedTail, zerosAppended,
    garbageAppended, emptied, missing

  enum Answer { case repaired, noticed, withoutEnd }

  /// - Parameter signatures: of the chain; with 12 the height in progress has too few bytes for a large cut.
  func answer(_ signatures: Int) -> Answer {
    switch self {
    case .cutBy100 where signatures == 12: .withoutEnd
    case .flippedInOlderHeight, .hugeInOlderHeight, .wrongLengthInOlderHeight, .longLengthInOlderHeight: .noticed
    case .flippedInLastEnd, .emptied: .withoutEnd
    case .missing: .withoutEnd
    default: .repaired
    }
  }

  func apply(to path: String) throws {
    let url = URL(fileURLWithPath: path)
    if self == .missing { return try FileManager.default.removeItem(at: url) }
    var bytes = Array(try Data(contentsOf: url))
    let records = Self.records(bytes)
    let ends = WALCoding.decode(bytes).indices.filter { Self.isEnd(bytes, records[$0]) }
    let lastEnd = ends[ends.count - 1], older = ends[1] + 1
    func flip(_ record: Range<Int>) { bytes[record.upperBound - 2] ^= 0x10 }
    func claim(_ record: Range<Int>) { bytes.replaceSubrange(record.lowerBound + 4..<record.lowerBound + 8, with: [0x80, 0, 0, 0]) }
    switch self {
    case .cutBy1: bytes.removeLast(1)
    case .cutBy7: bytes.removeLast(7)
    case .cutBy100: bytes.removeLast(100)
    case .cutBy700: bytes.removeLast(min(700, bytes.count - records[lastEnd].upperBound - 1))
    case .flippedInLast: flip(records[records.count - 1])
    case .flippedInOlderHeight: flip(records[older])
    case .flippedInLastEnd: flip(records[lastEnd])
    case .flippedAfterLastEnd: flip(records[lastEnd + 1])
    case .wrongLengthInOlderHeight: bytes[records[older].lowerBound + 7] ^= 4
    case .longLengthInOlderHeight: bytes[records[older].lowerBound + 5] ^= 8  // more than the file has
    case .hugeLast: claim(records[records.count - 1])
    case .hugeInOlderHeight: claim(records[older])
    case .hugeAfterLastEnd: claim(records[lastEnd + 1])
    case .zeroedTail: bytes.replaceSubrange(bytes.count - 20..<bytes.count, with: [UInt8](repeating: 0, count: 20))
    case .zerosAppended: bytes += [UInt8](repeating: 0, count: 1 << 20)
    case .garbageAppended: bytes += (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
    case .emptied: bytes = []
    case .missing: break
    }
    try Data(bytes).write(to: url)
  }

  static func records(_ bytes: [UInt8]) -> [Range<Int>] {
    var records: [Range<Int>] = [], start = 0
    while start < bytes.count {
      let end = start + 8 + bytes[start + 4..<start + 8].reduce(0) { $0 << 8 | Int($1) }
      records.append(start..<end)
      start = end
    }
    return records
  }

  private static func isEnd(_ bytes: [UInt8], _ record: Range<Int>) -> Bool {
    if case .record(let record)? = WALCoding.decode(Array(bytes[record])).first, case .endHeight = record.message?.kind {
      true
    } else {
      false
    }
  }
}

@Suite("Engine on a damaged log", .timeLimit(.minutes(4))) struct DamagedLogTests {
  /// Every damage at every step of a height: after nothing, the proposal, the prevote.
  @Test(arguments: [12, 13, 14]) func isAnsweredOnceAndTheChainGoesOn(signatures: Int) async throws {
    let chain = try await StoppedChain(signatures: signatures)
    defer { chain.remove() }
    for damage in Damage.allCases {
      let network = try chain.copy()
      defer { try? FileManager.default.removeItem(atPath: network.folder) }
      try damage.apply(to: network.logPath)
      let damaged = FileManager.default.contents(atPath: network.logPath)
      let sink = MemoryLogSink()
      let heights = try await network.run(blocks: 3, log: recorder(sink))
      #expect(heights == [5, 6, 7], "\(damage) after \(signatures): \(sink.lines)")
      var check = SignatureCheck()
      try check.read(folder: chain.folder + "/cs.wal")
      try check.read(folder: network.folder + "/cs.wal")
      #expect(check.contradictions.isEmpty, "\(damage) after \(signatures): \(check.contradictions)")
      let words =
        switch damage.answer(signatures) {
        case .repaired: "cut off before that record"
        case .noticed: "is damaged where it is not needed"
        case .withoutEnd: "lacks the end of the last height"
        }
      #expect(sink.lines.filter { $0.contains(words) && $0.contains(network.logPath) }.count == 1, "\(damage): \(sink.lines)")
      #expect(sink.lines.count <= 2, "\(damage): \(sink.lines)")  // the other may say that a lost vote costs a round
      let kept = FileManager.default.contents(atPath: network.logPath + ".CORRUPTED")
      let isKept = damage.answer(signatures) != .noticed && damage != .emptied && damage != .missing
      #expect(kept == (isKept ? damaged : nil), "\(damage)")
      let later = MemoryLogSink()
      try await network.run(blocks: 1, log: recorder(later))
      #expect(later.lines.isEmpty || damage.answer(signatures) == .noticed, "\(damage): \(later.lines)")
    }
  }

  /// Whatever the log has lost: what the signing state says was signed is not signed again for another block.
  @Test(arguments: 0..<12) func losesAnyTailAfterASignature(part: Int) async throws {
    let chain = try await StoppedChain(signatures: 14)  // the precommit of height 5 is due
    defer { chain.remove() }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: chain.folder + "/cs.wal/wal"))
    let network = try chain.copy()
    defer { try? FileManager.default.removeItem(atPath: network.folder) }
    // Signed and stored, but the log has not got it: as if killed right then.
    var last: Vote?
    for case .record(let record) in WALCoding.decode(Array(bytes)) {
      if case .message(let record) = record.message?.kind, case .vote(let message) = record.message.kind { last = message.vote }
    }
    var vote = try #require(last)
    #expect(vote.type == .prevote && vote.height == 5)
    vote.type = .precommit
    let precommit = try ValidatorKey(signer: DiskNetwork.signer, path: network.signingPath).sign(vote, chainID: DiskNetwork.chainID)
    try bytes.prefix(bytes.count * part / 11).write(to: URL(fileURLWithPath: network.logPath))
    let sink = MemoryLogSink()
    #expect(try await network.run(blocks: 3, log: recorder(sink)) == [5, 6, 7], "\(sink.lines)")
    var check = SignatureCheck()
    try check.read(folder: chain.folder + "/cs.wal")
    try check.read(folder: network.folder + "/cs.wal")
    #expect(check.contradictions.isEmpty, "\(check.contradictions)")
    for case .record(let record) in WALCoding.decode(Array(try Data(contentsOf: URL(fileURLWithPath: network.logPath)))) {
      guard case .message(let record) = record.message?.kind, case .vote(let message) = record.message.kind, let vote = message.vote,
        (vote.type, vote.height, vote.round) == (.precommit, 5, 0)
      else { continue }
      #expect(vote.signature == precommit.signature)
    }
  }

  @Test func damageInAnOldFileOfTheHeightIsCutToo() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("log-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let log = try FileLog(folder: folder, now: .zero)
    let step = String(repeating: "x", count: 1 << 19)
    for round in Int32(0)..<22 {
      try log.writeSync(TimedWALMessage(time: .zero, message: WALMessage(.roundState(.init(height: 1, round: round, step: step)))))
    }
    let old = folder + "/wal.000"
    var bytes = try Data(contentsOf: URL(fileURLWithPath: old))
    bytes[bytes.count - 3] ^= 1
    try bytes.write(to: URL(fileURLWithPath: old))
    #expect(throws: LogError.self) { try log.records(after: 0) }
    try log.repair()
    #expect(try log.records(after: 0)?.count == 19)
    #expect(FileManager.default.contents(atPath: old + ".CORRUPTED") == bytes)
    #expect(FileManager.default.fileExists(atPath: folder + "/wal.CORRUPTED"))
  }

  @Test func aFailedWriteLeavesNoHalfRecord() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("log-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: folder + "/wal", withDestinationPath: "/dev/full")
    let error = #expect(throws: LogError.self) { _ = try FileLog(folder: folder, now: .zero) }
    #expect("\(error.map { "\($0)" } ?? "")".contains("\(folder)/wal: no space left on device"))
  }
}
