import AsyncIO
import Foundation
import NetRunner
import Testing

/// The node's start and stop as a process: a network of one validator, made with the node's own commands as an operator would.
@Suite("Node start and stop", .enabled(if: ReleasePrograms.isGiven, ReleasePrograms.howTo), .serialized, .timeLimit(.minutes(10)))
struct NodeStartTests {
  private let debug = ["--debug.dont_blame_oasis", "--debug.allow_test_keys"]

  /// Keys, entity, genesis document and configuration in a folder.
  private struct Validator {
    let folder: String
    var data: String { "\(folder)/data" }
    var genesis: String { "\(folder)/genesis.json" }
    var file: String { "\(folder)/config.yml" }

    func configuration(_ more: String = "", entity: String) -> String {
      """
      mode: validator
      common:
        data_dir: \(data)
        log: {format: JSON, level: {default: info}}
        debug: {allow_root: true}
      genesis: {file: \(genesis)}
      registration: {entity_id: "\(entity)"}
      \(more)
      """
    }
  }

  private func make(_ folder: String) async throws -> Validator {
    let validator = Validator(folder: folder)
    for name in ["data", "entity"] {
      try FileManager.default.createDirectory(
        atPath: "\(folder)/\(name)", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
    func command(_ arguments: String...) async throws {
      let result = try await run(ReleasePrograms.programs.node, arguments + debug, in: folder)
      try #require(result.exit == .code(0), "\(arguments): \(result.output)\(result.errors)")
    }
    try await command("identity", "init", "--datadir", validator.data)
    try await command("registry", "entity", "init", "--signer.dir", "\(folder)/entity")
    let entity = try String(contentsOfFile: "\(folder)/entity/entity.json", encoding: .utf8)
    let id = try #require(entity.firstMatch(of: /"id": "([^"]+)"/)?.1).description
    try validator.configuration(entity: id).write(toFile: validator.file, atomically: true, encoding: .utf8)
    try await command(
      "registry", "node", "init", "--config", validator.file, "--node.entity_id", id, "--node.expiration", "100", "--node.role",
      "validator",
      "--node.p2p_address", "127.0.0.1:9200", "--node.consensus_address", "127.0.0.1:26656")
    try await command(
      "registry", "entity", "update", "--signer.dir", "\(folder)/entity", "--entity.node.descriptor", "\(validator.data)/node_genesis.json")
    try await command(
      "genesis", "init", "-g", validator.genesis, "--chain.id", "e2e", "--entity", "\(folder)/entity/entity_genesis.json", "--node",
      "\(validator.data)/node_genesis.json", "--registry.debug.allow_unroutable_addresses", "--registry.max_node_expiration", "1000",
      "--debug.test_entity", "--scheduler.debug.bypass_stake", "--staking.token_symbol", "TEST", "--consensus.cometbft.timeout_commit",
      "200ms",
      "--consensus.feature_version", "26.1.0")
    return validator
  }

  private func start(_ validator: Validator) async throws -> Running {
    try await Running.start(ReleasePrograms.programs.node, ["--config", validator.file] + debug, in: validator.folder)
  }

  /// Runs the node until it ends by itself.
  private func refusal(_ validator: Validator) async throws -> Finished {
    try await run(ReleasePrograms.programs.node, ["--config", validator.file] + debug, in: validator.folder)
  }

  private func wait(_ running: Running, for text: String) async throws {
    let end = ContinuousClock.now + .seconds(90)
    while !running.outputText.contains(text) {
      if let exit = await running.child.exit { throw TestFailure("the node ended (\(exit)): \(running.outputText)\(running.errorText)") }
      guard ContinuousClock.now < end else { throw TestFailure("no '\(text)': \(running.outputText.suffix(2000))") }
      try await IO.sleep(for: .milliseconds(20))
    }
  }

  /// Asks the node to stop; it ends with 0 and logs no error.
  private func stop(_ running: Running) async throws {
    await running.child.signal(SIGTERM)
    let timer = Task { if (try? await IO.sleep(for: .seconds(60))) != nil { await running.child.kill() } }
    let exit = await running.child.wait()
    timer.cancel()
    #expect(exit == .code(0), "\(running.outputText.suffix(2000))\(running.errorText)")
    let errors = running.outputText.split(separator: "\n").filter { $0.contains("\"level\":\"error\"") }
    #expect(errors == [])
    #expect(running.errorText == "")
  }

  @Test func stopsCleanlyWheneverItIsAsked() async throws {
    let folder = try TemporaryFolder()
    let validator = try await make(folder.path)
    for delay in [5, 10, 20, 40, 60, 80, 100, 140, 200, 300, 500] {
      let running = try await start(validator)
      try await IO.sleep(for: .milliseconds(delay))  // any moment will do: this is no expectation about time
      await running.child.signal(SIGTERM)
      let timer = Task { if (try? await IO.sleep(for: .seconds(60))) != nil { await running.child.kill() } }
      let exit = await running.child.wait()
      timer.cancel()
      // Before its first instruction nothing can be asked of a process.
      let isUntouched = running.outputText.isEmpty && exit == .signal(SIGTERM)
      #expect(exit == .code(0) || isUntouched, "after \(delay) ms: \(exit): \(running.outputText.suffix(2000))\(running.errorText)")
      // What was in the log at the last stop may be met again at the start; the stop itself logs no error.
      let stopping = running.outputText.split(separator: "user requested termination").dropFirst().joined()
      #expect(!stopping.contains("\"level\":\"error\""), "\(running.outputText)")
      #expect(!FileManager.default.fileExists(atPath: "\(validator.data)/core"))
    }
    let running = try await start(validator)
    try await wait(running, for: "committed block")
    try await stop(running)
  }

  @Test func refusesAChangedGenesisWithBothHashes() async throws {
    let folder = try TemporaryFolder()
    let validator = try await make(folder.path)
    let running = try await start(validator)
    try await wait(running, for: "committed block")
    try await stop(running)
    let text = try String(contentsOfFile: validator.genesis, encoding: .utf8)
    let context = try #require(running.outputText.firstMatch(of: /"chain_context":"([0-9a-f]{64})"/)?.1).description
    try text.replacingOccurrences(of: "\"chain_id\": \"e2e\"", with: "\"chain_id\": \"e2f\"").write(
      toFile: validator.genesis, atomically: true, encoding: .utf8)
    let refused = try await refusal(validator)
    #expect(refused.exit == .code(1))
    #expect(refused.output.contains("state belongs to chain \(context), the genesis document to "), "\(refused.output)")
    #expect(refused.output.contains("\(validator.file) line 6, genesis.file"))
    // The right document again: nothing was harmed.
    try text.write(toFile: validator.genesis, atomically: true, encoding: .utf8)
    let again = try await start(validator)
    try await wait(again, for: "committed block")
    try await stop(again)
  }

  @Test func waitsForANetworkThatBeginsLater() async throws {
    let folder = try TemporaryFolder()
    let validator = try await make(folder.path)
    let text = try String(contentsOfFile: validator.genesis, encoding: .utf8)
    try text.replacing(/"genesis_time": "[^"]*"/, with: "\"genesis_time\": \"2100-01-01T00:00:00Z\"").write(
      toFile: validator.genesis, atomically: true, encoding: .utf8)
    let running = try await start(validator)
    try await wait(running, for: "Genesis time is in the future. Sleeping until then...")
    try await wait(running, for: "initialization complete: ready to serve")
    #expect(!running.outputText.contains("committed block"))
    try await stop(running)
  }

  @Test(arguments: [
    ("chmod 640 identity.pem", "signature/signer/file: invalid PEM file permissions 640 on ", "chmod 600"),
    ("chmod 755 .", "common/Mkdir: path ", "has invalid permissions: -rwxr-xr-x. Expected permissions: -rwx------"),
    ("rm vrf.pem", "vrf.pem", "restore"), (": > consensus.pem", "consensus.pem", "restore"),
  ]) func refusesWhatIsWrongInTheDataDirectory(_ damage: String, _ words: String, _ remedy: String) async throws {
    let folder = try TemporaryFolder()
    let validator = try await make(folder.path)
    _ = try await run("/bin/sh", ["-c", "cd '\(validator.data)' && \(damage)"], in: folder.path)
    let refused = try await refusal(validator)
    #expect(refused.exit == .code(1))
    let told = (refused.output + refused.errors).split(separator: "\n").last.map(String.init) ?? ""
    #expect(told.contains(words) && told.contains(remedy), "\(refused.output)\(refused.errors)")
  }

  /// Values that the reference looks at when it starts, and combinations that it refuses then.
  @Test(arguments: [
    ("consensus: {listen_address: 'localhost'}", "consensus: malformed listen address 'localhost'", "consensus.listen_address"),
    ("consensus: {prune: {strategy: some}}", "abci/pruner: unknown pruning strategy: 'some'", "consensus.prune.strategy"),
    ("p2p: {seeds: [x]}", "p2p: failed to load peer config: ", "p2p.seeds[0]"),
    ("runtime: {paths: [/no/such.orc]}", "failed to open bundle: runtime/bundle: failed to open bundle: open /no/such.orc: ", "orc show"),
  ]) func refusesValuesWhenItStarts(_ more: String, _ words: String, _ place: String) async throws {
    let folder = try TemporaryFolder()
    let validator = try await make(folder.path)
    try (try String(contentsOfFile: validator.file, encoding: .utf8) + more).write(
      toFile: validator.file, atomically: true, encoding: .utf8)
    let refused = try await refusal(validator)
    #expect(refused.exit == .code(1))
    let told = refused.output.split(separator: "\n").last.map(String.init) ?? ""
    #expect(told.contains("failed to start oasis node") && told.contains(words) && told.contains(place), "\(refused.output)")
  }
}
