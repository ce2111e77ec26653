internal import Bytes
internal import ConsensusApp
internal import GoldenSupport
internal import JSONText
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// `genesis/broken.jsonl`: documents with one thing changed, and the verdict of the checks at load.
struct BrokenGenesisLoader: GoldenLoader {
  static let patterns = ["vectors/core/genesis/broken.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (number, line) in try file.lines() {
      let name = line["name"]?.string ?? "line \(number)"
      report.check(name) {
        let document = try GenesisDocument(file: [UInt8]((line["document"]?.string ?? "").utf8))
        try expectEqual(document.hash.hex, line["hash"]?.string ?? "", "hash")
        for (key, allowsDebug) in [("normal", false), ("debug", true)] {
          let ok = line["sanity_ok_\(key)"]?.bool ?? false
          do {
            try GenesisCheck.run(document, allowsDebug: allowsDebug)
            if !ok { throw GoldenError("accepted (\(key)), theirs: \(line["sanity_error_\(key)"]?.string ?? "")") }
          } catch let error as GenesisError {
            if ok { throw GoldenError("refused (\(key)): \(error)") }
          }
        }
      }
    }
  }
}
