import AsyncValues
import Testing

@Suite struct BackoffTests {
  @Test func doublesUpToTheLongest() {
    var backoff = Backoff(from: .milliseconds(100), to: .milliseconds(500))
    #expect((0..<5).map { _ in backoff.next() } == [100, 200, 400, 500, 500].map { .milliseconds($0) })
    backoff.reset()
    #expect(backoff.next() == .milliseconds(100))
  }

  @Test func growsByHalf() {
    var backoff = Backoff(from: .milliseconds(200), to: .seconds(10), growing: .half)
    #expect((0..<3).map { _ in backoff.next() } == [200, 300, 450].map { .milliseconds($0) })
  }

  @Test func neverLongerThanTheLongest() {
    var backoff = Backoff(from: .seconds(5), to: .seconds(1))
    for _ in 0..<1000 { #expect(backoff.next() == .seconds(1)) }
  }
}
