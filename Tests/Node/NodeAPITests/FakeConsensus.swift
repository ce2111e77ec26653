import Bytes
import CometBFT
import ConsensusApp
import ConsensusService
import MKVS
import NodeAPI
import OasisCrypto
import OasisTypes
import Protobuf
import Wire

/// A chain of three blocks with a state in memory.
final class FakeConsensus: ChainAccess {
  let chainContext = String(repeating: "ab", count: 32)
  let initialHeight: Int64 = 1
  /// The blocks that its updates tell of.
  let told: [Int64]
  init(telling told: [Int64] = [3, 4, 5]) { self.told = told }
  static let validator = MemorySigner(seed: [UInt8](repeating: 1, count: 32))
  static let account = OasisTypes.Address(validator.publicKey)
  static let runtime = Namespace(testSeed: [7]) ?? Namespace()

  static func block(_ height: Int64) -> CometBFT.Block {
    var header = Header()
    header.version = ConsensusVersion(app: 7 << 32)
    (header.chainID, header.height) = ("test", height)
    header.time = CometBFT.Timestamp(seconds: 1_700_000_000 + height, nanoseconds: 5)
    header.appHash = [UInt8](repeating: UInt8(height), count: 32)
    header.validatorsHash = [UInt8](repeating: 9, count: 32)
    return CometBFT.Block(header: header, data: BlockData(transactions: [[1, 2, UInt8(height)]]), lastCommit: nil)
  }

  func isSynced() async -> Bool { true }
  func waitSynced() async throws {}
  func latestHeight() async -> Int64 { 3 }
  func lastRetainedHeight() async -> Int64 { 1 }

  func updates() async -> AsyncStream<ConsensusUpdate> {
    AsyncStream { continuation in
      for height in told {
        let header = Self.block(height).header
        continuation.yield(
          ConsensusUpdate(
            height: height, hash: header.hash(), header: header, results: Self.results(height), epoch: Epoch(height / 2),
            isEpochChange: height % 2 == 0))
      }
      continuation.finish()
    }
  }

  func query<Answer: Sendable>(at height: Int64, _ body: @Sendable (StateTree) throws -> Answer) async throws -> Answer {
    guard height <= told.max() ?? 0 else { throw CodedError.versionNotFound }
    let tree = StateTree(over: MemoryState())
    var account = Account()
    account.general.balance = 100
    StakingState(tree).setAccount(Self.account, account)
    StakingState(tree).setTotalSupply(1000)
    EpochState.current.set(tree, to: EpochTimeState(epoch: 4, height: 2))
    RegistryState.parameters.set(tree, to: Registry.ConsensusParameters())
    return try body(tree)
  }

  func lightBlock(at height: Int64) async throws -> Consensus.LightBlock { Consensus.LightBlock(height: height, meta: [1]) }
  func block(at height: Int64) async throws -> CometBFT.Block { Self.block(height == 0 ? 3 : height) }
  func results(at height: Int64) async throws -> BlockResults { Self.results(height) }

  static func results(_ height: Int64) -> BlockResults {
    let event = TransferEvent(from: account, to: .commonPool, amount: 5)
    var transaction = DeliverTransactionResponse()
    transaction.events = [
      CometBFT.Event(type: "oasis_event_100_staking", attributes: [.init(key: TransferEvent.kind, value: event.cbor().base64)])
    ]
    return BlockResults(begin: BeginBlockResponse(), transactions: [transaction], end: EndBlockResponse())
  }

  func submit(_ transaction: SignedEnvelope) async throws -> SubmittedTransaction {
    throw CodedError("staking", 5, "staking: forbidden by policy")
  }
  func estimateGas(signer: PublicKey, _ transaction: Transaction) async throws -> UInt64 { 10 }
  func validators(at height: Int64) async throws -> ValidatorSetMessage {
    let key = Self.validator.publicKey
    return ValidatorSetMessage(
      validators: [CometBFT.Validator(address: key.consensusAddress, publicKey: ConsensusKey(ed25519: key.bytes), votingPower: 1)],
      proposer: nil, totalVotingPower: 1)
  }
  func engineParameters(at height: Int64) async throws -> CometBFT.ConsensusParameters { CometBFT.ConsensusParameters() }
  func submitNoWait(_ transaction: SignedEnvelope) async throws {}
  func unconfirmedTransactions() async -> [[UInt8]] { [] }
  func runningRound() async throws -> RunningRound {
    let powers: [Int64] = [10, 20, 10]
    let validators = powers.enumerated().map { index, power in
      RunningRound.Validator(
        address: [UInt8](repeating: UInt8(index), count: 20), power: power, hasPrevoted: index == 2, hasPrecommitted: false)
    }
    return RunningRound(height: 4, round: 0, validators: validators, totalPower: 40)
  }
  func submitEvidence(_ evidence: CometBFT.Evidence) async throws {}
}

/// A ParaTime with one block, and those that watchers get.
struct FakeRuntime: RuntimeClientBackend, RuntimeStatusSource {
  let runtimeID = FakeConsensus.runtime
  /// The rounds of the stream of blocks, and those that the history does not have.
  var (watched, pruned): ([UInt64], Set<UInt64>) = ([], [])

  func isHosted() async -> Bool { true }
  func check(_ transaction: [UInt8]) async throws {
    guard transaction.first == 1 else { throw RuntimeCheckFailure(module: "test", code: 1, message: "method not found") }
  }
  func submit(_ transaction: [UInt8]) async throws { try await check(transaction) }
  func submitAndWait(_ transaction: [UInt8]) async throws -> IncludedTransaction {
    try await check(transaction)
    return IncludedTransaction(output: [9], round: 1, batchOrder: 2)
  }
  func unconfirmedTransactions() async throws -> [[UInt8]] { [] }
  func block(round: UInt64) async throws -> RootHash.Block {
    guard round <= 1 || round == RuntimeClient.latestRound else { throw RootHash.Failure(.notFound) }
    return RootHash.Block(genesis: runtimeID, timestamp: 1)
  }
  func lastRetainedBlock() async throws -> RootHash.Block { try await block(round: 0) }
  func blocks() async throws -> AsyncStream<RootHash.AnnotatedBlock> {
    AsyncStream { stream in
      for round in watched { stream.yield(Self.annotated(round)) }
      stream.finish()
    }
  }
  func annotatedBlock(round: UInt64) async throws -> RootHash.AnnotatedBlock {
    guard !pruned.contains(round) else { throw RootHash.Failure(.notFound) }
    return Self.annotated(round)
  }
  private static func annotated(_ round: UInt64) -> RootHash.AnnotatedBlock {
    var block = RootHash.Block(genesis: FakeConsensus.runtime, timestamp: 1)
    block.header.round = round
    var annotated = RootHash.AnnotatedBlock()
    (annotated.height, annotated.block) = (Int64(round) + 10, block)
    return annotated
  }
  func readIO<Answer: Sendable>(round: UInt64, _ body: @Sendable (IOTree) throws -> Answer) async throws -> Answer {
    let tree = IOTree()
    try tree.add(IOTransaction(input: [1, 2], output: [3]), tags: [(key: [4], value: [5])])
    return try body(tree)
  }
  func query(_ component: ComponentID?, round: UInt64, method: String, arguments: [UInt8]?) async throws -> [UInt8] {
    _ = try await block(round: round)
    return arguments ?? []
  }
  func syncGet(_ request: GetRequest) async throws -> ProofResponse { ProofResponse() }
  func syncGetPrefixes(_ request: GetPrefixesRequest) async throws -> ProofResponse { ProofResponse() }
  func syncIterate(_ request: IterateRequest) async throws -> ProofResponse { ProofResponse() }

  func runtimeStatus() async -> Control.RuntimeStatus {
    var status = Control.RuntimeStatus()
    status.latestRound = 1
    return status
  }
}

/// A node that is always ready.
struct FakeNode: NodeLifecycle {
  func workersAreReady() async -> Bool { true }
  func waitWorkersReady() async throws {}
  func requestShutdown(wait: Bool) async throws {}
  func addBundle(path: String) async throws { throw CodedError.uncoded("failed to open bundle: \(path)") }
}
