import ConsensusApp
import OasisTypes
import Testing
import Wire

@Suite struct ContextTests {
  private func context(_ mode: ExecutionMode = .deliverTransaction) -> Context {
    let chain = ChainState(chainContext: "", initialHeight: 1, lastHeight: 9, lastEpoch: 3)
    return Context(mode: mode, state: StateTree(over: MemoryState()), chain: chain, block: nil, now: BlockTime())
  }

  private func event(_ amount: UInt64) -> BurnEvent { BurnEvent(owner: Address(), amount: Quantity(amount)) }

  @Test func eventsOfChildrenJoinAtTheirEnd() throws {
    let context = context()
    context.emit(event(1))
    context.child { child in
      child.emit(event(3))
      context.emit(event(2))
    }
    #expect(context.events.provable == [1, 2, 3].map { event($0).cbor() })
    try? context.child { child in
      child.emit(event(4))
      throw StateError("")
    }
    #expect(context.events.events.count == 4)
    context.child(mode: .simulateTransaction) { $0.emit(event(5)) }
    #expect(context.events.events.count == 4)
  }

  @Test func transactionsAreKeptOrDroppedAsAWhole() throws {
    let context = context()
    context.transaction { child in
      child.state.set([1], to: [1])
      child.emit(event(1))
    }
    #expect(throws: StateError.self) {
      try context.transaction { child in
        child.state.set([1], to: [2])
        child.emit(event(2))
        throw StateError("")
      }
    }
    #expect(try context.state.get([1]) == [1])
    #expect(context.events.events.count == 1)
    #expect(context.hasEvent(service: "100_staking", kind: "burn"))
    #expect(!context.hasEvent(service: "100_staking", kind: "transfer"))
  }

  @Test func epochsAreReadFromTheState() throws {
    let context = context(.beginBlock)
    EpochState.current.set(context.state, to: EpochRecord(epoch: 3, height: 5))
    #expect(try context.newEpoch() == nil)
    EpochState.future.set(context.state, to: EpochRecord(epoch: 4, height: 10))
    #expect(try context.currentEpoch() == 4)
    #expect(try context.newEpoch() == nil)
    EpochState.current.set(context.state, to: EpochRecord(epoch: 4, height: 10))
    #expect(try context.newEpoch() == 4)
  }

  @Test func messagesReachAllSubscribers() throws {
    let context = context()
    let kind = MessageKind<Int>("test.kind")
    #expect(throws: NoSubscribers.self) { try context.publish(kind, 1) }
    var heard: [Int] = []
    let service = StakingService()
    context.chain.messages.subscribe(kind, of: service) { _, value in
      heard.append(value)
      throw AppError.uncoded("first")
    }
    context.chain.messages.subscribe(kind, of: service) { _, value in
      heard.append(value * 2)
      throw AppError("staking", 5, "second")
    }
    #expect { try context.publish(kind, 2) } throws: { ResultCode(of: $0).code == 5 }
    #expect(heard == [2, 4])
  }
}
