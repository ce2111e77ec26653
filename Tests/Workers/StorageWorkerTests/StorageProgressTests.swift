import Testing

@testable import StorageWorker

@Suite("Availability of storage (08 C5.5)") struct StorageProgressTests {
  @Test func nothingWhileEitherIsUnknown() {
    var progress = StorageProgress()
    #expect(progress.committed(100) == nil)
    var other = StorageProgress()
    #expect(other.finalized(0) == nil)
  }

  @Test func availableWhenNearUnavailableWhenFar() {
    var progress = StorageProgress()
    _ = progress.committed(100)
    #expect(progress.finalized(90) == nil)  // 10 behind: not yet
    #expect(progress.finalized(91) == .available)
    #expect(progress.committed(106) == nil)  // 15 behind: still
    #expect(progress.committed(107) == .unavailable)
    #expect(progress.finalized(97) == nil)  // 10 behind: in between nothing changes
    #expect(progress.finalized(98) == .available)
  }

  @Test func theLargestRounds() {
    var progress = StorageProgress()
    _ = progress.committed(.max)
    #expect(progress.finalized(.max) == .available)
    #expect(progress.finalized(0) == .unavailable)
  }
}
