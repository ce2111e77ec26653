import Bytes
import GoldenSupport
import JSONText
import MKVS
import OasisTypes
import Wire

/// `sdk/rust-mkvs.jsonl`: proofs of `vectors/mkvs` that the reference's guest refuses.
enum GuestProofs: GoldenLoader {
  static let patterns = ["sdk/rust-mkvs.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    var sources: [String: [String: JSONValue]] = [:]
    for (number, line) in try file.lines() {
      if line["summary"] != nil {
        report.skip("a count of the recording, without data")
        continue
      }
      let name = line["name"]?.string ?? "line \(number)"
      let type = try line.text("type"), source = try line.text("file")
      if sources[source] == nil {
        let path = "vectors/mkvs/" + (source.hasSuffix(".gz") ? String(source.dropLast(3)) : source)
        let lines = try file.neighbour(path)?.lines() ?? []
        sources[source] = Dictionary(
          lines.map { ("\($0.value["type"]?.string ?? "") \($0.value["name"]?.string ?? "")", $0.value) }, uniquingKeysWith: { $1 })
      }
      guard type == "verify", let proof = sources[source]?["verify \(name)"] else {
        report.skip("the case that it speaks of is not recorded here")
        continue
      }
      report.check(name) {
        let (root, data) = (try proof.hash("root"), try proof.bytes("proof"))
        guard let accepted = try? Proof.decode(cbor: data).verify(root: Root(hash: root)) else { return }
        _ = accepted
        throw GoldenError("accepted; theirs: \(line["rust_error"]?.string ?? "")")
      }
    }
  }
}
