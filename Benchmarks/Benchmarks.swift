import Foundation

/// `benchmarks [ONLY…]` measures the workloads whose names start with one of the arguments (all by default) and prints a table:
/// ours beside what the reference took for the same work, where that was measured.
///
/// Each workload runs in a process of its own, so that peak memory and caches are its own. Environment: `GOLDEN_DIR` (recorded data),
/// `BENCH_DIR` (scratch folder for databases), `OASIS_BIN` (folder of the programs as they ship),
/// `BENCH_PATIENCE` (factor of the time that the node is under load).
@main struct Benchmarks {
  static let workloads: [Workload] = [
    Workload("cbor", "CBOR, one core", measureCBOR),
    Workload("hashes", "Hashing, one core", measureHashes),
    Workload("signatures", "Signatures, one core", measureSignatures),
    Workload("vrf", "VRF, one core", measureVRF),
    Workload("mkvs/100k", "MKVS, 100,000 pairs on RocksDB") { try measureInserts(100_000, &$0) },
    Workload("mkvs/1m", "MKVS, 1,000,000 pairs on RocksDB") { try measureInserts(1_000_000, &$0) },
    Workload("mkvs/gets", "MKVS, 100,000 gets of 1,000,000 pairs, new process", needs: "mkvs/1m", measureGets),
    Workload("mkvs/iterate", "MKVS, walk over 1,000,000 pairs", needs: "mkvs/1m", measureIteration),
    Workload("mkvs/proofs", "MKVS, proofs of 1,000,000 pairs", needs: "mkvs/1m", measureProofs),
    Workload("mkvs/versions", "MKVS, 100 versions on 1,000,000 pairs", needs: "mkvs/1m", measureVersions),
    Workload("replay/basic", "Replay of a recorded chain, state on RocksDB") { try measureReplay("basic", &$0) },
    Workload("replay/long", "Replay of a recorded chain, state on RocksDB") { try measureReplay("long", &$0) },
    Workload("runtime", "Runtime Host Protocol, simple-keyvalue in bubblewrap", measureRuntime),
    Workload("node", "The demo network: one node, simple-keyvalue, a block every 0.2 s", measureNode),
  ]

  static func main() async {
    let arguments = CommandLine.arguments.dropFirst()
    if arguments.first == "--workload", let workload = workloads.first(where: { $0.name == arguments.last }) {
      return await runHere(workload)
    }
    let chosen = workloads.filter { workload in arguments.isEmpty || arguments.contains { workload.name.hasPrefix($0) } }
    guard !chosen.isEmpty else {
      FileHandle.standardError.write(Data("no such workload; there are \(workloads.map(\.name).joined(separator: " "))\n".utf8))
      exit(2)
    }
    let needed = Set(chosen.compactMap(\.needs))
    try? FileManager.default.createDirectory(atPath: Environment.scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: Environment.scratch) }
    print(
      "load \(Environment.load); median of the repetitions, ± half the range of their middle half; cpu = all threads; Go = oasis-core 26.1 (sheet 12)"
    )
    print(Report.heading)
    var failed = false
    for workload in workloads where needed.contains(workload.name) || chosen.contains(where: { $0.name == workload.name }) {
      if !runApart(workload) { failed = true }
    }
    if failed {
      try? FileManager.default.removeItem(atPath: Environment.scratch)
      exit(1)
    }
  }

  private static func runHere(_ workload: Workload) async {
    var report = Report(title: "\(workload.name): \(workload.title)")
    do { try await workload.body(&report) } catch {
      print("  failed: \(error)")
      exit(1)
    }
  }

  /// Runs a workload in a process of its own.
  private static func runApart(_ workload: Workload) -> Bool {
    fflush(nil)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = ["--workload", workload.name]
    do { try process.run() } catch {
      print("  \(workload.name) did not start: \(error)")
      return false
    }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}

/// Something to measure.
struct Workload: Sendable {
  let name: String
  let title: String
  /// A workload whose database this one uses.
  let needs: String?
  let body: @Sendable (inout Report) async throws -> Void

  init(_ name: String, _ title: String, needs: String? = nil, _ body: @escaping @Sendable (inout Report) async throws -> Void) {
    (self.name, self.title, self.needs, self.body) = (name, title, needs, body)
  }
}

/// A result that is not what the recorded data says: its time means nothing.
struct WrongResult: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

func expect<Value: Equatable>(_ found: Value, _ wanted: Value, _ what: String) throws {
  guard found == wanted else { throw WrongResult("\(what): \(found), wanted \(wanted)") }
}

/// Where things are, and what the machine is doing.
enum Environment {
  static var golden: String { value("GOLDEN_DIR") ?? "Tests/Data" }
  static var scratch: String { value("BENCH_DIR") ?? "build/bench" }
  /// The folder of the release programs.
  static var programs: String? { value("OASIS_BIN") }
  /// How many times as long as usual the node is under load: to see what grows.
  static var patience: Int { value("BENCH_PATIENCE").flatMap { Int($0) } ?? 1 }
  static var guest: String? { programs.map { "\($0)/simple-keyvalue" } }

  /// The load averages of 1, 5 and 15 minutes.
  static var load: String {
    (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8))?.split(separator: " ").prefix(3).joined(separator: " ") ?? "unknown"
  }

  private static func value(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }
}
