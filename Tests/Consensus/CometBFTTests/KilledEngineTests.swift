import CometBFT
import EngineTestSupport
import Foundation
import KeyValueStore
import Telemetry
import Testing

/// A validator in a process of its own.
struct EngineProcess {
  let process = Process()
  let output: String

  /// - Parameter limit: bytes that a file may have.
  init(folder: String, limit: Int? = nil) throws {
    let own = URL(fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    process.executableURL = own.deletingLastPathComponent().appendingPathComponent("engine-child")
    process.arguments = [folder] + (limit.map { ["\($0)"] } ?? [])
    output = folder + ".out"
    if !FileManager.default.fileExists(atPath: output) { _ = FileManager.default.createFile(atPath: output, contents: nil) }
    let handle = try #require(FileHandle(forWritingAtPath: output))
    try handle.seekToEnd()
    (process.standardOutput, process.standardError) = (handle, handle)
  }

  var lines: [String] { Self.lines(of: output) }

  private static func lines(of path: String) -> [String] {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// Runs the program and waits for its end. With `blocks` kills it a little after it has told of so many more.
  func run(killAfterBlocks blocks: Int?) async throws -> Int32 {
    let (ended, end) = AsyncStream.makeStream(of: Int32.self)
    process.terminationHandler = {
      end.yield($0.terminationStatus)
      end.finish()
    }
    let before = heights.count
    try process.run()
    let number = process.processIdentifier
    // Also where this test is given up: a child must not outlive it.
    defer { if process.isRunning { kill(number, SIGKILL) } }
    let guardian = Task { [output] in
      try await Task.sleep(for: .seconds(180))
      Issue.record("process \(number) does not get on: \(Self.lines(of: output).suffix(5))")
      kill(number, SIGKILL)
    }
    defer { guardian.cancel() }
    if let blocks {
      while process.isRunning, heights.count < before + blocks { try await Task.sleep(for: .milliseconds(2)) }
      try await Task.sleep(for: .microseconds(Int.random(in: 0...20_000)))
      kill(number, SIGKILL)
    }
    for await status in ended { return status }
    return -1
  }

  /// The blocks that it has told of.
  var heights: [Int64] { lines.compactMap { line in line.hasPrefix("block ") ? Int64(line.dropFirst(6)) : nil } }
}

@Suite("Engine that is killed", .timeLimit(.minutes(3))) struct KilledEngineTests {
  @Test func goesOnWithoutADoubleSignOrALostTransaction() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("killed-\(UUID().uuidString)").path
    defer {
      try? FileManager.default.removeItem(atPath: folder)
      try? FileManager.default.removeItem(atPath: folder + ".out")
    }
    var check = SignatureCheck()
    var lines: [String] = []
    for _ in 0..<20 {
      let process = try EngineProcess(folder: folder)
      _ = try await process.run(killAfterBlocks: .random(in: 0...12))
      if FileManager.default.fileExists(atPath: folder + "/cs.wal") { try check.read(folder: folder + "/cs.wal") }
      lines = process.lines
    }
    #expect(!lines.contains { $0.hasPrefix("error") }, "\(lines.filter { $0.hasPrefix("error") })")
    let heights = try EngineProcess(folder: folder).heights
    let sink = MemoryLogSink()
    let more = try await DiskNetwork(folder: folder).run(blocks: 3, log: recorder(sink))
    #expect(more.count == 3 && more[0] > heights.max() ?? 0, "\(sink.lines)")
    try check.read(folder: folder + "/cs.wal")
    #expect(check.contradictions.isEmpty, "\(check.contradictions)")
    #expect(check.count > 60 && heights.count > 20)
    let node = try DiskNetwork(folder: folder).open()
    defer { node.close() }
    let final = lines.filter { $0.hasPrefix("final ") }.map { $0.dropFirst(6) }
    #expect(!final.isEmpty)
    for key in final { #expect(try node.applicationStore.has(Array("v:\(key)".utf8)), "\(key)") }
  }
}

@Suite("Engine on a full disk", .timeLimit(.minutes(3))) struct FullDiskTests {
  @Test func everyFailedWriteEndsInAClearErrorAndTheStoresOpenAgain() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("full-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let network = DiskNetwork(folder: folder)
    var height: Int64 = 0
    for writes in 0..<14 {
      let plan = FaultPlan(after: writes)
      var faulty = network
      faulty.wrapStore = { FaultyStore($0, plan) }
      let sink = MemoryLogSink()
      do {
        try await faulty.run(blocks: 10, log: recorder(sink))
        Issue.record("write \(writes) did not fail")
      } catch {
        #expect("\(error)".contains("No space left on device"), "\(error)")
        #expect(plan.hasFailed)
        let told = sink.lines.filter { $0.contains("CONSENSUS FAILURE!!!") && $0.contains("No space left on device") }
        if writes > 3 { #expect(told.count == 1 && told[0].contains("make room"), "\(sink.lines)") }
      }
      let heights = try await network.run(blocks: 2, log: recorder(sink))
      #expect(heights.count == 2 && heights[0] > height, "write \(writes)")
      height = heights.last ?? 0
    }
    var check = SignatureCheck()
    try check.read(folder: folder + "/cs.wal")
    #expect(check.contradictions.isEmpty, "\(check.contradictions)")
  }

  /// Without a durable signing state nothing is signed, and the engine says so at once instead of standing still.
  @Test func aSigningStateThatCannotBeWritten() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("full-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let network = DiskNetwork(folder: folder)
    try await network.run(blocks: 2)
    let sink = MemoryLogSink()
    let node = try network.open(log: recorder(sink))
    defer { node.close() }
    try FileManager.default.createSymbolicLink(atPath: network.signingPath + ".tmp", withDestinationPath: "/dev/full")
    let error = await #expect(throws: EngineError.self) { try await node.engine.run() }
    #expect("\(error.map { "\($0)" } ?? "")".contains(network.signingPath + ".tmp"))
    #expect(sink.lines.count == 1 && sink.lines[0].contains("CONSENSUS FAILURE!!!"), "\(sink.lines)")
  }

  /// The operating system refuses: whichever file meets the bound first, stores, log or signing state.
  @Test(arguments: [400, 3_000, 6_000, 20_000, 60_000, 200_000]) func filesThatCannotGrow(limit: Int) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("full-\(UUID().uuidString)").path
    defer {
      try? FileManager.default.removeItem(atPath: folder)
      try? FileManager.default.removeItem(atPath: folder + ".out")
    }
    let network = DiskNetwork(folder: folder)
    let first = try await network.run(blocks: 3)
    let process = try EngineProcess(folder: folder, limit: limit)
    #expect(try await process.run(killAfterBlocks: nil) == 3, "\(process.lines.suffix(5))")
    #expect(
      process.lines.contains { $0.hasPrefix("error ") && $0.contains(folder) && $0.lowercased().contains("file too large") },
      "\(process.lines.suffix(5))")
    let more = try await network.run(blocks: 3)
    #expect(more.count == 3 && more[0] > first[2])
  }
}
