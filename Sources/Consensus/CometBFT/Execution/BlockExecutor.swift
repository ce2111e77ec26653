internal import Protobuf
package import Telemetry

/// Makes, checks and applies blocks: the engine's side of the application. Rule: engine sheet A8.
package final class BlockExecutor {
  private let application: any Application
  private let states: StateStore
  private let blocks: BlockStore
  private let evidence: EvidencePool
  private let mempool: Mempool?
  private let scheme: any SignatureScheme
  private let log: Log

  package init(
    application: any Application, states: StateStore, blocks: BlockStore, evidence: EvidencePool, mempool: Mempool?,
    scheme: any SignatureScheme, log: Log
  ) {
    (self.application, self.states, self.blocks, self.evidence) = (application, states, blocks, evidence)
    (self.mempool, self.scheme, self.log) = (mempool, scheme, log)
  }

  /// What came of applying a block.
  package struct Applied {
    package var state: ChainState
    package var responses: BlockResponses
    package var retainHeight: Int64
    package var validatorUpdates: [ValidatorUpdate] { responses.endBlock?.validatorUpdates ?? [] }
  }

  /// Checks a block as the next of a state, with its evidence.
  package func validate(_ block: Block, in state: ChainState) throws(EngineError) {
    try validating { () throws(ValidationError) in
      try state.validate(block, scheme: scheme)
      try evidence.check(block.evidence.evidence)
    }
  }

  /// A new block for a proposal; nil, with the reason in the log, when the application cannot make one.
  package func propose(state: ChainState, lastCommit: Commit, proposer: [UInt8]) throws(EngineError) -> Block? {
    let limits = state.consensusParameters
    let pending = try stored { () throws(StorageError) in try evidence.pending(maxBytes: limits.evidence?.maxBytes ?? 0) }
    let list = EvidenceList(pending)
    guard
      let room = maxDataBytes(
        maxBytes: limits.block?.maxBytes ?? 0, evidenceBytes: pending.isEmpty ? 0 : Int64(list.protobuf().count),
        validators: state.validators.count)
    else { throw .inconsistent("block.max_bytes leaves no room for transactions") }
    let offered = mempool?.reap(maxBytes: room, maxGas: limits.block?.maxGas ?? -1) ?? []
    var block = try validating { () throws(ValidationError) in
      try state.makeBlock(offered, lastCommit: lastCommit, evidence: list, proposer: proposer)
    }
    let header = block.header
    let request = PrepareProposalRequest(
      maxBytes: room, transactions: offered, localLastCommit: try commitInfo(block, state), misbehavior: misbehavior(pending),
      height: header.height, time: header.time, nextValidatorsHash: header.nextValidatorsHash, proposerAddress: proposer)
    let chosen: [[UInt8]]
    do { chosen = try application.prepareProposal(request) } catch {
      log.error("application failed to prepare a proposal", ["height": header.height, "err": "\(error)"])
      return nil
    }
    let size = chosen.reduce(Int64(0)) { $0 + encodedSize(ofTransaction: $1.count) }
    guard size <= room else {
      log.error("application prepared a proposal that is too large", ["height": header.height, "size": size, "max": room])
      return nil
    }
    block = try validating { () throws(ValidationError) in
      try state.makeBlock(chosen, lastCommit: lastCommit, evidence: list, proposer: proposer)
    }
    return block
  }

  /// The application's verdict on a proposed block.
  package func isAccepted(_ block: Block, in state: ChainState) throws(EngineError) -> Bool {
    let header = block.header
    let request = ProcessProposalRequest(
      transactions: block.data.transactions, proposedLastCommit: try commitInfo(block, state),
      misbehavior: misbehavior(block.evidence.evidence), hash: header.hash(), height: header.height, time: header.time,
      nextValidatorsHash: header.nextValidatorsHash, proposerAddress: header.proposerAddress)
    do { return try application.processProposal(request) } catch {
      log.error("application failed to process a proposal", ["height": header.height, "err": "\(error)"])
      return false
    }
  }

  /// Checks a block, runs it, and stores the state after it.
  package func apply(_ block: Block, blockID: BlockID, to state: ChainState) throws(EngineError) -> Applied {
    try validate(block, in: state)
    let responses = try execute(block, initialHeight: state.initialHeight)
    try stored { () throws(StorageError) in try states.save(responses, at: block.header.height) }
    var next: ChainState
    do { next = try state.advanced(by: block.header, blockID: blockID, responses: responses) } catch {
      throw .application("end of block \(block.header.height): \(error)")
    }
    let committed = try asking("commit") { try application.commit() }
    mempool?.update(
      height: block.header.height, transactions: block.data.transactions, results: responses.deliverTransactions,
      limits: next.consensusParameters, validators: next.validators.count, application: application)
    try stored { () throws(StorageError) in try evidence.update(next, committed: block.evidence.evidence) }
    next.appHash = committed.appHash
    try stored { () throws(StorageError) in try states.save(next) }
    if committed.retainHeight > 0 { prune(below: committed.retainHeight) }
    return Applied(state: next, responses: responses, retainHeight: committed.retainHeight)
  }

  /// Runs a block whose state is stored already; gives the app hash.
  package func replay(_ block: Block, initialHeight: Int64) throws(EngineError) -> [UInt8] {
    _ = try execute(block, initialHeight: initialHeight)
    return try asking("commit") { try application.commit() }.appHash
  }

  private func execute(_ block: Block, initialHeight: Int64) throws(EngineError) -> BlockResponses {
    let request = BeginBlockRequest(
      hash: block.header.hash(), header: block.header, lastCommit: try commitInfo(block, initialHeight: initialHeight),
      misbehavior: misbehavior(block.evidence.evidence))
    let begin = try asking("begin block") { try application.beginBlock(request) }
    var results: [DeliverTransactionResponse] = []
    results.reserveCapacity(block.data.transactions.count)
    for transaction in block.data.transactions {
      results.append(try asking("deliver transaction") { try application.deliverTransaction(transaction) })
    }
    let end = try asking("end block") { try application.endBlock(height: block.header.height) }
    return BlockResponses(deliverTransactions: results, endBlock: end, beginBlock: begin)
  }

  private func prune(below height: Int64) {
    do {
      let base = try blocks.base()
      guard height > base else { return }
      let count = try blocks.prune(below: height)
      try states.prune(from: base, to: height)
      log.debug("pruned blocks", ["count": count, "retain_height": height])
    } catch {
      log.error("failed to prune blocks", ["retain_height": height, "err": "\(error)"])
    }
  }

  // MARK: What the application is told

  private func commitInfo(_ block: Block, _ state: ChainState) throws(EngineError) -> CommitInfo {
    try commitInfo(block, initialHeight: state.initialHeight)
  }

  private func commitInfo(_ block: Block, initialHeight: Int64) throws(EngineError) -> CommitInfo {
    guard block.header.height > initialHeight, let commit = block.lastCommit else { return CommitInfo() }
    let validators = try stored { () throws(StorageError) in try states.validators(at: block.header.height - 1) }
    guard validators.count == commit.signatures.count else {
      throw .inconsistent("commit of \(commit.signatures.count) signatures for \(validators.count) validators at \(commit.height)")
    }
    return CommitInfo(
      round: commit.round,
      votes: zip(validators.validators, commit.signatures).map { validator, signature in
        VoteInfo(
          validator: ApplicationValidator(address: validator.address, power: validator.votingPower),
          signedLastBlock: signature.flag != .absent)
      })
  }

  private func misbehavior(_ evidence: [Evidence]) -> [Misbehavior] { evidence.flatMap(\.misbehavior) }
}
