internal import Bytes
internal import CometBFT
internal import Foundation
internal import GoldenSupport
internal import JSONText
internal import OasisCrypto
internal import Protobuf

/// `privval.jsonl`: requests to sign, and the signing state after each.
struct SigningStateLoader: GoldenLoader {
  static let patterns = ["cometbft/privval.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("signing-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (number, line) in try file.lines() {
      let signer = ContextSigner(MemorySigner(seed: try line.bytes("seed")), context: context)
      let path = "\(folder)/\(number).json"
      var key: ValidatorKey?
      for (index, step) in line.list("steps").enumerated() {
        report.check("\(line.text("name")) \(index): \(step.text("op")) \(step.text("name"))") { try run(step, path, signer, &key) }
      }
    }
  }

  private static func run(_ step: JSONValue, _ path: String, _ signer: ContextSigner, _ key: inout ValidatorKey?) throws {
    switch step.text("op") {
    case "create", "reload": try expectVerdict(refused: step.isRefused, "open") { key = try ValidatorKey(signer: signer, path: path) }
    case "file replaced, reload":
      if step.text("new_content").isEmpty {
        try FileManager.default.removeItem(atPath: path)
      } else {
        try Data(step.text("new_content").utf8).write(to: URL(fileURLWithPath: path))
      }
      try expectVerdict(refused: step.isRefused, "open") { key = try ValidatorKey(signer: signer, path: path) }
    case "vote":
      try sign(step) { (pb, chain) in
        let vote = try key?.sign(Vote(protobuf: pb), chainID: chain)
        return (vote?.signature ?? [], vote?.timestamp ?? .zero)
      }
    case "proposal":
      try sign(step) { (pb, chain) in
        let proposal = try key?.sign(Proposal(protobuf: pb), chainID: chain)
        return (proposal?.signature ?? [], proposal?.timestamp ?? .zero)
      }
    default: throw GoldenError("unknown step")
    }
    let content = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    try expectEqual(content, step.text("content"), "file")
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    if step.text("op") != "file replaced, reload" { try expectEqual(mode, 0o600, "mode") }
  }

  private static func sign(_ step: JSONValue, _ body: ([UInt8], String) throws -> (signature: [UInt8], time: Timestamp)) throws {
    try expectVerdict(refused: step.isRefused, "sign") {
      let (signature, time) = try body(try step.bytes("pb"), step.text("chain_id"))
      guard !step.isRefused else { return }
      try expectHex(signature, step["signature"], "signature")
      try expectEqual(time, step.time("timestamp"), "time")
    }
  }
}
