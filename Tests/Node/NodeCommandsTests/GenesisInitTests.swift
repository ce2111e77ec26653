import CBOR
import CommandLineTool
import Foundation
import JSONText
import NodeCommands
import OasisCrypto
import OasisTypes
import Testing
import Wire

@Suite("genesis init and gen_register") struct GenesisInitTests {
  private let folder = NSTemporaryDirectory() + "genesis-init-" + UUID().uuidString
  private let debug = ["--debug.dont_blame_oasis", "--debug.allow_test_keys", "--debug.test_entity"]

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

  private func run(_ arguments: [String]) async -> (out: String, errors: String, code: Int32) {
    let (out, errors) = (Printed(), Printed())
    let console = Console(print: { out.add($0) }, printError: { errors.add($0) })
    let code = await NodeCommands.tool(console: console).run(arguments)
    return (out.text, errors.text, code)
  }

  private func read(_ name: String) throws -> String { try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) }

  /// Documents that the reference's own command wrote.
  @Test(arguments: [
    ("init-default", ["--chain.id", "golden-default", "--staking.token_symbol", "TEST"]),
    (
      "init-vrf",
      [
        "--chain.id", "golden-vrf", "--initial_height", "77", "--registry.enable_runtime_governance_models", "entity,runtime",
        "--staking.token_symbol", "ROSE", "--staking.token_value_exponent", "9", "--beacon.backend", "vrf",
        "--consensus.cometbft.max_block_gas", "1000000", "--consensus.feature_version", "26.1",
      ]
    ),
    (
      "init-debug",
      [
        "--chain.id", "golden-debug", "--staking.token_symbol", "TEST", "--debug.dont_blame_oasis", "true", "--debug.allow_test_keys",
        "--debug.test_entity", "--scheduler.debug.bypass_stake", "--beacon.debug.mock_backend",
        "--consensus.cometbft.skip_timeout_commit",
      ]
    ),
  ])
  func writesTheReferencesDocuments(name: String, flags: [String]) async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let result = await run(["genesis", "init", "--genesis.file", folder + "/genesis.json"] + flags)
    #expect(result.code == 0, "\(result.out)\(result.errors)")
    let data = String(#filePath.dropLast("Node/NodeCommandsTests/GenesisInitTests.swift".count)) + "Data/vectors/core/genesis/\(name).json"
    let time = /"genesis_time": "[^"]*"/
    #expect(try read("genesis.json").replacing(time, with: "") == String(contentsOfFile: data, encoding: .utf8).replacing(time, with: ""))
  }

  @Test(arguments: [
    (["--chain.id", "x"], "token symbol not set"), (["--staking.token_symbol", "TEST"], "genesis chain id missing"),
    (["--chain.id", "x", "--staking.token_symbol", "test"], "genesis document failed sanity check"),
    (["--chain.id", "x", "--staking.token_symbol", "TEST", "--beacon.backend", "pvss"], "unsupported beacon backend"),
    (["--chain.id", "x", "--staking.token_symbol", "TEST", "--consensus.cometbft.max_tx_size", "12 apples"], "malformed size"),
    (["--chain.id", "x", "--registry.enable_runtime_governance_models", "anarchy"], "invalid runtime governance model: 'anarchy'"),
    (["--chain.id", "x", "--node", "/nonexistent.json"], "open /nonexistent.json: no such file or directory"),
    (["--chain.id", "x", "--staking.token_symbol", "TEST", "--consensus.feature_version", "v"], "failed to parse feature version"),
  ])
  func saysWhatIsWrong(flags: [String], problem: String) async {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let result = await run(["genesis", "init", "--genesis.file", folder + "/genesis.json"] + flags)
    #expect(result.code == 1)
    #expect(result.out.contains(problem), "\(result.out)")
    #expect(!FileManager.default.fileExists(atPath: folder + "/genesis.json"))
  }

  @Test func leavesOutARepeatedEntity() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(await run(["registry", "entity", "init", "--signer.dir", folder]).code == 0)
    let entity = folder + "/entity_genesis.json"
    let result = await run(
      ["genesis", "init", "-g", folder + "/genesis.json", "--chain.id", "x", "--staking.token_symbol", "TEST"]
        + ["--entity", entity, "--entity", entity])
    #expect(result.code == 0)
    #expect(result.out.contains("duplicate entity registration"))
    #expect(try GenesisDocument(file: Array(read("genesis.json").utf8)).registry.entities.count == 1)
  }

  @Test func registersAnEntity() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (genesis, file) = (folder + "/genesis.json", folder + "/tx.json")
    #expect(
      await run(["genesis", "init", "-g", genesis, "--chain.id", "x", "--staking.token_symbol", "TEST"] + debug).code == 0)
    let fee = ["--transaction.nonce", "3", "--transaction.fee.amount", "2", "--transaction.fee.gas", "1000"]
    let result = await run(
      ["registry", "entity", "gen_register", "--genesis.file", genesis, "--transaction.file", file] + fee + debug)
    #expect(result.code == 0, "\(result.out)")
    #expect(result.errors.contains("Command \"gen_register\" is deprecated, use the `oasis` CLI instead."))
    #expect(result.out.hasPrefix("You are about to sign the following transaction:\n  Method: registry.RegisterEntity\n  Body:\n    {\n"))
    #expect(result.out.contains("      \"untrusted_raw_value\": {\n        \"v\": 2,\n        \"id\": \"TqUyj5Q+"))
    #expect(
      result.out.contains("  Nonce:  3\n  Fee:\n    Amount: 2.0 TEST\n    Gas limit: 1000\n    (gas price: 0.0 TEST per gas unit)\nOther"))
    let chain = try GenesisDocument(file: Array(read("genesis.json").utf8)).chainContext
    #expect(result.out.hasSuffix("  Genesis document's hash: \(chain)\n"))
    let signed = try SignedEnvelope.decode(json: read("tx.json"))
    let transaction = try signed.open(as: Transaction.self, context: .consensusTransaction.on(chain: chain), blacklist: .reserved)
    #expect(transaction.method == "registry.RegisterEntity" && transaction.nonce == 3)
    let body = try SignedEnvelope.decode(cbor: transaction.body.bytes)
    #expect(try body.open(as: Entity.self, context: .registerEntity, blacklist: .reserved) == Entity(id: TestKeys.entity.publicKey))

    let unsigned = await run(
      ["registry", "entity", "gen_deregister", "-g", genesis, "--transaction.file", file, "--transaction.unsigned"] + debug)
    #expect(unsigned.code == 0)
    let raw = try [UInt8](Data(contentsOf: URL(fileURLWithPath: file)))
    #expect(try Transaction.decode(cbor: raw).body.isEmpty)
    let nameless = await run(["registry", "entity", "gen_deregister", "-g", genesis] + debug)
    #expect(nameless.code == 1)
    #expect(nameless.out.contains("module=cmd/common/consensus msg=\"failed to determine tx file\""))
  }
}
