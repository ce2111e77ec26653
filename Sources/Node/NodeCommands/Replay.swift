internal import ChainReplay
internal import CommandLineTool
internal import Dispatch
internal import Glibc
internal import JSONText

/// A replay of a recorded chain with its progress on a terminal and its figures at the end.
struct Replay {
  let console: Console
  let showsProgress: Bool
  private static let barWidth: Int64 = 40

  init(_ console: Console, showsProgress: Bool) { (self.console, self.showsProgress) = (console, showsProgress) }

  /// - Parameter last: the last height, 0 for all.
  /// - Throws: `ReplayDifference` at the first difference; `ReplayError` if the recording cannot be read or has no such height.
  func run(_ folder: String, to last: Int64) throws {
    let chain = try RecordedChain(folder: folder)
    guard last >= 0, last == 0 || last >= chain.initialHeight else {
      throw CommandFailure.message("--to \(last): the chain begins at height \(chain.initialHeight)")
    }
    let state = try TemporaryState()
    let interruption = removeWhenInterrupted(state)
    defer {
      interruption.cancel()
      state.remove()
    }
    let end = min(last > 0 ? last : .max, try self.end(of: folder))
    let replay = try ChainReplay(chain, store: state.store)
    let clock = ContinuousClock()
    let start = clock.now
    var shown = start
    if showsProgress {
      replay.onBlock = { (progress: ChainReplay.Progress) in
        let now = clock.now
        guard now - shown >= .milliseconds(100) else { return }
        shown = now
        show(progress, of: end, rate(progress.blocks, now - start))
      }
    }
    defer { if showsProgress { console.printError("\r\u{1B}[K") } }
    try replay.run(to: end)
    let (progress, time) = (replay.progress, clock.now - start)
    if showsProgress { console.printError("\r\u{1B}[K") }
    console.print(
      "\(progress.blocks) blocks up to height \(progress.height), \(progress.transactions) transactions, \(progress.initialKeys) keys of the "
        + "initial state and \(progress.exports) exported states are equal to the recorded chain\n"
        + "\(decimal(seconds(time))) s, \(decimal(rate(progress.blocks, time))) blocks/s, "
        + "\(decimal(rate(progress.transactions, time))) transactions/s, peak memory \(peakMemory) MiB, "
        + "state on disk \(decimal(Double(state.size) / 1_048_576)) MiB\n")
  }

  /// An interrupted replay leaves no state behind.
  private func removeWhenInterrupted(_ state: TemporaryState) -> any DispatchSourceSignal {
    signal(SIGINT, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    source.setEventHandler {
      state.remove()
      exit(130)
    }
    source.resume()
    return source
  }

  /// The last height of a recording.
  private func end(of folder: String) throws -> Int64 {
    let meta = try JSONParser.parse(try CommandEnvironment.read("\(folder)/meta.json"))
    return meta["last_height"]?.integer(Int64.self) ?? .max
  }

  private func show(_ progress: ChainReplay.Progress, of end: Int64, _ rate: Double) {
    let done = end > 0 && end < .max ? min(Int64(progress.height) * Self.barWidth / end, Self.barWidth) : 0
    let bar = String(repeating: "=", count: Int(done)) + String(repeating: " ", count: Int(Self.barWidth - done))
    console.printError("\r[\(bar)] height \(progress.height) of \(end), \(decimal(rate)) blocks/s\u{1B}[K")
  }

  private func seconds(_ time: Duration) -> Double {
    Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
  }

  private func rate(_ count: Int, _ time: Duration) -> Double { Double(count) / max(seconds(time), 1e-9) }

  /// With one digit after the point.
  private func decimal(_ value: Double) -> String {
    let tenths = Int64((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  private var peakMemory: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss / 1024
  }
}
