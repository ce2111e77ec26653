internal import Bytes
internal import CBOR
public import OasisTypes
internal import Wire

extension RootHashService {
  /// Executes a round's messages as the runtime, each on its own; failures are results (sheet 05 §C.14).
  ///
  /// In a simulation they only charge the context's gas, and nothing they write stays.
  func executeMessages(_ context: Context, _ id: Namespace, _ messages: [RootHash.Message]) throws -> [RootHash.MessageEvent] {
    try context.child(configure: { child in
      child.caller = Address(runtime: id)
      child.isMessageExecution = true
      if !child.isSimulation { child.gas = FreeGas() }
    }) { child in
      let target = child.isSimulation ? child.openTransaction() : child
      var events: [RootHash.MessageEvent] = []
      for (index, message) in messages.enumerated() {
        var event = RootHash.MessageEvent()
        event.index = UInt32(truncatingIfNeeded: index)
        event.result = .null
        do {
          if let result = try execute(target, message) { event.result = RawCBOR(result) }
        } catch  where error.isFatal {
          throw error
        } catch {
          let code = ResultCode(of: error is NoSubscribers ? AppError.rootHash(.invalidArgument) : error)
          event.module = code.module
          event.code = code.code
        }
        events.append(event)
      }
      return events
    }
  }

  private func execute(_ context: Context, _ message: RootHash.Message) throws -> [UInt8]? {
    if let staking = message.staking { return try context.publish(.runtimeMessageStaking, staking) }
    if let registry = message.registry { return try context.publish(.runtimeMessageRegistry, registry) }
    if let governance = message.governance { return try context.publish(.runtimeMessageGovernance, governance) }
    throw AppError.rootHash(.invalidArgument)
  }

  /// Takes processed messages out of the queue.
  func removeFromQueue(_ context: Context, _ id: Namespace, _ messages: [RootHash.IncomingMessage], round: UInt64) throws {
    guard !messages.isEmpty else { return }
    var meta = try RootHashState(context.state).queueMeta(id)
    for message in messages {
      RootHashState.queuedMessages.remove(context.state, Hashed(id), message.id)
      guard meta.size > 0 else { throw StateError("roothash: inconsistent queue size of runtime \(id.hex)") }
      meta.size -= 1
      var event = RootHash.InMessageProcessedEvent()
      event.id = message.id
      event.round = round
      event.caller = message.caller
      event.tag = message.tag
      context.emit(event, runtime: id)
    }
    RootHashState.queueMetas.set(context.state, Hashed(id), to: meta)
  }

  /// Queues a message to a runtime; fee and tokens go to its account (sheet 05 §C.19).
  func submitMessage(_ context: Context, _ body: RootHash.SubmitMessage) throws {
    if context.isCheckOnly { return }
    let state = RootHashState(context.state)
    try context.gas.use(1, RootHash.GasOp.submitMessage, try state.parameters().gasCosts)
    if context.isSimulation { return }
    let runtime = try activeRuntime(state, body.id).runtime
    let limit = runtime.descriptor.transactionScheduler.maxInMessages
    guard limit > 0 else { throw AppError.rootHash(.incomingMessageQueueFull) }
    guard body.fee >= runtime.descriptor.staking.minInMessageFee else { throw AppError.rootHash(.incomingMessageInsufficientFee) }
    try context.transaction { inner in
      let staking = StakingState(inner.state)
      try staking.transfer(inner, from: inner.caller, to: Address(runtime: body.id), amount: body.fee + body.tokens)
      var meta = try RootHashState(inner.state).queueMeta(body.id)
      guard meta.size < limit else { throw AppError.rootHash(.incomingMessageQueueFull) }
      var message = RootHash.IncomingMessage()
      message.id = meta.nextSequenceNumber
      message.caller = inner.caller
      message.tag = body.tag
      message.fee = body.fee
      message.tokens = body.tokens
      message.data = body.data
      RootHashState.queuedMessages.set(inner.state, Hashed(body.id), message.id, to: message)
      meta.size += 1  // fits: it was below the limit
      meta.nextSequenceNumber &+= 1
      RootHashState.queueMetas.set(inner.state, Hashed(body.id), to: meta)
    }
  }
}

extension MessageKind where Payload == RootHash.GovernanceMessage {
  /// A runtime's governance message; root hash publishes it as the runtime.
  public static var runtimeMessageGovernance: Self { .init("roothash.runtime_message_governance") }
}
