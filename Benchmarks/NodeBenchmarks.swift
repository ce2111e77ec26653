import AsyncIO
import Foundation
import NetRunner
import NodeAPI
import NodeConfiguration
import OasisTypes

/// A whole node as `make run` starts it: start, memory, and transactions from many senders at once, each of which waits for its
/// transaction's block before it sends the next.
func measureNode(_ report: inout Report) async throws {
  guard let folder = Environment.programs else {
    return report.add("demo network", "–", note: "not measured: OASIS_BIN names no folder")
  }
  signal(SIGPIPE, SIG_IGN)
  // Short, since it holds a socket.
  let place = "/tmp/oasis-bench-\(getpid())"
  defer { try? FileManager.default.removeItem(atPath: place) }
  let programs = Programs(folder: folder)
  try programs.check()
  let directory = try DemoDirectory(place)
  let lock = try directory.lock()
  defer { withExtendedLifetime(lock) {} }
  _ = try DemoNetwork.prepare(directory, programs: programs)
  let start = ContinuousClock.now
  let node = try await NodeProcess.start(programs, directory)
  do {
    let bench = NodeBench(node: node, directory: directory, report: report)
    try await bench.awaitNetwork(start)
    for (senders, seconds) in [(1, 10), (50, 15), (500, 20)] {
      try await bench.send(senders, for: .seconds(seconds * Environment.patience))
    }
    try await bench.conclude()
  } catch {
    _ = await node.stop()
    throw error
  }
  let end = ContinuousClock.now
  let (exit, killed) = await node.stop()
  guard !killed, exit == .code(0) else { throw WrongResult("the node did not stop well: \(exit)") }
  report.add("SIGTERM to exit", Text.time(end.duration(to: .now).seconds))
}

private struct NodeBench {
  let node: NodeProcess
  let directory: DemoDirectory
  let report: Report
  let client: DemoClient

  init(node: NodeProcess, directory: DemoDirectory, report: Report) {
    (self.node, self.directory, self.report) = (node, directory, report)
    client = DemoClient(socket: directory.socket)
  }

  /// Bytes in memory.
  private var memory: Int { KernelCounts.memory(of: node.processID) }

  func awaitNetwork(_ start: ContinuousClock.Instant) async throws {
    try await wait { ($0.consensus?.latestHeight ?? 0) > 0 }
    report.add("start to the first own block", Text.time(start.duration(to: .now).seconds))
    let status = try await wait { status in
      let runtime = status.runtimes[DemoGenesis.runtimeID]
      return runtime?.committee?.status == .ready && runtime?.committee?.executorRoles?.contains(.worker) == true
        && runtime?.executor?.status == .ready
    }
    report.add(
      "start to the first committee", Text.time(start.duration(to: .now).seconds), reference: "70–90 s",
      note: "epoch \(status.consensus?.latestEpoch ?? 0), block \(status.consensus?.latestHeight ?? 0); Go: 1 s a block, 4 nodes")
    let (wall, cpu) = (ContinuousClock.now, KernelCounts.processorTime(of: node.processID))
    try await IO.sleep(for: .seconds(10))
    let share = (KernelCounts.processorTime(of: node.processID) - cpu) / wall.duration(to: .now).seconds
    report.add("memory, idle", Text.size(memory), cpu: "\(Text.percent(share))", note: "cpu: of one core, at 5 blocks a second")
  }

  /// Waits until the status satisfies `condition`, for two minutes.
  @discardableResult
  private func wait(_ condition: (Control.Status) -> Bool) async throws -> Control.Status {
    let end = ContinuousClock.now + .seconds(120)
    while ContinuousClock.now < end {
      if let exit = await node.child.exit { throw WrongResult("the node ended (\(exit)): see its log") }
      if let status = try? await client.status(), condition(status) { return status }
      try await IO.sleep(for: .milliseconds(20))
    }
    throw WrongResult("the network is not up after two minutes")
  }

  /// Lets so many senders send one insert after the other.
  func send(_ senders: Int, for duration: Duration) async throws {
    let before = (memory: memory, cpu: KernelCounts.processorTime(of: node.processID), start: ContinuousClock.now)
    let end = before.start + duration
    let clients = (0..<max(1, senders / 50)).map { _ in DemoClient(socket: directory.socket) }
    let latencies = try await withThrowingTaskGroup(of: [Double].self) { group in
      for number in 0..<senders {
        let client = clients[number % clients.count]
        group.addTask { try await Self.sender("sender \(senders) \(number)", client, until: end) }
      }
      return try await group.reduce(into: []) { $0 += $1 }.sorted()
    }
    let wall = before.start.duration(to: .now).seconds
    let cpu = (KernelCounts.processorTime(of: node.processID) - before.cpu) / Double(latencies.count)
    func percentile(_ share: Double) -> String { Text.time(latencies[min(latencies.count - 1, Int(Double(latencies.count) * share))]) }
    let reference = [1: "", 50: "25/s"][senders] ?? "did not finish"
    report.add(
      "\(senders) sender\(senders == 1 ? "" : "s"), \(latencies.count) transactions", "\(Text.digits(Double(latencies.count) / wall)) /s",
      cpu: Text.time(cpu), reference: reference,
      note: "p50 \(percentile(0.5)), p99 \(percentile(0.99)); memory \(Text.size(before.memory)) -> \(Text.size(memory))")
  }

  private static func sender(_ name: String, _ client: DemoClient, until end: ContinuousClock.Instant) async throws -> [Double] {
    var latencies: [Double] = []
    let sender = Array(name.utf8)
    while ContinuousClock.now < end {
      let begin = ContinuousClock.now
      let call = KeyValueCall.insert(key: "\(name) \(latencies.count % 10)", value: "value \(latencies.count)")
      let outcome = try await client.submit(call, sender: sender, nonce: UInt64(latencies.count))
      guard case .success = outcome.result else { throw WrongResult("\(call): \(outcome.result)") }
      latencies.append(begin.duration(to: .now).seconds)
    }
    return latencies
  }

  func conclude() async throws {
    let status = try await client.status()
    let (height, round) = (status.consensus?.latestHeight ?? 0, status.runtimes[DemoGenesis.runtimeID]?.latestRound ?? 0)
    report.add(
      "memory at the end", Text.size(memory), reference: "842 MB", note: "block \(height), round \(round); Go: compute node, block 400")
    report.add("disk", Text.size(diskUse(directory.node.path)))
  }
}

extension Duration {
  fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

/// What the kernel counts of a process.
private enum KernelCounts {
  /// Bytes resident, those shared with files included.
  static func memory(of process: Int32) -> Int {
    let text = (try? String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8)) ?? ""
    return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * sysconf(Int32(_SC_PAGESIZE))
  }

  /// Seconds of processor time, all threads.
  static func processorTime(of process: Int32) -> Double {
    let text = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
    let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
    let ticks = fields.count > 12 ? (Double(fields[12]) ?? 0) + (Double(fields[13]) ?? 0) : 0
    return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}
