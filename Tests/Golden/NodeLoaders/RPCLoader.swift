internal import Bytes
internal import CBOR
internal import GRPC
internal import Glibc
internal import GoldenSupport
internal import JSONText
internal import NodeAPI
internal import OasisTypes
internal import Wire

/// `rpc/<Service>.jsonl`: recorded calls. Messages decode and encode to the same bytes; the trailer made from status, text and detail of an
/// error is the recorded one.
enum RPCLoader: GoldenLoader {
  static let patterns = ["rpc/*.jsonl"]
  static let companions = ["rpc/index.json"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (number, value) in try file.lines() {
      let name = value["name"]?.string ?? "line \(number)"
      let path = value["method"]?.string ?? ""
      let parts = path.dropFirst("/oasis-core.".count).split(separator: "/").map(String.init)
      if let code: Int = value["status"]?.integer(), code != 0, let code = GRPCCode(rawValue: code) {
        report.check(name) { try checkError(value, code) }
        continue
      }
      guard parts.count == 2, let messages = RPCMessages.of(parts[0], parts[1]) else {
        report.skip("\(parts.joined(separator: ".")) is not part of this version")
        continue
      }
      report.check(name) {
        if let request = try bytes(value["request"]) { try messages.request(request) }
        if let response = try bytes(value["response"]) { try messages.response(response) }
        for item in value["messages"]?.array ?? [] { if let item = try bytes(item) { try messages.response(item) } }
      }
    }
  }

  private static func bytes(_ value: JSONValue?) throws -> [UInt8]? {
    guard let hex = value?["hex"]?.string else { return nil }
    guard let bytes = [UInt8](hex: hex) else { throw GoldenError("\(hex.prefix(40)) is not hexadecimal") }
    return bytes
  }

  private static func checkError(_ value: JSONValue, _ code: GRPCCode) throws {
    try expectEqual(code.description, value["status_name"]?.string ?? "", "status name")
    guard let recorded = value["grpc_status_details_hex"]?.string else { return }
    guard let detail = [UInt8](hex: value["detail_hex"]?.string ?? "-") else { throw GoldenError("detail_hex is missing") }
    let error = CodedError(value["module"]?.string ?? "", value["code"]?.integer() ?? 0, value["error"]?.string ?? "")
    let status = APIErrors.status(code, error)
    try expectEqual(status.detail?.hex ?? "", detail.hex, "detail")
    let trailer = status.trailers.last { $0.name == "grpc-status-details-bin" }?.value ?? ""
    let padded = trailer + String(repeating: "=", count: (4 - trailer.utf8.count % 4) % 4)
    try expectEqual([UInt8](base64: padded)?.hex ?? "", recorded, "grpc-status-details-bin")
    try expectEqual(GRPCStatus(trailers: status.trailers), status, "read back")
    try expectEqual(APIErrors.coded(status), error, "module and code read back")
  }
}

/// `rpc/status/*.json`: what `control status` printed. Decoding the text and printing it again gives the same text: all keys are known, and
/// in the reference's order.
enum StatusLoader: GoldenLoader {
  static let patterns = ["rpc/status/*.json"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    setenv("TZ", "UTC", 1)  // the recordings were printed in UTC
    report.check("text") {
      let text = String(decoding: try file.contents(), as: UTF8.self)
      let status = try Control.Status.decode(json: text)
      try expectEqual(status.jsonText(indent: "  ").trimmingNewlines, text.trimmingNewlines, "printed again")
      try expectEqual(try Control.Status.decode(cbor: status.cbor(), mode: .rpc), status, "through CBOR")
    }
  }
}

extension String {
  fileprivate var trimmingNewlines: Substring { var rest = self[...]; while rest.last == "\n" { rest = rest.dropLast() }; return rest }
}
