internal import CBOR
internal import CometBFT
internal import ConsensusApp
internal import ConsensusService
public import GRPC
public import MKVS
internal import OasisCrypto
public import OasisTypes
internal import Protobuf
internal import Wire

/// Blocks, transactions and state of the consensus layer. Rule: sheet 03 §18.
public struct ConsensusAPI: APIService {
  private let chain: any ChainAccess
  private let genesis: OasisTypes.GenesisDocument
  private let status: ConsensusStatusReader
  private let state: any ReadSyncer & Sendable

  /// - Parameters:
  ///   - genesis: the document that the chain began with.
  ///   - status: what the node's own status uses too.
  ///   - state: the trees of the consensus layer, for proofs.
  public init(
    _ chain: any ChainAccess, genesis: OasisTypes.GenesisDocument, status: ConsensusStatusReader, state: any ReadSyncer & Sendable
  ) {
    (self.chain, self.genesis, self.status, self.state) = (chain, genesis, status, state)
  }

  public var methods: [GRPCMethod] { submissions + blocks + facts + proofs }

  private var submissions: [GRPCMethod] {
    let (table, chain) = (MethodTable("Consensus"), chain)
    return [
      table.take("SubmitTx") { (transaction: SignedEnvelope) in _ = try await chain.submit(transaction) },
      table.take("SubmitTxNoWait") { (transaction: SignedEnvelope) in try await chain.submitNoWait(transaction) },
      table.answer("SubmitTxWithProof") { (transaction: SignedEnvelope) in
        let submitted = try await chain.submit(transaction)
        let transactions = try await chain.block(at: submitted.height).data.transactions
        let proofs = Consensus.MerkleProofMessage.all(transactions)
        guard submitted.index < proofs.count else { throw CodedError.versionNotFound }
        return Consensus.Proof(height: submitted.height, raw: proofs[submitted.index].cbor())
      },
      table.answer("EstimateGas") { (request: Consensus.EstimateRequest) in
        guard let transaction = request.transaction else { throw CodedError.invalidConsensusArgument }
        return try await chain.estimateGas(signer: request.signer, transaction)
      },
      table.tell("MinGasPrice") {
        try await chain.read(0) { Quantity(try ConsensusState.parameters.get($0)?.minGasPrice ?? 0) }
      },
      table.tell("GetUnconfirmedTransactions") { await chain.unconfirmedTransactions() },
      table.take("SubmitEvidence") { (evidence: Consensus.EvidenceMessage) in
        try await chain.submitEvidence(try CometBFT.Evidence(submitted: evidence.meta ?? []))
      },
    ]
  }

  private var blocks: [GRPCMethod] {
    let (table, chain) = (MethodTable("Consensus"), chain)
    return [
      table.answer("GetBlock") { (height: Int64) in Consensus.Block(try await chain.storedBlock(height)) },
      table.answer("GetBlockResults") { (height: Int64) in
        let (height, results) = try await chain.storedResults(height)
        var meta = Consensus.ResultsMeta()
        meta.transactions = results.transactions.map(Consensus.TransactionResultMeta.init).nilIfEmpty
        meta.begin = results.begin.events.map(Consensus.EventMeta.init).nilIfEmpty
        meta.end = results.end.events.map(Consensus.EventMeta.init).nilIfEmpty
        var answer = Consensus.BlockResults()
        (answer.height, answer.meta) = (height, meta.raw())
        return answer
      },
      table.answer("GetTransactions") { (height: Int64) in try await chain.storedBlock(height).data.transactions.nilIfEmpty },
      table.answer("GetTransactionsWithResults") { (height: Int64) in
        let transactions = try await chain.storedBlock(height).data.transactions
        let results = try await chain.storedResults(height).results.transactions
        var answer = Consensus.TransactionsWithResults()
        answer.transactions = transactions.nilIfEmpty
        answer.results = try zip(transactions, results).map { try Consensus.Result($1, transaction: $0, height: height) }.nilIfEmpty
        return answer
      },
      table.answer("GetTransactionsWithProofs") { (height: Int64) in
        let transactions = try await chain.storedBlock(height).data.transactions
        var answer = Consensus.TransactionsWithProofs()
        answer.transactions = transactions.nilIfEmpty
        answer.proofs = Consensus.MerkleProofMessage.all(transactions).map { $0.cbor() }.nilIfEmpty
        return answer
      },
      table.answer("GetLightBlock") { (height: Int64) in
        guard height >= 0 else { throw CodedError.versionNotFound }
        return try await chain.lightBlock(at: height)
      },
      table.answer("GetValidators") { (height: Int64) in
        guard height >= 0 else { throw CodedError.versionNotFound }
        let height = height == 0 ? await chain.latestHeight() : height
        return Consensus.Validators(height: height, meta: try await chain.validators(at: height).protobuf())
      },
      table.stream("WatchBlocks") { (send: Sink<Consensus.Block>) in
        try await chain.follow { try await send(Consensus.Block(try await chain.block(at: $0.height))) }
      },
    ]
  }

  private var facts: [GRPCMethod] {
    let (table, chain, genesis, status, exports) = (MethodTable("Consensus"), chain, genesis, status, Turns())
    return [
      table.tell("GetLatestHeight") { await chain.latestHeight() },
      table.tell("GetLastRetainedHeight") { max(await chain.lastRetainedHeight(), chain.initialHeight) },
      table.tell("GetChainContext") { chain.chainContext },
      table.tell("GetGenesisDocument") { genesis },
      table.tell("GetStatus") { try await status.read() },
      table.tell("GetNextBlockState") {
        let round = try await chain.runningRound()
        // The state that the block is made on: its own is not there yet.
        let nodes = try await chain.read(0) { tree in
          round.validators.map { try? RegistryQueries(tree).node(consensusAddress: $0.address) }
        }
        return Consensus.NextBlockState(round, nodes: nodes)
      },
      table.answer("StateToGenesis") { (height: Int64) in
        let header = try await chain.storedBlock(height).header
        let time = OasisTypes.Timestamp(seconds: header.time.seconds, nanoseconds: header.time.nanoseconds)
        // The whole state is read and written as JSON: many at once would take the processors from the workers.
        return try await exports.run {
          try await chain.query(at: header.height) {
            try GenesisExport(original: genesis).document($0, height: header.height, time: time)
          }
        }
      },
      table.answer("GetParameters") { (height: Int64) in
        var answer = Consensus.Parameters()
        answer.height = height == 0 ? await chain.latestHeight() : height
        answer.meta = try await chain.engineParameters(at: answer.height).protobuf()
        answer.parameters = try await chain.query(at: answer.height) { try ConsensusState.parameters.get($0) ?? .init() }
        return answer
      },
    ]
  }

  private var proofs: [GRPCMethod] {
    let (table, state) = (MethodTable("Consensus"), state)
    return [
      table.answer("StateSyncGet") { (request: GetRequest) in try state.syncGet(request) },
      table.answer("StateSyncGetPrefixes") { (request: GetPrefixesRequest) in try state.syncGetPrefixes(request) },
      table.answer("StateSyncIterate") { (request: IterateRequest) in try state.syncIterate(request) },
    ]
  }
}
