import OasisCrypto
import OasisTypes
import Testing
import Wire

@Suite struct SchedulerTests {
  @Test func votingPower() {
    #expect(VotingPowerDistribution.linear.power(ofStake: 15) == 1)
    #expect(VotingPowerDistribution.linear.power(ofStake: 160) == 10)
    #expect(VotingPowerDistribution.squareRoot.power(ofStake: 0) == 1)
    #expect(VotingPowerDistribution.squareRoot.power(ofStake: 99) == 9)
    #expect(VotingPowerDistribution(rawValue: 2).power(ofStake: 99) == 99)
    let large = Quantity(UInt128.max)
    #expect(VotingPowerDistribution.linear.power(ofStake: large) == nil)
  }

  /// Sheet 05 §B.1: four workers.
  @Test func schedulersTakeTurns() {
    var committee = Committee()
    committee.members =
      (0..<4).map { _ in CommitteeNode(role: .worker, publicKey: .init()) } + [CommitteeNode(role: .backupWorker, publicKey: .init())]
    func order(_ round: UInt64) -> [Int?] { (0..<5).map { committee.schedulerIndex(round: round, rank: $0) } }
    #expect(order(3) == [1, 2, 3, 0, nil])
    #expect(order(4) == [0, 1, 2, 3, nil])
    #expect(order(5) == [3, 0, 1, 2, nil])
  }

  @Test func beaconParametersAreChecked() {
    var parameters = BeaconParameters()
    #expect(parameters.problem != nil)
    parameters.backend = BeaconParameters.vrfBackend
    #expect(parameters.problem != nil)
    var vrf = VRFParameters()
    (vrf.alphaHighQualityThreshold, vrf.interval, vrf.proofDelay) = (20, 600, 400)
    parameters.vrf = vrf
    #expect(parameters.problem == nil)
    #expect(parameters.interval == 600)
    vrf.proofDelay = 600
    parameters.vrf = vrf
    #expect(parameters.problem != nil)
  }
}
