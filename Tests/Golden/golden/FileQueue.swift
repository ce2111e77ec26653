import Foundation
import GoldenSupport

/// Checks files by processes of their own, as many at once as there are processors, and hands out the results in order.
final class FileQueue: Sequence, IteratorProtocol {
  private let files: [GoldenFile]
  private let covered: [Bool]
  private let results: Results
  private var position = 0

  /// What the workers share.
  private final class Results: @unchecked Sendable {  // everything is touched under the lock
    private let lock = NSCondition()
    private var pending: [(index: Int, file: GoldenFile)]
    private var done: [Int: FileResult] = [:]
    private var running: Set<String> = []
    private let count: Int
    private let showsProgress = isatty(2) == 1

    init(_ pending: [(index: Int, file: GoldenFile)]) {
      self.pending = pending.reversed()
      count = pending.count
    }

    func take() -> (index: Int, file: GoldenFile)? {
      lock.withLock {
        guard let task = pending.popLast() else { return nil }
        running.insert(task.file.path)
        show()
        return task
      }
    }

    func finish(_ task: (index: Int, file: GoldenFile), _ result: FileResult) {
      lock.withLock {
        done[task.index] = result
        running.remove(task.file.path)
        show()
        lock.broadcast()
      }
    }

    func wait(for index: Int) -> FileResult {
      lock.withLock {
        while true {
          if let result = done.removeValue(forKey: index) {
            if showsProgress { FileHandle.standardError.write(Data("\r\u{1b}[K".utf8)) }
            return result
          }
          lock.wait()
        }
      }
    }

    /// Where the run is, for someone who watches.
    private func show() {
      guard showsProgress else { return }
      let text = "\(count - pending.count - running.count) of \(count) files, at \(running.sorted().joined(separator: ", "))"
      FileHandle.standardError.write(Data("\r\u{1b}[K\(text.prefix(110))".utf8))
    }
  }

  init(_ run: GoldenRun, _ files: [GoldenFile]) {
    self.files = files
    let covered = files.map { run.loader(of: $0.path) != nil }
    let shared = Results(files.indices.filter { covered[$0] }.map { ($0, files[$0]) })
    self.covered = covered
    results = shared
    for _ in 0..<Swift.max(ProcessInfo.processInfo.activeProcessorCount, 1) {
      Thread.detachNewThread {
        while let task = shared.take() { shared.finish(task, Self.check(task.file)) }
      }
    }
  }

  /// The next file with its result; nil where no loader reads it.
  func next() -> (GoldenFile, FileResult?)? {
    guard position < files.count else { return nil }
    defer { position += 1 }
    return (files[position], covered[position] ? results.wait(for: position) : nil)
  }

  private static func check(_ file: GoldenFile) -> FileResult {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = ["--file", file.root, file.path, file.location]
    process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
    let output = Pipe()
    process.standardOutput = output
    do { try process.run() } catch { return FileResult(crash: "the check cannot be started: \(error)") }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    if process.terminationReason == .uncaughtSignal {
      return FileResult(crash: "the check crashed: signal \(process.terminationStatus)")
    }
    return FileResult(text: text) ?? FileResult(crash: "the check ended early: status \(process.terminationStatus)")
  }
}
