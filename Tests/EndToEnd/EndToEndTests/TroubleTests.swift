import AsyncIO
import Foundation
import Glibc
import NetRunner
import NodeAPI
import NodeConfiguration
import Testing

/// What operators of such nodes meet, on a whole node: files that were lost or damaged, a second process, a full disk.
@Suite(.serialized, .enabled(if: ReleasePrograms.isGiven, ReleasePrograms.howTo)) struct TroubleTests {
  private static let flags = ["--debug.dont_blame_oasis", "--debug.allow_test_keys"]

  private func startNode(_ directory: DemoDirectory, _ folder: String) async throws -> Finished {
    try await run(ReleasePrograms.programs.node, ["--config", directory.configuration] + Self.flags, in: folder)
  }

  /// Starts the node, waits for a block after `height`, and kills it.
  /// - Returns: its newest height, and what it wrote.
  private func live(_ directory: DemoDirectory, _ folder: String, after height: Int64) async throws -> (height: Int64, log: String) {
    try? FileManager.default.removeItem(atPath: "\(folder)/node.out")
    try? FileManager.default.removeItem(atPath: "\(folder)/node.err")
    let node = try await TestNode.start(directory, in: folder)
    let status = try await node.wait(for: "a block after \(height + 3)") { ($0.consensus?.latestHeight ?? 0) > height + 3 }
    await node.running.child.kill()
    _ = await node.running.child.wait()
    return (status.consensus?.latestHeight ?? 0, node.running.outputText + node.running.errorText)
  }

  /// The one line that a log has about an error, and that the node ended by it.
  private func expectRefusal(_ finished: Finished, naming path: String, _ words: [String], _ what: String) {
    #expect(finished.exit == .code(1), "\(what)")
    let lines = (finished.output + finished.errors).split(separator: "\n").filter { $0.contains(path) }
    #expect(lines.count == 1, "\(what): \(finished.output)\(finished.errors)")
    for word in words { #expect(lines.first?.contains(word) == true, "\(what): \(lines)") }
    #expect(!(finished.output + finished.errors).contains("Fatal error"), "\(what)")
  }

  @Test(.timeLimit(.minutes(10))) func filesAndProcesses() async throws {
    let folder = try TemporaryFolder()
    let directory = try DemoDirectory("\(folder.path)/net")
    let lock = try directory.lock()
    _ = try DemoNetwork.prepare(directory, programs: ReleasePrograms.programs)
    let data = directory.node
    var (height, log) = try await live(directory, folder.path, after: 0)
    #expect(!log.contains("SIGNING STATE") && !log.contains("write-ahead log"), "\(log)")

    try await secondProcess(directory, folder.path)

    // Files that are refused, and left as they are.
    let state = data.validatorState
    for (path, length, words) in [
      (state, 0, ["is empty", "restore the latest copy"]), (state, 40, ["damaged", "restore the latest copy"]),
      ("\(data.path)/identity.pem", 0, ["restore it from a backup"]), ("\(data.path)/consensus.pem", 60, ["restore it from a backup"]),
      ("\(data.path)/p2p_pub.pem", 10, ["remove it"]),
    ] {
      let whole = try Data(contentsOf: URL(fileURLWithPath: path))
      try overwrite(path, whole.prefix(length))
      expectRefusal(try await startNode(directory, folder.path), naming: path, words, "\(path) cut to \(length)")
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == whole.prefix(length))
      try overwrite(path, whole)
    }
    let key = "\(data.path)/vrf.pem"
    try FileManager.default.moveItem(atPath: key, toPath: key + ".away")
    expectRefusal(try await startNode(directory, folder.path), naming: key, ["public half"], "a lost private key")
    #expect(!FileManager.default.fileExists(atPath: key))
    try FileManager.default.moveItem(atPath: key + ".away", toPath: key)

    // A torn log is repaired, once.
    let wal = data.consensusWAL
    for cut in [1, 7, 100] {
      let whole = try Data(contentsOf: URL(fileURLWithPath: wal))
      try overwrite(wal, whole.dropLast(cut))
      (height, log) = try await live(directory, folder.path, after: height)
      #expect(log.split(separator: "\n").filter { $0.contains("\(wal): record at byte") }.count <= 1, "cut by \(cut): \(log)")
    }
    try overwrite(wal, Data(contentsOf: URL(fileURLWithPath: wal)) + Data(repeating: 0, count: 5000))
    (height, log) = try await live(directory, folder.path, after: height)
    #expect(log.split(separator: "\n").filter { $0.contains("\(wal): record at byte") }.count == 1, "zeros: \(log)")
    #expect(FileManager.default.fileExists(atPath: wal + ".CORRUPTED"))

    // Without the signing state: told, waited for, and on it goes.
    try FileManager.default.removeItem(atPath: state)
    (height, log) = try await live(directory, folder.path, after: height)
    #expect(log.split(separator: "\n").filter { $0.contains("OUR SIGNING STATE WAS MISSING") && $0.contains(state) }.count == 1, "\(log)")
    (height, log) = try await live(directory, folder.path, after: height)
    #expect(!log.contains("SIGNING STATE"), "\(log)")
    withExtendedLifetime(lock) {}
  }

  private func overwrite(_ path: String, _ data: Data) throws {
    let file = try #require(FileHandle(forWritingAtPath: path))
    try file.truncate(atOffset: 0)
    try file.write(contentsOf: data)
    try file.close()
  }

  /// The files of a data directory that do not come and go while a node works.
  private func lastingFiles(of data: String) throws -> [String] {
    let all = try FileManager.default.subpathsOfDirectory(atPath: data)
    return all.filter { !$0.contains(".db/") && !$0.contains("/logs/") && !$0.contains("/cs.wal/") && !$0.hasSuffix(".tmp") }.sorted()
  }

  /// Nothing else may use a directory in use.
  private func secondProcess(_ directory: DemoDirectory, _ folder: String) async throws {
    let data = directory.node.path
    let first = try await TestNode.start(directory, in: folder)
    let before = try await first.wait(for: "a block") { ($0.consensus?.latestHeight ?? 0) > 0 }
    let owner = "data directory '\(data)' is in use by process \(first.running.child.processID)"
    let names = try lastingFiles(of: data)
    for _ in 0..<8 {
      let second = try await startNode(directory, folder)
      #expect(second.exit == .code(1))
      #expect((second.output + second.errors).contains(owner), "\(second.output)\(second.errors)")
    }
    for command in [["identity", "init", "--datadir", data]] {
      let offline = try await run(ReleasePrograms.programs.node, command, in: folder)
      #expect(offline.exit != .code(0))
      #expect((offline.output + offline.errors).contains(owner), "\(offline.output)\(offline.errors)")
    }
    #expect(try lastingFiles(of: data) == names)
    let height = before.consensus?.latestHeight ?? 0
    try await first.wait(for: "the first to go on") { ($0.consensus?.latestHeight ?? 0) > height }
    await first.running.child.kill()
    _ = await first.running.child.wait()
  }

  /// Where this process may mount a file system of its own.
  static let canMount: Bool = {
    guard geteuid() == 0 else { return false }
    let path = "/tmp/e2e-mount-\(getpid())"
    guard mkdir(path, 0o700) == 0 else { return false }
    defer { rmdir(path) }
    guard mount("tmpfs", path, "tmpfs", 0, "size=1m") == 0 else { return false }
    return umount(path) == 0
  }()

  /// A disk that fills up under a node: it ends with the cause, and goes on when there is room again.
  @Test(.timeLimit(.minutes(10)), .enabled(if: TroubleTests.canMount, "may not mount a small file system")) func aFullDisk() async throws {
    let folder = try TemporaryFolder()
    let net = "\(folder.path)/net"
    #expect(mkdir(net, 0o700) == 0)
    #expect(mount("tmpfs", net, "tmpfs", 0, "size=400m,mode=0700") == 0)
    defer { umount2(net, Int32(MNT_DETACH)) }
    let directory = try DemoDirectory(net)
    let lock = try directory.lock()
    _ = try DemoNetwork.prepare(directory, programs: ReleasePrograms.programs)
    var height: Int64 = 0
    for round in 0..<3 {
      try? FileManager.default.removeItem(atPath: "\(folder.path)/node.out")
      try? FileManager.default.removeItem(atPath: "\(folder.path)/node.err")
      let node = try await TestNode.start(directory, in: folder.path)
      let limit = height
      let status =
        round == 1
        ? try await node.awaitCommittee()
        : try await node.wait(for: "a block after \(limit)") { ($0.consensus?.latestHeight ?? 0) > limit + 2 }
      height = status.consensus?.latestHeight ?? 0
      fill(net + "/fill", all: round != 2)
      let timer = Task {
        if (try? await IO.sleep(for: .seconds(90))) != nil {
          Issue.record("round \(round): the node goes on without room: \(node.running.outputText.suffix(2000))")
          await node.running.child.kill()
        }
      }
      let exit = await node.running.child.wait()
      timer.cancel()
      let log = node.running.outputText + node.running.errorText
      if case .signal = exit { Issue.record("round \(round): \(exit): \(log.suffix(3000))") }
      let lines = log.split(separator: "\n").filter { $0.lowercased().contains("no space left on device") }
      #expect(lines.contains { $0.contains(net) }, "round \(round): \(log.suffix(3000))")
      try FileManager.default.removeItem(atPath: net + "/fill")
    }
    let (last, log) = try await live(directory, folder.path, after: height)
    #expect(last > height, "\(log)")
    withExtendedLifetime(lock) {}
  }

  /// Takes what room there is; without `all` leaves a little, which the node uses up itself.
  private func fill(_ path: String, all: Bool) {
    let file = open(path, O_WRONLY | O_CREAT, 0o600)
    defer { close(file) }
    var block = [UInt8](repeating: 1, count: 1 << 20)
    while block.count > 0 {
      let count = write(file, block, block.count)
      if count < block.count { block.removeLast(block.count / 2 + block.count % 2) }
    }
    if !all { ftruncate(file, lseek(file, 0, SEEK_END) - (1 << 18)) }
  }
}
