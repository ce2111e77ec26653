internal import ChainReplay
internal import CommandLineTool
internal import Glibc
internal import JSONText
internal import NodeAPI

extension NodeCommands {
  private static let lastHeight = Flag("to", default: Int64(0), "last height to replay; 0 for all")

  /// `debug`: for developers. Rule: sheet 09 §3.9.
  static let debug = Command(
    "debug", "debug utilities",
    subcommands: [
      replay,
      Command("control", "debug control node during tests", sharedFlags: Flags.client, subcommands: [waitReady]),
    ], hidden: true)

  private static let waitReady = Command(
    "wait-ready", "wait for node to become ready", example: "oasis-node debug control wait-ready -a unix:/node/data/internal.sock"
  ) { call in
    let environment = try CommandEnvironment(call, module: "cmd/debug/control")
    try await environment.ask("NodeController/WaitReady", failing: "failed to wait for node to become ready") { try await $0.waitReady() }
  }

  private static let replay = Command(
    "replay", "replay a recorded chain and compare everything with what the reference computed",
    details:
      "Executes the blocks of a recorded chain from its genesis document and compares state roots, results, events, validator updates\n"
      + "and exported states with the recorded ones. Stops at the first difference, says where it is, and exits with 1.",
    example: "oasis-node debug replay chains/basic --to 100", wordsHelp: "DIR", words: .exactly(1), flags: [lastHeight.any]
  ) { call in
    do { try Replay(call.console, showsProgress: isatty(STDERR_FILENO) == 1).run(call.words[0], to: call[lastHeight]) } catch {
      throw CommandFailure.message("\(error)")
    }
  }
}

/// A replay with its progress on a terminal and its figures at the end.
private struct Replay {
  let console: Console
  let showsProgress: Bool
  private static let barWidth: Int64 = 40

  init(_ console: Console, showsProgress: Bool) { (self.console, self.showsProgress) = (console, showsProgress) }

  func run(_ folder: String, to last: Int64) throws {
    let chain = try RecordedChain(folder: folder)
    let end = min(last > 0 ? last : .max, try self.end(of: folder))
    let replay = try ChainReplay(chain)
    let clock = ContinuousClock()
    let start = clock.now
    var shown = start
    if showsProgress {
      replay.onBlock = { (progress: ChainReplay.Progress) in
        let now = clock.now
        guard now - shown >= .milliseconds(100) else { return }
        shown = now
        show(progress, of: end, rate(Int64(progress.blocks), now - start))
      }
    }
    defer { if showsProgress { console.printError("\r\u{1B}[K") } }
    try replay.run(to: end)
    let (progress, time) = (replay.progress, clock.now - start)
    if showsProgress { console.printError("\r\u{1B}[K") }
    console.print(
      "\(progress.blocks) blocks up to height \(progress.height), \(progress.transactions) transactions and \(progress.exports) exported "
        + "states are equal to the recorded chain\n"
        + "\(decimal(seconds(time))) s, \(decimal(rate(Int64(progress.blocks), time))) blocks/s, "
        + "\(decimal(rate(Int64(progress.transactions), time))) transactions/s, peak memory \(peakMemory) MiB\n")
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
  private func rate(_ count: Int64, _ time: Duration) -> Double { Double(count) / max(seconds(time), 1e-9) }

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
