internal import AsyncIO
internal import Bytes
public import CommandLineTool
internal import Glibc
internal import NodeAPI
internal import NodeConfiguration

/// The demo: one real node, one ParaTime, a few transactions, on a network of its own.
public struct Demo: Sendable {
  private let directory: DemoDirectory
  private let programs: Programs
  private let isOnce: Bool
  private let progress: Progress

  public init(directory: DemoDirectory, programs: Programs, once: Bool, console: Console) {
    (self.directory, self.programs, isOnce) = (directory, programs, once)
    progress = Progress(console: console)
  }

  /// How a run came to its end.
  private enum Outcome: Sendable {
    /// The script ran to its end; whether every transaction gave what it must.
    case finished(isGood: Bool)
    case failed(String)
    case asked(signal: Int32)
    case nodeEnded(ChildExit)
    case cancelled
  }

  /// Runs to the end and returns the exit code.
  public func run() async throws -> Int32 {
    // An ignored signal cannot interrupt a write to a pipe that nobody reads any more.
    signal(SIGPIPE, SIG_IGN)
    try programs.check()
    let lock = try directory.lock()
    defer { withExtendedLifetime(lock) {} }
    let signals = Signals.events([SIGINT, SIGTERM, SIGHUP])
    let network = try DemoNetwork.prepare(directory, programs: programs)
    let node = try await NodeProcess.start(programs, directory)
    announce(network, node)
    let reached = Reached()
    let outcome = await withTaskGroup(of: Outcome.self) { group in
      group.addTask { await self.script(network, node, reached) }
      group.addTask {
        for await signal in signals { return .asked(signal: signal) }
        return .cancelled
      }
      group.addTask { .nodeEnded(await node.child.wait()) }
      let first = await group.next() ?? .cancelled
      group.cancelAll()
      if case .nodeEnded = first { return first }
      await stop(node)
      return first
    }
    return report(outcome, node, await reached.isDone)
  }

  /// Whether the transactions are done, seen from outside of the script.
  private actor Reached {
    private(set) var isDone = false
    func done() { isDone = true }
  }

  private func announce(_ network: DemoNetwork, _ node: NodeProcess) {
    progress.line("network   \(directory.path) (\(network.isNew ? "new" : "goes on where it stopped"))")
    progress.line("chain     \(network.chainContext)")
    progress.line("node      process \(node.processID), log \(directory.log)")
    progress.line("ParaTime  \(DemoGenesis.runtimeID.hex) (\(Programs.runtimeName))")
    progress.line()
  }

  // MARK: - The script

  private func script(_ network: DemoNetwork, _ node: NodeProcess, _ reached: Reached) async -> Outcome {
    let client = DemoClient(socket: directory.socket)
    var watch = DemoWatch(genesisExpiration: network.genesisExpiration, directory: directory.path)
    do {
      if let failure = try await awaitCommittee(client, &watch, node) { return .failed(failure) }
      let isGood: Bool
      do { isGood = try await transact(client) } catch {
        // A chain that stands says more than the call that waited for it.
        if !Task.isCancelled, case .failed(let reason) = watch.observe(try await status(client), at: progress.elapsed) {
          return .failed(reason)
        }
        throw error
      }
      guard isGood, !isOnce, progress.isTerminal else { return .finished(isGood: isGood) }
      await reached.done()
      invite()
      return .failed(try await follow(client, &watch))
    } catch is CancellationError { return .cancelled } catch {
      return Task.isCancelled ? .cancelled : .failed("\(error)")
    }
  }

  /// Waits until the node is its committee's worker; returns why it never will be.
  private func awaitCommittee(_ client: DemoClient, _ watch: inout DemoWatch, _ node: NodeProcess) async throws -> String? {
    var shown = ""
    var since = progress.elapsed
    while true {
      switch watch.observe(try await status(client), at: progress.elapsed) {
      case .failed(let reason): return reason
      case .ready(let figures):
        progress.step("the committee is there: this node (\(figures))")
        return nil
      case .waiting(let text, let figures):
        let whole = figures.isEmpty ? text : "\(text) (\(figures))"
        if text != shown {
          progress.step(whole)
          (shown, since) = (text, progress.elapsed)
        } else if progress.elapsed - since > Self.patience {
          complain(whole, node)
          since = progress.elapsed
        } else {
          progress.live(whole)
        }
      }
      try await IO.sleep(for: .milliseconds(250))
    }
  }

  /// How long it waits for the same before it looks for the reason in the log.
  private static let patience = Duration.seconds(15)

  private func complain(_ text: String, _ node: NodeProcess) {
    let complaints = LogTail.lines(directory.log, from: node.logStart, count: 200).filter { line in
      line.contains("level=error") || line.contains("level=warn")
    }
    progress.step("still \(text)" + (complaints.isEmpty ? "" : "; the node's log says:"))
    for line in complaints.suffix(2) { progress.line("  \(line)") }
  }

  /// Nil while the node does not answer.
  private func status(_ client: DemoClient) async throws -> Control.Status? {
    do { return try await client.status() } catch {
      try Task.checkCancellation()
      return nil
    }
  }

  /// Sends the transactions one after the other; returns whether each gave what it must.
  private func transact(_ client: DemoClient) async throws -> Bool {
    // The chain is ahead of where it was in any run before, so its height makes this run's keys its own.
    let script = DemoScript(run: "\(try await client.status().consensus?.latestHeight ?? 0)")
    progress.line()
    progress.line("transactions:")
    var failures = 0
    for step in script.steps {
      progress.live("\(step.call)")
      let begin = ContinuousClock.now
      let outcome = try await client.submit(step.call)
      let duration = begin.duration(to: .now)
      let isGood = outcome.result == step.expected
      if !isGood { failures += 1 }
      let height = (try? await client.status())?.consensus?.latestHeight ?? 0
      let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
      progress.line(
        "  \(padded("\(step.call)", 34)) -> \(padded("\(outcome.result)", 14)) round \(outcome.round), block \(height), \(milliseconds) ms"
          + (isGood ? "" : "   WRONG: must be \(step.expected)"))
    }
    progress.line()
    progress.step(
      failures == 0
        ? "all \(script.steps.count) transactions are final, with the results they must have"
        : "\(failures) of \(script.steps.count) transactions gave a wrong result")
    return failures == 0
  }

  private func invite() {
    let tool = programs.runner
    let isStandard = (try? DemoDirectory.standard(programs)) == directory
    let place = isStandard ? "" : " --directory \(shellWord(directory.path))"
    progress.line()
    progress.line("socket    \(directory.socket)")
    progress.line("Try, in another terminal:")
    progress.line("  \(shellWord(tool)) tx insert KEY VALUE\(place)")
    progress.line("  \(shellWord(tool)) tx get KEY\(place)")
    progress.line("  \(shellWord(programs.node)) control status --address \(shellWord("unix:\(directory.socket)"))")
    progress.line("Ctrl-C ends the network; the same command goes on with it, and removing \(directory.path) resets it.")
    progress.line()
  }

  /// Shows the heights until something goes wrong, and returns what.
  private func follow(_ client: DemoClient, _ watch: inout DemoWatch) async throws -> String {
    while true {
      switch watch.observe(try await status(client), at: progress.elapsed) {
      case .failed(let reason): return reason
      case .ready(let figures): progress.live(figures)
      case .waiting(let text, let figures): progress.live(figures.isEmpty ? text : "\(figures): \(text)")
      }
      try await IO.sleep(for: .seconds(1))
    }
  }

  // MARK: - The end

  /// Ends the node; a second signal kills it at once.
  private func stop(_ node: NodeProcess) async {
    progress.step("stopping the node")
    let impatience = Task {
      for await _ in Signals.events([SIGINT, SIGTERM, SIGHUP]) { await node.child.kill() }
    }
    let (exit, killed) = await node.stop()
    impatience.cancel()
    if killed {
      progress.step("the node did not stop within ten seconds and was killed")
    } else if exit != .code(0) {
      progress.step("the node ended with \(exit)")
    } else {
      progress.step("the node has stopped")
    }
  }

  private func report(_ outcome: Outcome, _ node: NodeProcess, _ isDone: Bool) -> Int32 {
    switch outcome {
    case .finished(let isGood): return isGood ? 0 : 1
    case .asked(let signal): return isDone ? 0 : 128 + signal
    case .cancelled: return 1
    case .failed(let reason):
      progress.step("failed: \(reason)")
    case .nodeEnded(let exit):
      progress.step("the node ended by itself (\(exit))")
    }
    let lines = LogTail.lines(directory.log, from: node.logStart)
    if !lines.isEmpty {
      progress.line("The last lines of \(directory.log):")
      for line in lines { progress.line("  \(line)") }
    }
    return 1
  }

  private func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
}

/// A word as a shell takes it.
func shellWord(_ text: String) -> String {
  let isPlain =
    !text.isEmpty
    && text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
      default: "/._-:=+,@%".utf8.contains(byte)
      }
    }
  return isPlain ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}
