import Testing

@testable import RuntimeHost

@Suite struct RuntimeLogAllowanceTests {
  @Test func limitsLinesOfASecond() {
    var allowance = RuntimeLogAllowance()
    let start = ContinuousClock.now
    for _ in 0..<RuntimeLogAllowance.lines { #expect(allowance.take(10, at: start).isTaken) }
    for _ in 0..<7 { #expect(!allowance.take(10, at: start + .milliseconds(999)).isTaken) }
    let next = allowance.take(10, at: start + .seconds(1))
    #expect(next.isTaken && next.dropped == 7)
    #expect(allowance.take(10, at: start + .seconds(1)).dropped == 0)
    #expect(allowance.finish() == 0)
  }

  @Test func limitsBytesOfASecond() {
    var allowance = RuntimeLogAllowance()
    let start = ContinuousClock.now
    #expect(allowance.take(RuntimeLogAllowance.bytes, at: start).isTaken)
    #expect(!allowance.take(1, at: start).isTaken)
    #expect(allowance.finish() == 1)
  }
}
