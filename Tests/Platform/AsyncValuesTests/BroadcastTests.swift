import AsyncValues
import Testing

@Suite struct BroadcastTests {
  @Test func allHearInOrder() async {
    let broadcast = Broadcast<Int>(.unbounded, replaysLatest: false)
    let (first, second) = (broadcast.subscribe(), broadcast.subscribe())
    for value in 1...3 { broadcast.send(value) }
    let late = broadcast.subscribe()
    broadcast.finish()
    for stream in [first, second] { #expect(await stream.reduce(into: []) { $0.append($1) } == [1, 2, 3]) }
    #expect(await late.reduce(into: []) { $0.append($1) } == [])
    #expect(await broadcast.subscribe().reduce(into: []) { $0.append($1) } == [])
  }

  @Test func theLatestComesFirst() async {
    let broadcast = Broadcast<Int>(.bufferingNewest(2), replaysLatest: true)
    for value in 1...3 { broadcast.send(value) }
    let stream = broadcast.subscribe()
    for value in 4...5 { broadcast.send(value) }
    broadcast.finish()
    #expect(await stream.reduce(into: []) { $0.append($1) } == [4, 5])
  }
}
