import OasisCrypto
import OasisTypes
import Testing

@testable import ExecutorWorker

@Suite struct ExecutorMachineTests {
  static func round(_ number: UInt64, rank: UInt64 = 0, worker: Bool = true, backup: Bool = false) -> ExecutorMachine.Round {
    var round = ExecutorMachine.Round(number: number)
    (round.previousHash, round.rank, round.isWorker, round.isBackup) = (Hash.empty, rank, worker, backup)
    (round.maxBatchSize, round.maxBatchBytes) = (10, 1000)
    return round
  }

  /// Hands a proposal to the machine as the worker does.
  static func propose(_ machine: inout ExecutorMachine, _ proposal: RootHash.Proposal, rank: UInt64 = 0) -> [ExecutorMachine.Effect] {
    try? machine.keep(proposal, rank: rank)
    return machine.handle(.proposal)
  }

  static let batch = ExecutorMachine.Batch(ioRoot: .empty, transactions: [.empty])

  static func proposal(_ round: UInt64, batch: Int = 1, previous: Hash = .empty) -> RootHash.Proposal {
    var proposal = RootHash.Proposal()
    (proposal.header.round, proposal.header.previousHash) = (round, previous)
    proposal.batch = (0..<batch).map { Hash.digest([UInt8($0)]) }
    return proposal
  }

  @Test func theFirstRankSchedulesAndCommitsOnce() {
    var machine = ExecutorMachine()
    #expect(machine.handle(.round(Self.round(5))) == [.clearProposals, .schedule(1, force: false)])
    #expect(machine.handle(.computed(1)) == [.commit(1, rank: 0)])
    #expect(machine.handle(.committedOwn(1, batch: Self.batch)) == [])
    #expect(machine.handle(.transactionsChecked) == [])
    #expect(machine.state == .waitingForBatch)
  }

  @Test func whatWasFinalizedIsUsedUp() {
    var machine = ExecutorMachine()
    _ = machine.handle(.round(Self.round(5)))
    _ = machine.handle(.computed(1))
    _ = machine.handle(.committedOwn(1, batch: Self.batch))
    var next = Self.round(6)
    next.finalized = (true, .empty)
    #expect(machine.handle(.round(next)) == [.transactionsUsed([.empty]), .clearProposals, .schedule(2, force: false)])
    next.number = 7
    #expect(machine.handle(.round(next)) == [.abort(2), .clearProposals, .schedule(3, force: false)])
  }

  @Test func withNothingToScheduleTheNextEventAsksAgain() {
    var machine = ExecutorMachine()
    _ = machine.handle(.round(Self.round(5)))
    #expect(machine.handle(.nothingScheduled(1)) == [])
    #expect(machine.handle(.transactionsChecked) == [.schedule(2, force: false)])
    #expect(machine.handle(.failed(2)) == [])
    #expect(machine.handle(.flushTimeout) == [.schedule(3, force: true)])
  }

  @Test func whatComesDuringAFruitlessCallAsksAtOnce() {
    var machine = ExecutorMachine()
    _ = machine.handle(.round(Self.round(5)))
    #expect(machine.handle(.transactionsChecked) == [])
    #expect(machine.handle(.nothingScheduled(1)) == [.schedule(2, force: false)])
    #expect(machine.handle(.flushTimeout) == [])
    #expect(machine.handle(.nothingScheduled(2)) == [.schedule(3, force: true)])
    #expect(machine.handle(.nothingScheduled(3)) == [])
  }

  @Test func laterRanksWaitForTheirTurn() {
    var machine = ExecutorMachine()
    #expect(machine.handle(.round(Self.round(5, rank: 2))) == [.clearProposals])
    #expect(machine.handle(.proposeTimeout) == [])
    #expect(machine.handle(.proposeTimeout) == [.schedule(1, force: false)])
  }

  @Test func aBetterProposalEndsOwnScheduling() {
    var machine = ExecutorMachine()
    _ = machine.handle(.round(Self.round(5, rank: 1)))
    #expect(machine.handle(.proposeTimeout) == [.schedule(1, force: false)])
    let proposal = Self.proposal(5)
    #expect(Self.propose(&machine, proposal) == [.abort(1), .resolve(proposal, rank: 0)])
    #expect(machine.handle(.computed(1)) == [])  // given up: no longer counts
    #expect(machine.handle(.resolved(rank: 0, knownBytes: 10, missing: [])) == [.execute(2, proposal, rank: 0)])
    #expect(machine.handle(.computed(2)) == [.commit(2, rank: 0)])
  }

  @Test func missingTransactionsAreFetched() {
    var machine = ExecutorMachine()
    _ = machine.handle(.round(Self.round(5, rank: 1)))
    let proposal = Self.proposal(5, batch: 2)
    #expect(Self.propose(&machine, proposal) == [.resolve(proposal, rank: 0)])
    #expect(machine.handle(.resolved(rank: 0, knownBytes: 10, missing: proposal.batch)) == [.fetch(proposal.batch)])
    #expect(machine.handle(.fetched([proposal.batch[0]], bytes: 10)) == [])
    #expect(machine.handle(.fetched([proposal.batch[1]], bytes: 10)) == [.cancelFetch, .execute(1, proposal, rank: 0)])
  }

  @Test func tooLargeProposalsAreAnsweredWithFailure() {
    var machine = ExecutorMachine()
    _ = machine.handle(.round(Self.round(5, rank: 1)))
    let tooMany = Self.proposal(5, batch: 11)
    #expect(Self.propose(&machine, tooMany) == [.commitFailure(1, tooMany, rank: 0)])
    _ = machine.handle(.committedOwn(1, batch: nil))
    _ = machine.handle(.round(Self.round(6, rank: 1)))
    let tooLong = Self.proposal(6, batch: 2)
    _ = Self.propose(&machine, tooLong)
    _ = machine.handle(.resolved(rank: 0, knownBytes: 900, missing: [tooLong.batch[1]]))
    #expect(machine.handle(.fetched([tooLong.batch[1]], bytes: 101)) == [.cancelFetch, .commitFailure(2, tooLong, rank: 0)])
  }

  @Test func backupWorkersActOnDiscrepancyOnly() {
    var machine = ExecutorMachine()
    _ = machine.handle(.round(Self.round(5, rank: .max, worker: false, backup: true)))
    let proposal = Self.proposal(5)
    #expect(Self.propose(&machine, proposal) == [.resolve(proposal, rank: 0)])
    #expect(machine.handle(.resolved(rank: 0, knownBytes: 1, missing: [])) == [])
    #expect(machine.state == .waitingForEvent(proposal, rank: 0))
    #expect(machine.handle(.discrepancy(round: 4, rank: 0, authoritative: true)) == [])
    #expect(machine.handle(.discrepancy(round: 5, rank: 0, authoritative: true)) == [.execute(1, proposal, rank: 0)])
  }

  @Test func outsideTheCommitteeNothingHappens() {
    var machine = ExecutorMachine()
    #expect(machine.handle(.round(nil)) == [.clearProposals])
    for event: ExecutorMachine.Event in [.proposeTimeout, .transactionsChecked] { #expect(machine.handle(event) == []) }
    #expect(Self.propose(&machine, Self.proposal(1)) == [])
  }

  @Test func aProposalOnAnotherBlockIsLeftAlone() {
    var machine = ExecutorMachine()
    _ = machine.handle(.round(Self.round(5, rank: 1)))
    _ = Self.propose(&machine, Self.proposal(5, previous: Hash()))
    #expect(machine.handle(.resolved(rank: 0, knownBytes: 1, missing: [])) == [])
    #expect(machine.state == .waitingForBatch)
  }
}

@Suite("Executor machine, committees of several (08 C4.2)") struct ExecutorCommitteeTests {
  private typealias Tests = ExecutorMachineTests

  @Test func aWorkerExecutesOnceForEachRank() {
    var machine = ExecutorMachine()
    _ = machine.handle(.round(Tests.round(5, rank: 2)))
    let (first, second) = (Tests.proposal(5), Tests.proposal(5, batch: 2))
    #expect(Tests.propose(&machine, second, rank: 1) == [])  // not its turn yet
    #expect(machine.handle(.proposeTimeout) == [.resolve(second, rank: 1)])
    #expect(machine.handle(.resolved(rank: 1, knownBytes: 1, missing: [])) == [.execute(1, second, rank: 1)])
    #expect(machine.handle(.computed(1)) == [.commit(1, rank: 1)])
    #expect(machine.handle(.committedOwn(1, batch: Tests.batch)) == [])
    // A better one that comes late is committed to as well.
    #expect(Tests.propose(&machine, first, rank: 0) == [.resolve(first, rank: 0)])
    #expect(machine.handle(.resolved(rank: 0, knownBytes: 1, missing: [])) == [.execute(2, first, rank: 0)])
    #expect(machine.handle(.computed(2)) == [.commit(2, rank: 0)])
    #expect(machine.handle(.committedOwn(2, batch: Tests.batch)) == [])
    // Nothing is left to do but its own turn.
    #expect(machine.handle(.transactionsChecked) == [])
    #expect(machine.handle(.proposeTimeout) == [.schedule(3, force: false)])
  }

  @Test func aSchedulersCommitmentEndsTheTurnOfLaterRanks() {
    var machine = ExecutorMachine()
    _ = machine.handle(.round(Tests.round(5, rank: 2)))
    #expect(machine.handle(.committed(schedulerRank: 0)) == [])
    for _ in 0..<5 { #expect(machine.handle(.proposeTimeout) == []) }  // rank 0 has committed: ours never comes
    let proposal = Tests.proposal(5)
    #expect(Tests.propose(&machine, proposal, rank: 1) == [])
    #expect(Tests.propose(&machine, proposal, rank: 0) == [.resolve(proposal, rank: 0)])
  }

  @Test func ownSchedulingEndsWhenABetterSchedulerHasCommitted() {
    var machine = ExecutorMachine()
    _ = machine.handle(.round(Tests.round(5, rank: 1)))
    #expect(machine.handle(.proposeTimeout) == [.schedule(1, force: false)])
    #expect(machine.handle(.committed(schedulerRank: 0)) == [])
    let proposal = Tests.proposal(5)
    #expect(Tests.propose(&machine, proposal, rank: 0) == [.abort(1), .resolve(proposal, rank: 0)])
  }

  @Test func pastSchedulersProposalsDoNotCount() {
    var machine = ExecutorMachine()
    _ = machine.handle(.round(Tests.round(5, rank: 1)))
    #expect(throws: ProposalQueue.Refusal.old) { try machine.keep(Tests.proposal(4), rank: 0) }
    let next = Tests.proposal(6)
    #expect(Tests.propose(&machine, next) == [])  // kept for its round
    #expect(machine.handle(.round(Tests.round(6, rank: 1))) == [.clearProposals, .resolve(next, rank: 0)])
  }

  @Test func whatWasSignedBeforeARestartIsNotSignedAgain() {
    var machine = ExecutorMachine()
    var round = Tests.round(5)
    round.committedRanks = [0]
    #expect(machine.handle(.round(round)) == [.clearProposals])
    for event: ExecutorMachine.Event in [
      .transactionsChecked, .flushTimeout, .proposeTimeout, .discrepancy(round: 5, rank: 0, authoritative: true),
    ] {
      #expect(machine.handle(event) == [])
    }
    #expect(machine.handle(.round(Tests.round(6))) == [.clearProposals, .schedule(1, force: false)])
  }

  @Test func anAuthoritativeDiscrepancyOverridesAPredictedOne() {
    var machine = ExecutorMachine()
    _ = machine.handle(.round(Tests.round(5, rank: .max, worker: false, backup: true)))
    let (zero, one) = (Tests.proposal(5), Tests.proposal(5, batch: 2))
    _ = Tests.propose(&machine, zero)
    _ = machine.handle(.resolved(rank: 0, knownBytes: 1, missing: []))
    _ = Tests.propose(&machine, one, rank: 1)
    #expect(machine.handle(.discrepancy(round: 5, rank: 0, authoritative: false)) == [.execute(1, zero, rank: 0)])
    #expect(machine.handle(.discrepancy(round: 5, rank: 1, authoritative: true)) == [.abort(1), .resolve(one, rank: 1)])
    #expect(machine.handle(.discrepancy(round: 5, rank: 0, authoritative: true)) == [])
    #expect(machine.handle(.resolved(rank: 1, knownBytes: 1, missing: [])) == [.execute(2, one, rank: 1)])
  }

  @Test func aDiscrepancyBeforeItsProposalWaitsForIt() {
    var machine = ExecutorMachine()
    _ = machine.handle(.round(Tests.round(5, rank: .max, worker: false, backup: true)))
    #expect(machine.handle(.discrepancy(round: 5, rank: 0, authoritative: true)) == [])
    let proposal = Tests.proposal(5)
    #expect(Tests.propose(&machine, proposal) == [.resolve(proposal, rank: 0)])
    #expect(machine.handle(.resolved(rank: 0, knownBytes: 1, missing: proposal.batch)) == [.fetch(proposal.batch)])
    #expect(machine.handle(.fetched(proposal.batch, bytes: 1)) == [.cancelFetch, .execute(1, proposal, rank: 0)])
  }

  @Test func whoIsBothWorksTwice() {
    var machine = ExecutorMachine()
    _ = machine.handle(.round(Tests.round(5, rank: 1, backup: true)))
    let proposal = Tests.proposal(5)
    _ = Tests.propose(&machine, proposal)
    #expect(machine.handle(.resolved(rank: 0, knownBytes: 1, missing: [])) == [.execute(1, proposal, rank: 0)])
    _ = machine.handle(.computed(1))
    _ = machine.handle(.committedOwn(1, batch: Tests.batch))
    // Its commitment for the rank counts for both roles.
    #expect(machine.handle(.discrepancy(round: 5, rank: 0, authoritative: true)) == [])
    // A dispute about its own rank makes it schedule, were it empty.
    _ = machine.handle(.round(Tests.round(6, rank: 1, backup: true)))
    #expect(machine.handle(.discrepancy(round: 6, rank: 1, authoritative: true)) == [.schedule(2, force: true)])
  }

  @Test func aFetchEndsWithItsRound() {
    var machine = ExecutorMachine()
    _ = machine.handle(.round(Tests.round(5, rank: 1)))
    let proposal = Tests.proposal(5, batch: 2)
    _ = Tests.propose(&machine, proposal)
    _ = machine.handle(.resolved(rank: 0, knownBytes: 0, missing: proposal.batch))
    #expect(machine.missing == Set(proposal.batch))
    #expect(machine.handle(.round(Tests.round(6, rank: 1))) == [.cancelFetch, .clearProposals])
    #expect(machine.missing.isEmpty)
    #expect(machine.handle(.fetched(proposal.batch, bytes: 1)) == [])
  }

  /// Whatever comes in whatever order: no rank is committed to twice in a round, and only outcomes of the call in hand count.
  @Test(arguments: 0..<20) func randomEvents(_ seed: UInt64) {
    var random = Generator(state: seed &* 7919 &+ 1)
    var machine = ExecutorMachine()
    var committed: Set<UInt64> = []
    var calls: Set<ExecutorMachine.Run> = [], current: ExecutorMachine.Run?
    var round: UInt64 = 1
    for _ in 0..<3000 {
      let event: ExecutorMachine.Event
      switch random.next(14) {
      case 0:
        round += random.next(2)
        committed = []
        event = .round(
          random.next(8) == 0 ? nil : Tests.round(round, rank: random.next(3), worker: random.next(4) > 0, backup: random.next(2) == 0))
      case 1: event = .proposeTimeout
      case 2: event = .flushTimeout
      case 3: event = .transactionsChecked
      case 4:
        try? machine.keep(Tests.proposal(round + random.next(2), batch: Int(random.next(12))), rank: random.next(4))
        event = .proposal
      case 5: event = .resolved(rank: random.next(4), knownBytes: random.next(1200), missing: random.next(2) == 0 ? [] : [Hash.digest([0])])
      case 6: event = .fetched([Hash.digest([UInt8(random.next(3))])], bytes: random.next(1200))
      case 7: event = .committed(schedulerRank: random.next(4))
      case 8: event = .discrepancy(round: round - random.next(2), rank: random.next(4), authoritative: random.next(2) == 0)
      case 9: event = .nothingScheduled(random.next(50) == 0 ? 0 : current ?? 0)
      case 10: event = .failed(current ?? 0)
      case 11: event = .committedOwn(current ?? 0, batch: random.next(2) == 0 ? Tests.batch : nil)
      default: event = .computed(calls.randomElement(using: &random) ?? 0)
      }
      for effect in machine.handle(event) {
        switch effect {
        case .schedule(let run, _), .execute(let run, _, _):
          #expect(calls.insert(run).inserted)
          current = run
        case .commit(let run, let rank):
          #expect(run == current)
          #expect(committed.insert(rank).inserted)
          _ = machine.handle(.committedOwn(run, batch: Tests.batch))
        case .commitFailure(let run, _, let rank):
          current = run
          #expect(committed.insert(rank).inserted)
          _ = machine.handle(.committedOwn(run, batch: nil))
        case .abort(let run): if run == current { current = nil }
        default: break
        }
      }
    }
  }

  private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 31)
    }
    mutating func next(_ limit: UInt64) -> UInt64 { next() >> 16 % limit }
  }
}

@Suite("Availability of the compute role (08 C4.6)") struct AvailabilityTests {
  @Test func allConditionsMustHold() {
    var machine = AvailabilityMachine()
    #expect(machine.availability == .waitingForRuntime)
    #expect(machine.handle(.started(canSchedule: true)) == [.cancelTrustSync, .synchronizeTrust(start: 1), .withdraw])
    #expect(machine.availability == .waitingForTrustSync)
    #expect(machine.handle(.trusted(start: 1)) == [.withdraw])  // the state has not been read yet
    #expect(machine.availability == .ready)
    #expect(machine.handle(.stateReadable(true)) == [.offer])
    #expect(machine.handle(.stateReadable(true)) == [])  // blocks renew nothing
    #expect(machine.handle(.versionsChanged) == [.offer])
    #expect(machine.handle(.stateReadable(false)) == [.withdraw])
    #expect(machine.handle(.stateReadable(false)) == [])
    #expect(machine.handle(.stateReadable(true)) == [.offer])
  }

  @Test func aRestartBeginsAnew() {
    var machine = AvailabilityMachine()
    _ = machine.handle(.stateReadable(true))
    _ = machine.handle(.started(canSchedule: true))
    #expect(machine.handle(.stopped) == [.cancelTrustSync, .withdraw])
    #expect(machine.handle(.started(canSchedule: true)) == [.cancelTrustSync, .synchronizeTrust(start: 2), .withdraw])
    #expect(machine.handle(.trusted(start: 1)) == [])  // of the start before
    #expect(machine.handle(.trusted(start: 2)) == [.offer])
    #expect(machine.handle(.started(canSchedule: false)) == [.cancelTrustSync, .withdraw])
    #expect(machine.availability == .waitingForRuntime)
  }
}

@Suite struct ProposalQueueTests {
  @Test func keepsTheEarliestAndRefusesThePast() throws {
    var queue = ProposalQueue()
    for round in 1...UInt64(ProposalQueue.capacity) { try queue.insert(ExecutorMachineTests.proposal(round), rank: 0) }
    #expect(throws: ProposalQueue.Refusal.full) { try queue.insert(ExecutorMachineTests.proposal(100), rank: 0) }
    try queue.insert(ExecutorMachineTests.proposal(1), rank: 1)
    #expect(queue.count == ProposalQueue.capacity)
    queue.prune(before: 3)
    #expect(throws: ProposalQueue.Refusal.old) { try queue.insert(ExecutorMachineTests.proposal(2), rank: 0) }
    #expect(queue.best(round: 3, upTo: .max, excluding: []) != nil)
    #expect(queue.best(round: 3, upTo: .max, excluding: [0]) == nil)
  }
}
