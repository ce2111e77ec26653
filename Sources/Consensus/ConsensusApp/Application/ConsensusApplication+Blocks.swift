internal import Bytes
public import CometBFT
internal import OasisCrypto
public import OasisTypes

/// A block under way: what it was made from and what its execution gave.
struct Proposal {
  /// Hash of the header; empty while this node builds the block itself.
  var hash: [UInt8] = []
  /// What this node proposed, to recognise it.
  var own: Own?
  var begin: BeginBlockResponse?
  var deliver: [DeliverTransactionResponse]?
  var end: EndBlockResponse?
  /// How many of `deliver` were handed out.
  var delivered = 0

  var isExecuted: Bool { begin != nil && deliver != nil && end != nil }

  struct Own: Equatable {
    var height: Int64
    var time: CometBFT.Timestamp
    var proposerAddress: [UInt8]
    var nextValidatorsHash: [UInt8]
    var transactions: [[UInt8]]
    var misbehavior: [CometBFT.Misbehavior]
  }
}

/// Execution of blocks (sheet 03 §5).
extension ConsensusApplication {
  func resetProposal(hash: [UInt8] = []) throws {
    proposal = Proposal(hash: hash)
    block = nil
    try state.reset()
  }

  // MARK: Proposals

  public func prepareProposal(_ request: PrepareProposalRequest) throws -> [[UInt8]] {
    guard let signer = configuration.proposer else { throw AppError.uncoded("mux: no key to sign block metadata with") }
    let limit = request.maxBytes - Int64(BlockMetadata.maxSize)
    var transactions: [[UInt8]] = []
    var size: Int64 = 0
    for transaction in request.transactions {
      size += Int64(transaction.count)
      if size > limit { break }
      transactions.append(transaction)
    }
    var header = Header()
    (header.height, header.time) = (request.height, request.time)
    (header.proposerAddress, header.nextValidatorsHash) = (request.proposerAddress, request.nextValidatorsHash)
    do {
      try execute(
        hash: [], header, transactions, CommitInfo(round: request.localLastCommit.round, votes: request.localLastCommit.votes),
        request.misbehavior)
      let metadata = try blockMetadata(signedBy: signer)
      transactions.append(metadata)
      var result = DeliverTransactionResponse()
      result.data = [0xf6]
      proposal?.deliver?.append(result)
    } catch let stop as StopForUpgrade {
      throw stop
    } catch let stop as Halted {
      throw stop
    } catch {
      onRejected(error)
      try resetProposal()
      return []
    }
    proposal?.own = .init(
      height: request.height, time: request.time, proposerAddress: request.proposerAddress, nextValidatorsHash: request.nextValidatorsHash,
      transactions: transactions, misbehavior: request.misbehavior)
    return transactions
  }

  public func processProposal(_ request: ProcessProposalRequest) throws -> Bool {
    let candidate = Proposal.Own(
      height: request.height, time: request.time, proposerAddress: request.proposerAddress, nextValidatorsHash: request.nextValidatorsHash,
      transactions: request.transactions, misbehavior: request.misbehavior)
    if let proposal, proposal.isExecuted, proposal.own == candidate {
      self.proposal?.hash = request.hash
      return true
    }
    var header = Header()
    (header.height, header.time) = (request.height, request.time)
    (header.proposerAddress, header.nextValidatorsHash) = (request.proposerAddress, request.nextValidatorsHash)
    do {
      try execute(hash: request.hash, header, request.transactions, request.proposedLastCommit, request.misbehavior)
      return true
    } catch let stop as StopForUpgrade {
      throw stop
    } catch let stop as Halted {
      throw stop
    } catch {
      onRejected(error)
      try resetProposal()
      return false
    }
  }

  /// Executes a whole block and keeps the results for the calls to come.
  private func execute(
    hash: [UInt8], _ header: Header, _ transactions: [[UInt8]], _ lastCommit: CommitInfo, _ misbehavior: [CometBFT.Misbehavior]
  ) throws {
    try resetProposal(hash: hash)
    let begin = try runBeginBlock(header, lastCommit, misbehavior)
    let deliver = try transactions.map { try runTransaction($0) }
    let end = try runEndBlock(height: header.height)
    proposal?.begin = begin
    proposal?.deliver = deliver
    proposal?.end = end
  }

  // MARK: Phases

  public func beginBlock(_ request: BeginBlockRequest) throws -> BeginBlockResponse {
    if let proposal, !request.hash.isEmpty, proposal.hash == request.hash, proposal.isExecuted, let begin = proposal.begin {
      self.proposal?.delivered = 0
      return begin
    }
    try resetProposal(hash: request.hash)
    return try runBeginBlock(request.header, request.lastCommit, request.misbehavior)
  }

  public func deliverTransaction(_ transaction: [UInt8]) throws -> DeliverTransactionResponse {
    if let proposal, proposal.isExecuted, let results = proposal.deliver, proposal.delivered < results.count {
      self.proposal?.delivered += 1
      return results[proposal.delivered]
    }
    return try runTransaction(transaction)
  }

  public func endBlock(height: Int64) throws -> EndBlockResponse {
    if let end = proposal?.end { return end }
    return try runEndBlock(height: height)
  }

  func runBeginBlock(
    _ header: Header, _ lastCommit: CommitInfo, _ misbehavior: [CometBFT.Misbehavior]
  ) throws -> BeginBlockResponse {
    let limit = chain.parameters?.maxBlockGas ?? 0
    let block = BlockContext(
      time: BlockTime(header.time), proposerAddress: header.proposerAddress,
      lastCommit: lastCommit.votes.map { CommitVote(address: $0.validator.address, power: $0.validator.power, signed: $0.signedLastBlock) },
      misbehavior: misbehavior.map {
        Misbehavior(
          kind: $0.type == .duplicateVote ? .duplicateVote : $0.type == .lightClientAttack ? .lightClientAttack : .other($0.type.rawValue),
          validatorAddress: $0.validator.address, height: $0.height)
      }, gas: limit > 0 ? LimitedGas(limit: limit) : FreeGas())
    self.block = block
    let context = blockContext(.beginBlock, block)
    let committed = chain.hasCommitted ? chain.lastHeight : 0
    let epoch = try context.currentEpoch()
    do {
      try chain.upgrades.consensusUpgrade(context, epoch: epoch, height: committed)
      try checkHalt(height: committed + 1, epoch: epoch)
      for service in services { try service.beginBlock(context) }
    } catch let stop as StopForUpgrade {
      halt(stop)
      throw stop
    }
    block.provableEvents += context.events.provable
    let events = (chain.hasCommitted ? [] : initialEvents) + context.events.events
    return BeginBlockResponse(events: events.map { Event($0) })
  }

  private func blockContext(_ mode: ExecutionMode, _ block: BlockContext) -> Context {
    Context(mode: mode, state: tracedLayer ?? state.overlay, chain: chain, block: block, now: block.time)
  }

  func runTransaction(_ raw: [UInt8]) throws -> DeliverTransactionResponse {
    guard let block else { throw StateError("mux: transaction outside of a block") }
    let context = blockContext(.deliverTransaction, block)
    var response = DeliverTransactionResponse()
    do {
      response.data = try execute(context, raw) ?? [0xf6]
    } catch  where error.isFatal || error is BlockRejected {
      throw error
    } catch {
      let result = ResultCode(of: error)
      (response.code, response.codespace, response.log) = (result.code, result.module, result.message)
    }
    block.provableEvents += context.events.provable
    response.events = context.events.events.map { Event($0) }
    response.gasWanted = Int64(bitPattern: context.gas.wanted)
    response.gasUsed = Int64(bitPattern: context.gas.used)
    return response
  }

  func runEndBlock(height: Int64) throws -> EndBlockResponse {
    guard let block else { throw StateError("mux: EndBlock outside of a block") }
    let context = blockContext(.endBlock, block)
    var changes: [ValidatorChange] = []
    for service in services {
      let change = try service.endBlock(context)
      if service.name == ServiceList.electing { changes = change }
    }
    try chain.upgrades.consensusUpgrade(context, epoch: try context.currentEpoch(), height: context.lastHeight)
    block.provableEvents += context.events.provable
    if tracedLayer == nil, let proposal, !proposal.hash.isEmpty { try checkSystemTransactions(block) }
    var response = EndBlockResponse(
      validatorUpdates: changes.map { ValidatorUpdate(ed25519: $0.publicKey.bytes, power: $0.power) },
      events: context.events.events.map { Event($0) })
    response.consensusParameterUpdates = CometBFT.ConsensusParameters(version: .init(app: Self.appVersion))
    return response
  }

  public func commit() throws -> CommitResponse {
    guard let block else { throw StateError("mux: Commit outside of a block") }
    let height = chain.lastHeight + 1
    let root = try state.commit(version: height)
    try noteCommit(height, root)
    (lastTime, self.block, proposal) = (block.time, nil, nil)
    let epoch = try Context(mode: .endBlock, state: state.overlay, chain: chain, block: nil, now: lastTime).currentEpoch()
    do {
      try chain.upgrades.consensusUpgrade(nil, epoch: epoch, height: height)
      try checkHalt(height: height, epoch: epoch)
    } catch let stop as StopForUpgrade {
      halt(stop)
    } catch let stop as Halted {
      halt(stop)
    }
    var retain: Int64 = 0
    if let kept = configuration.keptVersions {
      let earliest = store.earliestVersion ?? 0
      if height > kept { try store.prune(below: min(height - kept, neededFrom(), earliest + configuration.mostPruned)) }
      retain = store.earliestVersion ?? 0
    }
    return CommitResponse(appHash: root.bytes, retainHeight: retain)
  }

  // MARK: Stopping

  private func halt(_ reason: any Error) {
    guard !hasHalted else { return }
    hasHalted = true
    onHalt(reason)
  }

  /// Sheet 03 §15.4.
  private func checkHalt(height: Int64, epoch: Epoch) throws {
    let (at, from) = (configuration.haltHeight, configuration.haltEpoch)
    let due = (at != 0 && height >= at) || (from != 0 && from != EpochLimits.invalid && epoch != EpochLimits.invalid && epoch >= from)
    guard due else { return }
    let stop = Halted(height: height, epoch: epoch)
    halt(stop)
    throw stop
  }
}

/// The node reached the height or epoch at which its configuration stops it.
public struct Halted: Error, CustomStringConvertible {
  public var height: Int64
  public var epoch: Epoch
  public var description: String { "halt at height \(height), epoch \(epoch), as configured" }
}

/// A block breaks the rules of block metadata: it is rejected as a whole.
public struct BlockRejected: Error, CustomStringConvertible {
  public var description: String
  init(_ description: String) { self.description = description }
}
