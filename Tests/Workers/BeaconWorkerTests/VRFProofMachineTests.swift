import OasisTypes
import Testing

@testable import BeaconWorker

@Suite struct VRFProofMachineTests {
  static func state(_ epoch: Epoch, submitAfter: Int64) -> VRFState {
    var state = VRFState()
    (state.epoch, state.alpha, state.submitAfter) = (epoch, [UInt8(epoch)], submitAfter)
    return state
  }

  @Test func provesOnceAnEpochAndNotTooEarly() {
    var machine = VRFProofMachine()
    let first = Self.state(3, submitAfter: 12)
    #expect(machine.handle(.block(height: 11, first, isProven: false)) == [])
    #expect(machine.handle(.block(height: 12, first, isProven: false)) == [.prove(3, alpha: [3])])
    #expect(machine.handle(.block(height: 13, first, isProven: false)) == [])
    #expect(machine.handle(.finished(3, success: true)) == [])
    #expect(machine.handle(.block(height: 14, first, isProven: true)) == [])
    #expect(machine.handle(.block(height: 30, Self.state(4, submitAfter: 25), isProven: false)) == [.prove(4, alpha: [4])])
  }

  @Test func triesAgainUntilTheEpochEnds() {
    var machine = VRFProofMachine()
    let first = Self.state(3, submitAfter: 0)
    #expect(machine.handle(.block(height: 1, first, isProven: false)) == [.prove(3, alpha: [3])])
    #expect(machine.handle(.finished(3, success: false)) == [.retryLater(3, after: .seconds(1))])
    #expect(machine.handle(.block(height: 2, first, isProven: false)) == [])
    #expect(machine.handle(.retry(3)) == [.prove(3, alpha: [3])])
    #expect(machine.handle(.finished(3, success: false)) == [.retryLater(3, after: .seconds(2))])
    _ = machine.handle(.block(height: 9, Self.state(4, submitAfter: 100), isProven: false))
    #expect(machine.handle(.retry(3)) == [])
    #expect(machine.handle(.finished(3, success: true)) == [])
  }

  @Test func aProofThatIsThereIsEnough() {
    var machine = VRFProofMachine()
    #expect(machine.handle(.block(height: 1, Self.state(3, submitAfter: 0), isProven: true)) == [])
    #expect(machine.handle(.block(height: 2, nil, isProven: false)) == [])
  }
}
