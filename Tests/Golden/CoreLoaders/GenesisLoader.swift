internal import Bytes
internal import GoldenSupport
internal import JSONText
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// `genesis/index.jsonl`: whole documents in canonical form, with their encodings and hashes.
struct GenesisLoader: GoldenLoader {
  static let patterns = ["vectors/core/genesis/index.jsonl"]
  static let companions = ["vectors/core/genesis/*.json"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    try runCases(file, &report) { item in
      guard let text = try file.neighbour("vectors/core/genesis/\(try item.text("file"))")?.contents() else {
        throw GoldenError("\(try item.text("file")) is missing")
      }
      let document = try GenesisDocument(file: text)
      try expectEqual(document.cbor().hex, try item.text("cbor"), "CBOR")
      try expectEqual(document.hash, try item.fixed("hash"), "hash")
      try expectEqual(document.chainContext, try item.text("chain_context"), "chain context")
      try expectEqual(try document.canonicalText(), String(decoding: text, as: UTF8.self), "canonical text")
      try expectEqual(try GenesisDocument.decode(cbor: document.cbor()).cbor(), document.cbor(), "CBOR again")
      return nil
    }
  }
}

/// `genesis/json-forms.jsonl`: texts that a strict reader would take or refuse otherwise.
struct GenesisFormsLoader: GoldenLoader {
  static let patterns = ["vectors/core/genesis/json-forms.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    try runCases(file, &report) { item in
      let text = [UInt8](try item.text("text").utf8)
      guard item.flag("ok") else {
        guard (try? GenesisDocument(file: text)) == nil else { throw GoldenError("accepted, theirs: \(try item.text("error"))") }
        return nil
      }
      // A null account has a hash of its own in the reference, which then crashes on it; here it is an empty account.
      if item.name == "ledger-null-account" { return "null account" }
      let document = try GenesisDocument(file: text)
      try expectEqual(document.hash, try item.fixed("hash"), "hash")
      let compact = item.flag("compact_same") ? try item.text("text") : try item.text("compact")
      try expectEqual(try document.checkedJSONText(), compact, "compact text")
      return nil
    }
  }
}

/// The genesis documents of recorded networks.
struct ChainGenesisLoader: GoldenLoader {
  static let patterns = ["chains/*/genesis.json"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    let text = try file.contents()
    report.check(file.path) {
      guard let meta = try file.neighbour(file.path.replacing("genesis.json", with: "meta.json"))?.document() else {
        throw GoldenError("no meta.json beside it")
      }
      let document = try GenesisDocument(file: text)
      try expectEqual(document.chainContext, meta["chain_context"]?.string ?? "", "chain context")
    }
  }
}
