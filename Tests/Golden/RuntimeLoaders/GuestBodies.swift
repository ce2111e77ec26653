internal import Bytes
internal import CBOR
internal import CometBFT
public import GoldenSupport
internal import JSONText
internal import OasisRuntimeSDK
internal import OasisTypes
internal import Protobuf
internal import RuntimeProtocol
internal import Wire

/// `sdk/rhp-bodies.jsonl`: message bodies as the reference's guest reads and writes them.
public enum GuestBodiesLoader: GoldenLoader {
  public static let patterns = ["sdk/rhp-bodies.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for line in try file.lines() {
      let value = line.value
      let name = value["name"]?.string ?? "line \(line.number)"
      let word = name.split(separator: " ").first { $0 != "filled" } ?? ""
      if word.hasPrefix("Runtime") && word.hasSuffix("Response") || word.hasPrefix("Host") && word.hasSuffix("Request") {
        report.skip("messages that a guest writes and never reads")
        continue
      }
      if name == "HostStorageSyncResponse" {
        report.skip("an answer without proof: an error of the call here, silence in the reference's guest")
        continue
      }
      report.check(name) {
        if value["message"] != nil { try message(value.bytes("message")) } else { try body(value) }
      }
    }
  }

  /// A whole message that the reference's guest wrote: ours means the same, though we leave out what is empty.
  private static func message(_ bytes: [UInt8]) throws {
    let decoded = try RuntimeMessage(payload: bytes, mode: .guest)
    if case .unknown(let name) = decoded.body { throw GoldenError("unknown message \(name)") }
    try expectEqual(
      meaning(try RuntimeMessage(payload: decoded.cbor(), mode: .guest).body), meaning(decoded.body), "written and read again")
  }

  private static func body(_ value: JSONValue) throws {
    let input = try value.bytes("input")
    let decoded = Result { try Body.decode(cbor: input, mode: .guest) }
    if let error = value["error"]?.string {
      guard case .failure = decoded else { throw GoldenError("accepted; theirs: \(error)") }
      return
    }
    let ours = try decoded.get()
    let recorded = try value.optionalBytes("encoded_defaults") ?? value.bytes("reencoded")
    try expectEqual(meaning(ours), meaning(try Body.decode(cbor: recorded, mode: .guest)), "meaning of what they write again")
  }
}

/// What a body says to the reference's guest, to which absent, null and empty are one.
private func meaning(_ body: Body) -> String {
  var text = "\(body)"
  if case .runtimeKeyManagerStatusUpdateRequest(let request) = body {
    let status = request.status.bytes
    text = "\(String(describing: status.isEmpty ? KeyManager.Status() : try? KeyManager.Status.decode(cbor: status, mode: .guest)))"
  }
  let forms = [
    ("Optional([])", "nil"), ("CBOR.RawCBOR(bytes: [246])", "CBOR.RawCBOR(bytes: [])"),
    ("Optional(OasisTypes.RootHash.RoundResults(messages: [], goodComputeEntities: [], badComputeEntities: []))", "nil"),
  ]
  for (form, plain) in forms { text = text.replacing(form, with: plain) }
  return text
}

/// `sdk/rust-rhp.jsonl`: frames of recorded sessions that the reference's guest writes otherwise, or refuses.
public enum GuestFramesLoader: GoldenLoader {
  public static let patterns = ["sdk/rust-rhp.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for line in try file.lines() {
      let value = line.value
      if value["summary"] != nil {
        report.skip("a count of the recording, without data")
        continue
      }
      let name = value["name"]?.string ?? "line \(line.number)"
      report.check(name) {
        if value["rust_error"] != nil { return try refused(name, file) }
        let decoded = try RuntimeMessage(payload: value.bytes("frame_body"), mode: .guest)
        guard let again = try value.optionalBytes("rust_reencoded") else { return }
        try expectEqual(
          meaning(try RuntimeMessage(payload: again, mode: .guest).body), meaning(decoded.body), "meaning of what they write again")
      }
    }
  }

  /// Their guest knows staking events only; ours reads all four kinds. The frame stands in the session that the name tells.
  private static func refused(_ name: String, _ file: GoldenFile) throws {
    let parts = name.split(separator: " ")
    guard parts.count == 3, let number = Int(parts[2]) else { throw GoldenError("names no frame") }
    let session = parts[0].hasSuffix(".gz") ? String(parts[0].dropLast(3)) : String(parts[0])
    guard let frames = file.neighbour("rhp/\(session)") else { return }
    guard let frame = try frames.lines().first(where: { $0.number == number })?.value.bytes("frame") else {
      throw GoldenError("no such frame")
    }
    _ = try RuntimeMessage(payload: Array(frame.dropFirst(4)), mode: .guest)
  }
}

/// `sdk/light-blocks.jsonl`: what a guest reads of a light block.
public enum LightBlocksLoader: GoldenLoader {
  public static let patterns = ["sdk/light-blocks.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for line in try file.lines() {
      let value = line.value
      report.check(value["name"]?.string ?? "line \(line.number)") { try check(value) }
    }
  }

  private static func check(_ value: JSONValue) throws {
    let meta = try value.bytes("light_block_meta")
    guard let height = value["height"]?.integer(Int64.self) ?? value["height"]?.string.flatMap({ Int64($0) }) else {
      throw GoldenError("no height")
    }
    let header = try LightBlockHeader(OasisTypes.Consensus.LightBlock(height: height, meta: meta))
    try expectEqual(header.height, height, "height")
    try expectEqual(header.chainID, value.text("chain_id"), "chain")
    try expectEqual(header.appHash.hex, value.text("app_hash"), "app hash")
    if let root = value["state_root"]?["hash"]?.string { try expectEqual(header.appHash.hex, root, "state root") }
    let whole = try CometBFT.LightBlock(protobuf: meta)
    try expectEqual(whole.signedHeader?.header?.hash().hex ?? "", value.text("header_hash"), "hash of the header")
    if let time = value["time"]?.string {
      try expectEqual(OasisTypes.Timestamp(seconds: header.time).description.prefix(19), time.prefix(19), "time")
    }
  }
}
