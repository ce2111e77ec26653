import Bytes
import CometBFT
import ConsensusApp
import Foundation
import GoldenSupport
import JSONText
import OasisCrypto
import OasisTypes
import Protobuf
import Testing
import Wire

@testable import NodeAPI

@Suite("Recorded events", .timeLimit(.minutes(2))) struct RecordedEventTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Data/chains").path

  static let chains = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()

  /// Every event of the services that have an API becomes one of its events, with one member set; the two ways to decode them agree.
  @Test(arguments: chains) func everyEventIsShown(_ chain: String) throws {
    var counts: [String: Int] = [:]
    let blocks = try GoldenFile.read("\(Self.folder)/\(chain)/blocks.jsonl.gz").split(separator: UInt8(ascii: "\n"))
    for line in blocks {
      let text = try JSONParser.parse(Array(line))["abci_responses"]?.string ?? ""
      let responses = try BlockResponses(protobuf: try #require([UInt8](base64: text)))
      let lists =
        [responses.beginBlock?.events ?? []] + responses.deliverTransactions.map(\.events) + [responses.endBlock?.events ?? []]
      for events in lists {
        func check<E: APIEvent & Equatable>(_ type: E.Type, _ decode: (([CometBFT.Event], Int64, Hash) throws -> [E])? = nil) throws {
          // The registry's note that the list of nodes has changed is for itself.
          let recorded = events.count { $0.type == BlockEvent.type(of: E.service) && $0.attributes.first?.key != "node_list_epoch" }
          let shown = try E.events(in: events, height: 7, transaction: .empty)
          #expect(shown.count == recorded, "\(E.service)")
          counts[E.service, default: 0] += shown.count
          if let decode { #expect(try decode(events, 7, .empty) == shown) }
        }
        try check(StakingEvent.self) { try StakingEvent.decode($0, height: $1, transactionHash: $2) }
        try check(Registry.Event.self) { try Registry.Event.decode($0, height: $1, transactionHash: $2) }
        try check(RootHash.Event.self) { try RootHash.Event.decode($0, height: $1, transactionHash: $2) }
        try check(Governance.Event.self) { try Governance.Event.decode($0, height: $1, transactionHash: $2) }
        try check(Vault.Event.self)
      }
    }
    #expect(counts.values.contains { $0 > 0 }, "\(counts)")
  }

  @Test func thereAreRecordedChains() { #expect(!Self.chains.isEmpty) }
}
