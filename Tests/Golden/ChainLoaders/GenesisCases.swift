import Bytes
import ChainReplay
import CometBFT
import ConsensusApp
public import GoldenSupport
import JSONText
import OasisCrypto
import OasisTypes
import Wire

/// InitChain from whole documents: state and root, or refusal.
public enum GenesisCases: GoldenLoader {
  public static let patterns = ["vectors/rules/genesis.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    let bases = try Bases(file)
    var original: JSONValue?
    for (_, line) in try file.lines() {
      let document: JSONValue
      if let whole = line["genesis"] {
        document = whole
        if line["name"]?.string == "vrf-genesis" { original = whole }
      } else {
        var changed = original ?? .null
        for member in line["genesis_overrides"]?.object ?? [] { changed = changed.replacing(member.key, member.value) }
        document = changed
      }
      report.check(line["name"]?.string ?? "") { try check(line, document, bases) }
    }
  }

  private static func check(_ line: JSONValue, _ document: JSONValue, _ bases: Bases) throws {
    let genesis = Genesis(document: document)
    let application = try ConsensusApplication(
      genesis: genesis, chainContext: line["chain_context"]?.string ?? "", services: ServiceList.all(), store: try MemoryStateStore())
    let validators = try (line["validators"]?.array ?? []).map {
      ValidatorUpdate(ed25519: try $0.bytes("pub_key"), power: $0.signed("power") ?? 0)
    }
    let request = CometBFT.InitChainRequest(
      time: CometBFT.Timestamp(seconds: 1_700_000_000, nanoseconds: 0), chainID: "", consensusParameters: .init(), validators: validators,
      appState: [],
      initialHeight: try genesis.height)
    var failure: (any Error)?
    var root = ""
    do { root = try application.initChain(request).appHash.hex } catch { failure = error }
    if line["panic"] != nil || !(line["error"]?.isNull ?? true) {
      guard failure != nil else { throw GoldenError("accepted, recorded \(line["panic"]?.text() ?? "")") }
      return
    }
    if let failure { throw GoldenError("refused: \(failure)") }
    var expected = Dictionary(
      try bases.named(line["base"]?.string ?? "", or: line["name"]?.string ?? "").state.map { ($0.key.hex, $0.value.hex) },
      uniquingKeysWith: { $1 })
    for pair in line["state_diff_from_base"]?.array ?? [] {
      guard let parts = pair.array, parts.count == 2, let key = parts[0].string else { continue }
      expected[key] = parts[1].string
    }
    let ours = Dictionary(uniqueKeysWithValues: try application.workingStateContents().map { ($0.key.hex, $0.value.hex) })
    for key in Set(ours.keys).union(expected.keys).sorted() where ours[key] != expected[key] {
      throw GoldenError("key \(key): ours \(ours[key] ?? "absent"), theirs \(expected[key] ?? "absent")")
    }
    try expectEqual(root, line["root"]?.string ?? "", "root")
  }
}

/// Sections of the genesis document exported from a state.
public enum ExportCases: GoldenLoader {
  public static let patterns = ["vectors/rules/export.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    let bases = try Bases(file)
    guard let documents = file.neighbour("vectors/rules/genesis.jsonl") else { throw GoldenError("genesis.jsonl is missing") }
    // The recorded sections are made from the state alone: a token name that only the document has is left out.
    let document = try documents.lines().first.flatMap { $0.value["genesis"] } ?? .null
    let staking = document["staking"]?.replacing("token_symbol", .string("")).replacing("token_value_exponent", .integer(0))
    let original = document.replacing("staking", staking ?? .null)
    for (_, line) in try file.lines() {
      let module = line["module"]?.string ?? ""
      let section = ["churp": "keymanager", "consensus_params": "consensus"][module] ?? module
      report.check(line["name"]?.string ?? "") {
        let base = try bases[line["base"]?.string ?? ""]
        let genesis = Genesis(document: original)
        let application = try ConsensusApplication(
          genesis: genesis, chainContext: String(decoding: base.state.first { $0.key == [0xf0] }?.value ?? [], as: UTF8.self),
          services: ServiceList.all(), store: try MemoryStateStore(version: 1, contents: base.state))
        let document = try application.exportGenesis(application.committedState(), height: base.height, time: "", chainID: "")
        var ours = document[section]
        if module == "churp" { ours = ours?["churp"] }
        if module == "consensus_params" { ours = ours?["params"] }
        if module == "keymanager" { ours = .object((ours?.object ?? []).filter { $0.key != "churp" }) }
        guard let ours, let theirs = line["genesis"] else { throw GoldenError("no section \(module)") }
        if let found = JSONDifference.first(ours, theirs, path: "") { throw GoldenError(found) }
      }
    }
  }
}
