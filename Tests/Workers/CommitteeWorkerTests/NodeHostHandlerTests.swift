import Bytes
import CBOR
import CometBFT
import CommitteeWorker
import ConsensusApp
import ConsensusService
import KeyValueStore
import MKVS
import MKVSDatabase
import OasisCrypto
import OasisTypes
import Protobuf
import RuntimeHost
import RuntimeProtocol
import Synchronization
import Telemetry
import Testing
import Wire

/// A chain whose block 5 holds what was submitted, between two others, and a vote on a proposal.
private final class OneBlock: ConsensusBackend {
  let chainContext = "test"
  let initialHeight: Int64 = 1
  let submitted = Mutex<[SignedEnvelope]>([])
  static let signer = MemorySigner(seed: [UInt8](repeating: 3, count: 32))

  static func transaction(_ method: String) throws -> [UInt8] {
    let transaction = Transaction(nonce: 0, fee: nil, method: method, body: RawCBOR([0xf6]))
    return try SignedEnvelope(transaction, by: signer, context: SignatureContext.consensusTransaction.on(chain: "test")).cbor()
  }

  func isSynced() async -> Bool { true }
  func waitSynced() async throws {}
  func latestHeight() async -> Int64 { 5 }
  func lastRetainedHeight() async -> Int64 { 1 }
  func updates() async -> AsyncStream<ConsensusUpdate> { AsyncStream { $0.finish() } }
  func query<Answer: Sendable>(at height: Int64, _ body: @Sendable (StateTree) throws -> Answer) async throws -> Answer {
    let tree = StateTree(over: MemoryState())
    ConsensusState.parameters.set(tree, to: .init())
    return try body(tree)
  }
  func lightBlock(at height: Int64) async throws -> Consensus.LightBlock {
    var block = CometBFT.LightBlock()
    block.validatorSet = ValidatorSetMessage(validators: [], proposer: nil, totalVotingPower: 7)
    return Consensus.LightBlock(height: height, meta: block.protobuf())
  }
  func block(at height: Int64) async throws -> CometBFT.Block {
    var header = Header()
    header.height = 5
    let own = submitted.withLock { $0.map { $0.cbor() } }
    let transactions = try [Self.transaction("staking.Transfer")] + own + [Self.transaction("consensus.Meta"), [0xff]]
    return CometBFT.Block(header: header, data: BlockData(transactions: transactions), lastCommit: nil)
  }
  func results(at height: Int64) async throws -> BlockResults {
    func event(_ service: String, _ kind: String, _ value: some WireValue) -> CometBFT.Event {
      CometBFT.Event(type: "oasis_event_\(service)", attributes: [.init(key: kind, value: value.cbor().base64)])
    }
    var (begin, transaction, end) = (BeginBlockResponse(), DeliverTransactionResponse(), EndBlockResponse())
    begin.events = [event("100_staking", "burn", BurnEvent())]
    transaction.events = [event("300_governance", "vote", Governance.VoteCast(id: 4, submitter: Address(), vote: .init()))]
    end.events = [event("300_governance", "proposal_executed", Governance.ProposalExecuted(id: 9))]
    return BlockResults(begin: begin, transactions: [transaction], end: end)
  }
  func submit(_ transaction: SignedEnvelope) async throws -> SubmittedTransaction {
    submitted.withLock { $0.append(transaction) }
    return SubmittedTransaction(height: 5, index: 1, result: .init())
  }
  func estimateGas(signer: PublicKey, _ transaction: Transaction) async throws -> UInt64 { 1000 }
}

@Suite("Requests of a runtime", .timeLimit(.minutes(5))) struct NodeHostHandlerTests {
  private let backend = OneBlock()

  private func handler() throws -> NodeHostHandler {
    let database = try NodeDatabase(store: MemoryStore(), namespace: Namespace())
    let submission = SubmissionManager(backend: backend, configuration: .init(), log: .silent)
    return NodeHostHandler(
      runtimeID: Namespace(), node: OneBlock.signer, backend: backend, submission: submission, runtimeState: database,
      consensusState: database, localStore: MemoryStore(), pool: { nil })
  }

  /// Whether the proof leads from the transaction to the root of the block's transactions.
  private func check(_ proof: RuntimeProtocol.TransactionProof, _ transaction: SignedEnvelope) async throws {
    let raw = try Consensus.TransactionProof.decode(cbor: proof.rawProof ?? [])
    let transactions = try await backend.block(at: 5).data.transactions
    #expect(proof.height == 5 && transactions[Int(raw.index)] == transaction.cbor())
    #expect(raw == Consensus.TransactionProof.all(of: transactions)[Int(raw.index)])
  }

  @Test func provesFreshness() async throws {
    let nonce = [UInt8](repeating: 9, count: 32)
    let answer = try await handler().proveFreshness(nonce)
    try await check(answer.proof, answer.signedTransaction)
    let transaction = try Transaction.decode(cbor: answer.signedTransaction.blob ?? [])
    #expect(transaction.method == "registry.ProveFreshness" && transaction.body.bytes == nonce.cbor())
    #expect(transaction.fee?.gas == 1000)
  }

  @Test func findsTheMetadataTransaction() async throws {
    let answer = try await handler().blockMetadata(height: 5)
    try await check(answer.proof, answer.signedTransaction)
    #expect(try Transaction.decode(cbor: answer.signedTransaction.blob ?? []).method == "consensus.Meta")
  }

  @Test func givesEventsOfEveryKind() async throws {
    let governance = try await handler().events(height: 5, kind: .governance)
    let events = try governance.map { try Governance.Event.decode(cbor: $0.governance.bytes) }
    #expect(events.map(\.vote?.id) == [4, nil] && events.map(\.proposalExecuted?.id) == [nil, 9] && events.allSatisfy { $0.height == 5 })
    #expect(events.map(\.transactionHash) == [Hash.digest(try await backend.block(at: 5).data.transactions[0]), .empty])
    #expect(try await handler().events(height: 5, kind: .staking).count == 1)
    #expect(try await handler().events(height: 5, kind: .registry).isEmpty)
    #expect(try await handler().events(height: 5, kind: .roothash).isEmpty)
  }

  @Test func givesValidatorsAlsoOfABlockToCome() async throws {
    let validators = try await handler().validators(height: 6)
    #expect(validators.height == 6)
    #expect(try ValidatorSetMessage(protobuf: validators.meta ?? []).totalVotingPower == 7)
    await #expect(throws: CallError.self) { try await handler().validators(height: .max) }
  }
}
