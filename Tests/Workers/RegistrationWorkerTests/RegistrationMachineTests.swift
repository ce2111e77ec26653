import Testing

@testable import RegistrationWorker

@Suite struct RegistrationMachineTests {
  @Test func registersOnceAnEpochWhenAllRolesAreThere() {
    var machine = RegistrationMachine(isDelayed: false)
    #expect(machine.handle(.epoch(1, startHeight: 1, offset: 0)) == [])
    machine.isReady = true
    #expect(machine.handle(.providersChanged) == [.register(epoch: 1)])
    #expect(machine.handle(.finished(success: true)) == [.initialRegistrationDone])
    #expect(machine.handle(.block(height: 5)) == [])
    #expect(machine.handle(.epoch(2, startHeight: 10, offset: 0)) == [.register(epoch: 2)])
    #expect(machine.handle(.finished(success: true)) == [])
  }

  @Test func theDelaySpreadsRegistrations() {
    var machine = RegistrationMachine(isDelayed: true)
    machine.isReady = true
    #expect(machine.handle(.epoch(1, startHeight: 10, offset: 3)) == [])
    #expect(machine.handle(.block(height: 12)) == [])
    #expect(machine.handle(.block(height: 13)) == [.register(epoch: 1)])
    #expect(machine.handle(.block(height: 14)) == [])
  }

  @Test func theFirstIsTriedForEverLaterOnesOnce() {
    var machine = RegistrationMachine(isDelayed: false)
    machine.isReady = true
    #expect(machine.handle(.epoch(1, startHeight: nil, offset: 0)) == [.register(epoch: 1)])
    #expect(machine.handle(.finished(success: false)) == [.retryLater])
    #expect(machine.handle(.retry) == [.register(epoch: 1)])
    #expect(machine.handle(.finished(success: true)) == [.initialRegistrationDone])
    #expect(machine.handle(.epoch(2, startHeight: nil, offset: 0)) == [.register(epoch: 2)])
    #expect(machine.handle(.finished(success: false)) == [])
    #expect(machine.handle(.retry) == [])
  }

  @Test func aChangeDuringAnAttemptCausesAnother() {
    var machine = RegistrationMachine(isDelayed: false)
    machine.isReady = true
    _ = machine.handle(.epoch(1, startHeight: nil, offset: 0))
    #expect(machine.handle(.providersChanged) == [])
    #expect(machine.handle(.finished(success: true)) == [.register(epoch: 1), .initialRegistrationDone])
  }

  @Test func oneMissingRoleBlocksAll() {
    var machine = RegistrationMachine(isDelayed: false)
    machine.isReady = true
    _ = machine.handle(.epoch(1, startHeight: nil, offset: 0))
    _ = machine.handle(.finished(success: true))
    machine.isReady = false
    #expect(machine.handle(.epoch(2, startHeight: nil, offset: 0)) == [])
    machine.isReady = true
    #expect(machine.handle(.providersChanged) == [.register(epoch: 2)])
  }
}
