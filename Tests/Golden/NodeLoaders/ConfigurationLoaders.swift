internal import GoldenSupport
internal import JSONText
internal import NodeConfiguration

/// `rpc/status/*.config.yml`: configurations that the reference's nodes ran with; ours loads each.
enum RecordedConfigurationLoader: GoldenLoader {
  static let patterns = ["rpc/status/*.config.yml", "chains/**/config.yaml"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    let text = String(decoding: try file.contents(), as: UTF8.self)
    report.check("load") { _ = try NodeConfiguration.parse(text, file: file.path) }
  }
}
