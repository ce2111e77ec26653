import AsyncValues
import Testing

@Suite struct GateTests {
  @Test func allWaitersAreWokenOnce() async throws {
    let gate = Gate()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<20 { group.addTask { try await gate.wait() } }
      group.addTask { gate.open() }
      try await group.waitForAll()
    }
    gate.open()
    #expect(gate.isOpen)
    try await gate.wait()
  }

  @Test func aCancelledWaiterIsWoken() async {
    let gate = Gate()
    for _ in 0..<200 {
      let waiter = Task { try await gate.wait() }
      if Bool.random() { await Task.yield() }
      waiter.cancel()
      await #expect(throws: CancellationError.self) { try await waiter.value }
    }
    #expect(!gate.isOpen)
  }

  @Test func anAbandonedGateNeverOpens() async {
    let gate = Gate()
    let early = Task { try await gate.wait() }
    gate.abandon()
    gate.open()  // too late
    await #expect(throws: CancellationError.self) { try await early.value }
    await #expect(throws: CancellationError.self) { try await gate.wait() }
    #expect(!gate.isOpen)
  }

  @Test func anOpenGateCannotBeAbandoned() async throws {
    let gate = Gate()
    gate.open()
    gate.abandon()
    try await gate.wait()
  }
}
