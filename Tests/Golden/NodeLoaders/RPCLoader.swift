internal import Bytes
internal import GRPC
internal import GoldenSupport
internal import JSONText

/// `rpc/<Service>.jsonl`: recorded calls. Here the errors: the trailer made from status, text and detail is the recorded one.
enum RPCLoader: GoldenLoader {
  static let patterns = ["rpc/*.jsonl"]
  static let companions = ["rpc/index.json"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (number, value) in try file.lines() {
      let name = value["name"]?.string ?? "line \(number)"
      guard let code: Int = value["status"]?.integer(), code != 0, let code = GRPCCode(rawValue: code) else {
        report.skip("messages: not built yet")
        continue
      }
      report.check(name) {
        try expectEqual(code.description, value["status_name"]?.string ?? "", "status name")
        guard let recorded = value["grpc_status_details_hex"]?.string else { return }
        guard let detail = [UInt8](hex: value["detail_hex"]?.string ?? "-") else { throw GoldenError("detail_hex is missing") }
        let status = GRPCStatus(code, value["error"]?.string ?? "", detail: detail)
        let trailer = status.trailers.last { $0.name == "grpc-status-details-bin" }?.value ?? ""
        let padded = trailer + String(repeating: "=", count: (4 - trailer.utf8.count % 4) % 4)
        try expectEqual([UInt8](base64: padded)?.hex ?? "", recorded, "grpc-status-details-bin")
        try expectEqual(GRPCStatus(trailers: status.trailers), status, "read back")
      }
    }
  }
}
