import ChainReplay
public import GoldenSupport

/// Whole chains, block by block: a case is a key of the state after InitChain, a height, an exported state.
public enum RecordedChains: GoldenLoader {
  public static let patterns = ["chains/*/blocks.jsonl"]
  public static let companions = ["chains/*/**", "chains/coverage.json"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    let folder = String(file.location.prefix(upTo: file.location.lastIndex(of: "/") ?? file.location.endIndex))
    let replay = try ChainReplay(try RecordedChain(folder: folder))
    try replay.chain.checkGenesis()
    let differences = try replay.initialDifferences()
    for difference in differences { report.fail("InitChain", "\(difference)") }
    report.pass(max(replay.progress.initialKeys - differences.count, 0))
    do { try replay.replayBlocks() } catch {
      report.fail("after height \(replay.progress.height)", "\(error)")
      let isExport = (error as? ReplayDifference)?.phase == "export"  // of a block that was equal itself
      let missing = try replay.chain.blockCount() - replay.progress.blocks - (isExport ? 0 : 1)
      for _ in 0..<max(missing, 0) { report.fail("later height", "not reached after the first difference") }
    }
    report.pass(replay.progress.blocks + replay.progress.exports)
  }
}
