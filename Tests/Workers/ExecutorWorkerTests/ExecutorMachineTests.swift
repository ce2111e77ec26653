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

  static func proposal(_ round: UInt64, batch: Int = 1, previous: Hash = .empty) -> RootHash.Proposal {
    var proposal = RootHash.Proposal()
    (proposal.header.round, proposal.header.previousHash) = (round, previous)
    proposal.batch = (0..<batch).map { Hash.digest([UInt8($0)]) }
    return proposal
  }

  @Test func theFirstRankSchedulesAndCommitsOnce() {
    var machine = ExecutorMachine()
    #expect(machine.handle(.round(Self.round(5))) == [.schedule(1, force: false)])
    #expect(machine.handle(.computed(1)) == [.commit(1, rank: 0)])
    #expect(machine.handle(.committedOwn(1, ioRoot: .empty, transactions: [.empty])) == [])
    #expect(machine.handle(.transactionsChecked) == [])
    #expect(machine.state == .waitingForBatch)
  }

  @Test func whatWasFinalizedIsUsedUp() {
    var machine = ExecutorMachine()
    _ = machine.handle(.round(Self.round(5)))
    _ = machine.handle(.computed(1))
    _ = machine.handle(.committedOwn(1, ioRoot: .empty, transactions: [.empty]))
    var next = Self.round(6)
    next.finalized = (true, .empty)
    #expect(machine.handle(.round(next)) == [.transactionsUsed([.empty]), .clearProposal, .schedule(2, force: false)])
    next.number = 7
    #expect(machine.handle(.round(next)) == [.abort(2), .schedule(3, force: false)])
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
    #expect(machine.handle(.round(Self.round(5, rank: 2))) == [])
    #expect(machine.handle(.proposeTimeout) == [])
    #expect(machine.handle(.proposeTimeout) == [.schedule(1, force: false)])
  }

  @Test func aBetterProposalEndsOwnScheduling() {
    var machine = ExecutorMachine()
    _ = machine.handle(.round(Self.round(5, rank: 1)))
    #expect(machine.handle(.proposeTimeout) == [.schedule(1, force: false)])
    let proposal = Self.proposal(5)
    #expect(machine.handle(.proposal(proposal, rank: 0)) == [.abort(1), .resolve(proposal, rank: 0)])
    #expect(machine.handle(.computed(1)) == [])  // given up: no longer counts
    #expect(machine.handle(.resolved(rank: 0, knownBytes: 10, missing: [])) == [.execute(2, proposal, rank: 0)])
    #expect(machine.handle(.computed(2)) == [.commit(2, rank: 0)])
  }

  @Test func missingTransactionsAreFetched() {
    var machine = ExecutorMachine()
    _ = machine.handle(.round(Self.round(5, rank: 1)))
    let proposal = Self.proposal(5, batch: 2)
    #expect(machine.handle(.proposal(proposal, rank: 0)) == [.resolve(proposal, rank: 0)])
    #expect(machine.handle(.resolved(rank: 0, knownBytes: 10, missing: proposal.batch)) == [.fetch(proposal.batch)])
    #expect(machine.handle(.fetched([proposal.batch[0]], bytes: 10)) == [])
    #expect(machine.handle(.fetched([proposal.batch[1]], bytes: 10)) == [.cancelFetch, .execute(1, proposal, rank: 0)])
  }

  @Test func tooLargeProposalsAreAnsweredWithFailure() {
    var machine = ExecutorMachine()
    _ = machine.handle(.round(Self.round(5, rank: 1)))
    let tooMany = Self.proposal(5, batch: 11)
    #expect(machine.handle(.proposal(tooMany, rank: 0)) == [.commitFailure(1, tooMany, rank: 0)])
    _ = machine.handle(.committedOwn(1, ioRoot: Hash(), transactions: []))
    _ = machine.handle(.round(Self.round(6, rank: 1)))
    let tooLong = Self.proposal(6, batch: 2)
    _ = machine.handle(.proposal(tooLong, rank: 0))
    _ = machine.handle(.resolved(rank: 0, knownBytes: 900, missing: [tooLong.batch[1]]))
    #expect(machine.handle(.fetched([tooLong.batch[1]], bytes: 101)) == [.cancelFetch, .commitFailure(2, tooLong, rank: 0)])
  }

  @Test func backupWorkersActOnDiscrepancyOnly() {
    var machine = ExecutorMachine()
    _ = machine.handle(.round(Self.round(5, rank: .max, worker: false, backup: true)))
    let proposal = Self.proposal(5)
    #expect(machine.handle(.proposal(proposal, rank: 0)) == [.resolve(proposal, rank: 0)])
    #expect(machine.handle(.resolved(rank: 0, knownBytes: 1, missing: [])) == [])
    #expect(machine.state == .waitingForEvent(proposal, rank: 0))
    #expect(machine.handle(.discrepancy(round: 4, rank: 0, authoritative: true)) == [])
    #expect(machine.handle(.discrepancy(round: 5, rank: 0, authoritative: true)) == [.execute(1, proposal, rank: 0)])
  }

  @Test func outsideTheCommitteeNothingHappens() {
    var machine = ExecutorMachine()
    for event: ExecutorMachine.Event in [.round(nil), .proposeTimeout, .transactionsChecked, .proposal(Self.proposal(1), rank: 0)] {
      #expect(machine.handle(event) == [])
    }
  }

  @Test func aProposalOnAnotherBlockIsLeftAlone() {
    var machine = ExecutorMachine()
    _ = machine.handle(.round(Self.round(5, rank: 1)))
    _ = machine.handle(.proposal(Self.proposal(5, previous: Hash()), rank: 0))
    #expect(machine.handle(.resolved(rank: 0, knownBytes: 1, missing: [])) == [])
    #expect(machine.state == .waitingForBatch)
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
