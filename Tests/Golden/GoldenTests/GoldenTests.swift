import ChainLoaders
import CometBFTLoaders
import CoreLoaders
import GoldenSupport
import NodeLoaders
import RuntimeLoaders
import StorageLoaders
import Testing

/// The recorded data that the repository holds, through the loaders that `make golden` runs on the whole of it.
@Suite struct GoldenTests {
  static let root = String(#filePath.dropLast("Golden/GoldenTests/GoldenTests.swift".count)) + "Data"
  static let run = GoldenRun(
    loaders: CoreLoaders.loaders + StorageLoaders.loaders + CometBFTLoaders.loaders + ChainLoaders.loaders + RuntimeLoaders.loaders
      + NodeLoaders.loaders)
  static let files = run.files(root: root)

  @Test(arguments: files.map(\.path)) func agreesWithTheReference(path: String) async throws {
    let file = try #require(Self.files.first { $0.path == path })
    guard let loader = Self.run.loader(of: path) else {
      #expect(Self.run.isCompanion(path), "no loader reads \(path)")
      return
    }
    let report = await Self.run.runAside(file, with: loader)
    #expect(report.failed == 0, "\(report.failures.joined(separator: "\n"))")
    #expect(report.passed > 0)
  }

  /// Types whose every value has not both encodings, in the reference as here: versions that no reader takes, words that no reader
  /// knows, raw JSON, and what holds one of them. `cbor-types.jsonl` says of each what is so.
  static let irregular: Set<String> = [
    "common.Entity", "common.Node", "genesis.Document", "message.RegistryMessage", "node.Address", "node.ConsensusAddress",
    "node.ConsensusInfo", "node.P2PInfo", "node.SGXAttestation", "node.TLSAddress", "pcs.QuoteBundle", "pcs.SignedQEIdentity",
    "pcs.SignedTCBInfo", "pcs.TCBBundle", "registry.EntityEvent", "registry.EntityWhitelistRuntimeAdmissionPolicy", "registry.Event",
    "registry.NodeEvent", "registry.NodeList", "registry.Runtime", "registry.RuntimeAdmissionPolicy", "registry.RuntimeStartedEvent",
    "results.Event", "results.Result", "consensus.TransactionsWithResults", "scheduler.Committee", "scheduler.CommitteeNode", "sgx.Quote",
  ]

  /// Every wire type of every service, with values made up from its declaration: both encodings both ways, cut and changed bytes.
  @Test(arguments: WireTypesLoader.names) func holdsForMadeUpValues(type: String) {
    let problems = WireTypesLoader.problems(of: type, seed: 20, rounds: 5)
      .filter { !Self.irregular.contains(type) || $0.contains("is accepted") || $0.contains("encode stably") }
    #expect(problems.isEmpty, "\(problems.first?.prefix(500) ?? "")")
  }
}
