import Bytes
import CometBFT
import ConsensusApp
import Foundation
import JSONText
import KeyValueStore
import MKVSDatabase
import OasisCrypto
import OasisTypes
import Synchronization
import Testing
import Wire

/// Blocks made, judged and executed by several applications of one network: the genesis of the recorded chain `basic`.
@Suite struct ProposalTests {
  private static let document: [UInt8] = {
    let root = String(#filePath.dropLast("Consensus/ConsensusAppTests/ProposalTests.swift".count))
    return [UInt8](FileManager.default.contents(atPath: root + "Data/chains/basic/genesis.json") ?? Data())
  }()
  private let signer = MemorySigner(seed: [UInt8](repeating: 7, count: 32))

  private func application(
    proposes: Bool = false, proposer: (any Signer)? = nil, store: (any ConsensusApp.StateStore)? = nil, kept: Int64? = nil,
    haltHeight: Int64 = 0
  ) throws -> ConsensusApplication {
    let genesis = try Genesis(json: Self.document)
    var configuration = ConsensusApplication.Configuration()
    configuration.node.allowsDebug = true
    configuration.node.blacklist = .reserved
    configuration.proposer = proposer ?? (proposes ? signer : nil)
    configuration.haltHeight = haltHeight
    configuration.keptVersions = kept
    let context = try genesis.chainContext
    let application = try ConsensusApplication(
      genesis: genesis, chainContext: context, services: ServiceList.all(), store: try store ?? MemoryStateStore(),
      configuration: configuration)
    if try application.info().lastBlockHeight > 0 { return application }
    let engine = try genesis.engineGenesis(chainContext: context, allowsDebug: true, blacklist: .reserved)
    let validators = engine.validators.map { ValidatorUpdate(ed25519: $0.publicKey, power: $0.power) }
    _ = try application.initChain(
      .init(
        time: engine.time, chainID: engine.chainID, consensusParameters: engine.consensusParameters, validators: validators,
        appState: engine.appState, initialHeight: engine.initialHeight))
    return application
  }

  private func header(_ height: Int64) -> Header {
    var header = Header()
    header.height = height
    header.time = CometBFT.Timestamp(seconds: 1_700_000_000 + height, nanoseconds: 5)
    header.proposerAddress = ValidatorAddress.of(signer.publicKey)
    return header
  }

  private func propose(_ application: ConsensusApplication, _ header: Header, _ transactions: [[UInt8]] = []) throws -> [[UInt8]] {
    try application.prepareProposal(
      .init(
        maxBytes: 1 << 20, transactions: transactions, localLastCommit: CommitInfo(), misbehavior: [], height: header.height,
        time: header.time, nextValidatorsHash: [], proposerAddress: header.proposerAddress))
  }

  private func judge(_ application: ConsensusApplication, _ header: Header, _ hash: [UInt8], _ transactions: [[UInt8]]) throws -> Bool {
    try application.processProposal(
      .init(
        transactions: transactions, proposedLastCommit: CommitInfo(), misbehavior: [], hash: hash, height: header.height, time: header.time,
        nextValidatorsHash: [], proposerAddress: header.proposerAddress))
  }

  private func execute(_ application: ConsensusApplication, _ header: Header, _ hash: [UInt8], _ transactions: [[UInt8]]) throws -> [UInt8]
  {
    _ = try application.beginBlock(.init(hash: hash, header: header, lastCommit: CommitInfo(), misbehavior: []))
    for transaction in transactions { _ = try application.deliverTransaction(transaction) }
    _ = try application.endBlock(height: header.height)
    return try application.commit().appHash
  }

  @Test func allAgreeOverAnEpoch() throws {
    let proposer = try application(proposes: true)
    let validator = try application()
    let follower = try application()
    for height in 1...25 as ClosedRange<Int64> {
      let header = header(height)
      let hash = Hash.digest([UInt8(height)]).bytes
      let transactions = try propose(proposer, header, [[1, 2, 3]])
      #expect(transactions.count == 2)
      // Somebody else's block is refused first, so that the validator has to start over.
      #expect(try !judge(validator, header, Hash.digest([0]).bytes, [[1, 2, 3]]))
      #expect(try !judge(validator, header, Hash.digest([0]).bytes, transactions + [transactions[1]]))
      #expect(try judge(validator, header, hash, transactions))
      #expect(try judge(proposer, header, hash, transactions))
      let hashes = try [proposer, validator, follower].map { try execute($0, header, hash, transactions) }
      #expect(Set(hashes).count == 1)
      #expect(try proposer.info().lastBlockHeight == height)
    }
    #expect(try proposer.info().lastBlockAppHash == follower.info().lastBlockAppHash)
  }

  @Test func aRestartedNodeGoesOnWhereItStopped() throws {
    let database = try NodeDatabase(store: MemoryStore(), namespace: Namespace())
    let steady = try application(proposes: true)
    var restarted = try application(store: MKVSStateStore(database), kept: 3)
    for height in 1...10 as ClosedRange<Int64> {
      let header = header(height)
      let hash = Hash.digest([UInt8(height)]).bytes
      let transactions = try propose(steady, header)
      if height % 3 == 0 {
        #expect(try judge(restarted, header, hash, transactions))  // what was executed but not committed is gone after the restart
        restarted = try application(store: MKVSStateStore(database), kept: 3)
        #expect(try restarted.info().lastBlockHeight == height - 1)
      }
      #expect(try execute(steady, header, hash, transactions) == execute(restarted, header, hash, transactions))
    }
    #expect(database.earliestVersion == 7)
    #expect(throws: AppError.self) { try MKVSStateStore(database).reader(at: 6) }
    #expect(try ConsensusState.chainContext(MKVSStateStore(database).reader(at: 8)) == steady.chain.chainContext)
  }

  /// Blocks are removed for good after a commit that says from which height on they are needed.
  @Test func statesAreDurableBeforeBlocksGo() throws {
    let base = SyncWatch()
    let database = try NodeDatabase(store: base, namespace: Namespace())
    let application = try application(proposes: true, store: MKVSStateStore(database), kept: 3)
    var retained: Int64 = 0
    for height in 1...8 as ClosedRange<Int64> {
      let header = header(height)
      let transactions = try propose(application, header)
      _ = try application.beginBlock(.init(hash: [UInt8(height)], header: header, lastCommit: CommitInfo(), misbehavior: []))
      for transaction in transactions { _ = try application.deliverTransaction(transaction) }
      _ = try application.endBlock(height: height)
      let response = try application.commit()
      if response.retainHeight > retained, height > 3 { #expect(base.isSynced.withLock { $0 }, "height \(height)") }
      retained = response.retainHeight
    }
    #expect(retained == 5)
  }

  /// Else the chain would begin anew over a state that cannot be read at the moment.
  @Test func aStateThatCannotBeReadIsNotNone() throws {
    let base = SyncWatch()
    let database = try NodeDatabase(store: base, namespace: Namespace())
    let steady = try application(proposes: true, store: MKVSStateStore(database))
    let first = header(1)
    _ = try execute(steady, first, Hash.digest([1]).bytes, try propose(steady, first))
    #expect(try MKVSStateStore(database).latest?.version == 1)
    base.isBroken.withLock { $0 = true }
    #expect(throws: (any Error).self) { try MKVSStateStore(database).latest }
    #expect(throws: (any Error).self) { try application(store: MKVSStateStore(database)) }
  }

  @Test func atTheHaltHeightNothingIsProposed() throws {
    let application = try application(proposes: true, haltHeight: 2)
    let (first, second) = (header(1), header(2))
    let transactions = try propose(application, first)
    _ = try execute(application, first, Hash.digest([1]).bytes, transactions)
    #expect(throws: Halted.self) { try propose(application, second) }
    #expect(throws: Halted.self) { try judge(application, second, Hash.digest([2]).bytes, transactions) }
  }

  @Test func aProposalThatFailsIsToldOf() throws {
    let application = try application(proposer: NoSigner(publicKey: signer.publicKey))
    var failures: [String] = []
    application.onRejected = { failures.append("\($0)") }
    #expect(try propose(application, header(1)).isEmpty)
    #expect(failures.count == 1)
  }

  @Test func anotherChainsStateIsRefused() throws {
    let contents: [(key: [UInt8], value: [UInt8])] = [([0xf0], [UInt8]("other".utf8))]
    #expect(throws: StateError.self) { try application(store: MemoryStateStore(version: 5, contents: contents)) }
  }

  @Test func metadataOfAnotherStateIsRefused() throws {
    let proposer = try application(proposes: true)
    let validator = try application()
    let header = header(1)
    let transactions = try propose(proposer, header)
    let body = BlockMetadata(stateRoot: .empty, eventsRoot: [UInt8](repeating: 0, count: 32))
    let forged = Transaction(nonce: 0, fee: nil, method: BlockMetadata.method, body: body.raw())
    let context = SignatureContext.consensusTransaction.on(chain: proposer.chain.chainContext)
    let envelope = try SignedEnvelope(forged, by: signer, context: context)
    #expect(try !judge(validator, header, Hash.digest([1]).bytes, [envelope.cbor()]))
    let stranger = try SignedEnvelope(forged, by: MemorySigner(), context: context)
    #expect(try !judge(validator, header, Hash.digest([2]).bytes, [stranger.cbor()]))
    #expect(try judge(validator, header, Hash.digest([3]).bytes, transactions))
  }

  @Test func checkingRefusesWhatCannotPay() throws {
    let application = try application()
    func check(_ transaction: Transaction, by signer: MemorySigner) throws -> CheckTransactionResponse {
      let context = SignatureContext.consensusTransaction.on(chain: application.chain.chainContext)
      let raw = try SignedEnvelope(transaction, by: signer, context: context).cbor()
      return try application.checkTransaction(.init(transaction: raw, kind: .new))
    }
    let body = Transfer(to: Address(signer.publicKey), amount: 1).raw()
    let transfer = Transaction(nonce: 0, fee: Fee(amount: 0, gas: 10), method: "staking.Transfer", body: body)
    #expect(try check(transfer, by: signer).code == 1)  // nothing is committed yet
    let proposer = try self.application(proposes: true)
    let first = header(1)
    let hash = Hash.digest([1]).bytes
    _ = try execute(application, first, hash, try propose(proposer, first))
    #expect(try check(transfer, by: signer).codespace == "staking")
    #expect(try check(transfer, by: signer).code == 10)
    var unknown = transfer
    unknown.method = "staking.Nothing"
    #expect(try check(unknown, by: signer).codespace == "unknown")
    var late = transfer
    late.nonce = 3
    #expect(try check(late, by: signer).codespace == "consensus/transaction")
  }
}

/// Signs nothing.
private struct NoSigner: Signer {
  let publicKey: PublicKey
  func signRaw(_ message: [UInt8]) throws(SignerError) -> Signature { throw .backend("locked") }
}

/// Knows whether all that was written is durable.
private final class SyncWatch: KeyValueStore {
  private let base = MemoryStore()
  let isSynced = Mutex(true)
  let isBroken = Mutex(false)

  private func read<Value>(_ body: () throws(StoreError) -> Value) throws(StoreError) -> Value {
    if isBroken.withLock({ $0 }) { throw StoreError(.failed("input/output error"), operation: "get", store: "memory") }
    return try body()
  }
  func write(_ batch: WriteBatch, sync: Bool) throws(StoreError) {
    try base.write(batch, sync: sync)
    isSynced.withLock { $0 = sync }
  }
  func get(_ key: [UInt8]) throws(StoreError) -> [UInt8]? { try read { () throws(StoreError) in try base.get(key) } }
  func iterator(from lower: [UInt8]?, to upper: [UInt8]?, reverse: Bool) throws(StoreError) -> any StoreIterator {
    try read { () throws(StoreError) in try base.iterator(from: lower, to: upper, reverse: reverse) }
  }
  func snapshot() throws(StoreError) -> any StoreReader { try read { () throws(StoreError) in try base.snapshot() } }
  func sync() throws(StoreError) { isSynced.withLock { $0 = true } }
  func compact() throws(StoreError) {}
  func size() throws(StoreError) -> UInt64 { 0 }
  func close() {}
}
