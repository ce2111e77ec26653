import Bytes
import CometBFT
import ConsensusApp
import JSONText
import OasisCrypto
import OasisTypes
import Testing
import Wire

@testable import NetRunner

/// A genesis from fixed keys.
func testGenesis() throws -> (genesis: DemoGenesis, entity: MemorySigner, consensus: MemorySigner, node: MemorySigner) {
  func signer(_ seed: UInt8) throws -> MemorySigner { MemorySigner(seed: [UInt8](repeating: seed, count: 32)) }
  let (entity, node, consensus) = (try signer(1), try signer(2), try signer(4))
  let keys = DemoGenesis.NodeKeys(node: node, p2p: try signer(3), consensus: consensus, vrf: try signer(5), tls: try signer(6))
  let genesis = DemoGenesis(
    time: Timestamp(seconds: 1_700_000_000, nanoseconds: 123), entity: entity, keys: keys,
    bundleChecksum: [UInt8](repeating: 7, count: 32))
  return (genesis, entity, consensus, node)
}

@Suite struct DemoGenesisTests {
  @Test func theDocumentPassesTheSanityCheck() throws {
    let document = try testGenesis().genesis.document()
    try GenesisCheck.run(document, allowsDebug: true)
    // 127.0.0.1 in a descriptor is for debugging only.
    #expect(throws: GenesisError.self) { try GenesisCheck.run(document, allowsDebug: false) }
  }

  @Test func theFileReadsBackAsTheSameDocument() throws {
    let document = try testGenesis().genesis.document()
    let text = try document.canonicalText()
    let again = try OasisTypes.GenesisDocument(file: Array(text.utf8))
    #expect(again == document)
    #expect(try again.canonicalText() == text)
    #expect(again.chainContext == document.chainContext)
  }

  @Test func itIsAFunctionOfItsInput() throws {
    #expect(try testGenesis().genesis.document() == testGenesis().genesis.document())
  }

  @Test func theEngineStartsWithOurValidator() throws {
    let test = try testGenesis()
    let document = try test.genesis.document()
    let genesis = ConsensusApp.Genesis(document: try document.jsonValueForTests())
    let engine = try genesis.engineGenesis(chainContext: document.chainContext, allowsDebug: true)
    #expect(engine.validators.count == 1)
    #expect(engine.validators.first?.publicKey == test.consensus.publicKey.bytes)
    #expect((engine.validators.first?.power ?? 0) > 0)
    #expect(engine.chainID == document.cometBFTChainID)
  }

  @Test func theNodeIsRegisteredAsLongAsTheParametersAllow() throws {
    let test = try testGenesis()
    let document = try test.genesis.document()
    let envelope = try #require(document.registry.nodes.first ?? nil)
    let node: Node = try envelope.open(context: .registerNode, blacklist: .reserved)
    #expect(node.expiration == document.registry.parameters.maxNodeExpiration)
    #expect(node.roles == .validator)
    #expect(node.id == test.node.publicKey)
    // A registration for the present epoch and two more must be allowed.
    #expect(document.registry.parameters.maxNodeExpiration >= 2)
  }

  @Test func stakeCoversTheClaimsManyTimes() throws {
    let test = try testGenesis()
    let document = try test.genesis.document()
    let escrow = try #require(document.staking.ledger[Address(test.entity.publicKey)]).escrow.active.balance
    let needed = document.staking.parameters.thresholds.values.reduce(Quantity(), +)
    #expect(try escrow.divided(by: needed) > 1000)
  }
}

extension OasisTypes.GenesisDocument {
  fileprivate func jsonValueForTests() throws -> JSONValue { try JSONParser.parse(Array(try canonicalText().utf8)) }
}
