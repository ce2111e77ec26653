import ChainReplay
public import GoldenSupport

/// Whole chains, block by block: one case a chain.
public enum RecordedChains: GoldenLoader {
  public static let patterns = ["chains/*/genesis.json"]
  public static let companions = ["chains/*/**", "chains/coverage.json"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    let folder = String(file.location.dropLast("/genesis.json".count))
    report.check(file.path) {
      try ChainReplay(try RecordedChain(folder: folder)).run()
    }
  }
}
