import CometBFT
import Foundation
import KeyValueStore
import Synchronization
import Testing

@Suite("Log after a crash") struct TornLogTests {
  private func record(_ height: Int64) -> TimedWALMessage {
    TimedWALMessage(time: .zero, message: WALMessage(.endHeight(EndHeightRecord(height: height))))
  }

  private func folder() -> String { FileManager.default.temporaryDirectory.appendingPathComponent("log-\(UUID().uuidString)").path }

  @Test func everyTornTailIsRepairedToWhatWasWhole() throws {
    let path = folder()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let log = try FileLog(folder: path, now: .zero)
    for height in Int64(1)...3 { try log.writeSync(record(height)) }
    let whole = try Data(contentsOf: URL(fileURLWithPath: path + "/wal"))
    let last = try WALCoding.encode(record(3)).count
    for cut in 1..<last {
      try whole.dropLast(cut).write(to: URL(fileURLWithPath: path + "/wal"))
      let torn = try FileLog(folder: path, now: .zero)
      #expect(throws: LogError.self) { try torn.records(after: 2) }
      try torn.repair()
      #expect(try torn.records(after: 1)?.count == 1)
      #expect(try torn.records(after: 2)?.isEmpty == true)
      try torn.writeSync(record(3))
      #expect(try torn.hasEnd(of: 3))
      #expect(FileManager.default.fileExists(atPath: path + "/wal.CORRUPTED"))
    }
  }

  /// A crash in a repair, after the newer files were set aside: the next repair keeps them.
  @Test func whatWasSetAsideIsNeverOverwritten() throws {
    let path = folder()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let log = try FileLog(folder: path, now: .zero)
    let step = String(repeating: "x", count: 1 << 19)
    for round in Int32(0)..<22 {
      try log.writeSync(TimedWALMessage(time: .zero, message: WALMessage(.roundState(.init(height: 1, round: round, step: step)))))
    }
    let (head, old) = (path + "/wal", path + "/wal.000")
    var bytes = try Data(contentsOf: URL(fileURLWithPath: old))
    bytes[bytes.count - 3] ^= 1
    try bytes.write(to: URL(fileURLWithPath: old))
    let newest = try Data(contentsOf: URL(fileURLWithPath: head))
    #expect(!newest.isEmpty)
    try bytes.write(to: URL(fileURLWithPath: old + ".CORRUPTED"))
    try FileManager.default.moveItem(atPath: head, toPath: head + ".CORRUPTED")

    let next = try FileLog(folder: path, now: .zero)
    #expect(throws: LogError.self) { try next.records(after: 0) }
    try next.repair()
    #expect(try next.records(after: 0)?.count == 19)
    #expect(FileManager.default.contents(atPath: head + ".CORRUPTED") == newest)
    #expect(FileManager.default.contents(atPath: old + ".CORRUPTED") == bytes)
    #expect(FileManager.default.contents(atPath: old + ".CORRUPTED.1") == bytes)
  }

  @Test func aNewLogStartsWithTheEndOfHeightZero() throws {
    let path = folder()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let log = try FileLog(folder: path, now: .zero)
    #expect(try log.records(after: 0)?.isEmpty == true)
    #expect(try log.hasEnd(of: 1) == false)
  }

  @Test func oldFilesAreSearchedToo() throws {
    let path = folder()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let log = try FileLog(folder: path, now: .zero)
    try log.writeSync(record(1))
    let step = String(repeating: "x", count: 1 << 19)
    for _ in 0..<22 {
      try log.writeSync(TimedWALMessage(time: .zero, message: WALMessage(.roundState(.init(height: 2, round: 0, step: step)))))
    }
    #expect(FileManager.default.fileExists(atPath: path + "/wal.000"))
    try log.writeSync(record(2))
    #expect(try log.records(after: 1)?.count == 23)
    #expect(try log.records(after: 2)?.isEmpty == true)
    #expect(try log.hasEnd(of: 3) == false)
  }

  /// Old files beyond 1 GiB go, the oldest first.
  @Test func oldFilesAreBounded() throws {
    let path = folder()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let log = try FileLog(folder: path, now: .zero)
    for number in 0..<4 {
      let file = path + "/wal.00\(number)"
      #expect(FileManager.default.createFile(atPath: file, contents: nil))
      try #require(FileHandle(forWritingAtPath: file)).truncate(atOffset: 300 << 20)  // takes no room
    }
    let step = String(repeating: "x", count: 1 << 19)
    for _ in 0..<22 {
      try log.writeSync(TimedWALMessage(time: .zero, message: WALMessage(.roundState(.init(height: 1, round: 0, step: step)))))
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    #expect(names == ["wal", "wal.001", "wal.002", "wal.003", "wal.004"])
  }
}
