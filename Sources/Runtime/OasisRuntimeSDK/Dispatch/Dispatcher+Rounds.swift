internal import Bytes
internal import MKVS
internal import OasisCrypto
internal import OasisTypes
internal import RuntimeProtocol
internal import Wire

/// A runtime's state tree, kept while rounds follow one another.
struct StateCache {
  private var tree: Tree?

  /// The tree at a root: the kept one if it is there, else a new one that loads through the host.
  mutating func open(_ root: Root, host: any Host) -> Tree {
    if let tree, tree.root == root, !tree.isDirty { return tree }
    var options = Tree.Options()
    options.writeLog = false
    let opened = Tree(remote: HostStorage(host, endpoint: .runtime), root: root, options: options)
    tree = opened
    return opened
  }

  /// Forgets the tree, whose content may be half changed.
  mutating func drop() { tree = nil }
}

extension Dispatcher {
  private func stateRoot(_ header: RootHash.Header) -> Root {
    Root(namespace: header.namespace, version: header.round, type: .state, hash: header.stateRoot)
  }

  // MARK: Execution

  func execute(_ request: RuntimeExecuteTxBatchRequest, _ info: HostInfo) throws -> RuntimeExecuteTxBatchResponse {
    let header = request.block.header
    guard header.namespace == info.runtimeID else { throw GuestAbort("block of another runtime: \(header.namespace.hex)") }
    guard let mode = request.mode else { throw CallError.dispatcher("unknown execution mode") }
    let consensus = try info.verifier.verify(request.consensusBlock, header: header, epoch: request.epoch)
    return try executing.update { (cache) throws(any Error) in
      let tree = cache.open(stateRoot(header), host: host)
      let overlay = Overlay(tree)
      let context = RoundContext(
        state: overlay, consensus: consensus, header: header, epoch: request.epoch,
        roundResults: request.roundResults ?? RootHash.RoundResults(), maxMessages: request.maxMessages,
        incomingMessages: request.incomingMessages, host: host, runtimeID: info.runtimeID)
      let inputs = request.inputs ?? []
      let batch = try paraTime.execute(inputs, mode: mode, in: context)
      if mode == .execute {
        guard batch.results.map(\.input) == inputs else { throw GuestAbort("the runtime did not execute the batch that it was given") }
      }
      guard batch.incomingMessageCount <= request.incomingMessages.count else {
        throw GuestAbort("the runtime says it processed more messages than came in")
      }
      let io = try buildIO(batch, header, mode == .execute ? request.ioRoot : nil)
      var state: Commit
      // As the reference's guest: every touched key, removals last, also of keys that the round itself had inserted.
      let changes = overlay.changes
      do {
        try overlay.commit()
        state = try tree.commit(namespace: header.namespace, version: header.round &+ 1)
      } catch {
        cache.drop()
        throw error
      }
      state.writeLog = changes.filter { $0.value != nil } + changes.filter { $0.value == nil }
      return try respond(batch, context, io, state, request.incomingMessages)
    }
  }

  private struct IORoots {
    var inputs: Commit
    var all: Commit
  }

  /// The I/O tree of the round: inputs, then outputs and tags (sheet 07 D.6).
  private func buildIO(_ batch: ExecutedBatch, _ header: RootHash.Header, _ expected: Hash?) throws -> IORoots {
    let io = IOTree()
    for (order, result) in batch.results.enumerated() {
      try io.add(IOTransaction(input: result.input, batchOrder: UInt32(order)))
    }
    let inputs = try io.commit(namespace: header.namespace, version: header.round &+ 1)
    if let expected, inputs.root.hash != expected {
      throw GuestAbort("the batch does not have the root that was proposed (\(inputs.root.hash.hex) for \(expected.hex))")
    }
    for result in batch.results {
      try io.addOutput(result.output, of: Hash.digest(result.input), tags: result.tags.map { ($0.key, $0.value) })
    }
    try io.addBlockTags(batch.blockTags.map { ($0.key, $0.value) })
    return IORoots(inputs: inputs, all: try io.commit(namespace: header.namespace, version: header.round &+ 1))
  }

  private func respond(
    _ batch: ExecutedBatch, _ context: RoundContext, _ io: IORoots, _ state: Commit, _ incoming: [RootHash.IncomingMessage]
  ) throws -> RuntimeExecuteTxBatchResponse {
    var response = RuntimeExecuteTxBatchResponse()
    var header = RootHash.ComputeResultsHeader()
    header.round = context.header.round &+ 1
    header.previousHash = context.header.hash
    header.ioRoot = io.all.root.hash
    header.stateRoot = state.root.hash
    header.messagesHash = RootHash.Message.hash(of: context.messages)
    header.inMessagesHash = RootHash.IncomingMessage.hash(of: Array(incoming.prefix(batch.incomingMessageCount)))
    header.inMessagesCount = UInt32(batch.incomingMessageCount)
    response.batch.header = header
    response.batch.ioWriteLog = io.all.writeLog
    response.batch.stateWriteLog = state.writeLog
    response.batch.rakSignature = try attestationKey.sign(context: .computeResultsHeader, message: header.cbor())
    response.batch.messages = context.messages
    response.transactionHashes = batch.results.map { Hash.digest($0.input) }
    response.rejectedHashes = batch.rejected
    response.inputRoot = io.inputs.root.hash
    response.inputWriteLog = io.inputs.writeLog
    return response
  }

  // MARK: Checks and queries

  func check(_ request: RuntimeCheckTxBatchRequest, _ info: HostInfo) throws -> RuntimeCheckTxBatchResponse {
    let header = request.block.header
    guard header.namespace == info.runtimeID else { throw GuestAbort("block of another runtime: \(header.namespace.hex)") }
    let consensus = try info.verifier.unverifiedState(request.consensusBlock)
    let inputs = request.inputs ?? []
    let results = try checking.update { (cache) throws(any Error) in
      let context = RoundContext(
        state: Overlay(cache.open(stateRoot(header), host: host)), consensus: consensus, header: header, epoch: request.epoch,
        roundResults: RootHash.RoundResults(), maxMessages: request.maxMessages, incomingMessages: [], host: host,
        runtimeID: info.runtimeID)
      return try paraTime.check(inputs, in: context)
    }
    guard results.count == inputs.count else { throw GuestAbort("the runtime gave \(results.count) results for \(inputs.count) checks") }
    var response = RuntimeCheckTxBatchResponse()
    response.results = results
    return response
  }

  func query(_ request: RuntimeQueryRequest, _ info: HostInfo) throws -> RuntimeQueryResponse {
    let header = request.header
    guard header.namespace == info.runtimeID else { throw CallError.dispatcher("invalid namespace") }
    let consensus = try info.verifier.verifyForQuery(request.consensusBlock, header: header, epoch: request.epoch)
    var cache = StateCache()
    let context = RoundContext(
      state: Overlay(cache.open(stateRoot(header), host: host)), consensus: consensus, header: header, epoch: request.epoch,
      roundResults: RootHash.RoundResults(), maxMessages: request.maxMessages, incomingMessages: [], host: host,
      runtimeID: info.runtimeID)
    var response = RuntimeQueryResponse()
    response.data = try paraTime.query(request.method, request.arguments, in: context)
    return response
  }
}
