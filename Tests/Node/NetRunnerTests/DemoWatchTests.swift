import NodeAPI
import OasisTypes
import Testing

@testable import NetRunner

@Suite struct DemoWatchTests {
  /// A node's status as the watch reads it.
  private func status(
    height: Int64, epoch: Epoch, host: Control.CommitteeState = .ready, isRegistered: Bool = true, expiration: Epoch? = nil,
    isWorker: Bool = true
  ) -> Control.Status {
    var status = Control.Status()
    var consensus = Control.ConsensusStatus()
    (consensus.latestHeight, consensus.latestEpoch) = (height, epoch)
    status.consensus = consensus
    var registration = Control.RegistrationStatus()
    registration.lastAttemptSuccessful = isRegistered
    if let expiration {
      var node = Node()
      node.expiration = expiration
      registration.descriptor = node
    }
    status.registration = registration
    var runtime = Control.RuntimeStatus()
    var committee = Control.CommitteeStatus()
    committee.status = host
    committee.executorRoles = isWorker ? [.worker] : nil
    runtime.committee = committee
    runtime.executor = Control.ExecutorStatus(.ready)
    runtime.latestRound = 3
    status.runtimes[DemoGenesis.runtimeID] = runtime
    return status
  }

  private func watch() -> DemoWatch { DemoWatch(genesisExpiration: 15, directory: "/net") }

  @Test func aStartGoesThroughItsStages() {
    var watch = watch()
    #expect(watch.observe(nil, at: .zero) == .waiting("starting the node", figures: ""))
    #expect(watch.observe(status(height: 0, epoch: 0), at: .seconds(1)) == .waiting("waiting for the first block", figures: ""))
    #expect(
      watch.observe(status(height: 2, epoch: 0, host: .waitingForHost, isRegistered: false, isWorker: false), at: .seconds(2))
        == .waiting("waiting for hosted runtime provision", figures: "block 2, epoch 0, round 3"))
    #expect(
      watch.observe(status(height: 8, epoch: 0, isRegistered: false, isWorker: false), at: .seconds(3))
        == .waiting("waiting for the node's registration", figures: "block 8, epoch 0, round 3"))
    #expect(
      watch.observe(status(height: 12, epoch: 0, isWorker: false), at: .seconds(4))
        == .waiting("registered; waiting for the election of the committee", figures: "block 12, epoch 0, round 3"))
    #expect(watch.observe(status(height: 41, epoch: 2), at: .seconds(10)) == .ready(figures: "block 41, epoch 2, round 3"))
  }

  @Test func aHaltForWantOfTheRuntimeIsExplained() throws {
    var watch = watch()
    let stuck = status(height: 320, epoch: 15, host: .waitingForHost, isRegistered: false, isWorker: false)
    _ = watch.observe(stuck, at: .seconds(60))
    guard case .failed(let reason) = watch.observe(stuck, at: .seconds(81)) else {
      Issue.record("not seen as halted")
      return
    }
    #expect(reason.contains("registration ran out with epoch 15"))
    #expect(reason.contains("waiting for hosted runtime provision"))
    #expect(reason.contains("remove /net"))
  }

  @Test func theEpochOfAHaltIsNamedOnlyWhereItIsKnown() throws {
    var watch = watch()
    let stuck = status(height: 740, epoch: 36, host: .waitingForHost, isRegistered: false, isWorker: false)
    _ = watch.observe(stuck, at: .seconds(60))
    guard case .failed(let reason) = watch.observe(stuck, at: .seconds(81)) else {
      Issue.record("not seen as halted")
      return
    }
    #expect(reason.contains("registration ran out: the node is"), "\(reason)")
  }

  @Test func aStallWithAValidRegistrationIsNotBlamedOnIt() throws {
    var watch = watch()
    let stuck = status(height: 100, epoch: 4, expiration: 6)
    _ = watch.observe(stuck, at: .seconds(30))
    #expect(watch.observe(stuck, at: .seconds(51)) == .failed("no new block for 21 seconds after block 100, epoch 4"))
  }

  @Test func silenceAndAMissingCommitteeHaveLimits() {
    var silent = watch()
    _ = silent.observe(nil, at: .seconds(119))
    #expect(silent.observe(nil, at: .seconds(121)) == .failed("the node has not answered for 121 seconds"))
    var idle = watch()
    var verdict = DemoWatch.Verdict.ready(figures: "")
    for second in 0...190 {
      verdict = idle.observe(status(height: Int64(second + 1), epoch: 1, expiration: 90, isWorker: false), at: .seconds(second))
    }
    guard case .failed(let reason) = verdict else {
      Issue.record("still waiting: \(verdict)")
      return
    }
    #expect(reason.contains("no committee after"))
  }
}
