import AsyncIO
import Bytes
import Foundation
import NetRunner
import NodeAPI
import NodeConfiguration
import NodeIdentity
import OasisTypes
import Telemetry
import Testing

@testable import OasisNode

/// The directory of a network whose only node is a validator without runtimes; gone after the test.
private final class Place: Sendable {
  let path: String
  let directory: DemoDirectory
  let network: DemoNetwork

  /// - Parameter runtime: the program of its runtime, the test guest of RuntimeHost; `mode` is how it behaves.
  init(runtime: String? = nil, mode: String = "") throws {
    path = "/tmp/node-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    for name in ["oasis-node", "simple-keyvalue", "oasis-net-runner"] {
      try Data("#!/bin/true\n".utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }
    if let runtime {
      try FileManager.default.removeItem(atPath: "\(path)/simple-keyvalue")
      var program = try Data(contentsOf: URL(fileURLWithPath: runtime))
      let tail = Array("MODE:\(mode)".utf8)
      program.append(contentsOf: tail + [UInt8](repeating: 0, count: 32 - tail.count))
      try program.write(to: URL(fileURLWithPath: "\(path)/simple-keyvalue"))
    }
    directory = try DemoDirectory("\(path)/net")
    let lock = try directory.lock()
    network = try DemoNetwork.prepare(directory, programs: Programs(folder: path))
    withExtendedLifetime(lock) {}
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  private var flags: DebugFlags { DebugFlags(dontBlameOasis: true, allowTestKeys: true) }
  var client: NodeClient { NodeClient(.unix(directory.socket), waitForReady: true) }
  var log: String { (try? String(contentsOfFile: "\(directory.node.path)/node.log", encoding: .utf8)) ?? "" }

  /// Runs the node until it ends; its exit status.
  func run(_ consensus: String = "") async throws -> Int32 {
    let text = """
      mode: validator
      common:
        data_dir: \(directory.node.path)
        log: {file: node.log, format: json, level: {default: debug}}
        debug: {allow_root: true}
      genesis: {file: \(directory.genesis)}
      registration: {entity_id: "\(network.entity.bytes.base64)"}
      consensus:
        validator: true
        listen_address: "tcp://127.0.0.1:26656"
        external_address: "tcp://127.0.0.1:26656"
      \(consensus.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
      p2p: {registration: {addresses: ["127.0.0.1:9200"]}}

      """
    try text.write(toFile: directory.configuration, atomically: true, encoding: .utf8)
    return await NodeProgram.run(configurationPath: directory.configuration, flags: flags, patience: .seconds(300))
  }

  /// Runs the node with its runtime as the demo's configuration has it.
  func runCompute() async throws -> Int32 {
    let text = DemoConfiguration(directory: directory, entity: network.entity).text
    try text.replacing("  log:\n    format: logfmt", with: "  log:\n    file: node.log\n    format: json")
      .write(toFile: directory.configuration, atomically: true, encoding: .utf8)
    return await NodeProgram.run(configurationPath: directory.configuration, flags: flags, patience: .seconds(300))
  }

  /// Runs the node while `body` does something with it, then asks it to stop; its exit status.
  func run(_ consensus: String = "", _ body: @escaping @Sendable (NodeClient) async throws -> Void) async throws -> Int32 {
    try await withThrowingTaskGroup(of: Int32?.self) { group in
      group.addTask { try await self.run(consensus) }
      group.addTask {
        try await body(self.client)
        try? await self.client.requestShutdown(wait: false)  // the node may be gone before it has answered
        return nil
      }
      var status: Int32 = -1
      while let next = try await group.next() {
        if let next {
          status = next
          group.cancelAll()
        }
      }
      return status
    }
  }
}

@Suite("A node in this process", .serialized, .timeLimit(.minutes(8))) struct NodeTests {
  private func reach(_ height: Int64, _ client: NodeClient) async throws {
    while try await (client.status().consensus?.latestHeight ?? 0) < height { try await Task.sleep(for: .milliseconds(50)) }
  }

  @Test func stopsWhenAskedAndGoesOn() async throws {
    let place = try Place()
    #expect(try await place.run { try await reach(3, $0) } == 0)
    #expect(try await place.run { try await reach(5, $0) } == 0)
    #expect(!place.log.contains("\"level\":\"error\""))
  }

  @Test func haltsAtAHeight() async throws {
    let place = try Place()
    #expect(try await place.run("halt_height: 4") == 2)
    let document = try GenesisDocument(file: Array(try Data(contentsOf: URL(fileURLWithPath: "\(place.directory.genesis)"))))
    let export = "\(place.directory.node.exports)/genesis-\(document.chainID)-at-3.json"
    let exported = try GenesisDocument(file: Array(try Data(contentsOf: URL(fileURLWithPath: export))))
    #expect(exported.height == 3)
    #expect(exported.chainID == document.chainID)
    #expect(exported.staking.ledger.count >= document.staking.ledger.count)
    let mode = try FileManager.default.attributesOfItem(atPath: export)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(place.log.contains("dispatching halt hooks for upgrade"))
    // It halts again at once, and goes on where the setting is removed.
    #expect(try await place.run("halt_height: 4") == 2)
    #expect(try await place.run { try await reach(6, $0) } == 0)
  }

  @Test func haltsAtAnEpoch() async throws {
    let place = try Place()
    let base = try GenesisDocument(file: Array(try Data(contentsOf: URL(fileURLWithPath: place.directory.genesis)))).beacon.base
    #expect(try await place.run("halt_epoch: \(base + 1)") == 2)
    let exports = try FileManager.default.contentsOfDirectory(atPath: place.directory.node.exports)
    #expect(exports.count == 1)
  }

  @Test func prunesOldStatesAndBlocks() async throws {
    let place = try Place()
    let status = try await place.run("prune: {strategy: Keep_N, num_kept: 3}") { client in
      try await reach(12, client)
      let consensus = try await client.status().consensus
      #expect((consensus?.lastRetainedHeight ?? 0) >= 7)
      await #expect(throws: (any Error).self) { try await client.block(at: 2) }
      _ = try await client.block(at: consensus?.lastRetainedHeight ?? 0)
    }
    #expect(status == 0)
    #expect(try await place.run { try await reach(15, $0) } == 0)  // a pruned chain opens again
  }

  @Test(arguments: ["blockstore.rocksdb.db", "state.rocksdb.db"]) func aRemovedStoreIsNotMadeAnew(_ name: String) async throws {
    let place = try Place()
    #expect(try await place.run { try await reach(3, $0) } == 0)
    let store = "\(place.directory.node.consensusData)/\(name)"
    try FileManager.default.moveItem(atPath: store, toPath: "\(store).away")
    #expect(try await place.run() == 1)
    #expect(place.log.contains("\(store) is missing") && place.log.contains("put a copy of the whole folder"))
    try? FileManager.default.removeItem(atPath: store)
    try FileManager.default.moveItem(atPath: "\(store).away", toPath: store)
    #expect(try await place.run { try await reach(5, $0) } == 0)
  }

  @Test func aRemovedStateIsMadeAgainFromTheBlocks() async throws {
    let place = try Place()
    #expect(try await place.run { try await reach(5, $0) } == 0)
    try FileManager.default.removeItem(atPath: place.directory.node.consensusState)
    #expect(try await place.run { try await reach(7, $0) } == 0)
    #expect(place.log.contains("replaying block"))
  }
}

@Suite("A node whose runtime does not work", .serialized, .timeLimit(.minutes(8))) struct RuntimeTroubleTests {
  /// The test guest of RuntimeHost is built into the same folder as the tests themselves.
  private func place(_ mode: String) throws -> Place {
    let program = URL(fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    return try Place(runtime: program.deletingLastPathComponent().path + "/test-guest", mode: mode)
  }

  /// The chain goes on, the status tells what is wrong, and the node stops in time.
  @Test(arguments: [
    ("no-connect", "waiting for runtime to connect"), ("silent", "runtime connected"), ("normal", "version mismatch"),
    ("exit", "this runtime gives up"), ("garbage", "error while receiving message from worker"),
  ])
  func theChainGoesOn(_ mode: String, _ sign: String) async throws {
    let place = try place(mode)
    let (status, time) = try await withThrowingTaskGroup(of: Int32?.self) { group in
      group.addTask { try await place.runCompute() }
      let client = place.client
      while !place.log.contains(sign) { try await Task.sleep(for: .milliseconds(20)) }
      let height = try await client.status().consensus?.latestHeight ?? 0
      while try await (client.status().consensus?.latestHeight ?? 0) < height + 3 { try await Task.sleep(for: .milliseconds(50)) }
      let began = ContinuousClock.now
      try? await client.requestShutdown(wait: false)
      let status = try await group.next() ?? nil
      return (status, ContinuousClock.now - began)
    }
    #expect(status == 0)
    // Ten seconds on a machine of its own; this one may be busy.
    #expect(time < .seconds(60))
    #expect(!place.log.contains("timed out waiting for the service to stop"))
  }
}

@Suite("Parts of the node") struct NodePartTests {
  @Test func aHaltIsToldOnce() async throws {
    let halt = ChainHalt()
    #expect(!halt.hasCome)
    async let moment = halt.wait()
    halt.note(height: 3, reason: "first")
    halt.note(height: 4, reason: "second")
    #expect(try await moment.height == 3)
    #expect(halt.hasCome)
  }

  @Test func storesGoTogether() throws {
    try ConsensusStore.check([], height: 5)
    let error = #expect(throws: StartError.self) { try ConsensusStore.check(["/x/blockstore"], height: 5) }
    #expect(error?.description.contains("/x/blockstore") == true && error?.remedy != nil)
  }
}
