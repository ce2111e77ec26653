import NodeAPI
import RuntimeHistory
import Testing

@testable import OasisNode

@Suite("Status of reading missed heights (08 C7)") struct ReindexStatusTests {
  private let began = ContinuousClock.now
  private func status(_ phase: HistoryIndexer.Phase, last: Int64) -> HistoryIndexer.Status {
    .init(phase: phase, lastRound: 3, reindex: .init(start: 101, end: 400, last: last, began: began), batchSize: 50)
  }

  @Test func tellsHowFarItIsAndWhenItEnds() throws {
    let answer = try #require(Control.ReindexStatus(status(.reindexing, last: 200), at: began + .seconds(10), unixTime: 1000))
    #expect(answer.batchSize == 50 && answer.startHeight == 101 && answer.endHeight == 400 && answer.lastHeight == 200)
    #expect(answer.eta == LocalTime(unix: 1020))
  }

  @Test func isThereOnlyMeanwhile() {
    #expect(Control.ReindexStatus(status(.indexing, last: 400), at: began, unixTime: 1000) == nil)
    #expect(Control.ReindexStatus(HistoryIndexer.Status(phase: .reindexing), at: began, unixTime: 1000) == nil)
  }

  @Test func nothingDoneYetIsNoDivisionByZero() throws {
    let answer = try #require(Control.ReindexStatus(status(.reindexing, last: 100), at: began + .seconds(1), unixTime: 1000))
    #expect(answer.eta == LocalTime(unix: 1300))
  }
}
