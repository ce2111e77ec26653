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
      let messages = parts.count == 2 ? RPCMessages.of(parts[0], parts[1]) : nil
      if let code: Int = value["status"]?.integer(), code != 0, let code = GRPCCode(rawValue: code) {
        report.check(name) {
          try checkError(value, code)
          let wasRead = ![.internal, .unimplemented].contains(code)
          if wasRead, let request = try bytes(value["request"]) { try messages?.readRequest(request) }
        }
        continue
      }
      guard let messages else {
        report.skip("\(parts.joined(separator: ".")) is not part of this version")
        continue
      }
      report.check(name) {
        if let request = try bytes(value["request"]) {
          try (name.contains("unknown-field") ? messages.readRequest : messages.request)(request)
        }
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

/// `rpc/status/*.json`: what `control status` printed. Decoding the text and printing it again gives the same keys in the same order, and the
/// same values; times may be those of another zone.
enum StatusLoader: GoldenLoader {
  static let patterns = ["rpc/status/*.json"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    setenv("TZ", "UTC", 1)  // most recordings were printed in UTC
    let theirs = try file.document()
    let status = try Control.Status.decode(json: String(decoding: try file.contents(), as: UTF8.self))
    let ours = try JSONParser.parse(Array(status.jsonText(indent: "  ").utf8))
    report.check("keys") { try expectEqual(keys(ours).joined(separator: " "), keys(theirs).joined(separator: " "), "keys in order") }
    report.check("values") { try expectEqual(instants(ours).text(), instants(theirs).text(), "printed again") }
    report.check("CBOR") { try expectEqual(try Control.Status.decode(cbor: status.cbor(), mode: .rpc), status, "through CBOR") }
  }

  /// The paths of all members, in the order of the text.
  private static func keys(_ value: JSONValue, _ path: String = "") -> [String] {
    switch value {
    case .object(let members): members.flatMap { ["\(path).\($0.key)"] + keys($0.value, "\(path).\($0.key)") }
    case .array(let elements): elements.enumerated().flatMap { keys($0.element, "\(path)[\($0.offset)]") }
    default: []
    }
  }

  /// The value with its times in UTC.
  private static func instants(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let members): .object(members.map { JSONMember(key: $0.key, value: instants($0.value)) })
    case .array(let elements): .array(elements.map(instants))
    case .string(let text): isTime(text) ? utc(value) : value
    default: value
    }
  }

  private static func isTime(_ text: String) -> Bool { text.utf8.count >= 20 && text.utf8.dropFirst(4).first == UInt8(ascii: "-") }

  private static func utc(_ value: JSONValue) -> JSONValue {
    guard var time = try? Timestamp(json: value) else { return value }
    time.offset = 0
    return .string(time.jsonText())
  }
}
