import AsyncIO
import OasisTypes
import RuntimeBundle
import RuntimeHost
import RuntimeProtocol
import Telemetry
import Testing

@Suite("Versions of a component (07 B.1)", .serialized) struct AggregateTests {
  private func runtime(_ version: Version, mode: String = "normal") throws -> HostedRuntime {
    var configuration = try guestConfiguration(mode)
    configuration.component.version = version
    return HostedRuntime(configuration, handler: TestNode(), log: .silent)
  }

  private func withAggregate(_ body: @escaping @Sendable (RuntimeAggregate, AsyncStream<RuntimeEvent>) async throws -> Void) async throws {
    let aggregate = RuntimeAggregate(runtimeID: Namespace(), log: .silent)
    let events = aggregate.events()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await aggregate.run() }
      defer { group.cancelAll() }
      try await IO.withTimeout(.seconds(120)) { try await body(aggregate, events) }
    }
    #expect(await aggregate.versions.active == nil)
    // Nobody will start a version any more: calls without a limit fail too.
    await #expect(throws: CallError.self) { try await aggregate.call(.runtimePingRequest(.init())) }
  }

  private let old = Version(0, 1), new = Version(0, 2)

  @Test func startsWhatIsWantedOnceItIsKnown() async throws {
    try await withAggregate { aggregate, events in
      await aggregate.setVersions(active: old, next: nil)
      async let answer = aggregate.call(.runtimePingRequest(.init()), within: .seconds(60))
      try await IO.sleep(for: .milliseconds(50))
      await #expect(throws: CallError.self) { try await aggregate.information() }
      await aggregate.add(try runtime(old))
      #expect(await events.next() == .started(version: old))
      _ = try await answer
      #expect(try await aggregate.information().runtimeVersion == old)
      #expect(await aggregate.status?.state == .running)
      await aggregate.setVersions(active: nil, next: nil)
      #expect(await events.next() == .stopped)
      await #expect(throws: ConnectionError.timedOut) { try await aggregate.call(.runtimePingRequest(.init()), within: .milliseconds(50)) }
    }
  }

  @Test func theNextVersionTakesOver() async throws {
    try await withAggregate { aggregate, events in
      await aggregate.add(try runtime(old))
      await aggregate.add(try runtime(new, mode: "version-2"))
      await aggregate.setVersions(active: old, next: new)
      var seen: Set<RuntimeEvent> = []
      for _ in 0..<2 { if let event = await events.next() { seen.insert(event) } }
      #expect(seen == [.started(version: old), .configurationUpdated])
      let next = try await aggregate.runtime(new)
      _ = try await next.call(.runtimePingRequest(.init()), within: .seconds(60))
      _ = try? await aggregate.call(.runtimeConsensusSyncRequest(.init(height: 5)), within: .seconds(60))
      await aggregate.setVersions(active: new, next: nil)
      #expect(await events.next() == .stopped)
      #expect(await events.next() == .started(version: new))
      #expect(await aggregate.versions.active == new)
      #expect(await aggregate.versions.next == nil)
      await #expect(throws: CallError.self) { try await aggregate.runtime(old) }
    }
  }
}
