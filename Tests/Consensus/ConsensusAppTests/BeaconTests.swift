import Bytes
import OasisCrypto
import OasisTypes
import Testing

@testable import ConsensusApp

/// Values of sheet 05 §A.12 and §B.12.
@Suite struct BeaconTests {
  private func context(lastHeight: Int64, root: Hash?, chain: String = String(repeating: "0123456789abcdef", count: 4)) -> Context {
    let state = StateTree(over: MemoryState())
    let chain = ChainState(chainContext: chain, initialHeight: 1, lastHeight: lastHeight, lastStateRoot: root)
    return Context(mode: .beginBlock, state: state, chain: chain, block: nil, now: BlockTime(seconds: 1_700_000_000))
  }

  private let backend = InsecureBeacon(parameters: InsecureBeaconParameters(), isMock: false)

  @Test func entropy() throws {
    let later = context(lastHeight: 99, root: Hash(Array(0..<32)))
    #expect(backend.insecureEntropy(later).hex == "ae76b4158786136d9bd41e00541a23e6fafa48917b60ede788bf8536c684de33")
    let first = context(lastHeight: 0, root: nil)
    #expect(backend.insecureEntropy(first).hex == "2a496e9537474afcc83b09aa9d61fda360a46cdea144dfed80faa905660eac01")
  }

  @Test func value() throws {
    let context = context(lastHeight: 99, root: Hash(Array(0..<32)))
    try backend.produceValue(context, 7)
    #expect(try BeaconState(context.state).value().hex == "a27ec72975478f857418b6297b25dae4dfdb975c55aacdc71f7f3bb93bd1f069")
    #expect(context.hasEvent(service: BeaconService.name, kind: "beacon"))
  }

  @Test func missingValue() {
    #expect(throws: AppError.beaconNotAvailable) { try BeaconState(context(lastHeight: 1, root: nil).state).value() }
  }

  @Test func insecureEpochsBeginAtMultiples() throws {
    var parameters = InsecureBeaconParameters()
    parameters.interval = 10
    let backend = InsecureBeacon(parameters: parameters, isMock: false)
    let genesis = context(lastHeight: 0, root: nil)
    try backend.start(genesis, at: 3)
    #expect(try BeaconState(genesis.state).epoch() == EpochTimeState(epoch: 3, height: 1))
    #expect(try BeaconState(genesis.state).futureEpoch() == EpochTimeState(epoch: 4, height: 40))
  }

  @Test func shuffles() throws {
    let beacon = [UInt8](0..<32)
    let runtime = try #require([UInt8](hex: "8000000000000000000000000000000000000000000000000000000000000010"))
    func random(_ purpose: String, nonce: [UInt8] = []) throws -> ElectionRandom {
      try ElectionRandom(entropy: beacon, nonce: nonce, personalization: Array(purpose.utf8))
    }
    var worker = try random("EkS-ABCI-ComputeWorker", nonce: runtime)
    let word = worker.uint64()
    #expect(word == 0xbe8e_5294_a455_e0b9)
    worker = try random("EkS-ABCI-ComputeWorker", nonce: runtime)
    let workerOrder = worker.permutation(10)
    #expect(workerOrder == [4, 0, 3, 1, 9, 6, 2, 8, 7, 5])
    var backup = try random("EkS-ABCI-ComputeBackup-Worker", nonce: runtime)
    let backupOrder = backup.permutation(5)
    #expect(backupOrder == [4, 1, 2, 0, 3])
    var entities = try random("EkS-ABCI-Entities")
    var values = Array(0..<10)
    entities.shuffle(&values)
    #expect(values == [9, 7, 4, 5, 0, 2, 6, 3, 8, 1])
    var validators = try random("EkS-ABCI-Validators")
    let validatorsOrder = validators.permutation(200)
    #expect(validatorsOrder.suffix(4) == [163, 101, 45, 83])
  }
}
