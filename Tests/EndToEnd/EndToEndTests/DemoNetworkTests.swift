import AsyncIO
import Foundation
import JSONText
import NetRunner
import NodeAPI
import OasisTypes
import Testing

@Test func theReleaseProgramsAreThere() throws {
  guard ReleasePrograms.isGiven else {
    if ProcessInfo.processInfo.environment["CI"] == "true" { Issue.record("OASIS_BIN is not set: end-to-end tests did not run") }
    print("end-to-end tests: \(ReleasePrograms.howTo)")
    return
  }
  try ReleasePrograms.programs.check()
}

@Suite(.serialized, .enabled(if: ReleasePrograms.isGiven, ReleasePrograms.howTo)) struct DemoNetworkTests {
  /// The demo as `make run` starts it, twice on the same directory, and a second runner meanwhile.
  @Test(.timeLimit(.minutes(5))) func theDemoRunsAndGoesOn() async throws {
    let folder = try TemporaryFolder()
    let runner = ReleasePrograms.programs.runner
    let arguments = ["demo", "--once", "--directory", "\(folder.path)/net"]

    let first = try await Running.start(runner, arguments, in: folder.path)
    try await first.wait(forOutput: "node      process")
    let second = try await run(runner, arguments, in: folder.path)
    #expect(second.exit == .code(1))
    #expect(second.errors.contains("(process \(first.child.processID))"), "\(second.errors)")
    let exit = await first.child.wait()
    #expect(exit == .code(0), "\(first.outputText)\(first.errorText)")
    #expect(first.outputText.contains("all 8 transactions are final"), "\(first.outputText)")
    #expect(first.outputText.contains("(new)"))

    let again = try await run(runner, arguments, in: folder.path, limit: .seconds(240))
    #expect(again.exit == .code(0), "\(again.output)\(again.errors)")
    #expect(again.output.contains("goes on where it stopped"))
  }

  /// The whole life of a network: transactions, status, a foreign client, stop, start, kill, start.
  @Test(.timeLimit(.minutes(8))) func theChainsSurviveStopAndKill() async throws {
    let folder = try TemporaryFolder()
    let directory = try DemoDirectory("\(folder.path)/net")
    let lock = try directory.lock()
    _ = try DemoNetwork.prepare(directory, programs: ReleasePrograms.programs)

    var node = try await TestNode.start(directory, in: folder.path)
    try await node.awaitCommittee()
    for index in 0..<10 {
      let outcome = try await node.client.submit(.insert(key: "key \(index)", value: "value \(index)"))
      #expect(outcome.result == .success(nil))
    }
    for index in 0..<10 {
      let outcome = try await node.client.submit(.get(key: "key \(index)"))
      #expect(outcome.result == .success("value \(index)"))
    }
    for index in 0..<10 {
      let outcome = try await node.client.submit(.remove(key: "key \(index)"))
      #expect(outcome.result == .success("value \(index)"))
    }
    #expect(try await node.client.submit(.get(key: "key 0")).result == .success(nil))
    _ = try await node.client.submit(.insert(key: "kept", value: "for ever"))
    #expect(try await node.client.query("kept") == "for ever")

    try await checkUserCommands(directory, folder.path)
    try await checkStatusCommand(directory, folder.path)
    try await checkForeignClient(directory, folder.path)

    let beforeStop = try await node.client.status()
    let stopped = try await node.stop()
    #expect(stopped.exit == .code(0))
    #expect(stopped.duration < .seconds(10))

    node = try await TestNode.start(directory, in: folder.path)
    try await checkGoesOn(node, after: beforeStop)
    let beforeKill = try await node.client.status()
    await node.running.child.kill()
    #expect(await node.running.child.wait() == .signal(SIGKILL))

    node = try await TestNode.start(directory, in: folder.path)
    try await checkGoesOn(node, after: beforeKill)
    #expect(try await node.stop().exit == .code(0))
    withExtendedLifetime(lock) {}
  }

  /// Both chains go on from where they were, with the state they had.
  private func checkGoesOn(_ node: TestNode, after before: Control.Status) async throws {
    let height = try #require(before.consensus?.latestHeight)
    let round = try #require(before.runtimes[DemoGenesis.runtimeID]?.latestRound)
    let context = before.consensus?.chainContext
    try await node.awaitCommittee()
    let outcome = try await node.client.submit(.get(key: "kept"))
    #expect(outcome.result == .success("for ever"))
    #expect(outcome.round > round)
    let after = try await node.wait(for: "a block after \(height)") { ($0.consensus?.latestHeight ?? 0) > height }
    #expect(after.consensus?.chainContext == context)
  }

  private func checkUserCommands(_ directory: DemoDirectory, _ folder: String) async throws {
    @Sendable func tx(_ words: String...) async throws -> Finished {
      try await run(ReleasePrograms.programs.runner, ["tx"] + words + ["--directory", directory.path], in: folder)
    }
    let insert = try await tx("insert", "colour", "green")
    #expect(insert.exit == .code(0), "\(insert.errors)")
    #expect(insert.output == "no value\n")
    #expect(try await tx("get", "colour").output == "green\n")
    #expect(try await tx("remove", "colour").output == "green\n")
    let refused = try await tx("insert", "colour", String(repeating: "x", count: 129))
    #expect(refused.exit == .code(1))
    #expect(refused.errors.contains("Value too big to be inserted."), "\(refused.errors)")
    let empty = try await tx("get", "")
    #expect(empty.exit == .code(1))
    #expect(empty.errors == "get: KEY is empty: a key has at least one byte\n")
    try await withThrowingTaskGroup(of: Finished.self) { group in
      for number in 0..<20 { group.addTask { try await tx("insert", "at once \(number)", "value") } }
      for try await finished in group { #expect(finished.exit == .code(0), "\(finished.errors)") }
    }
  }

  /// `control status` prints the keys that the reference's node printed.
  private func checkStatusCommand(_ directory: DemoDirectory, _ folder: String) async throws {
    let socket = "unix:\(directory.socket)"
    let printed = try await run(ReleasePrograms.programs.node, ["control", "status", "--address", socket], in: folder)
    #expect(printed.exit == .code(0), "\(printed.errors)")
    let recorded = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Data/chains/basic/nodes/compute-0/control-status.json").standardized
    let theirs = StatusKeys(try JSONParser.parse(Array(try Data(contentsOf: recorded))))
    let ours = StatusKeys(try JSONParser.parse(Array(printed.output.utf8)))
    #expect(ours.paths == theirs.paths)
    let synced = try await run(ReleasePrograms.programs.node, ["control", "is-synced", "--address", socket], in: folder)
    #expect(synced.exit == .code(0))
    #expect(synced.output == "node completed initial syncing\n")
  }

  private func checkForeignClient(_ directory: DemoDirectory, _ folder: String) async throws {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("foreign_client.py").path
    let result = try await run("/usr/bin/python3", [script, directory.socket], in: folder)
    #expect(result.exit == .code(0), "\(result.errors)")
    let answer = try JSONParser.parse(Array(result.output.utf8))
    #expect(answer["mode"]?.string == "compute")
    #expect(answer["is_validator"]?.bool == true)
    #expect((answer["block_height"]?.integer(Int64.self) ?? 0) >= (answer["status_height"]?.integer(Int64.self) ?? .max))
    #expect(answer["block_hash_bytes"]?.integer(Int.self) == 32)
    #expect(answer["first_height"]?.integer(Int64.self) == 1)
    #expect(answer["unknown_method"]?.string == "UNIMPLEMENTED")
  }
}

/// The keys of a status by path, in their order. What depends on the network's history or peers is left out.
struct StatusKeys {
  private(set) var paths: [String] = []
  private static let varying: Set<String> = [
    ".p2p.protocols", ".p2p.topics", ".runtimes.*.descriptor.staking", ".runtimes.*.descriptor.constraints",
    ".runtimes.*.committee.liveness",
  ]

  init(_ value: JSONValue) { visit(value, "") }

  private mutating func visit(_ value: JSONValue, _ path: String) {
    if Self.varying.contains(path) { return }
    switch value {
    case .object(let members):
      for member in members {
        let key = path == ".runtimes" ? "*" : member.key
        paths.append("\(path).\(key)")
        visit(member.value, "\(path).\(key)")
      }
    case .array(let items):
      if let first = items.first { visit(first, "\(path)[]") }
    default: break
    }
  }
}
