internal import Bytes
internal import CBOR
public import GoldenSupport
internal import JSONText
internal import RuntimeProtocol
internal import Wire

extension JSONValue {
  func text(_ key: String) throws(GoldenError) -> String {
    guard let text = self[key]?.string else { throw GoldenError("\(key): no text") }
    return text
  }

  func bytes(_ key: String) throws(GoldenError) -> [UInt8] {
    guard let bytes = [UInt8](hex: try text(key)) else { throw GoldenError("\(key): no hex") }
    return bytes
  }

  /// Bytes of a key that may be null.
  func optionalBytes(_ key: String) throws(GoldenError) -> [UInt8]? { self[key].map(\.isNull) ?? true ? nil : try bytes(key) }
}

/// Reads one recorded frame in the way its receiver would, and writes it again.
///
/// What the Go host wrote comes back byte for byte. The Rust guest also writes empty fields that the Go encoding leaves out: its frames
/// come back with the same meaning, and as a whole in canonical order.
func checkFrame(_ frame: [UInt8], fromHost: Bool) throws -> RuntimeMessage {
  var reader = FrameReader(limit: FrameLimit.host, mode: .rpc)
  reader.append(frame)
  guard let message = try reader.next(), !reader.isPartial else { throw GoldenError("not one whole frame") }
  if case .unknown(let name) = message.body { throw GoldenError("unknown message \(name)") }
  let again = try message.frame()
  if fromHost {
    guard again == frame else { throw GoldenError("encodes differently: ours \(again.hex), theirs \(frame.hex)") }
    try expectEqual(try RuntimeMessage(payload: Array(frame.dropFirst(4)), mode: .guest), message, "as a guest reads it")
  } else {
    try expectEqual(try RuntimeMessage(payload: Array(again.dropFirst(4)), mode: .rpc), message, "encoded and decoded again")
  }
  return message
}

/// `rhp/<session>.jsonl`: every frame of a whole connection.
public enum SessionLoader: GoldenLoader {
  public static let patterns = ["rhp/*.jsonl"]
  public static let companions = ["rhp/index.json"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for line in try file.lines() {
      let value = line.value
      report.check("line \(line.number) \((try? value.text("type")) ?? "?")") {
        let message = try checkFrame(value.bytes("frame"), fromHost: value.text("dir") == "host>runtime")
        try expectEqual(message.id, value["id"]?.integer() ?? .max, "id")
        try expectEqual("\(message.kind)", value.text("kind"), "kind")
        try expectEqual(message.body.name, value.text("type"), "type")
      }
    }
  }
}
